"""How the canvas is cut into blocks, how many steps each gets, and how many tokens a step commits."""

from __future__ import annotations

import math
from dataclasses import dataclass

from llada_tui.trace.settings import SamplerSettings


@dataclass(frozen=True, slots=True)
class Block:
    """Canvas positions ``begin`` up to ``end`` (not included), denoised in ``steps`` steps."""

    begin: int
    end: int
    steps: int


def blocks(settings: SamplerSettings) -> list[Block]:
    """The blocks, left to right: the last may be shorter, and the steps left over go to the first ones.

    Where the published sampler is defined (everything divides evenly) these are its blocks and steps.
    """
    each, spare = divmod(settings.steps, settings.blocks)
    return [
        Block(
            index * settings.block_length,
            min((index + 1) * settings.block_length, settings.gen_length),
            each + (index < spare),
        )
        for index in range(settings.blocks)
    ]


def quota(schedule: str, masks: int, step: int, steps: int) -> int:
    """Tokens to commit in step ``step`` of a block's ``steps``, of ``masks`` that are left.

    Both schedules look at what is left alone, so that a run can go on from any step, and leave nothing after the last.

    linear: published (LLaDA, arXiv 2502.09992, ``get_num_transfer_tokens``). Of m masks and s steps each step commits
    m // s, the first m % s steps one more. The ceiling of what is left gives the same numbers, and leaves no step
    that commits nothing.

    cosine: MaskGIT (arXiv 2202.04200, section 3.4). After a fraction t of the steps cos(pi t / 2) of the masks are
    left: few tokens a step while little is known, many at the end. Every step commits one at least.
    """
    left = steps - step
    if left <= 1 or schedule == "linear":
        return -(-masks // max(1, left))
    now, then = (math.cos(math.pi / 2 * done / steps) for done in (step, step + 1))
    return max(min(masks, 1), masks - round(masks * then / now))
