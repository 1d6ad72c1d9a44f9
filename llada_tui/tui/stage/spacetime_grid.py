"""The picture of a run laid on cells: its zoom, the crosshair, and the numbers beside it. No widget."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

from llada_tui.analysis.spacetime import Spacetime, most_important
from llada_tui.tui.stage.axis import Axis, ProportionalAxis, round_step
from llada_tui.tui.stage.spacetime_cells import ON_LINE, POINT

_MOST_HALVES_A_FRAME = 4
"""The tallest cells, for where all of the picture is in sight and there is room."""
_APART, _ROWS_APART = 10, 4
"""Least cells, and least rows, from one number of an axis to the next."""
_LARGE = 100_000
"""Positions in frames that are made in about 20 ms."""
_WORD = 6
"""Cells of a position from which on its word is written there."""


class RowKey(NamedTuple):
    """All that the picture of a row of cells depends on."""

    top: bytes
    """The codes of the upper halves of the cells in sight; those of the crosshair are marked."""
    bottom: bytes
    """Those of the lower halves; empty below the last frame."""
    label: str
    """The number of a frame to write beside it."""
    at_playhead: bool
    words: tuple[str, ...] = ()
    """The words in it, position by position, where cells are wide enough for them."""
    starts: tuple[int, ...] = ()
    """The cell on which each position with a word begins, and the one behind the last; what is scrolled out at the left
    begins before 0."""


@dataclass(slots=True)
class SpacetimeGrid:
    """A column of cells a position, and half a row a frame; closer or farther, several of one on one of the other."""

    columns: Axis | ProportionalAxis = field(default_factory=lambda: Axis(0))
    """Positions on columns."""
    halves: Axis = field(default_factory=lambda: Axis(0))
    """Frames on half rows."""
    frame: int = 0
    """The playhead."""
    position: int | None = None
    """The selected position."""

    def fit(self, length: int, frames: int, width: int, height: int, zoom: int) -> None:
        """Fit ``length`` positions and ``frames`` frames to ``width`` x ``height`` cells, then go closer ``zoom``
        times."""
        self.columns = Axis.fit(length, width, max(width, 1)).closer(zoom)
        if zoom == 0 and length and width > 0:
            self.columns = ProportionalAxis(length, width)
        self.halves = Axis.fit(frames, 2 * height, _MOST_HALVES_A_FRAME).closer(zoom)

    @property
    def is_large(self) -> bool:
        """Whether all of it takes longer to make than a key may wait."""
        return self.columns.count * self.halves.count > _LARGE

    @property
    def rows(self) -> int:
        return -(-self.halves.cells // 2)

    def row_of(self, frame: int) -> int:
        """The first row that a frame is on."""
        return self.halves.cell(frame) // 2

    def key(self, picture: Spacetime, row: int, start: int, stop: int) -> RowKey:
        """A key of what a row shows in the columns from ``start`` to before ``stop``."""
        on = self.halves.on(self.frame)
        top, bottom = (self._codes(picture, half, half in on, start, stop) for half in (2 * row, 2 * row + 1))
        at_playhead = 2 * row in on or 2 * row + 1 in on
        label = self._label(row)
        if at_playhead:
            label = str(self.frame) if row == on.start // 2 else ""
        return RowKey(top, bottom, label, at_playhead)

    def _label(self, row: int) -> str:
        """The number of a frame beside a row: a round one, or nothing."""
        halves = self.halves
        step = round_step(2 * _ROWS_APART * halves.count / max(halves.cells, 1))
        number = -(-halves.first(2 * row) // step) * step
        return str(number) if number < halves.count and self.row_of(number) == row else ""

    def word_frame(self, row: int) -> int | None:
        """The frame whose words are written in a row: there is room, and it is the first of the frame's rows."""
        columns, halves = self.columns, self.halves
        wide = isinstance(columns, Axis) and columns.each == 1 and columns.times >= _WORD
        if not wide or halves.each > 1 or halves.times < 2 or 2 * row % halves.times:
            return None
        frame = halves.first(2 * row)
        return frame if frame < halves.count else None

    def _codes(self, picture: Spacetime, half: int, at_playhead: bool, start: int, stop: int) -> bytes:
        """The codes of half a row, those on the crosshair marked."""
        columns, halves = self.columns, self.halves
        if half >= halves.cells:
            return b""
        stop = min(stop, columns.cells)
        times = columns.times if isinstance(columns, Axis) else 1
        first, last = start // times, -(-stop // times)
        if isinstance(columns, ProportionalAxis):
            first, last = columns.first(start), columns.last(max(stop - 1, start)) + 1
        each = columns.each if isinstance(columns, Axis) else 1
        codes = picture.row(halves.first(half), halves.last(half), each, first, last)
        if isinstance(columns, ProportionalAxis):
            begins = [columns.first(cell) - first for cell in range(start, stop + 1)]
            if columns.each == 1:
                codes = bytes([codes[begin] for begin in begins[:-1]])
            else:
                codes = bytes([most_important(codes[begin:end]) for begin, end in pairwise(begins)])
        elif times > 1:
            wide = bytearray(len(codes) * times)
            for at in range(times):
                wide[at::times] = codes
            codes = bytes(wide[start - first * times : stop - first * times])
        if at_playhead:
            codes = codes.translate(ON_LINE)
        if self.position is not None:
            marked = bytearray(codes)
            for at in (column - start for column in columns.on(self.position)):
                if 0 <= at < len(marked):
                    marked[at] = POINT if at_playhead else ON_LINE[marked[at]]
            codes = bytes(marked)
        return codes

    def ruler(self, start: int, width: int) -> tuple[str, str, str]:
        """The numbers of positions above ``width`` columns from ``start``, in three texts: the second is that of the
        selected position, and empty where it is not in sight."""
        marks = [" "] * max(min(width, self.columns.cells - start), 0)
        columns = self.columns
        for position in range(0, columns.count, round_step(_APART * columns.count / max(columns.cells, 1))):
            at, number = columns.cell(position) - start, str(position)
            if 0 <= at <= len(marks) - len(number):
                marks[at : at + len(number)] = number
        text = "".join(marks)
        column = -1 if self.position is None else self.columns.cell(self.position) - start
        if not 0 <= column < len(text):
            return text, "", ""
        shown = f"▾{self.position}"
        column = min(column, max(len(text) - len(shown), 0))
        left, right = text[:column], text[column + len(shown) :]
        left = left[: left.rfind(" ") + 1].ljust(column) if left and not left.endswith(" ") else left
        right = right[right.find(" ") :].rjust(len(right)) if right and " " in right else " " * len(right)
        return left, shown, right

    def scale(self) -> str:
        """The meaning of a half block, in words; empty where it is one position in one step."""
        if self.columns.each == 1 and self.halves.each == 1:
            return ""
        return f"a half block: {_count(self.columns.each, 'position')}, {_count(self.halves.each, 'step')}"


def _count(number: int, thing: str) -> str:
    return f"1 {thing}" if number == 1 else f"{number} {thing}s"
