"""A small batched version of LLaDA's sampler for evaluation (generate.py: low-confidence or random remasking).

The program itself uses llada_tui.diffusion; training keeps this copy of the plain case because it evaluates many
prompts of different lengths at once and must not depend on the rest.
"""

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from training.model import Network
from training.tokenizer import Vocabulary
from training.uniform_sampling import sample_uniform


@dataclass(frozen=True, slots=True)
class Sampling:
    """Canvas, block and number of steps; temperature is 0. From uniform noise there is one block, and no remasking."""

    length: int = 64
    block: int = 32
    steps: int = 64
    remasking: Literal["low_confidence", "random"] = "low_confidence"
    seed: int = 0
    noise: Literal["masks", "uniform"] = "masks"


def quota(masks: Tensor, steps: int, step: int) -> Tensor:
    """(rows,) how many positions to commit at this step: masks/steps, one more on the first masks % steps steps."""
    return masks // steps + (step < masks % steps).long()


def predictions(
    network: Network, vocabulary: Vocabulary, ids: Tensor, keep: Tensor, where: Tensor
) -> tuple[Tensor, Tensor]:
    """The most probable token and its probability at `where` (rows, canvas) of ids (rows, length)."""
    with torch.autocast(ids.device.type, torch.bfloat16):
        hidden = network.hidden(ids, keep)
        hidden = hidden.gather(1, where[:, :, None].expand(-1, -1, hidden.shape[-1]))
        logits = network.head(hidden).float()
    logits[:, :, vocabulary.mask] = -torch.inf
    best = logits.softmax(-1).max(-1)
    return best.indices, best.values


@torch.no_grad()
def sample(network: Network, vocabulary: Vocabulary, prompts: list[list[int]], settings: Sampling) -> list[list[int]]:
    """The canvas of each prompt after denoising. Rows are padded on the right with keys that are ignored."""
    if settings.noise == "uniform":
        return sample_uniform(network, vocabulary, prompts, settings.length, settings.steps, settings.seed)
    device = network.wte.weight.device
    starts = torch.tensor([len(prompt) for prompt in prompts], device=device)
    total = int(starts.max()) + settings.length
    ids = torch.full((len(prompts), total), vocabulary.eos, device=device)
    for row, prompt in enumerate(prompts):
        ids[row, : len(prompt)] = torch.tensor(prompt, device=device)
        ids[row, len(prompt) : len(prompt) + settings.length] = vocabulary.mask
    where = starts[:, None] + torch.arange(settings.length, device=device)
    keep = (torch.arange(total, device=device) < (starts + settings.length)[:, None])[:, None, None, :]
    generator = torch.Generator().manual_seed(settings.seed)
    blocks = -(-settings.length // settings.block)
    steps = max(1, settings.steps // blocks)
    for block in range(blocks):
        low, high = block * settings.block, min((block + 1) * settings.block, settings.length)
        masks = (ids.gather(1, where[:, low:high]) == vocabulary.mask).sum(1)
        for step in range(min(steps, int(masks.max()))):
            tokens, confidence = predictions(network, vocabulary, ids, keep, where[:, low:high])
            if settings.remasking == "random":
                confidence = torch.rand(confidence.shape, generator=generator).to(device)
            still = ids.gather(1, where[:, low:high]) == vocabulary.mask
            rank = confidence.masked_fill(~still, -1).argsort(1, descending=True).argsort(1)
            commit = (rank < quota(masks, steps, step)[:, None]) & still
            current = ids.gather(1, where[:, low:high])
            ids.scatter_(1, where[:, low:high], torch.where(commit, tokens, current))
    canvas: list[list[int]] = ids.gather(1, where).tolist()
    return canvas
