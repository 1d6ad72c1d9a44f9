"""The measures that a token's colour may stand for, and the scale that colours are on: from unsure to sure, from early
to late, from no revision to many, from the cache to computed anew."""

from __future__ import annotations

import math
import sys
from bisect import bisect_right
from collections.abc import Iterable
from enum import Enum
from typing import TypeVar

from llada_tui.trace.cell import Cell
from llada_tui.trace.events import Alternatives, Choice
from llada_tui.trace.run import Run

AtPosition = TypeVar("AtPosition", Choice, Alternatives)
LEVELS = 8
"""Steps of the scales: few enough to keep rendered rows in a cache."""

GUESS_STEPS = (0.25, 0.75)
"""Confidences at which a guess that is coloured by its state grows brighter: few, so that few rows are drawn again."""


class ColourBy(Enum):
    """The measure that colours tokens; values are the names on the screen."""

    STATE = "state"
    CONFIDENCE = "confidence"
    ENTROPY = "entropy"
    ORDER = "order"
    REVISIONS = "revisions"
    RECOMPUTED = "recomputed"

    @property
    def ends(self) -> tuple[str, str]:
        """The words at the two ends of its scale."""
        return _ENDS.get(self, ("unsure", "sure"))

    def next(self, *, is_recomputed_known: bool) -> ColourBy:
        """The one after this, in a circle; what was computed anew is left out where it is not recorded."""
        members = [by for by in ColourBy if is_recomputed_known or by is not ColourBy.RECOMPUTED or by is self]
        return members[(members.index(self) + 1) % len(members)]


_ENDS = {
    ColourBy.ORDER: ("first", "latest"),
    ColourBy.REVISIONS: ("none", "many"),
    ColourBy.RECOMPUTED: ("from the cache", "computed anew"),
}
"""The words at the ends of the scales that are not from unsure to sure."""


def level(share: float) -> int:
    """The step of the scale that a share from 0 to 1 is on."""
    return 0 if share <= 0 else LEVELS - 1 if share >= 1 else int(share * LEVELS)


def guess_level(confidence: float) -> int:
    """The brightness of a guess of this confidence, from 0 to ``len(GUESS_STEPS)``."""
    return bisect_right(GUESS_STEPS, confidence)


def least_entropy(alternatives: Alternatives) -> float:
    """The least entropy, in nats, that a distribution with these likeliest tokens can have.

    No other token is likelier than the least likely one listed, so with p the listed probabilities and r the rest of
    the probability, H >= - sum p ln p - r ln min p.
    """
    rest, entropy, least, log = 1.0, 0.0, 1.0, math.log
    for probability in alternatives.confidences:
        if 0 < probability <= 1:
            rest -= probability
            entropy -= probability * log(probability)
            if probability < least:
                least = probability
    if rest > 0:
        entropy -= rest * log(least)
    return max(entropy, 0.0)


class EntropyScale:
    """The entropy H (in nats) of a run's predictions on a scale from 0, unsure, to 1, sure: exp(-H).

    exp(H) is the number of equally likely tokens with that entropy. It is known where the run recorded candidates.
    """

    def __init__(self, run: Run) -> None:
        self.run = run
        self._committed: dict[tuple[int, int], float | None] = {}
        self._predicted_for: tuple[int, range] = 0, range(0)
        self._predicted: dict[int, float] = {}

    def predicted(self, frame: int, positions: range | None = None) -> dict[int, float]:
        """By position, for predictions of the step before a frame; the last answer is remembered."""
        positions = range(self.run.positions.ever) if positions is None else positions
        if (frame, positions) != self._predicted_for:
            recorded = self.run.steps[frame - 1].alternatives if frame else []
            self._predicted = {entry.position: _share(entry) for entry in within(recorded, positions)}
            self._predicted_for = frame, positions
        return self._predicted

    def committed(self, cell: Cell) -> float | None:
        """For a token, when it was committed."""
        key = cell.position, cell.since
        if key not in self._committed:
            step = self.run.steps[cell.since - 1] if cell.since else None
            recorded = step.alternatives if step else []
            shares = (_share(entry) for entry in recorded if entry.position == cell.position)
            self._committed[key] = next(shares, None)
        return self._committed[key]

    def of(self, cell: Cell, frame: int) -> float | None:
        """For whatever a position shows in a frame."""
        if cell.guessed:
            return self.predicted(frame).get(cell.position)
        return self.committed(cell) if cell.token is not None else None

    def entropy(self, cell: Cell, frame: int) -> float | None:
        """The entropy itself, in nats, for whatever a position shows in a frame."""
        share = self.of(cell, frame)
        return None if share is None else -math.log(max(share, sys.float_info.min))


def within(entries: Iterable[AtPosition], positions: range) -> list[AtPosition]:
    """The entries at some positions, which follow one another."""
    start, stop = positions.start, positions.stop
    return [entry for entry in entries if start <= entry.position < stop]


def _share(alternatives: Alternatives) -> float:
    return math.exp(-least_entropy(alternatives))
