"""Fast-dLLM (arXiv 2505.22618), block-wise decoding with a prefix or dual cache, stated again as plainly as it can be:
the measure of our cached modes. It shares no line with `llada_tui.diffusion`, nor our cache.

A block's first step runs the whole sequence and keeps all keys and values. Later steps run the block and what follows
it against the keys and values of what stands before (prefix), or the block alone against all that is around it (dual).
Here they come back from transformers' own `DynamicCache`: attention in both directions does not ask in which order the
keys stand, so the block's new ones are appended to those that are kept.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from transformers.cache_utils import DynamicCache


@torch.inference_mode()
def generate(
    network: Any,
    canvas: Tensor,
    prompt_length: int,
    *,
    mask_id: int,
    cache: str,
    steps: int,
    block_length: int,
    threshold: float | None = None,
    cfg_scale: float = 0.0,
) -> tuple[Tensor, int]:
    """The sequence at the end, and how many forward passes it took. Temperature 0.

    ``network``: a transformers causal LM that attends in both directions. ``canvas``: long, 1 x length, prompt and
    canvas, where some tokens may be given. ``cache``: prefix or dual. With a ``threshold`` a step keeps what is at
    least as confident, one token at least, and ``steps`` is not asked. Guidance runs a second row whose given tokens
    are masked, cached as well; the paper has none.
    """
    x = canvas.clone()
    given_positions = x != mask_id
    length = x.shape[1]
    count = (length - prompt_length) // block_length
    passes = 0
    for number in range(count):
        begin = prompt_length + number * block_length
        end = begin + block_length
        masks = int((x[:, begin:end] == mask_id).sum())
        each, spare = divmod(masks, steps // count)
        kept: DynamicCache | None = None
        step = 0
        while (x[:, begin:end] == mask_id).any():
            both = torch.cat([x, torch.where(given_positions, mask_id, x)]) if cfg_scale > 0 else x
            passes += 1
            if kept is None:
                first, last = 0, length
                kept = DynamicCache()
                logits = network(both, past_key_values=kept, use_cache=True, position_ids=_range(first, last)).logits
                kept = _without(kept, begin, length if cache == "prefix" else end)
            else:
                first, last = begin, length if cache == "prefix" else end
                whole = _without(kept, 0, 0)
                logits = network(
                    both[:, first:last], past_key_values=whole, use_cache=True, position_ids=_range(first, last)
                ).logits
            if cfg_scale > 0:
                guided, unguided = logits.chunk(2)
                logits = unguided + (cfg_scale + 1) * (guided - unguided)
            logits = logits[0, begin - first : end - first]
            chances, tokens = logits.softmax(-1).max(-1)
            chances = torch.where(x[0, begin:end] == mask_id, chances, -torch.inf)
            if threshold is None:
                best = chances.topk(each + (step < spare)).indices
            else:
                best = chances.argsort(descending=True)[: max(1, int((chances >= threshold).sum()))]
            x[0, begin + best] = tokens[best]
            step += 1
    return x, passes


def _range(first: int, last: int) -> Tensor:
    return torch.arange(first, last)[None]


def _without(cache: DynamicCache, begin: int, end: int) -> DynamicCache:
    """A new cache with the keys and values of all positions but ``begin`` to ``end``."""
    kept = DynamicCache()
    for index, layer in enumerate(cache.layers):
        kept.update(
            *(torch.cat([part[:, :, :begin], part[:, :, end:]], 2) for part in (layer.keys, layer.values)), index
        )
    return kept
