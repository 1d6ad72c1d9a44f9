"""The choices of a step as `StepData` has them, from tensors on the CPU."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from llada_tui.trace.events import Alternatives, Choice


def choices(positions: Sequence[int], tokens: Tensor, confidence: Tensor) -> list[Choice]:
    """A choice for each of N positions; ``tokens`` and ``confidence`` are ``(N,)``."""
    numbers = zip(positions, tokens.long().tolist(), confidence.tolist(), strict=True)
    return [Choice(position, token, chance) for position, token, chance in numbers]


def tensors_of(choices: Sequence[Choice]) -> tuple[Tensor, Tensor, Tensor]:
    """The positions (long), tokens (long) and confidences (float64) of N choices, each ``(N,)``."""
    positions = torch.tensor([choice.position for choice in choices], dtype=torch.long)
    tokens = torch.tensor([choice.token for choice in choices], dtype=torch.long)
    return positions, tokens, torch.tensor([choice.confidence for choice in choices], dtype=torch.float64)


def alternatives(positions: Sequence[int], top: Tensor) -> list[Alternatives]:
    """The likeliest tokens at each of N positions. ``top``: ``(2 top_k, N)``, their ids and then their probabilities;
    none where top_k is 0."""
    tokens, chances = top.chunk(2) if len(top) else (top, top)
    if not len(tokens):
        return []
    numbers = zip(positions, tokens.T.long().tolist(), chances.T.tolist(), strict=True)
    return [Alternatives(position, ids, probabilities) for position, ids, probabilities in numbers]
