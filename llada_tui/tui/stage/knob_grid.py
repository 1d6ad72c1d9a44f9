"""The places of the knobs: columns of knobs, read downwards, of which some lines are in sight. No widget."""

from __future__ import annotations

from dataclasses import dataclass

LABEL, VALUE = 14, 14
"""Cells of a knob's label and of its value; its bar has what is left of the column."""
_COLUMN = LABEL + VALUE
_TIGHT, _TIGHT_VALUE = 26, 19
"""Least cells of a tight column, and where in it the value of a knob with a bar ends."""
_WIDEST = 60


@dataclass(frozen=True, slots=True)
class KnobGrid:
    """``count`` knobs in ``width`` cells and ``height`` lines, the first ``top`` lines out of sight."""

    count: int
    width: int
    height: int
    top: int = 0

    @property
    def tight(self) -> bool:
        """Whether columns are narrow, as knobs would be out of sight in wider ones, and more of these have room."""
        columns = max(1, self.width // _COLUMN)
        return -(-self.count // columns) > self.height and self.width // _TIGHT > columns

    @property
    def columns(self) -> int:
        return max(1, self.width // (_TIGHT if self.tight else _COLUMN))

    @property
    def lines(self) -> int:
        """Lines of all knobs, in sight or not."""
        return -(-self.count // self.columns)

    @property
    def column_width(self) -> int:
        return min(max(self.width // self.columns, _TIGHT if self.tight else _COLUMN), _WIDEST)

    def value_end(self, *, barred: bool) -> int:
        """The cells of a knob up to the end of its value: in a tight column those of its bar too, if it has none."""
        if not self.tight:
            return _COLUMN
        return _TIGHT_VALUE if barred else self.column_width

    def bar(self, *, barred: bool = True) -> int:
        """Cells of a knob's bar; none where it is below 2."""
        return self.column_width - self.value_end(barred=barred) - 2

    def scrolled(self, cursor: int) -> int:
        """The ``top`` with which the knob at ``cursor`` is in sight."""
        top = max(0, min(self.top, self.lines - self.height))
        line = cursor % self.lines
        if top <= line < top + self.height:
            return top
        return max(0, min(line - self.height // 2, line, self.lines - self.height))

    def on_line(self, y: int) -> list[int]:
        """The knobs on a line in sight, from left to right."""
        line = y + self.top
        return list(range(line, self.count, self.lines)) if 0 <= line < self.lines else []

    def at(self, x: int, y: int) -> tuple[int, int] | None:
        """The knob at a cell, and the cell within it; None beside the knobs."""
        on_line, column = self.on_line(y), x // self.column_width
        return (on_line[column], x % self.column_width) if y < self.height and column < len(on_line) else None

    @property
    def hidden(self) -> str:
        """The number of knobs that are out of sight, in words, and their side."""
        count = sum(not self.top <= at % self.lines < self.top + self.height for at in range(self.count))
        arrows = "▲" * (self.top > 0) + "▼" * (self.top + self.height < self.lines)
        return f" {arrows} {count} more" if count else ""
