"""What a model predicts at some masked positions in one step, before anything is decided."""

from __future__ import annotations

from functools import cached_property

import torch
from torch import Tensor

from llada_tui.diffusion.noise import Noise
from llada_tui.diffusion.predictor import MaskPredictor
from llada_tui.trace.settings import SamplerSettings

_BANNED = -1e30
"""A logit whose probability is 0. Not -inf, which makes the entropy nan."""


class Predictions:
    """Predictions at N positions of one row of the batch, and how sure the model is of them.

    ``tokens`` (long, N) are drawn by the Gumbel-max trick: the argmax of the logits plus ``temperature`` times Gumbel
    noise in float64 (less precise noise spoils the text: arXiv 2409.02908). ``probabilities`` (float32, N x
    vocabulary) and ``confidence`` (float32, N, the probability of the token) are without noise and temperature.
    ``held_back`` (bool, N) are ends of text that are to be kept after everything else.
    """

    def __init__(self, logits: Tensor, settings: SamplerSettings, predictor: MaskPredictor, noise: Noise) -> None:
        """``logits`` are float32, N x vocabulary."""
        self._noise = noise
        if settings.logits_eos_inf and predictor.eos_id is not None:
            logits = _ban(logits, [predictor.eos_id])
        self.tokens = _draw(logits, settings.temperature, noise)
        ends = [end for end in (predictor.eos_id, predictor.eot_id) if end is not None]
        if settings.confidence_eos_eot_inf and ends:
            logits = _ban(logits, ends)
            self.held_back = torch.isin(self.tokens, torch.tensor(ends, device=logits.device))
        else:
            self.held_back = torch.zeros_like(self.tokens, dtype=torch.bool)
        self._logits = logits
        self.probabilities = torch.softmax(logits, -1)
        self.confidence = self.probabilities.gather(-1, self.tokens[:, None])[:, 0]

    @cached_property
    def entropy(self) -> Tensor:
        """Entropy of each distribution, in nats: float32, N."""
        # log Z - sum p l: ten times faster than a logarithm of every probability. log Z comes from the likeliest token.
        highest, place = self._logits.max(-1, keepdim=True)
        log_normaliser = highest - self.probabilities.gather(-1, place).log()
        entropy: Tensor = log_normaliser[:, 0] - (self.probabilities * self._logits).sum(-1)
        return entropy.clamp_(min=0)

    def uniform(self) -> Tensor:
        """Uniform noise from [0, 1): float64, N. Drawn anew with every call."""
        return self._noise.uniform("rank", len(self.tokens))


def _ban(logits: Tensor, tokens: list[int]) -> Tensor:
    return logits.index_fill(-1, torch.tensor(tokens, device=logits.device), _BANNED)


def _draw(logits: Tensor, temperature: float, noise: Noise) -> Tensor:
    if temperature == 0:
        return logits.argmax(-1)
    # Published as argmax of exp(logits) / (-log u) ** T, which overflows; this is its logarithm.
    gumbel = noise.uniform("gumbel", *logits.shape).log_().neg_().log_()
    noisy: Tensor = gumbel.mul_(-temperature).add_(logits)
    return noisy.argmax(-1)
