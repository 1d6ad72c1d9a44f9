"""Which moments an animation shows, and for how long."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from llada_tui.export.run_timeline import Moment, Story

LAST = 3.0
"""Seconds for which the last picture stays."""


class Shown(NamedTuple):
    """A moment and the seconds for which it stays."""

    moment: Moment
    seconds: float


def paced(
    story: Story, moments: Sequence[Moment], speed: float, *, least: float = 0.0, most: int = 10**9
) -> list[Shown]:
    """The moments at a speed, none for less than ``least`` seconds and not more than ``most`` of them.

    What is left out lends its time to the moment before it; the first and the last are always there.
    """
    stays = [story.seconds(moment) / speed for moment in moments]
    every = -(-len(moments) // most)
    shown: list[Shown] = []
    for index, (moment, stay) in enumerate(zip(moments, stays, strict=True)):
        if index + 1 == len(moments):
            shown.append(Shown(moment, LAST))
        elif shown and (index % every or shown[-1].seconds < least):
            shown[-1] = shown[-1]._replace(seconds=shown[-1].seconds + stay)
        else:
            shown.append(Shown(moment, stay))
    return shown
