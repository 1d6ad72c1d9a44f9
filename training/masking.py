"""The forward process and the loss of masked diffusion (LLaDA, arXiv 2502.09992, algorithms 1 and 2)."""

from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

Weighting = Literal["mean", "inverse_t"]
SMALLEST = 1e-3


def stratified_times(rows: int, generator: torch.Generator) -> Tensor:
    """(rows,) masking probabilities, one from each of `rows` equal parts of (0, 1], in random order."""
    offsets = (torch.arange(rows) + torch.rand(rows, generator=generator)) / rows
    times = offsets[torch.randperm(rows, generator=generator)]
    return SMALLEST + (1 - SMALLEST) * times


def masked(ids: Tensor, learnt: Tensor, mask: int, generator: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
    """Mask each learnt position with its row's probability t.

    ids, learnt: (rows, length). Returns the masked ids, which positions are masked (both rows x length), and t (rows).
    """
    times = stratified_times(ids.shape[0], generator)
    chosen = (torch.rand(ids.shape, generator=generator) < times[:, None]) & learnt.cpu()
    chosen = chosen.to(ids.device)
    return torch.where(chosen, mask, ids), chosen, times.to(ids.device)


def masked_loss(
    logits: Tensor, ids: Tensor, learnt: Tensor, chosen: Tensor, times: Tensor, weighting: Weighting
) -> Tensor:
    """The loss of the masked positions; `logits` are theirs alone, (masked, vocabulary).

    "mean" averages over the masked positions. "inverse_t" is LLaDA's: each position is weighted by 1/t and divided by
    the length of its row's answer.
    """
    losses = F.cross_entropy(logits.float(), ids[chosen], reduction="none")
    if weighting == "mean":
        return losses.mean()
    rows = chosen.nonzero()[:, 0]
    lengths = learnt.sum(1).clamp(min=1)
    return (losses / (times[rows] * lengths[rows])).sum() / ids.shape[0]
