"""A gap between the tokens that one step commits (DUS, arXiv 2506.19037)."""

from __future__ import annotations

import torch
from torch import Tensor


def spaced(chosen: Tensor, scores: Tensor, positions: Tensor, gap: int) -> Tensor:
    """Those of the ``chosen`` predictions that are kept, as bool ``(N,)``: from the highest score down, each at least
    ``gap`` positions from all that are kept before it. ``scores``, ``positions``: ``(N,)``."""
    kept = torch.zeros_like(chosen)
    indices = chosen.nonzero()[:, 0]
    ranked = indices[scores[indices].sort(descending=True, stable=True).indices]
    near = torch.zeros(int(positions.max()) + 1 if len(positions) else 0, dtype=torch.bool)
    for index, place in zip(ranked.tolist(), positions[ranked].tolist(), strict=True):
        if not near[place]:
            kept[index] = True
            near[max(place - gap + 1, 0) : place + gap] = True
    return kept
