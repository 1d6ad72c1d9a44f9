"""The last forward pass of a run, kept to be read in other ways: what other settings would have committed, and the rank
of a token at a position, without another pass. Importing this loads no torch."""

from __future__ import annotations

from copy import copy
from typing import TYPE_CHECKING, NamedTuple

from llada_tui.settings.sampler_settings import KNOBS, READABLE, SamplerSettings, SettingsError
from llada_tui.trace.events import StepData

if TYPE_CHECKING:
    from torch import Tensor

    from llada_tui.diffusion.sequence_decoder import SequenceDecoder


MOST_KEPT = 2**29
"""Most bytes that are kept of a pass: its logits, and what the strategy carries from step to step. A pass of more is
not kept."""


class TokenRank(NamedTuple):
    """A token's place among all tokens at a position, 1 for the likeliest, and its probability without temperature."""

    rank: int
    probability: float


class LastPass:
    """The last pass of one sequence, which a denoiser fills. Before the first step, and while a pass is made, it is
    empty: its logits take no memory beside those of the next pass."""

    def __init__(self) -> None:
        self._decoder: SequenceDecoder | None = None
        self._logits: Tensor | None = None
        self._why_empty = "No step was made yet, so that there is no pass to read: make one."

    def forget(self) -> None:
        """Let go of the logits: another pass is made."""
        self._decoder = self._logits = None

    def keep(self, decoder: SequenceDecoder, logits: Tensor) -> None:
        """Keep a step as it is before its decision: the decoder's state, and the logits of the positions that it
        needs, ``(N, vocabulary)``; unless they would take more than `MOST_KEPT`."""
        import torch

        # Predictions are made in place where logits are float32.
        copies = logits.dtype == torch.float32
        carried = (*decoder.memory.values(), *decoder.fused.values())
        if logits.nbytes + sum(tensor.nbytes for tensor in carried) > MOST_KEPT:
            self._why_empty = "The last pass is too large to be kept and read otherwise: a shorter block's is not."
            return
        if decoder.is_check:
            self._why_empty = "The last step only checked tokens that stand: a branch from before it tries others."
            return
        self._decoder, self._logits = _copied(decoder), logits.clone() if copies else logits

    def only_looks(self) -> None:
        """The step of the pass commits nothing, whatever the settings: the length policy only looks."""
        if self._decoder is not None:
            self._decoder.waits = True

    def _kept(self) -> tuple[SequenceDecoder, Tensor]:
        if self._decoder is None or self._logits is None:
            raise ValueError(self._why_empty)
        return self._decoder, self._logits

    @property
    def step(self) -> int:
        """The number of steps that were made before the pass. Raises `ValueError` where there is no pass."""
        return self._kept()[0].step

    def read(self, settings: SamplerSettings) -> StepData:
        """The step that these settings would have made of the pass; the run stays as it is.

        Raises `ValueError` where there is no pass, and `SettingsError` for settings that ask for another one: others
        than `llada_tui.settings.sampler_settings.READABLE` differ, or the strategy reads what the pass did not.
        """
        import torch

        kept, logits = self._kept()
        if kept.waits:
            raise ValueError("The last step only looked at the length of the canvas: it commits nothing.")
        for name in settings.changes_from(kept.settings):
            if name not in READABLE:
                raise SettingsError(name, f"{KNOBS[name].label.capitalize()} changes the pass itself, not its reading.")
        decoder = _copied(kept)
        decoder.seed = settings.seed
        with torch.inference_mode():
            decoder.prepare(settings.replace(look_ahead=False, recomputed=False))
            if decoder.reads_noise != kept.reads_noise:
                raise SettingsError(
                    "remasking", f"{settings.remasking} reads another kind of noise than the last pass did."
                )
            if decoder.to_verify.any() or not torch.isin(decoder.needed, kept.needed).all():
                raise SettingsError(
                    "remasking",
                    f"{settings.remasking} looks at tokens that stand already, and the last pass did not: "
                    "a branch from the step before tries it.",
                )
            columns = decoder.predict(logits[torch.searchsorted(kept.needed, decoder.needed).to(logits.device)])
            verified = decoder.verify(logits[:0])
            ahead = decoder.look_ahead(logits[:0], torch.zeros_like(decoder.masked))
            return decoder.decide(columns.cpu(), verified.cpu(), ahead.cpu())

    def rank(self, position: int, token: int) -> TokenRank:
        """The rank and probability of ``token`` at ``position`` of the canvas, among the tokens that the model may
        predict. Raises `ValueError` for a position that the pass did not read, and for a token that there is not."""
        import torch

        kept, logits = self._kept()
        place = kept.numbers.index(position) if position in kept.numbers else -1
        row = (kept.needed == kept.start + place).nonzero().flatten() if place >= 0 else kept.needed[:0]
        if not len(row):
            raise ValueError(f"The last pass did not read position {position}: no mask of its block stood there.")
        if not 0 <= token < logits.shape[-1]:
            raise ValueError(f"{token} is no token that this model has: ids are below {logits.shape[-1]}.")
        with torch.inference_mode():
            scores = logits[row[0]].double()
            scores[list(kept.predictor.banned_ids)] = -torch.inf
            probability = float((scores[token] - scores.logsumexp(-1)).exp())
            return TokenRank(1 + int((scores > scores[token]).sum()), probability)


def _copied(decoder: SequenceDecoder) -> SequenceDecoder:
    """A decoder in the same state, which can go on without the other."""
    twin = copy(decoder)
    twin.canvas, twin.commit_confidence = decoder.canvas.clone(), decoder.commit_confidence.clone()
    twin.history = decoder.history.copy()
    twin.memory = {name: value.clone() for name, value in decoder.memory.items()}
    twin.fused = {name: value.clone() for name, value in decoder.fused.items()}
    return twin
