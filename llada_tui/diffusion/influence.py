"""The influence of each token on a prediction, by leaving it out: occlusion (Zeiler and Fergus, arXiv 1311.2901,
section 4.1).

It measures what the model does without a token, which attention weights do not tell. It does so for one token at a
time: where two say the same, leaving out either changes little, and both look as if nothing hung on them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from llada_tui.diffusion.predictor import MaskPredictor

_AT_ONCE = 2**14
"""Most tokens in one call of the model."""
_FIRST = 2**10
"""Most tokens in the first call. After a call of less than `_SOON` seconds the next has twice as many: between two
calls the question can be given up."""
_SOON = 1.0


def influence(
    predictor: MaskPredictor,
    ids: Tensor,
    place: int,
    token: int,
    groups: Sequence[Sequence[int]],
    go_on: Callable[[], None] = lambda: None,
) -> tuple[float, list[float]]:
    """The log-probability of ``token`` at ``place``, and by how much each of ``groups`` raises it: both in nats. A
    group are the places of one word, or of one part of a picture.

    ``ids``: long, of one dimension, prompt and canvas. ``place`` is masked in all that is asked of the model, which
    has the whole sequence before it: no cache, no guidance, no temperature. The influence of a group is log
    p(token) less what it is with masks in its places as well; below 0 what stands there speaks against. It costs as
    much as a forward pass of ``1 + len(groups)`` sequences. ``go_on`` is called before each call of the model, and may
    raise.
    """
    number = 1 + len(groups)
    batch = ids.cpu().repeat(number, 1)
    batch[:, place] = predictor.mask_id
    for row, places in enumerate(groups, 1):
        batch[row, list(places)] = predictor.mask_id
    masked_place = torch.zeros_like(batch, dtype=torch.bool)
    masked_place[:, place] = True
    log_probabilities: list[Tensor] = []
    size, start = max(1, min(_FIRST, _AT_ONCE) // len(ids)), 0
    with torch.inference_mode():
        while start < number:
            go_on()
            began, rows = time.perf_counter(), slice(start, start + size)
            logits = predictor.logits(batch[rows], None, masked_place[rows]).float()
            log_probabilities.append((logits[:, token] - logits.logsumexp(-1)).cpu().double())
            start += size
            if time.perf_counter() - began < _SOON:
                size = max(1, min(2 * size, _AT_ONCE // len(ids)))
        all_log_probabilities = torch.cat(log_probabilities)
        return all_log_probabilities[0].item(), (all_log_probabilities[0] - all_log_probabilities[1:]).tolist()
