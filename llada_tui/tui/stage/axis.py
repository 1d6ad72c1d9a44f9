"""The axes of steps and positions: the cells of the screen that they fall on, at any zoom, and pointing at them."""

from __future__ import annotations

from dataclasses import dataclass

from textual import events
from textual.geometry import Offset
from textual.message import Message
from textual.widget import Widget

_CLOSEST = 8
"""Most cells that one thing takes."""


def round_step(least: float) -> int:
    """The smallest of 1, 2, 5, 10, 20, 50, ... that is not below ``least``: from one number of an axis to the next."""
    power = 1
    while True:
        for digit in (1, 2, 5):
            if digit * power >= least:
                return digit * power
        power *= 10


class Pointed(Message):
    """Someone pointed at a frame, and at a position where the picture has positions."""

    def __init__(self, frame: int, position: int | None = None) -> None:
        super().__init__()
        self.frame, self.position = frame, position


class Pointing(Widget):
    """A picture that is pointed at with the mouse, as long as its button is down. It posts `PointedAt`."""

    class PointedAt(Message):
        """The mouse is at a cell of the picture, with its button down; a captured mouse may be beside it."""

        def __init__(self, cell: Offset) -> None:
            super().__init__()
            self.cell = cell

    def on_mouse_down(self, event: events.MouseDown) -> None:
        self.capture_mouse()
        self.post_message(self.PointedAt(event.get_content_offset_capture(self)))

    def on_mouse_move(self, event: events.MouseMove) -> None:
        if self.app.mouse_captured is self:
            self.post_message(self.PointedAt(event.get_content_offset_capture(self)))

    def on_mouse_up(self) -> None:
        if self.app.mouse_captured is self:
            self.release_mouse()


@dataclass(frozen=True, slots=True)
class Axis:
    """``count`` things in a line: ``each`` of them on a cell, or one on ``times`` cells. One of the two is 1."""

    count: int
    each: int = 1
    times: int = 1

    @classmethod
    def fit(cls, count: int, room: int, most: int = _CLOSEST) -> Axis:
        """All things in ``room`` cells; a thing has as many cells as there are for it, ``most`` at most."""
        room = max(room, 1)
        if count > room:
            return cls(count, each=-(-count // room))
        return cls(count, times=max(1, min(room // max(count, 1), most)))

    def closer(self, by: int) -> Axis:
        """The axis zoomed in ``by`` times: each time half as many things a cell, or twice as many cells a thing."""
        each, times = self.each, self.times
        for _ in range(by):
            if each > 1:
                each = -(-each // 2)
            else:
                times = max(times, min(times * 2, _CLOSEST))
        return Axis(self.count, each, times)

    @property
    def cells(self) -> int:
        """Cells that all things take."""
        return -(-self.count // self.each) * self.times

    def first(self, cell: int) -> int:
        """The first thing on a cell."""
        return cell // self.times * self.each

    def last(self, cell: int) -> int:
        """The last thing on a cell."""
        return min(self.first(cell) + self.each, self.count) - 1

    def cell(self, thing: int) -> int:
        """The first cell that a thing is on."""
        return thing // self.each * self.times

    def on(self, thing: int) -> range:
        """The cells that a thing is on."""
        first = self.cell(thing)
        return range(first, first + self.times)


@dataclass(frozen=True, slots=True)
class ProportionalAxis:
    """``count`` things spread over all of ``cells`` cells as evenly as possible: for what is looked at as a whole."""

    count: int
    cells: int

    @property
    def each(self) -> int:
        """Things on a cell, at most."""
        return -(-self.count // self.cells)

    def first(self, cell: int) -> int:
        return cell * self.count // self.cells

    def cell(self, thing: int) -> int:
        """The first cell that a thing is on."""
        return self.on(thing).start

    def last(self, cell: int) -> int:
        return max((cell + 1) * self.count // self.cells - 1, self.first(cell))

    def on(self, thing: int) -> range:
        """The cells that a thing is on: one at least."""
        if self.count >= self.cells:
            at = ((thing + 1) * self.cells - 1) // self.count
            return range(at, at + 1)
        return range(-(-thing * self.cells // self.count), -(-(thing + 1) * self.cells // self.count))
