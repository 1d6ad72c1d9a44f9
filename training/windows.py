"""Practice for parallel decoding with a cached window (Fast-dLLM, arXiv 2505.22618, sections 3.2 and 3.3).

Uniform masks are not what that sampler shows the model. It fills a block in two or three passes: the first sees the
block without a word in it, the later ones see what the first was sure of, and with the dual cache they see all that
stands outside the block by the keys and values of that first pass. A step of this kind makes just these two passes, on
the true answer, and learns from both.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from training.model import KeysValues, Network
from training.tokenizer import Vocabulary

BLOCK = 32
THRESHOLD = 0.9
States = Callable[..., tuple[Tensor, list[KeysValues]]]


@dataclass(frozen=True, slots=True)
class Window:
    """The block of each row that is filled.

    `stale` (rows, length) are the ids as the block's first pass sees them: the block and all learnt behind it masked.
    `places` (rows, BLOCK) are the block's places, `open` (the same) says which of them are masked.
    """

    stale: Tensor
    places: Tensor
    open: Tensor


def starts(ids: Tensor, learnt: Tensor, vocabulary: Vocabulary, generator: torch.Generator) -> Tensor:
    """(rows,) where the block begins: one of those that hold something of the answer besides <|endoftext|>.

    The answer is what is learnt at the end of a row; where a drill's end is not learnt, all from its first result on.
    """
    length = ids.shape[1]
    at_the_end = learnt.flip(1).long().cumprod(1).sum(1)
    first = torch.where(at_the_end > 0, length - at_the_end, learnt.long().argmax(1))
    places = torch.arange(length)
    last = (places * (learnt & (ids != vocabulary.eos))).amax(1)
    blocks = ((last - first).clamp(min=0) // BLOCK) + 1
    return first + BLOCK * (torch.rand(len(ids), generator=generator) * blocks).long()


def window(ids: Tensor, learnt: Tensor, vocabulary: Vocabulary, generator: torch.Generator) -> Window:
    """The first pass of a block of each row, drawn among those that hold something; everything is on the CPU."""
    low = starts(ids, learnt, vocabulary, generator)[:, None]
    stale = torch.where(learnt & (torch.arange(ids.shape[1]) >= low), vocabulary.mask, ids)
    places = low + torch.arange(BLOCK)
    inside = places < ids.shape[1]
    places = places.clamp(max=ids.shape[1] - 1)
    return Window(stale, places, inside & learnt.gather(1, places))


def still_masked(confidence: Tensor, unfilled: Tensor, draws: Tensor) -> Tensor:
    """The places of the block that the second pass sees masked; all are (rows, BLOCK) but `draws` (rows, 2).

    In half of the rows the most probable place is filled and all of at least THRESHOLD, as the threshold strategy
    does; in the others an even share from none to all of the most probable ones, as slower settings do.
    """
    rank = confidence.masked_fill(~unfilled, -1.0).argsort(1, descending=True).argsort(1)
    sure = (confidence >= THRESHOLD) | (rank == 0)
    few = rank < (draws[:, 1:] * unfilled.sum(1, keepdim=True)).long()
    return unfilled & ~torch.where(draws[:, :1] < 0.5, sure, few)


def row_means(losses: Tensor, where: Tensor) -> Tensor:
    """The mean over rows of the mean over a row's places; `losses` belong to the places in `where` (rows, BLOCK)."""
    counts = where.sum(1)
    return (losses / counts[where.nonzero()[:, 0]]).sum() / len(where)


def window_loss(
    network: Network, states: States, ids: Tensor, learnt: Tensor, vocabulary: Vocabulary, generator: torch.Generator
) -> Tensor:
    """The loss of both passes over a block, each counted alike; ids and learnt are (rows, length), on the CPU."""
    device = network.wte.weight.device
    drawn = window(ids, learnt, vocabulary, generator)
    draws = torch.rand((len(ids), 2), generator=generator).to(device)
    places, unfilled, stale = drawn.places.to(device), drawn.open.to(device), drawn.stale.to(device)
    true = ids.to(device).gather(1, places)
    hidden, left = states(stale)
    logits = network.head(hidden.gather(1, places[:, :, None].expand(-1, -1, hidden.shape[-1]))[unfilled])
    first = F.cross_entropy(logits.float(), true[unfilled], reduction="none")

    confidence = torch.zeros(places.shape, device=device)
    confidence[unfilled] = logits.detach().float().softmax(-1).amax(-1)
    masks = still_masked(confidence, unfilled, draws)
    # a key of the first pass is hidden where the block has a newer one; a place past the row's end has none at all
    outside = torch.ones(stale.shape, dtype=torch.bool, device=device).scatter(1, places, False)
    inside = torch.ones_like(unfilled)
    inside[:, 1:] = places[:, 1:] != places[:, :-1]
    keep = torch.cat([outside, inside], dim=1)[:, None, None, :]
    hidden, _ = states(torch.where(masks, vocabulary.mask, true), keep, places, left)
    second = F.cross_entropy(network.head(hidden[masks]).float(), true[masks], reduction="none")
    return (row_means(first, unfilled) + row_means(second, masks)) / 2
