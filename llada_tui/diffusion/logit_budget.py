"""The number of logits that are held at once: the sampler and the likelihood keep to it, and the memory check reckons
with it.

No torch here.
"""

from __future__ import annotations

POSITIONS = 512
"""Positions whose logits one call of the model is asked for, where the caller can choose. A longer canvas has all of
its own in one call."""
COPIES = 3
"""Float32 copies of the logits at work: the logits themselves, their probabilities, and what is computed from them."""
_AT_WORK = {"cpu": 2**19, "cuda": 2**26}
"""Most logits worked on at once, by device: what fits a CPU's caches, or leaves room on a GPU."""


def at_work(device_type: str) -> int:
    """Most logits worked on at once on a device of this type (torch's name for it), each in `COPIES`."""
    return _AT_WORK.get(device_type, 2**24)
