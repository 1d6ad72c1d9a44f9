"""The influence of each token on a prediction, by leaving it out: occlusion (Zeiler and Fergus, arXiv 1311.2901,
section 4.1).

It measures what the model does without a token, which attention weights do not tell. It does so for one token at a
time: where two say the same, leaving out either changes little, and both look as if nothing hung on them.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from llada_tui.diffusion.predictor import MaskPredictor

_AT_ONCE = 2**14
"""Most tokens in one call of the model."""


def influence(
    predictor: MaskPredictor, ids: Tensor, place: int, token: int, groups: Sequence[Sequence[int]]
) -> tuple[float, list[float]]:
    """The log-probability of ``token`` at ``place``, and by how much each of ``groups`` raises it: both in nats. A
    group are the places of one word, or of one part of a picture.

    ``ids``: long, of one dimension, prompt and canvas. ``place`` is masked in all that is asked of the model, which
    has the whole sequence before it: no cache, no guidance, no temperature. The influence of a group is log
    p(token) less what it is with masks in its places as well; below 0 what stands there speaks against. It costs as
    much as a forward pass of ``1 + len(groups)`` sequences.
    """
    number = 1 + len(groups)
    batch = ids.cpu().repeat(number, 1)
    batch[:, place] = predictor.mask_id
    for row, places in enumerate(groups, 1):
        batch[row, list(places)] = predictor.mask_id
    masked_place = torch.zeros_like(batch, dtype=torch.bool)
    masked_place[:, place] = True
    log_probabilities = []
    with torch.inference_mode():
        size = max(1, _AT_ONCE // len(ids))
        for part, positions in zip(torch.split(batch, size), torch.split(masked_place, size), strict=True):
            logits = predictor.logits(part, None, positions).float()
            log_probabilities.append((logits[:, token] - logits.logsumexp(-1)).cpu().double())
        all_log_probabilities = torch.cat(log_probabilities)
        return all_log_probabilities[0].item(), (all_log_probabilities[0] - all_log_probabilities[1:]).tolist()
