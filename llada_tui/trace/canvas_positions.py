"""The positions of a canvas that grows and shrinks: which there are in a frame, and in which order they stand."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import NamedTuple

from llada_tui.settings.sampler_settings import MAX_CANVAS
from llada_tui.trace.events import StepData

MAX_POSITIONS = 2 * MAX_CANVAS
"""Most positions that a run may have had, those that were removed again included."""
MAX_INSIDE = 5000
"""Most times that positions may be inserted before others: each takes time in proportion to the canvas."""

_MOST_EARLIER = 64
"""Most lists of positions that are remembered."""


class Splice(NamedTuple):
    """A difference between two canvases: at a place so many positions are removed, then so many inserted."""

    place: int
    removed: int
    inserted: int


def splices(before: Sequence[int], after: Sequence[int]) -> list[Splice]:
    """The differences between the positions of two frames of a run, to be made one after the other."""
    made: list[Splice] = []
    if before is after:
        return made
    ours, theirs = set(before), set(after)
    first = second = 0
    while first < len(before) or second < len(after):
        place, removed, inserted = second, 0, 0
        while first < len(before) and before[first] not in theirs:
            first, removed = first + 1, removed + 1
        while second < len(after) and after[second] not in ours:
            second, inserted = second + 1, inserted + 1
        if removed or inserted:
            made.append(Splice(place, removed, inserted))
        elif first < len(before) and second < len(after):
            first, second = first + 1, second + 1
    return made


class CanvasPositions:
    """The positions of one run. `add` takes its steps in turn; everything else only reads.

    A position's number is its name for the whole run, its *place* is where it stands in a frame. As long as nothing is
    inserted or removed the two are the same.
    """

    def __init__(self, length: int) -> None:
        self._first = length
        self._order: Sequence[int] = range(length)
        """All positions that there ever were, as they stand on the canvas."""
        self._present: Sequence[int] = range(length)
        """Those of the last frame."""
        self._begin: list[int] = []
        """By position from the first that was inserted: the frame in which it came."""
        self._gone: dict[int, int] = {}
        """By position: the frame in which it was gone."""
        self._removed: dict[int, list[int]] = {}
        """By frame: the positions that were gone in it."""
        self._frames, self._lengths = [0], [length]
        """The frames in which the length changed, and the length from there on."""
        self._inside = 0
        self._earlier: dict[int, Sequence[int]] = {}
        """Those of earlier frames, by the frame in which the length changed."""

    @property
    def ever(self) -> int:
        """The number of positions that there ever were."""
        return self._first + len(self._begin)

    @property
    def longest(self) -> int:
        """The positions of the longest canvas so far."""
        return max(self._lengths)

    @property
    def order(self) -> Sequence[int]:
        """All positions that there ever were, as they stand on the canvas."""
        return self._order

    @property
    def has_changed(self) -> bool:
        """Whether any position was inserted or removed."""
        return len(self._frames) > 1

    def fits(self, step: StepData) -> bool:
        """Whether a step's change of the length can be."""
        length = len(self._present)
        if (inserted := step.inserted) is not None:
            inside = self._inside + (inserted.place < length)
            if inserted.place > length or inside > MAX_INSIDE or self.ever + inserted.count > MAX_POSITIONS:
                return False
            length += inserted.count
        if (removed := step.removed) is not None and removed.place + removed.count > length:
            return False
        return length <= MAX_CANVAS

    def add(self, step: StepData, frame: int) -> None:
        """Take a step that fits, which led to a frame."""
        inserted, removed = step.inserted, step.removed
        if inserted is None and removed is None:
            return
        present, order = list(self._present), list(self._order)
        if inserted is not None:
            new = range(self.ever, self.ever + inserted.count)
            self._inside += inserted.place < len(present)
            at = order.index(present[inserted.place]) if inserted.place < len(present) else len(order)
            order[at:at] = present[inserted.place : inserted.place] = new
            self._begin += [frame] * inserted.count
        if removed is not None:
            stretch = slice(removed.place, removed.place + removed.count)
            self._removed[frame] = present[stretch]
            self._gone.update(dict.fromkeys(present[stretch], frame))
            del present[stretch]
        # In this order, for whoever reads an earlier frame in another thread.
        self._order = order
        self._lengths.append(len(present))
        self._frames.append(frame)
        self._present = present

    def _change(self, frame: int) -> int:
        return max(bisect_right(self._frames, frame) - 1, 0)

    def change_of(self, frame: int) -> int:
        """The frame in which the length of a frame came to be; 0 where it is that of the beginning."""
        return self._frames[self._change(frame)]

    def length(self, frame: int) -> int:
        """The positions of a frame, counted."""
        return self._lengths[self._change(frame)]

    def begin(self, position: int) -> int:
        """The frame in which a position came; 0 for those of the beginning."""
        return self._begin[position - self._first] if position >= self._first else 0

    def removed(self, frame: int) -> Sequence[int]:
        """The positions that are gone since the frame before."""
        return self._removed.get(frame, ())

    def has(self, position: int, frame: int) -> bool:
        """Whether a position stands on the canvas in a frame."""
        if not 0 <= position < self.ever or frame < self.begin(position):
            return False
        gone = self._gone.get(position)
        return gone is None or frame < gone

    def of(self, frame: int) -> Sequence[int]:
        """The positions of a frame, as they stand on the canvas: the index of each is its place. Not to be changed."""
        if frame >= self._frames[-1]:
            return self._present
        if not self.has_changed:
            return self._order
        change = self.change_of(frame)
        if (positions := self._earlier.get(change)) is None:
            if len(self._earlier) >= _MOST_EARLIER:
                self._earlier.clear()
            positions = self._earlier[change] = [at for at in self._order if self.has(at, change)]
        return positions

    def moved(self, place: int | None, positions: Sequence[int], frame: int) -> int | None:
        """The place in a frame of what stood at a place among other ``positions``; None where it is gone."""
        return None if place is None or place >= len(positions) else self.place_of(positions[place], frame)

    def column_of(self, position: int) -> int:
        """The index of a position among all that there ever were, as they stand on the canvas."""
        return self._order.index(position)

    def place_of(self, position: int, frame: int) -> int | None:
        """The place of a position in a frame; None where it is not there yet, or not any more."""
        if not self.has(position, frame):
            return None
        return self.of(frame).index(position) if self.has_changed else position
