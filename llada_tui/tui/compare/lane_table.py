"""The table of a comparison: a row a lane, what tells it apart and what it has needed at the moment on show."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, NamedTuple

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from textual import events
from textual.geometry import Region
from textual.strip import Strip

from llada_tui.tui.shell.steady_styles import SteadyStyles

_GAP = 2


class Column(NamedTuple):
    """A column: its name, its cells, and whether they stand to the right, as numbers do. Where there is too little
    room those of the lowest ``rank`` are shown."""

    name: str
    cells: Sequence[str]
    right: bool = True
    rank: int = 0


class LaneTable(SteadyStyles):
    """Shows columns under their names; a click on a row runs the screen's action ``lane`` with its number, from 0."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"lane-table--head", "lane-table--row", "lane-table--current"}
    DEFAULT_CSS = """
    LaneTable .lane-table--head { color: $text-muted; }
    LaneTable .lane-table--row { color: $foreground; }
    LaneTable .lane-table--current { color: $foreground; background: $panel; text-style: bold; }
    """

    def __init__(self, rows: int, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.styles.height = "auto"
        self._count = rows
        self._columns: list[Column] = []
        self._current = 0
        self._widths: dict[str, int] = {}
        self._lines: list[str] = []

    def get_content_height(self, container: object, viewport: object, width: int) -> int:
        return self._count + 1

    def show(self, columns: Sequence[Column], current: int) -> None:
        """Show columns, with the row of one lane marked. A column never becomes narrower: nothing is to jump."""
        before, self._columns = self._lines, list(columns)
        self._fill()
        changed = [y for y, line in enumerate(self._lines) if y >= len(before) or line != before[y]]
        if current != self._current:
            changed += [self._current + 1, current + 1]
            self._current = current
        if changed:
            self.refresh(*(Region(0, y, self.size.width, 1) for y in sorted(set(changed))))

    def on_resize(self) -> None:
        self._fill()
        self.refresh()

    def _fill(self) -> None:
        for column in self._columns:
            widest = max(cell_len(text) for text in (column.name, *column.cells))
            self._widths[column.name] = max(self._widths.get(column.name, 0), widest)
        shown = self._fitting()
        self._lines = [" " + "".join(self._cell(column, column.name) for column in shown)]
        for row in range(self._count if self._columns else 0):
            self._lines.append(" " + "".join(self._cell(column, column.cells[row]) for column in shown))

    def _fitting(self) -> list[Column]:
        room = self.size.width - 1
        fitting: set[str] = set()
        for column in sorted(self._columns, key=lambda column: column.rank):
            room -= self._widths[column.name] + _GAP
            if room < 0:
                break
            fitting.add(column.name)
        return [column for column in self._columns if column.name in fitting]

    def _cell(self, column: Column, text: str) -> str:
        width = self._widths[column.name]
        blank = " " * (width - cell_len(text))
        return (blank + text if column.right else set_cell_size(text, width)) + " " * _GAP

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        kind = "head" if y == 0 else "current" if y == self._current + 1 else "row"
        style = self.get_component_rich_style(f"lane-table--{kind}")
        text = self._lines[y] if y < len(self._lines) else ""
        return Strip([Segment(set_cell_size(text, width), style)], width)

    async def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        if offset is not None and 0 < offset.y <= self._count:
            event.stop()
            await self.screen.run_action(f"lane({offset.y - 1})")
