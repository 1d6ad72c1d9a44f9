"""The pace of dllm's samplers (ZHZisZZ/dllm, ``core/samplers/utils.py``, ``get_num_transfer_tokens``)."""

from __future__ import annotations

import struct
from functools import lru_cache

from llada_tui.diffusion.pace import Pace
from llada_tui.settings.sampler_settings import SamplerSettings


class DllmPace(Pace):
    """A step commits its part of what is left, rounded to the nearest number and to the even one between two. Steps in
    which that is nothing are left out: 64 steps for 32 masks are 32."""

    def steps_needed(self, masks: int, steps: int) -> int:
        return len(_quotas(masks, steps)) or steps

    def quota(self, settings: SamplerSettings, masks: int, left: int, step: int, steps: int) -> int:
        quotas = _quotas(masks, steps)
        return quotas[min(step, len(quotas) - 1)] if quotas else left


class DllmBlockPace(DllmPace):
    """The same for its block diffusion (``bd3lm.py``), which looks for an end of text when a block is full."""

    finishes_blocks = True


@lru_cache(maxsize=256)
def _quotas(masks: int, steps: int) -> tuple[int, ...]:
    """The tokens of each step that commits any.

    The published part of what is left, 1 - s / t, is rounded to float32 at every operation, and decides with that:
    exact fractions give other numbers for a third of all pairs.
    """
    quotas: list[int] = []
    left = masks
    for step in range(steps):
        then, now = _single((steps - step - 1) / steps), _single((steps - step) / steps)
        share = _single(_single(1 - _single(1 - then)) / _single(1 - _single(1 - now)))
        commit = min(round(left * (1 - share)), left)
        quotas.append(commit)
        left -= commit
    return tuple(commit for commit in quotas if commit)


def _single(number: float) -> float:
    """A number rounded to float32."""
    rounded: float = struct.unpack("f", struct.pack("f", number))[0]
    return rounded
