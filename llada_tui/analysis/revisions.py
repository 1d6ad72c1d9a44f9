"""The revisions of each position of a run: how often its prediction became another token than the one before."""

from __future__ import annotations

import time
from bisect import bisect_right
from math import inf

from llada_tui.analysis.colour_scale import LEVELS
from llada_tui.trace.cell import Cell
from llada_tui.trace.run import Run

REVISION_STEPS = (1, 2, 3, 4, 6, 9, 14)
"""Numbers of revisions at which the scale of colours goes one level up."""


class Revisions:
    """The frames in which predictions changed, by position; it takes in what a growing run has added."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self._frames: dict[int, list[int]] = {}
        self._tokens: dict[int, int] = {}
        """The last prediction by position."""
        self._steps_read = 0

    def count(self, position: int, frame: int) -> int:
        """The number of times that a position's prediction changed up to a frame."""
        self.read(frame)
        return bisect_right(self._frames.get(position, ()), frame)

    def of(self, cell: Cell, frame: int) -> int:
        """The number of changes of a cell's prediction up to a frame; of a token, up to the frame in which it was
        placed."""
        return self.count(cell.position, frame if cell.guessed else cell.since)

    def share(self, cell: Cell, frame: int) -> float:
        """The place of a cell on the scale of colours, from 0 to 1."""
        return revision_share(self.of(cell, frame))

    def read(self, frame: int, seconds: float = inf) -> bool:
        """Take in the steps up to a frame, for at most so many processor seconds; whether all of them are read."""
        steps, tokens = self.run.steps, self._tokens
        until, end = min(frame, len(steps)), time.thread_time() + seconds
        for frame in range(self._steps_read + 1, until + 1):
            step = steps[frame - 1]
            predicted: dict[int, int] = {}
            for choices in (step.ahead, step.predictions, step.edits, step.commits):  # the last one counts
                predicted.update([(choice.position, choice.token) for choice in reversed(choices)])
            for position, token in predicted.items():
                if tokens.get(position, token) != token:
                    self._frames.setdefault(position, []).append(frame)
            tokens.update(predicted)
            self._steps_read = frame
            if time.thread_time() > end:
                break
        return self._steps_read >= until


def revision_share(count: int) -> float:
    """The place of a number of revisions on a scale of colours: in the middle of its level."""
    return (bisect_right(REVISION_STEPS, count) + 0.5) / LEVELS
