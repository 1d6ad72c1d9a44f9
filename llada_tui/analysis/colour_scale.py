"""What a token's colour may stand for, and the scale it is on: from unsure to sure, from early to late."""

from __future__ import annotations

import math
from collections.abc import Iterable
from enum import Enum
from typing import TypeVar

from llada_tui.trace.events import Alternatives, Choice
from llada_tui.trace.run import Cell, Run

Placed = TypeVar("Placed", Choice, Alternatives)
LEVELS = 8
"""Steps of the scales: few enough to keep rendered rows in a cache."""


class ColourBy(Enum):
    """What colours tokens; each knows its name on the screen."""

    STATE = "state"
    CONFIDENCE = "confidence"
    ENTROPY = "entropy"
    ORDER = "order"

    def next(self) -> ColourBy:
        members = list(ColourBy)
        return members[(members.index(self) + 1) % len(members)]


def level(share: float) -> int:
    """The step of the scale that a share from 0 to 1 is on."""
    return 0 if share <= 0 else LEVELS - 1 if share >= 1 else int(share * LEVELS)


def least_entropy(alternatives: Alternatives) -> float:
    """The least entropy, in nats, that a distribution with these likeliest tokens can have.

    What is left of the probability is spread over tokens none of which is likelier than the last one listed: with
    p the listed probabilities and r the rest, H >= - sum p ln p - r ln min p.
    """
    rest, found, least, log = 1.0, 0.0, 1.0, math.log
    for chance in alternatives.confidences:
        if 0 < chance <= 1:
            rest -= chance
            found -= chance * log(chance)
            if chance < least:
                least = chance
    if rest > 0:
        found -= rest * log(least)
    return max(found, 0.0)


class Sureness:
    """The entropy of a run's predictions on a scale from 0 to 1: exp(-H), one part in as many tokens as the model
    wavers between. Known where the run recorded candidates."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self._kept: dict[tuple[int, int], float | None] = {}
        self._asked: tuple[int, range] = 0, range(0)
        self._predicted: dict[int, float] = {}

    def predicted(self, frame: int, positions: range | None = None) -> dict[int, float]:
        """By position, for the predictions of the step before a frame, or some of them; the last answer is kept."""
        positions = range(self.run.length) if positions is None else positions
        if (frame, positions) != self._asked:
            found = self.run.steps[frame - 1].alternatives if frame else []
            self._predicted = {one.position: _sureness(one) for one in within(found, positions)}
            self._asked = frame, positions
        return self._predicted

    def kept(self, cell: Cell) -> float | None:
        """For a token, when it was kept."""
        key = cell.position, cell.since
        if key not in self._kept:
            step = self.run.steps[cell.since - 1] if cell.since else None
            found = (one for one in step.alternatives if one.position == cell.position) if step else iter(())
            self._kept[key] = next((_sureness(one) for one in found), None)
        return self._kept[key]

    def of(self, cell: Cell, frame: int) -> float | None:
        """For whatever a position shows in a frame."""
        if cell.guessed:
            return self.predicted(frame).get(cell.position)
        return self.kept(cell) if cell.token is not None else None


def within(those: Iterable[Placed], positions: range) -> list[Placed]:
    """Those at positions that follow one another."""
    start, stop = positions.start, positions.stop
    return [one for one in those if start <= one.position < stop]


def _sureness(alternatives: Alternatives) -> float:
    return math.exp(-least_entropy(alternatives))
