"""The log-likelihood of an answer: the published ``get_log_likelihood.py`` (LLaDA, arXiv 2502.09992).

A masked-diffusion model has no exact likelihood that is cheap to compute. What is used instead is the bound that it is
trained on (equation 6, appendix B.5): mask t of the answer's L tokens, with t drawn uniformly from 1 to L and the
places at random, and add up the log-probabilities of the masked tokens, times L / t.

By the chain rule it costs a pass for each token: that of a token with it and all behind it masked, added up over the
answer. It is exact for a model that writes from left to right; ``evaluate_diff.py`` of SMDM (ML-GSAI/SMDM, arXiv
2410.18514, appendix) scores so where an answer is short.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import NamedTuple

import torch
from torch import Tensor

from llada_tui.diffusion.guidance import hidden_positions
from llada_tui.diffusion.logit_budget import POSITIONS, at_work
from llada_tui.diffusion.mask_draws import MaskDraws, masks_for
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


class ScoredPair(NamedTuple):
    """An answer to score after a prompt, both long, of one dimension, with the seed of its samples."""

    prompt: Tensor
    answer: Tensor
    seed: int = 0


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
    chain_rule: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> Likelihood:
    """The log-likelihood of ``answer`` after ``prompt``: both long, of one dimension; the prompt may be empty.

    ``mc_num`` Monte Carlo samples, stratified over the number of masked tokens. At most ``batch_size`` of them go
    through the model in one call, and fewer where the answer is long: that changes nothing but speed and memory. When
    all 2**L - 1 ways to mask the answer are no more than ``mc_num``, they are all tried instead, and the result is
    exact. ``cfg_scale`` is the weight of classifier-free guidance, whose second pass masks the prompt, but for
    the tokens that the predictor keeps in guidance. ``progress`` is called with the samples done and their number.

    With ``strata`` above 0 the masks are drawn as the authors' ``eval_llada.py`` draws them, and never all tried: that
    many samples at a time (its ``batch_size``, of which ``mc_num`` must be a multiple), each time with the mask counts
    of `llada_tui.diffusion.mask_draws.published_counts`. With ``chain_rule`` nothing is drawn: see above.

    Raises `ValueError` for an empty answer, one that holds the mask, or numbers below 1 (0 for ``cfg_scale``).
    """
    (likelihood,) = log_likelihoods(
        predictor,
        [ScoredPair(prompt, answer, seed)],
        mc_num=mc_num,
        cfg_scale=cfg_scale,
        batch_size=batch_size,
        strata=strata,
        chain_rule=chain_rule,
        progress=progress,
    )
    return likelihood


def log_likelihoods(
    predictor: MaskPredictor,
    pairs: Sequence[ScoredPair],
    *,
    mc_num: int = 128,
    cfg_scale: float = 0.0,
    batch_size: int = 16,
    strata: int = 0,
    chain_rule: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> list[Likelihood]:
    """`log_likelihood` of several pairs, whose samples share the calls of the model; shorter ones are padded on the
    left."""
    if mc_num < 1 or batch_size < 1 or cfg_scale < 0:
        raise ValueError("mc_num and batch_size must be at least 1, and cfg_scale at least 0.")
    if strata and (strata < 0 or mc_num % strata):
        raise ValueError(f"mc_num must be a multiple of strata, {strata}, not {mc_num}.")
    samples = [_samples(predictor, pair, mc_num, strata, chain_rule=chain_rule) for pair in pairs]
    number = sum(len(sample.draws.masks) for sample in samples)
    longest = max((len(sample.answer) for sample in samples), default=1)
    done = 0
    for parts in _batches(samples, max(1, min(batch_size, POSITIONS // longest))):
        _fill_in(predictor, parts, cfg_scale)
        done += sum(len(part.masks) for part in parts)
        if progress is not None:
            progress(done, number)
    return [sample.likelihood(mc_num) for sample in samples]


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


@dataclass(frozen=True, slots=True)
class _Samples:
    """The samples of one pair, ``(N, length)``: ``asked`` tells the masks that count, bool, and ``terms`` are the
    log-probabilities of the tokens there, float64."""

    prompt: Tensor
    answer: Tensor
    draws: MaskDraws
    asked: Tensor
    terms: Tensor

    def likelihood(self, mc_num: int) -> Likelihood:
        weighted = self.terms * self.draws.weights[:, None]
        error = 0.0 if self.draws.exact else _standard_error(weighted.sum(-1) * mc_num)
        return Likelihood(weighted.sum().item(), error, weighted.sum(0).tolist(), len(weighted))


class _Part(NamedTuple):
    """Some samples of a pair, by their rows."""

    samples: _Samples
    rows: slice

    @property
    def masks(self) -> Tensor:
        return self.samples.draws.masks[self.rows]

    @property
    def asked(self) -> Tensor:
        return self.samples.asked[self.rows]


def _samples(predictor: MaskPredictor, pair: ScoredPair, mc_num: int, strata: int, *, chain_rule: bool) -> _Samples:
    prompt, answer = pair.prompt.cpu(), pair.answer.cpu()
    if prompt.dim() != 1 or answer.dim() != 1 or not len(answer):
        raise ValueError("The prompt and the answer must be of one dimension, and the answer must hold a token.")
    if bool((answer == predictor.mask_id).any()):
        raise ValueError("The answer holds the mask token, which no model predicts.")
    if chain_rule:
        square = torch.ones(len(answer), len(answer), dtype=torch.bool)
        draws, asked = MaskDraws(square.triu(), square[0].double(), exact=True), torch.eye(len(answer)).bool()
    else:
        draws = masks_for(len(answer), mc_num, strata, pair.seed)
        asked = draws.masks
    return _Samples(prompt, answer, draws, asked, torch.zeros(asked.shape, dtype=torch.float64))


def _batches(samples: Sequence[_Samples], size: int) -> Iterator[list[_Part]]:
    """The samples of all pairs in their order, in batches of ``size``."""
    parts: list[_Part] = []
    room = size
    for sample in samples:
        start, end = 0, len(sample.draws.masks)
        while start < end:
            rows = slice(start, min(start + room, end))
            parts.append(_Part(sample, rows))
            start, room = rows.stop, room - (rows.stop - rows.start)
            if not room:
                yield parts
                parts, room = [], size
    if parts:
        yield parts


def _fill_in(predictor: MaskPredictor, parts: Sequence[_Part], cfg_scale: float) -> None:
    """Writes into the samples' terms the log-probability of each token where it is masked, in one call of the model."""
    ids, positions, attention_mask, prompts = _sequences(predictor.mask_id, parts)
    if cfg_scale > 0:
        unguided = ids.masked_fill(hidden_positions(predictor, ids, prompts), predictor.mask_id)
        ids, positions = torch.cat([ids, unguided]), torch.cat([positions, positions])
        attention_mask = None if attention_mask is None else torch.cat([attention_mask, attention_mask])
    with torch.inference_mode():
        logits = predictor.logits(ids, attention_mask, positions)
        answers = [part.samples.answer.expand(len(part.masks), -1)[part.asked] for part in parts]
        targets = torch.cat(answers).to(logits.device)
        values = []
        size = max(1, at_work(logits.device.type) // logits.shape[-1])
        for start in range(0, len(targets), size):
            near = logits[start : start + size][: len(targets) - start].float()
            if cfg_scale > 0:
                other = logits[len(targets) + start :][: len(near)].float()
                near = other + (cfg_scale + 1) * (near - other)
            target = targets[start : start + size, None]
            values.append(near.gather(-1, target)[:, 0] - near.logsumexp(-1))
        results = torch.split(torch.cat(values).cpu().double(), [len(answer) for answer in answers])
    for part, result in zip(parts, results, strict=True):
        part.samples.terms[part.rows][part.asked] = result.clone()


def _sequences(mask_id: int, parts: Sequence[_Part]) -> tuple[Tensor, Tensor, Tensor | None, Tensor]:
    """The masked sequences, padded on the left: ids, long; the masks that count, bool; the attention mask, long, or
    None where none is padded; and where their prompts are, bool. All ``(batch, length)``."""
    number = sum(len(part.masks) for part in parts)
    lengths = [len(part.samples.prompt) + len(part.samples.answer) for part in parts]
    length = max(lengths)
    ids = torch.full((number, length), mask_id)
    positions, prompts = torch.zeros(number, length, dtype=torch.bool), torch.zeros(number, length, dtype=torch.bool)
    attention_mask = torch.ones(number, length, dtype=torch.long)
    begin = 0
    for part, long in zip(parts, lengths, strict=True):
        rows, edge = slice(begin, begin + len(part.masks)), length - len(part.samples.answer)
        ids[rows, length - long : edge] = part.samples.prompt
        ids[rows, edge:] = part.samples.answer.expand(len(part.masks), -1).masked_fill(part.masks, mask_id)
        positions[rows, edge:] = part.asked
        prompts[rows, length - long : edge] = True
        attention_mask[rows, : length - long] = 0
        begin = rows.stop
    return ids, positions, None if min(lengths) == length else attention_mask, prompts


def _standard_error(samples: Tensor) -> float:
    """Of the mean of ``samples`` (float64, N) that are ordered by what they are stratified over.

    Neighbours differ by chance alone, so their differences measure it (Wolter, Introduction to Variance Estimation,
    2007, section 8.2); the spread of all samples would count in what stratification takes away.
    """
    if len(samples) < 2:
        return float("nan")
    return sqrt((samples.diff() ** 2).mean().item() / 2 / len(samples))
