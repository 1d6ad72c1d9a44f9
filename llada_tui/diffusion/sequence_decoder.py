"""One row of a batch at work: what it asks the model, what is predicted, and what is decided."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from llada_tui.diffusion.divergence_history import DivergenceHistory
from llada_tui.diffusion.logit_budget import at_work
from llada_tui.diffusion.noise import Noise
from llada_tui.diffusion.parts import parts_of
from llada_tui.diffusion.predictions import Predictions
from llada_tui.diffusion.predictor import MaskPredictor, ShadowPredictor
from llada_tui.diffusion.schedule import Block, part_committed, quota
from llada_tui.diffusion.strategy import HELD_BACK, StepView, Strategy
from llada_tui.settings.sampler_settings import SamplerSettings, SettingsError
from llada_tui.trace.events import DIGITS, Alternatives, Choice, StepData

_SCALARS = 4
"""Numbers of a prediction before its alternatives: score, token, confidence, entropy."""


def strategy_for(settings: SamplerSettings, predictor: MaskPredictor) -> Strategy:
    """The strategy of the settings. Raises `SettingsError` when there is none, or none that works with the model."""
    strategy = parts_of(settings).strategy
    if strategy.verifies and (not isinstance(predictor, ShadowPredictor) or not predictor.shadows):
        message = f"{strategy.name} verifies tokens in a way that this model cannot: choose another strategy."
        raise SettingsError("remasking", message)
    return strategy


class Row:
    """A row's sequence, which it writes, and how far it is. ``canvas`` (length) is a view of the batch's.

    ``given`` (bool, length): no mask when the run began. ``start``: columns before the canvas; ``padding``: how many
    of them are padding. ``step``: steps made before. Columns count in the batch, padding and prompt included.
    """

    def __init__(
        self, predictor: MaskPredictor, canvas: Tensor, given: Tensor, start: int, padding: int, seed: int, step: int
    ) -> None:
        self.predictor = predictor
        self.canvas = canvas
        self.given = given
        self.start = start
        self.padding = padding
        self.seed = seed
        self.step = step
        self.commit_confidence = torch.ones(len(canvas), dtype=torch.float64)
        """The probability with which each token was committed; 1 where that is not known."""
        self.history = DivergenceHistory()

    def enter(self, number: int, block: Block, block_step: int) -> None:
        """Go on with a block, which is the canvas' ``number``th from 0, and of which ``block_step`` steps were made."""
        self.number = number
        self.block = slice(self.start + block.begin, self.start + block.end)
        self.steps = block.steps
        self.block_step = block_step
        self.left = int((self.canvas[self.block] == self.predictor.mask_id).sum())
        self.committed_last_step: int | None = None
        self.post_steps = 0
        self.over = self.left == 0 and block_step == 0
        """Whether nothing is to be done after the last mask."""

    def ask(self, settings: SamplerSettings) -> Tensor:
        """The positions whose logits the next step needs (bool, length): none when the row is done with the block."""
        self.settings = settings
        self.strategy = strategy_for(settings, self.predictor)
        self.masked: Tensor = self.canvas == self.predictor.mask_id
        self.masked[: self.start] = False
        self.ahead = self.masked.clone() if settings.look_ahead else torch.zeros_like(self.masked)
        """The masks beyond the block, if they are to be predicted as well."""
        self.ahead[: self.block.stop] = False
        # What a strategy edits or takes back may still change: its block is finished first.
        changes = self.strategy.edits or self.strategy.remasks
        done = settings.early_stop and (self.committed_last_step is None or not changes) and self._ended()
        self.masked[self.block.stop :] = False
        if self.left <= 0:
            done = done or self.over or self.post_steps >= self.strategy.post_steps
            self.masked[:] = False
        own = torch.zeros_like(self.masked)
        own[self.block] = (self.canvas[self.block] != self.predictor.mask_id) & ~self.given[self.block]
        self.own = own.nonzero()[:, 0]
        """The block's written tokens."""
        wanted = self.masked | own if self.strategy.rereads else self.masked.clone()
        if done:
            wanted[:] = self.ahead[:] = False
        self.asked = wanted.nonzero()[:, 0]
        return wanted

    def _ended(self) -> bool:
        """Whether an end of text comes before the first mask."""
        ends = torch.zeros_like(self.masked)
        for token in (self.predictor.eos_id, self.predictor.eot_id):
            if token is not None:
                ends |= self.canvas == token
        ends[: self.start] = False
        return bool(ends.any() and ends.int().argmax() < self.masked.int().argmax())

    @property
    def verified(self) -> Tensor:
        """The written tokens that are to be verified in the step that was asked for (bool, length)."""
        wanted = torch.zeros_like(self.masked)
        if self.strategy.verifies and len(self.asked):
            wanted[self.own] = True
        return wanted

    def verify(self, logits: Tensor) -> Tensor:
        """The probabilities of the tokens at `verified`, from their logits without them: float64."""
        if not len(logits):
            return logits.new_empty(0, dtype=torch.float64)
        tokens = self.canvas[self.own].to(logits.device)
        chances = torch.log_softmax(logits, -1, dtype=torch.float32).gather(-1, tokens[:, None])
        return chances[:, 0].double().exp()

    def predict(self, logits: Tensor) -> Tensor:
        """Predictions at the positions that were asked for, from their logits, as numbers that fit in one transfer:
        columns (N) of `_SCALARS`, then the top-k's tokens and probabilities. Float64 holds a token id exactly."""
        found = []
        for place, predictions in self._predictions(logits, self.asked):
            self.history.add(predictions, place, self.strategy.history)
            found.append(self._columns(predictions))
        self.history.end_step()
        return torch.cat(found, 1) if found else logits.new_empty(_SCALARS, 0, dtype=torch.float64)

    def look_ahead(self, logits: Tensor, places: Tensor) -> Tensor:
        """Predictions at ``places`` (bool, length) from their logits: token and confidence, float64, 2 x N."""
        self.beyond = places.nonzero()[:, 0]
        found = [
            torch.stack([predictions.tokens.double(), predictions.confidence.double()])
            for _, predictions in self._predictions(logits, self.beyond)
        ]
        return torch.cat(found, 1) if found else logits.new_empty(2, 0, dtype=torch.float64)

    def _predictions(self, logits: Tensor, places: Tensor) -> Iterator[tuple[Tensor, Predictions]]:
        """Predictions at ``places`` (long, N), some positions at a time."""
        noise = Noise(self.seed, self.step)
        length = len(self.canvas) - self.start
        draws, ranks = (noise.uniform(purpose, length)[places - self.start] for purpose in ("token", "rank"))
        size = max(1, at_work(logits.device.type) // logits.shape[-1])
        cut = (torch.split(one, size) for one in (logits, places, draws, ranks))
        for part, place, draw, rank in zip(*cut, strict=True):
            if len(place):
                yield place, Predictions(part, self.settings, self.predictor, draw, rank)

    def _columns(self, predictions: Predictions) -> Tensor:
        score = self.strategy.score(predictions).to(predictions.tokens.device).double()
        columns = [
            score.masked_fill(predictions.held_back, HELD_BACK),
            predictions.tokens.double(),
            predictions.confidence.double(),
            predictions.entropy.double(),
        ]
        if not self.settings.top_k:
            return torch.stack(columns)
        chances, tokens = predictions.top(self.settings.top_k)
        return torch.cat([torch.stack(columns), tokens.T.double(), chances.T.double()])

    def decide(self, columns: Tensor, verified: Tensor, ahead: Tensor) -> StepData:
        """Carry the strategy's decision out on the canvas. ``columns``, ``verified`` and ``ahead`` are what `predict`,
        `verify` and `look_ahead` gave, on the CPU."""
        if not len(self.asked):
            return StepData(block=self.number, block_step=self.block_step, commits=[])
        masked = self.masked[self.asked]
        fresh, places = columns[:, masked], self.asked[masked]
        scores, tokens, confidence, entropy = fresh[:_SCALARS]

        reread = columns[:, ~masked]
        differs = reread[1].bool()
        if self.strategy.rereads:
            again = reread[1].long()
            differs = (again != self.canvas[self.own]) & (again != self.predictor.mask_id)
        wanted = quota(self.settings.schedule, self.left, self.block_step, self.steps)
        alpha = part_committed(self.settings.schedule, min(self.block_step + 1, self.steps), self.steps)
        decision = self.strategy.decide(
            StepView(
                scores, confidence, wanted, alpha, self.block_step, self.steps, self.committed_last_step,
                self.commit_confidence[self.own], reread[2], differs, verified, self._chances,
            )
        )  # fmt: skip
        last = self.block_step >= self.steps - 1
        least = wanted if last else 0 if self.strategy.remasks else 1
        keep = min(max(decision.commit, least), len(places))
        taken = self.own[:0] if decision.remask is None or last else self.own[decision.remask]
        edited = self._edit(decision.edit, reread)

        chosen = self._best(scores, places, keep)
        self.canvas[places[chosen]] = tokens[chosen].long()
        self.commit_confidence[places[chosen]] = confidence[chosen].round(decimals=DIGITS)
        self.canvas[taken] = self.predictor.mask_id
        if self.left <= 0:
            self.post_steps += 1
            self.over = not edited
        # A prediction may be the mask itself. It counts as committed, as published, though it stays a mask.
        self.left += len(taken) - keep
        self.committed_last_step = keep

        choices = self._choices(places, tokens, confidence)
        keeps = chosen.tolist()
        data = StepData(
            block=self.number,
            block_step=self.block_step,
            commits=[choice for choice, kept in zip(choices, keeps, strict=True) if kept],
            predictions=[choice for choice, kept in zip(choices, keeps, strict=True) if not kept],
            alternatives=self._alternatives(places, fresh),
            entropy=entropy.mean().item() if len(places) else None,
            remasked=(taken - self.start).tolist(),
            edits=edited,
            ahead=self._choices(self.beyond, *ahead),
            more=self.left <= 0 and not self.over and self.post_steps < self.strategy.post_steps,
        )
        self.step += 1
        self.block_step += 1
        return data

    def _chances(self) -> Tensor:
        noise = Noise(self.seed, self.step).uniform("take back", len(self.canvas) - self.start)
        return noise[self.own - self.start]

    def _best(self, scores: Tensor, places: Tensor, count: int) -> Tensor:
        """Which of the predictions have the ``count`` highest scores (bool, N)."""
        # Equal scores are told apart as published: by topk over the whole sequence.
        ranked = torch.full((len(self.canvas) - self.padding,), -torch.inf, dtype=scores.dtype)
        ranked[places - self.padding] = scores
        kept = torch.zeros(len(self.canvas), dtype=torch.bool)
        kept[ranked.topk(count).indices + self.padding] = True
        return kept[places]

    def _edit(self, edit: Tensor | None, reread: Tensor) -> list[Choice]:
        """Replace written tokens by what is predicted there now."""
        if edit is None or not edit.any():
            return []
        places = self.own[edit]
        self.canvas[places] = reread[1, edit].long()
        self.commit_confidence[places] = reread[2, edit].round(decimals=DIGITS)
        return self._choices(places, *reread[1:3, edit])

    def _choices(self, places: Tensor, tokens: Tensor, confidence: Tensor) -> list[Choice]:
        found = zip((places - self.start).tolist(), tokens.long().tolist(), confidence.tolist(), strict=True)
        return [Choice(place, token, chance) for place, token, chance in found]

    def _alternatives(self, places: Tensor, columns: Tensor) -> list[Alternatives]:
        best: Sequence[Tensor] = columns[_SCALARS:].chunk(2)
        if not len(best[0]):
            return []
        found = zip((places - self.start).tolist(), best[0].T.long().tolist(), best[1].T.tolist(), strict=True)
        return [Alternatives(place, tokens, chances) for place, tokens, chances in found]
