"""The ways to mask an answer whose likelihood is estimated, and what each counts for."""

from __future__ import annotations

from itertools import combinations
from math import comb
from typing import NamedTuple

import torch
from torch import Tensor


class MaskDraws(NamedTuple):
    """``masks`` of an answer, bool, ``(N, length)``, and their ``weights``, float64, ``(N,)``.

    The log-likelihood is the sum of each mask's log-probability times its weight. ``exact``: these are all masks that
    there are.
    """

    masks: Tensor
    weights: Tensor
    exact: bool


def masks_for(length: int, mc_num: int, strata: int, seed: int) -> MaskDraws:
    """``mc_num`` masks of an answer of ``length`` tokens; or all of them, where they are no more and ``strata`` is 0.
    See `llada_tui.diffusion.likelihood.log_likelihood`."""
    if not strata and length < (mc_num + 1).bit_length():  # 2**length - 1 <= mc_num, without a huge number
        return _every_mask(length)
    return _drawn_masks(length, mc_num, strata, seed)


def published_counts(first: int, length: int, number: int) -> Tensor:
    """The mask counts that ``eval_llada.py`` draws at a time, from its random ``first`` of 1 to ``length`` on: long,
    ``(number,)``, each from 1 to ``length``.

    They are evenly spaced and rounded in float32, ties to the even number, as published: where ``length / number`` has
    ties, odd counts come less often than even ones.
    """
    spaced = torch.linspace(float(first), first + (number - 1) * (length / number), steps=number)
    return (spaced.round().long() - 1) % length + 1


def _every_mask(length: int) -> MaskDraws:
    masks = torch.zeros(2**length - 1, length, dtype=torch.bool)
    weights: list[float] = []
    for count in range(1, length + 1):
        for places in combinations(range(length), count):
            masks[len(weights), list(places)] = True
            # A count has the probability 1 / length, shared by its masks; the loss is divided by count / length.
            weights.append(1 / comb(length, count) / count)
    return MaskDraws(masks, torch.tensor(weights, dtype=torch.float64), exact=True)


def _drawn_masks(length: int, number: int, strata: int, seed: int) -> MaskDraws:
    """Random masks, ordered by how many tokens they mask.

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
    return MaskDraws(ranks < counts[:, None], length / counts.double() / number, exact=False)
