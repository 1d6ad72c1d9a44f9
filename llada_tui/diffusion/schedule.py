"""The blocks of a canvas, the number of steps of each, and the quota of each step."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from llada_tui.diffusion.pace import Pace
from llada_tui.settings.sampler_settings import SamplerSettings, SettingsError

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True, slots=True)
class Block:
    """Canvas positions ``begin`` up to ``end`` (not included), denoised in ``steps`` steps."""

    begin: int
    end: int
    steps: int


def blocks(
    settings: SamplerSettings,
    prompt: int = 0,
    block_size: int = 0,
    edges: list[int] | None = None,
    pace: Pace | None = None,
) -> list[Block]:
    """The blocks, left to right: the last may be shorter, and the steps left over go to the first ones.

    Where the published sampler is defined (everything divides evenly) these are its blocks and steps.

    A model whose attention is causal over blocks of ``block_size`` tokens counts them from the start of the sequence,
    of which ``prompt`` tokens come before the canvas: the first block of the canvas may then be shorter too, and
    blocks that differ get steps by their size. ``edges`` are those of a model that counts blocks in another way, and
    ``pace`` shares out the steps in another way. Raises `SettingsError` for blocks that go beyond the model's own, and
    for fewer steps than blocks.
    """
    if block_size > 1 and block_size % settings.block_length:
        raise SettingsError(
            "block_length",
            f"block_length must be {block_size}, or divide it, and not {settings.block_length}: this model's blocks "
            f"of {block_size} cannot see what comes after them.",
        )
    edges = edges or settings.edges(prompt, block_size)
    count = len(edges) - 1
    if pace is not None:
        shares = pace.block_steps(settings, edges)
        return [Block(begin, end, steps) for (begin, end), steps in zip(pairwise(edges), shares, strict=True)]
    if settings.steps < count:
        raise SettingsError(
            "steps",
            f"steps must be at least {count}, one for each block of {settings.block_length} that the canvas reaches "
            f"into, not {settings.steps}.",
        )
    if block_size and prompt % settings.block_length:
        shares = _by_size(settings.steps, edges)
    else:
        each, spare = divmod(settings.steps, count)
        shares = [each + (index < spare) for index in range(count)]
    return [Block(begin, end, steps) for (begin, end), steps in zip(pairwise(edges), shares, strict=True)]


def _by_size(steps: int, edges: list[int]) -> list[int]:
    """``steps`` shared out in proportion to the blocks between ``edges``, one at least for each."""
    made = [0]
    for index, end in enumerate(edges[1:], 1):
        left = len(edges) - 1 - index
        made.append(min(max(round(steps * end / edges[-1]), made[-1] + 1), steps - left))
    return [now - before for before, now in pairwise(made)]


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


def share_of_time(step: int, steps: int) -> Tensor:
    """The part of the masks left that step ``step`` of ``steps`` commits by time: 1 - s / t, a float32 scalar, where
    time runs from 1 down to 1e-5 in equal steps (SMDM, arXiv 2410.18514, ``diff_sample``). All of them in a step after
    the last, which a run that goes on may need."""
    from torch import linspace, ones

    if step >= steps:
        return ones(())
    times = linspace(1, 1e-5, steps + 1)
    share: Tensor = 1 - times[step + 1] / times[step]
    return share


def part_committed(schedule: str, step: int, steps: int) -> float:
    """The part of a block, from 0 to 1, that a schedule has committed after ``step`` of ``steps`` steps."""
    return step / steps if schedule == "linear" else 1 - math.cos(math.pi / 2 * step / steps)
