"""The reverse process of masked diffusion: from a canvas of masks to text, a step at a time.

LLaDA, Large Language Diffusion Models, arXiv 2502.09992, and its published ``generate.py``, to which this is equal
token for token at temperature 0 and in distribution above.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass

import torch
from torch import Tensor

from llada_tui.diffusion import strategies
from llada_tui.diffusion.noise import Noise
from llada_tui.diffusion.predictions import Predictions
from llada_tui.diffusion.predictor import MaskPredictor
from llada_tui.diffusion.schedule import blocks, quota
from llada_tui.diffusion.strategy import Strategy
from llada_tui.trace.events import Alternatives, Choice
from llada_tui.trace.settings import SamplerSettings, SettingsError

_CHUNK = 2**24
"""Most logits worked on at once, so that a long canvas needs little memory beyond the logits themselves."""


@dataclass(frozen=True, slots=True)
class Start:
    """Where a run goes on: ``step`` steps were made, ``block_step`` of them in block ``block``.

    Blocks before ``block`` that hold masks (put there by hand) are denoised first, from their first step.
    """

    step: int = 0
    block: int = 0
    block_step: int = 0


@dataclass(frozen=True, slots=True)
class RowStep:
    """What a step did to one row of the batch. Positions count from the start of the canvas, left to right."""

    commits: list[Choice]
    predictions: list[Choice]
    """Predicted, and masked again at once."""
    alternatives: list[Alternatives]
    entropy: float | None
    """Mean entropy of the row's predictions in nats; None when nothing was masked."""


@dataclass(frozen=True, slots=True)
class Step:
    """One forward pass and its decision. ``index`` counts the run's steps from 0, ``block_step`` those of the block.

    ``canvas_before`` and ``canvas`` are the whole sequences (prompt and canvas) before and after it: long, batch x
    length, on the CPU, free to keep.
    """

    index: int
    block: int
    block_step: int
    rows: list[RowStep]
    canvas_before: Tensor
    canvas: Tensor


def denoise(
    predictor: MaskPredictor,
    canvas: Tensor,
    settings: SamplerSettings | Callable[[], SamplerSettings],
    *,
    prompt_length: int = 0,
    attention_mask: Tensor | None = None,
    start: Start | None = None,
    origin: Tensor | None = None,
) -> Generator[Step, None, None]:
    """Denoises ``canvas`` and yields every step; stop iterating, or close it, to cancel.

    ``canvas``: long, batch x length, the whole sequences, of which the first ``prompt_length`` columns are the prompt.
    Every mask id after them is written; other tokens are given and never change. ``attention_mask``: batch x length,
    0 where a row is padded on the left. ``settings`` may be a function that is called before every step, so that live
    settings can change; the others are those of its first answer. ``start`` continues a run whose ``canvas`` is as it
    was at that step: with the same settings the tail is the same (unless the model had predicted the mask token itself,
    which no trained one does). ``origin`` is the sequence that the root run began
    with (default: ``canvas``): the unguided pass of classifier-free guidance masks all that was not a mask in it.

    Rows of a batch come out as each alone would, as long as they hold equally many masks in each block.
    Raises `SettingsError` for settings that do not fit the canvas, `ValueError` for tensors that do not fit together.
    """
    read = settings if callable(settings) else lambda: settings
    fixed = read()
    _check(canvas, fixed, prompt_length, attention_mask, origin)
    strategies.get(fixed.remasking, fixed.remasking_params)
    return _Run(predictor, canvas, read, fixed, prompt_length, attention_mask, origin).steps(start or Start())


def _check(
    canvas: Tensor, settings: SamplerSettings, prompt_length: int, attention_mask: Tensor | None, origin: Tensor | None
) -> None:
    if canvas.dim() != 2:
        raise ValueError(f"The canvas must be batch x length, not {canvas.dim()}-dimensional.")
    if settings.gen_length != canvas.shape[1] - prompt_length:
        raise SettingsError(
            "gen_length",
            f"gen_length must be the canvas' length, {canvas.shape[1] - prompt_length}, not {settings.gen_length}.",
        )
    for name, other in (("attention_mask", attention_mask), ("origin", origin)):
        if other is not None and other.shape != canvas.shape:
            raise ValueError(f"{name} must have the canvas' shape {tuple(canvas.shape)}, not {tuple(other.shape)}.")


class _Run:
    """A run at work. The canvas stays on the CPU; only ids go to the model, and one small tensor a step comes back."""

    def __init__(
        self,
        predictor: MaskPredictor,
        canvas: Tensor,
        read: Callable[[], SamplerSettings],
        fixed: SamplerSettings,
        prompt_length: int,
        attention_mask: Tensor | None,
        origin: Tensor | None,
    ) -> None:
        self.predictor = predictor
        self.canvas = canvas.to("cpu", copy=True)
        self.read = read
        self.fixed = fixed
        self.prompt_length = prompt_length
        self.attention_mask = attention_mask
        self.given = (canvas if origin is None else origin).cpu() != predictor.mask_id
        self.padding = [0] * len(canvas)
        if attention_mask is not None:
            self.padding = (attention_mask.cpu() != 0).int().argmax(-1).tolist()
        # MPS has no float64, which the noise needs.
        self.device = torch.device("cpu") if predictor.device.type == "mps" else predictor.device

    def steps(self, start: Start) -> Generator[Step, None, None]:
        index = start.step
        for number, block in enumerate(blocks(self.fixed)):
            block_step = start.block_step if number == start.block else 0
            columns = slice(self.prompt_length + block.begin, self.prompt_length + block.end)
            left = (self.canvas[:, columns] == self.predictor.mask_id).sum(-1).tolist()
            while True:
                settings = self.read()
                rows = self._masked(block.end, settings.early_stop)
                rows[torch.tensor(left) == 0] = False
                if not rows.any():
                    break
                before = self.canvas.clone()
                quotas = [quota(masks, block.steps - block_step) for masks in left]
                strategy = strategies.get(settings.remasking, settings.remasking_params)
                done = self._step(rows, settings, strategy, index, quotas)
                # A prediction may be the mask itself. It counts as committed, as published, though it stays a mask.
                left = [masks - len(row.commits) for masks, row in zip(left, done, strict=True)]
                yield Step(index, number, block_step, done, before, self.canvas.clone())
                index += 1
                block_step += 1

    def _masked(self, end: int, early_stop: bool) -> Tensor:
        """The positions to predict: masks before ``end``, of the rows that are not over."""
        masked = self.canvas == self.predictor.mask_id
        masked[:, : self.prompt_length] = False
        if early_stop:
            ends = torch.zeros_like(masked)
            for token in (self.predictor.eos_id, self.predictor.eot_id):
                if token is not None:
                    ends |= self.canvas == token
            ends[:, : self.prompt_length] = False
            # A row is over when an end comes before its first mask.
            over = ends.any(-1) & (ends.int().argmax(-1) < masked.int().argmax(-1))
            masked[over] = False
        masked[:, self.prompt_length + end :] = False
        return masked

    @torch.inference_mode()
    def _step(
        self, rows: Tensor, settings: SamplerSettings, strategy: Strategy, index: int, quotas: list[int]
    ) -> list[RowStep]:
        logits = self._logits(rows, settings.cfg_scale)
        counts = rows.sum(-1).tolist()
        found = [
            self._predict(part, settings, strategy, Noise(self.fixed.seed, index, self.device))
            for part in torch.split(logits, counts)
        ]
        # One transfer a step: every wait for the device costs more than the few numbers that are carried over.
        columns = torch.split(torch.cat(found, 1).cpu(), counts, 1)
        return [
            self._decide(row, rows[row].nonzero()[:, 0], columns[row], strategy, quotas[row])
            for row in range(len(counts))
        ]

    def _logits(self, rows: Tensor, guidance: float) -> Tensor:
        """Logits of ``rows``, guided: unguided + (guidance + 1) * (guided - unguided), in one call of the model."""
        ids, mask = self.canvas, self.attention_mask
        if guidance > 0:
            ids = torch.cat([ids, ids.masked_fill(self.given, self.predictor.mask_id)])
            mask = None if mask is None else torch.cat([mask, mask])
            rows = torch.cat([rows, rows])
        logits = self.predictor.logits(ids, mask, rows).to(self.device, torch.float32)
        if guidance > 0:
            guided, unguided = logits.chunk(2)
            logits = unguided + (guidance + 1) * (guided - unguided)
        return logits

    def _predict(self, logits: Tensor, settings: SamplerSettings, strategy: Strategy, noise: Noise) -> Tensor:
        """One row's predictions as columns: score, token, confidence, entropy, then the top-k's tokens and their
        probabilities. Float64 holds a token id exactly."""
        top_k = min(settings.top_k, logits.shape[-1])
        found = []
        for part in torch.split(logits, max(1, _CHUNK // logits.shape[-1])):
            predictions = Predictions(part, settings, self.predictor, noise)
            score = strategy.score(predictions).double()
            columns = [
                score.masked_fill(predictions.held_back, torch.finfo(score.dtype).min),
                predictions.tokens.double(),
                predictions.confidence.double(),
                predictions.entropy.double(),
            ]
            best = predictions.probabilities.topk(top_k)
            found.append(torch.cat([torch.stack(columns), best.indices.T.double(), best.values.T.double()]))
        return torch.cat(found, 1) if found else logits.new_empty(4 + 2 * top_k, 0, dtype=torch.float64)

    def _decide(self, row: int, positions: Tensor, columns: Tensor, strategy: Strategy, wanted: int) -> RowStep:
        """Commits the predictions that the strategy keeps of one row, and tells what was predicted."""
        if not len(positions):
            return RowStep([], [], [], None)
        scores, tokens, confidence, entropy = columns[:4]
        count = min(strategy.count(scores.sort(descending=True).values, wanted), len(positions))
        # Equal scores are told apart as published: by topk over the whole sequence.
        ranked = torch.full((self.canvas.shape[1] - self.padding[row],), -torch.inf, dtype=scores.dtype)
        ranked[positions - self.padding[row]] = scores
        kept = torch.zeros(self.canvas.shape[1], dtype=torch.bool)
        kept[ranked.topk(count).indices + self.padding[row]] = True
        chosen = kept[positions]
        self.canvas[row, positions[chosen]] = tokens[chosen].long()

        places = (positions - self.prompt_length).tolist()
        choices = [
            Choice(place, int(token), chance)
            for place, token, chance in zip(places, tokens.tolist(), confidence.tolist(), strict=True)
        ]
        top_k = (len(columns) - 4) // 2
        best = columns[4:].T.tolist() if top_k else []
        keeps = chosen.tolist()
        return RowStep(
            commits=[choice for choice, keep in zip(choices, keeps, strict=True) if keep],
            predictions=[choice for choice, keep in zip(choices, keeps, strict=True) if not keep],
            alternatives=[
                Alternatives(place, [int(token) for token in found[:top_k]], found[top_k:])
                for place, found in zip(places, best, strict=bool(best))
            ],
            entropy=entropy.mean().item(),
        )
