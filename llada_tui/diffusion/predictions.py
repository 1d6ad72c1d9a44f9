"""The predictions of a model at some masked positions in one step, before anything is decided."""

from __future__ import annotations

from functools import cached_property

import torch
from torch import Tensor

from llada_tui.diffusion.predictor import MaskPredictor
from llada_tui.settings.sampler_settings import SamplerSettings

SCALARS = 5
"""Numbers of a prediction before its alternatives: score, token, confidence, entropy, likeliest token."""
_BANNED = -1e30
"""A logit whose probability is 0. Not -inf, which makes the entropy nan."""
_COLDEST = 1e-30
"""The temperature that lower ones count as: float32 can still divide by it."""
_PART = 256
"""The vocabulary is searched in chunks of this many tokens: first the chunk, then the token."""


class Predictions:
    """Predictions at N positions of one row of the batch, and how sure the model is of them.

    ``tokens`` (long, N) are drawn from softmax(logits / temperature), which is the distribution of the published argmax
    of noisy logits, and from its nucleus alone where ``top_p`` is below 1; temperature 0 takes the argmax.
    ``confidence`` (float32, N: the probability of the token) and everything else is without temperature. ``held_back``
    (bool, N) are ends of text that are to be committed after everything else. ``divergences`` (float32, ``(steps, N)``)
    is how far each distribution moved in the last steps, the last one first: the KL divergence from the step before, in
    nats; inf where there was none. ``is_reread`` (bool, N) tells the positions where a token stands already.
    """

    divergences: Tensor
    is_reread: Tensor

    def __init__(
        self,
        logits: Tensor,
        settings: SamplerSettings,
        predictor: MaskPredictor,
        draws: Tensor,
        ranks: Tensor,
        bans_mask: bool = False,
    ) -> None:
        """``logits``: ``(N, vocabulary)``, of any type, written over where they are float32. ``draws`` and ``ranks``
        (float64, N, from [0, 1)) are the random numbers for the tokens and for strategies that rank by chance.
        ``bans_mask``: whether the mask is never predicted, whatever the temperature."""
        self.uniform = ranks
        native, logits = logits, logits.float()
        banned = list(predictor.banned_ids)
        if bans_mask and predictor.mask_id < logits.shape[-1]:
            banned.append(predictor.mask_id)
        if settings.logits_eos_inf and predictor.eos_id is not None:
            banned.append(predictor.eos_id)
        _ban(logits, banned)
        if settings.temperature == 0:
            self.tokens = _argmax(logits)
        else:
            # Never the mask, which would leave its place as it was.
            mask, warm = slice(predictor.mask_id, predictor.mask_id + 1), settings.temperature != 1
            if warm:
                of_mask = logits[:, mask].clone()
                logits[:, mask] = _BANNED
                chances = _warmed(logits, settings.temperature)
                logits[:, mask] = of_mask
            else:
                chances = torch.softmax(logits, -1)
                of_mask = chances[:, mask].clone()
                chances[:, mask] = 0
            weights = chances if settings.top_p == 1 else _nucleus(chances, settings.top_p)
            self.tokens = _draw(weights, draws.to(logits.device, non_blocking=True))
            if not warm:
                chances[:, mask] = of_mask
        self.held_back = torch.zeros_like(self.tokens, dtype=torch.bool)
        if settings.confidence_eos_eot_inf:
            ends = [end for end in (predictor.eos_id, predictor.eot_id) if end is not None]
            for end in ends:
                self.held_back |= self.tokens == end
            banned += ends
            _ban(logits, ends)
        self._logits = logits
        drawn_from = settings.temperature == 1 and not settings.confidence_eos_eot_inf
        self.probabilities = chances if drawn_from else torch.softmax(logits, -1)
        """Float32, ``(N, vocabulary)``."""
        self.confidence = self.probabilities.gather(-1, self.tokens[:, None])[:, 0]
        if settings.reference_numerics and native.dtype != torch.float32:
            rounded = torch.softmax(_ban(native, banned), -1)
            self.confidence = rounded.gather(-1, self.tokens[:, None])[:, 0].float()

    @cached_property
    def _log_normaliser(self) -> Tensor:
        """Logarithm of the sum of the exponentials of each position's logits: ``(N, 1)``. From the likeliest token
        alone."""
        place = _argmax(self._logits)[:, None]
        return self._logits.gather(-1, place) - self.probabilities.gather(-1, place).log()

    @property
    def likeliest(self) -> Tensor:
        """The likeliest token of each position: long, N."""
        return _argmax(self._logits)

    @cached_property
    def entropy(self) -> Tensor:
        """Entropy of each distribution, in nats: float32, N."""
        # log Z - sum p l: much faster than a logarithm of every probability.
        mean = torch.linalg.vecdot(self.probabilities, self._logits)
        entropy: Tensor = self._log_normaliser[:, 0] - mean
        return entropy.clamp_(min=0)

    @property
    def log_probabilities(self) -> Tensor:
        """Float32, ``(N, vocabulary)``: made anew with every look."""
        return self._logits - self._log_normaliser

    def divergence(self, before: Tensor, at: Tensor) -> Tensor:
        """KL divergence in nats of the distributions at ``at`` (long, M) from ``before`` (log probabilities, ``(M,
        vocabulary)``): float32, M."""
        moved = torch.linalg.vecdot(self.probabilities[at], self._logits[at] - before)
        divergence: Tensor = moved - self._log_normaliser[at, 0]
        return divergence.clamp_(min=0)

    def columns(self, score: Tensor, top_k: int, *, likeliest: bool = False) -> Tensor:
        """The predictions as numbers that fit in one transfer: float64, ``(SCALARS + 2 top_k, N)``, of which the last
        are the top-k's tokens and probabilities. ``score``: ``(N,)``, on the predictions' device. Without
        ``likeliest`` the predicted token stands for the likeliest one."""
        columns = [
            score.double(),
            self.tokens.double(),
            self.confidence.double(),
            self.entropy.double(),
            (self.likeliest if likeliest else self.tokens).double(),
        ]
        if not top_k:
            return torch.stack(columns)
        chances, tokens = self.top(top_k)
        return torch.cat([torch.stack(columns), tokens.T.double(), chances.T.double()])

    def top(self, count: int) -> tuple[Tensor, Tensor]:
        """The probabilities (float32) and ids of the ``count`` likeliest tokens, likeliest first: each ``(N,
        count)``."""
        best = self.probabilities.topk(min(count, self.probabilities.shape[-1]))
        return best.values, best.indices


def chances_of(logits: Tensor, tokens: Tensor) -> Tensor:
    """The probabilities of N tokens (long, N, on any device) from their logits ``(N, vocabulary)``: float64, N."""
    chances = torch.log_softmax(logits, -1, dtype=torch.float32).gather(-1, tokens.to(logits.device)[:, None])
    return chances[:, 0].double().exp()


def _argmax(numbers: Tensor) -> Tensor:
    """As ``argmax(-1)``, for positions of many tokens: the largest of each part first, which is several times faster on
    a CPU."""
    whole = numbers.shape[-1] // _PART * _PART
    if not whole or numbers.device.type != "cpu":
        return numbers.argmax(-1)
    parts = numbers[:, :whole].reshape(len(numbers), -1, _PART).amax(-1)
    if whole < numbers.shape[-1]:
        parts = torch.cat([parts, numbers[:, whole:].amax(-1, keepdim=True)], -1)
    part = parts.argmax(-1, keepdim=True)
    places = (part * _PART + torch.arange(_PART)).clamp_(max=numbers.shape[-1] - 1)
    return part[:, 0] * _PART + numbers.gather(-1, places).argmax(-1)


def _ban(logits: Tensor, tokens: list[int]) -> Tensor:
    for token in tokens:
        logits[:, token] = _BANNED
    return logits


def _warmed(logits: Tensor, temperature: float) -> Tensor:
    """softmax(logits / temperature), in one tensor. A temperature next to nothing leaves the likeliest token alone."""
    chances = (logits - logits.amax(-1, keepdim=True)).div_(max(temperature, _COLDEST)).exp_()
    return chances.div_(chances.sum(-1, keepdim=True))


def _nucleus(chances: Tensor, share: float) -> Tensor:
    """Probabilities with 0 for all but the likeliest tokens that make up ``share``: those before which no more than
    that much comes, the likeliest always (Holtzman et al., arXiv 1904.09751; as Dream has it)."""
    ranked, order = chances.sort(-1, descending=True)
    before = ranked.cumsum(-1).roll(1, -1)
    before[:, 0] = 0
    return chances.scatter(-1, order, ranked.masked_fill(before > share, 0))


def _draw(weights: Tensor, uniform: Tensor) -> Tensor:
    """For each row a token with a chance in proportion to its weight, by one float64 number from [0, 1) a row.

    The same distribution as adding Gumbel noise to every logit, which must be float64 as well (arXiv 2409.02908) and
    takes a random number and two logarithms for every token of the vocabulary. The sums are of parts first, so that
    only one part of each row is summed up token by token.
    """
    whole = weights.shape[-1] // _PART * _PART
    parts = weights[:, :whole].reshape(len(weights), -1, _PART).sum(-1)
    sums = torch.cat([parts, weights[:, whole:].sum(-1, keepdim=True)], -1).double().cumsum(-1)
    goal = uniform[:, None] * sums[:, -1:]
    part = _first_above(sums, goal)
    goal = goal - sums.gather(-1, (part - 1).clamp(min=0)) * (part > 0)
    places = part * _PART + torch.arange(_PART, device=weights.device)
    inside = weights.gather(-1, places.clamp(max=weights.shape[-1] - 1)).double()
    inside[places >= weights.shape[-1]] = 0
    return (part * _PART + _first_above(inside.cumsum(-1), goal))[:, 0]


def _first_above(sums: Tensor, goals: Tensor) -> Tensor:
    """The index at which each row of sums first exceeds a number: there a weight is above 0. Rounding cannot lead past
    the last."""
    return torch.searchsorted(sums, torch.minimum(goals, sums[:, -1:].nextafter(-sums.new_ones(()))), right=True)
