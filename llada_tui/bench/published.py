"""The published sampler, stated again as plainly as it can be: the measure of what our own may claim.

LLaDA (arXiv 2502.09992), ``generate.py``: logits of the whole sequence at every step, a softmax over the whole
vocabulary of every position, Gumbel noise in float64, no cache. It shares no line with `llada_tui.diffusion`.
"""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor


class Network(Protocol):
    """Logits of every position: ids and mask are batch x length, the answer batch x length x vocabulary."""

    def __call__(self, ids: Tensor, attention_mask: Tensor | None) -> Tensor: ...


def add_gumbel_noise(logits: Tensor, temperature: float) -> Tensor:
    """Logits whose argmax is a sample: exp(logits) / (-log u) ** T, in float64."""
    if temperature == 0:
        return logits
    logits = logits.to(torch.float64)
    noise = torch.rand_like(logits)
    return logits.exp() / (-noise.log()) ** temperature


def transfer_counts(masks: Tensor, steps: int) -> Tensor:
    """Tokens to commit at each of ``steps`` steps: long, batch x steps, for ``masks`` (long, batch) masks."""
    each, spare = masks // steps, masks % steps
    return each[:, None] + (torch.arange(steps, device=masks.device)[None] < spare[:, None]).long()


@torch.inference_mode()
def generate(
    network: Network,
    prompt: Tensor,
    *,
    mask_id: int,
    attention_mask: Tensor | None = None,
    steps: int = 128,
    gen_length: int = 128,
    block_length: int = 128,
    temperature: float = 0.0,
    cfg_scale: float = 0.0,
    eos_id: int | None = None,
    eot_id: int | None = None,
    logits_eos_inf: bool = False,
    confidence_eos_eot_inf: bool = False,
) -> Tensor:
    """The whole sequences after ``steps`` forward passes: long, batch x (prompt + ``gen_length``).

    ``prompt``: long, batch x length; ``attention_mask``: the same shape, 0 where a row is padded. ``gen_length`` must
    be a multiple of ``block_length``, ``steps`` of the number of blocks. Two things are not as published: guidance
    takes a missing attention mask, and end of text is held back at temperature 0 only.
    """
    assert gen_length % block_length == 0
    count = gen_length // block_length
    assert steps % count == 0
    each = steps // count
    batch, start = prompt.shape
    x = torch.full((batch, start + gen_length), mask_id, dtype=torch.long, device=prompt.device)
    x[:, :start] = prompt
    if attention_mask is not None:
        attention_mask = torch.cat([attention_mask, attention_mask.new_ones(batch, gen_length)], -1)
    given_positions = x != mask_id

    for number in range(count):
        end = start + (number + 1) * block_length
        counts = transfer_counts((x[:, end - block_length : end] == mask_id).sum(-1), each)
        for step in range(each):
            masked = x == mask_id
            if cfg_scale > 0:
                blind = torch.where(given_positions, mask_id, x)
                doubled = None if attention_mask is None else torch.cat([attention_mask, attention_mask])
                logits, unguided = network(torch.cat([x, blind]), doubled).chunk(2)
                logits = unguided + (cfg_scale + 1) * (logits - unguided)
            else:
                logits = network(x, attention_mask)
            if logits_eos_inf:
                logits[..., eos_id] = -torch.inf
            predicted = add_gumbel_noise(logits, temperature).argmax(-1)
            if confidence_eos_eot_inf and temperature == 0:
                logits[..., [eos_id, eot_id]] = -torch.inf
            confidence = torch.softmax(logits, -1).gather(-1, predicted[..., None])[..., 0]
            confidence[:, end:] = -torch.inf
            predicted = torch.where(masked, predicted, x)
            confidence = torch.where(masked, confidence, -torch.inf)
            for row in range(batch):
                kept = confidence[row].topk(int(counts[row, step])).indices
                x[row, kept] = predicted[row, kept]
    return x
