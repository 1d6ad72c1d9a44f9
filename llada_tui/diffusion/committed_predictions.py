"""The predictions that a step commits: as many of the best as the strategy decided, or those that it named."""

from __future__ import annotations

import torch
from torch import Tensor


def spaced(chosen: Tensor, scores: Tensor, positions: Tensor, gap: int) -> Tensor:
    """The gap between the tokens that one step commits (DUS, arXiv 2506.19037): those of the ``chosen`` predictions
    that are kept, as bool ``(N,)``. From the highest score down, each is at least ``gap`` positions from all that are
    kept before it. ``scores``, ``positions``: ``(N,)``."""
    kept = torch.zeros_like(chosen)
    indices = chosen.nonzero()[:, 0]
    ranked = indices[scores[indices].sort(descending=True, stable=True).indices]
    near = torch.zeros(int(positions.max()) + 1 if len(positions) else 0, dtype=torch.bool)
    for index, place in zip(ranked.tolist(), positions[ranked].tolist(), strict=True):
        if not near[place]:
            kept[index] = True
            near[max(place - gap + 1, 0) : place + gap] = True
    return kept


def chosen_predictions(commit: int | Tensor, least: int, scores: Tensor, places: Tensor, length: int) -> Tensor:
    """The predictions to commit, as bool ``(N,)``: so many, or those named (bool, ``(N,)``), ``least`` of them at
    least. ``scores``, ``places``: ``(N,)``, the latter in a sequence of no more than ``length``."""
    if isinstance(commit, Tensor):
        scores, commit = scores.masked_fill(commit, torch.inf), int(commit.sum())
    count = min(max(commit, least), len(places))
    # Equal scores are told apart as published: by topk over the whole sequence.
    ranked = torch.full((length,), -torch.inf, dtype=scores.dtype)
    ranked[places] = scores
    best = torch.zeros(length, dtype=torch.bool)
    best[ranked.topk(count).indices] = True
    return best[places]
