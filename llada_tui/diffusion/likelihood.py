"""The log-likelihood of an answer: the published ``get_log_likelihood.py`` (LLaDA, arXiv 2502.09992).

A masked-diffusion model has no exact likelihood that is cheap to compute. What is used instead is the bound that it is
trained on (equation 6, appendix B.5): mask t of the answer's L tokens, with t drawn uniformly from 1 to L and the
places at random, and add up the log-probabilities of the masked tokens, times L / t.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations
from math import comb, sqrt

import torch
from torch import Tensor

from llada_tui.diffusion.logit_budget import POSITIONS, at_work
from llada_tui.diffusion.predictor import MaskPredictor


@dataclass(frozen=True, slots=True)
class Likelihood:
    """The log-likelihood of an answer, in nats."""

    total: float
    standard_error: float
    """Of ``total``. 0 where it is exact: all ways to mask a short answer were tried; nan for a single sample."""
    tokens: list[float]
    """Each token's mean log-probability over the ways to mask the answer; they add up to ``total``."""
    samples: int
    """Ways to mask the answer that were tried: one forward pass each, two with guidance."""

    @property
    def per_token(self) -> float:
        return self.total / len(self.tokens)


def log_likelihood(
    predictor: MaskPredictor,
    prompt: Tensor,
    answer: Tensor,
    *,
    mc_num: int = 128,
    cfg_scale: float = 0.0,
    seed: int = 0,
    batch_size: int = 16,
    strata: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> Likelihood:
    """The log-likelihood of ``answer`` after ``prompt``: both long, of one dimension; the prompt may be empty.

    ``mc_num`` Monte Carlo samples, stratified over the number of masked tokens. At most ``batch_size`` of them go
    through the model in one call, and fewer where the answer is long: that changes nothing but speed and memory. When
    all 2**L - 1 ways to mask the answer are no more than ``mc_num``, they are all tried instead, and the result is
    exact. ``cfg_scale`` is the weight of classifier-free guidance, whose second pass masks the prompt. ``progress`` is
    called with the samples done and their number.

    With ``strata`` above 0 the masks are drawn as the authors' ``eval_llada.py`` draws them, and never all tried: that
    many samples at a time (its ``batch_size``, of which ``mc_num`` must be a multiple), each time with the mask counts
    of `published_counts`.

    Raises `ValueError` for an empty answer, one that holds the mask, or numbers below 1 (0 for ``cfg_scale``).
    """
    prompt, answer = prompt.cpu(), answer.cpu()
    if prompt.dim() != 1 or answer.dim() != 1 or not len(answer):
        raise ValueError("The prompt and the answer must be of one dimension, and the answer must hold a token.")
    if bool((answer == predictor.mask_id).any()):
        raise ValueError("The answer holds the mask token, which no model predicts.")
    if mc_num < 1 or batch_size < 1 or cfg_scale < 0:
        raise ValueError("mc_num and batch_size must be at least 1, and cfg_scale at least 0.")
    if strata and (strata < 0 or mc_num % strata):
        raise ValueError(f"mc_num must be a multiple of strata, {strata}, not {mc_num}.")
    length = len(answer)
    exact = not strata and length < (mc_num + 1).bit_length()  # 2**length - 1 <= mc_num, without a huge number
    masks, weights = _every_mask(length) if exact else _drawn_masks(length, mc_num, strata, seed)
    batch = max(1, min(batch_size, POSITIONS // length))
    log_probabilities = []
    for part in torch.split(masks, batch):
        log_probabilities.append(_log_probabilities(predictor, prompt, answer, part, cfg_scale))
        if progress is not None:
            progress(sum(map(len, log_probabilities)), len(masks))
    terms = torch.cat(log_probabilities) * weights[:, None]
    error = 0.0 if exact else _standard_error(terms.sum(-1) * mc_num)
    return Likelihood(terms.sum().item(), error, terms.sum(0).tolist(), len(masks))


def left_to_right_likelihood(predictor: MaskPredictor, prompt: Tensor, answer: Tensor) -> Likelihood:
    """The log-likelihood of ``answer`` after ``prompt`` by a model that sees what is before a position alone: exact, in
    one pass. Raises `ValueError` for an empty answer."""
    if not len(answer):
        raise ValueError("The answer must hold a token.")
    ids = torch.cat([prompt, answer])[None]
    positions = torch.cat([torch.zeros(len(prompt)), torch.ones(len(answer))])[None].bool()
    with torch.inference_mode():
        logits = predictor.logits(ids, None, positions).float()
        chosen = logits.gather(-1, answer.to(logits.device)[:, None])[:, 0] - logits.logsumexp(-1)
        tokens = chosen.cpu().double()
    return Likelihood(tokens.sum().item(), 0.0, tokens.tolist(), 1)


def _every_mask(length: int) -> tuple[Tensor, Tensor]:
    """All masks but the empty one (bool, N x length), and what each counts for (float64, N)."""
    masks = torch.zeros(2**length - 1, length, dtype=torch.bool)
    weights: list[float] = []
    for count in range(1, length + 1):
        for places in combinations(range(length), count):
            masks[len(weights), list(places)] = True
            # A count has the probability 1 / length, shared by its masks; the loss is divided by count / length.
            weights.append(1 / comb(length, count) / count)
    return masks, torch.tensor(weights, dtype=torch.float64)


def published_counts(first: int, length: int, number: int) -> Tensor:
    """The mask counts that ``eval_llada.py`` draws at a time, from its random ``first`` of 1 to ``length`` on: long,
    ``(number,)``, each from 1 to ``length``.

    They are evenly spaced and rounded in float32, ties to the even number, as published: where ``length / number`` has
    ties, odd counts come less often than even ones.
    """
    spaced = torch.linspace(float(first), first + (number - 1) * (length / number), steps=number)
    return (spaced.round().long() - 1) % length + 1


def _drawn_masks(length: int, number: int, strata: int, seed: int) -> tuple[Tensor, Tensor]:
    """``number`` random masks, ordered by how many tokens they mask, and what each counts for.

    The counts are spread evenly over 1 to ``length``, from a random one on: all at once, or ``strata`` at a time.
    """
    source = torch.Generator().manual_seed(seed)
    if strata:
        firsts = torch.randint(1, length + 1, (number // strata,), generator=source).tolist()
        counts = torch.cat([published_counts(first, length, strata) for first in firsts])
    else:
        first = torch.randint(length, (), generator=source)
        counts = (first + torch.arange(number, dtype=torch.float64) * (length / number)).round().long() % length + 1
    counts = counts.sort().values
    ranks = torch.rand(number, length, generator=source).argsort(-1).argsort(-1)
    return ranks < counts[:, None], length / counts.double() / number


def _log_probabilities(
    predictor: MaskPredictor, prompt: Tensor, answer: Tensor, masks: Tensor, cfg_scale: float
) -> Tensor:
    """The log-probability of each token where it is masked, and 0 elsewhere: float64, N x length."""
    number = len(masks)
    noisy = answer.expand(number, -1).masked_fill(masks, predictor.mask_id)
    ids = torch.cat([prompt.expand(number, -1), noisy], 1)
    positions = torch.cat([torch.zeros(number, len(prompt), dtype=torch.bool), masks], 1)
    if cfg_scale > 0:
        unguided = torch.cat([torch.full((number, len(prompt)), predictor.mask_id), noisy], 1)
        ids, positions = torch.cat([ids, unguided]), torch.cat([positions, positions])
    with torch.inference_mode():
        logits = predictor.logits(ids, None, positions)
        targets = answer.expand(number, -1)[masks].to(logits.device)
        parts = []
        size = max(1, at_work(logits.device.type) // logits.shape[-1])
        for start in range(0, len(targets), size):
            part = logits[start : start + size][: len(targets) - start].float()
            if cfg_scale > 0:
                other = logits[len(targets) + start :][: len(part)].float()
                part = other + (cfg_scale + 1) * (part - other)
            target = targets[start : start + size, None]
            parts.append(part.gather(-1, target)[:, 0] - part.logsumexp(-1))
        result = torch.zeros(masks.shape, dtype=torch.float64)
        result[masks] = torch.cat(parts).cpu().double()
    return result.clone()


def _standard_error(samples: Tensor) -> float:
    """Of the mean of ``samples`` (float64, N) that are ordered by what they are stratified over.

    Neighbours differ by chance alone, so their differences measure it (Wolter, Introduction to Variance Estimation,
    2007, section 8.2); the spread of all samples would count in what stratification takes away.
    """
    if len(samples) < 2:
        return float("nan")
    return sqrt((samples.diff() ** 2).mean().item() / 2 / len(samples))
