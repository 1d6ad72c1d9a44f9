"""Accuracy under parallelism: one number for a curve of accuracy against tokens a forward pass.

AUP as defined by hao-ai-lab for d3LLM ("text-diffusion" on its blog, and the leaderboard of diffusion language models):
the area under the curve, in which a point counts less the further it lies below the best accuracy.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from math import exp
from typing import NamedTuple

_ALPHA = 3.0
"""The steepness of a point's weight."""
_TOLERANCE = 5.0
"""Percentage points below the first point's accuracy at which the curve ends."""


class CurvePoint(NamedTuple):
    """A setting's tokens a forward pass (rho), and its right answers in percent (y)."""

    tokens_per_pass: float
    percent: float


def accuracy_under_parallelism(points: Iterable[CurvePoint], best: float) -> float:
    """The AUP of a curve: rho_1 y_1 + sum over i > 1 of (rho_i - rho_(i-1)) (y_i W(y_i) + y_(i-1) W(y_(i-1))) / 2,
    with W(y) = min(exp(-3 (1 - y / best)), 1). At 100% and a token a pass it is 100.

    Points are ordered by their tokens a pass. Those more than 5 percentage points below the first are left out.
    ``best`` is the highest accuracy that any method has, in percent. Raises `ValueError` without points, or where
    ``best`` is not above 0.
    """
    curve = sorted(points)
    if not curve or best <= 0:
        raise ValueError("A curve needs a point, and the best accuracy must be above 0.")
    first = curve[0]
    kept = [point for point in curve if point.percent >= first.percent - _TOLERANCE]
    area = first.tokens_per_pass * first.percent
    for before, point in pairwise(kept):
        width = point.tokens_per_pass - before.tokens_per_pass
        area += width * (_weighted(point.percent, best) + _weighted(before.percent, best)) / 2
    return area


def _weighted(percent: float, best: float) -> float:
    return percent * min(exp(-_ALPHA * (1 - percent / best)), 1.0)
