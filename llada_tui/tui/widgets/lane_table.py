"""The table of a comparison: a row a lane, what tells it apart and what it has needed at the moment on show."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from rich.cells import cell_len, set_cell_size
from textual.app import ComposeResult
from textual.widget import Widget

from llada_tui.tui.widgets.bar import Bar, Part

_GAP = 2


class Column(NamedTuple):
    """A column: its name, its cells, and whether they stand to the right, as numbers do. Where there is too little
    room those of the lowest ``rank`` are shown."""

    name: str
    cells: Sequence[str]
    right: bool = True
    rank: int = 0


class _Row(Bar):
    DEFAULT_CSS = "_Row { padding: 0 1; } _Row.-current { background: $panel; }"

    def __init__(self, number: int | None) -> None:
        super().__init__()
        self.number = number
        self.cells: list[Part] = []

    def parts(self, width: int) -> list[Part]:
        return self.cells


class LaneTable(Widget):
    """Shows columns; a click on a row runs the action ``lane`` with its number, from 0."""

    DEFAULT_CSS = "LaneTable { height: auto; }"

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._head = _Row(None)
        self._rows: list[_Row] = []
        self._columns: list[Column] = []
        self._current = 0
        self._widths: dict[str, int] = {}

    def compose(self) -> ComposeResult:
        yield self._head

    async def set_rows(self, count: int) -> None:
        """Have so many rows."""
        for row in self._rows:
            await row.remove()
        self._rows = [_Row(number) for number in range(count)]
        self._widths = {}
        await self.mount(*self._rows)

    def show(self, columns: Sequence[Column], current: int) -> None:
        """Show columns, with the row of one lane marked. A column never becomes narrower: nothing is to jump."""
        if list(columns) == self._columns and current == self._current:
            return
        self._columns, self._current = list(columns), current
        self._fill()

    def on_resize(self) -> None:
        self._fill()

    def _fill(self) -> None:
        for column in self._columns:
            widest = max(cell_len(text) for text in (column.name, *column.cells))
            self._widths[column.name] = max(self._widths.get(column.name, 0), widest)
        shown = self._fitting()
        self._set(self._head, [Part(self._cell(column, column.name), "dim") for column in shown])
        for row in self._rows:
            number = row.number or 0
            kind = "strong" if number == self._current else "text"
            parts = [Part(self._cell(column, column.cells[number]), kind, f"lane({number})") for column in shown]
            row.set_class(number == self._current, "-current")
            self._set(row, parts)

    def _fitting(self) -> list[Column]:
        room = self.size.width - 2
        kept: set[str] = set()
        for column in sorted(self._columns, key=lambda column: column.rank):
            room -= self._widths[column.name] + _GAP
            if room < 0:
                break
            kept.add(column.name)
        return [column for column in self._columns if column.name in kept]

    def _cell(self, column: Column, text: str) -> str:
        width = self._widths[column.name]
        blank = " " * (width - cell_len(text))
        return (blank + text if column.right else set_cell_size(text, width)) + " " * _GAP

    @staticmethod
    def _set(row: _Row, parts: list[Part]) -> None:
        if parts != row.cells:
            row.cells = parts
            row.refresh()
