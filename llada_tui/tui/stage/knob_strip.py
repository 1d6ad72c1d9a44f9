"""The main knobs on a line, or on a few where one is too short; in sight at every size, set by a click."""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol

from rich.cells import cell_len
from textual import events
from textual.geometry import Size
from textual.strip import Strip

from llada_tui.tui.shell.bar import Bar, BarText
from llada_tui.tui.stage.knob_line import Item, KnobValues, bar, item_at, terse, wrap
from llada_tui.tui.stage.knob_rows import KnobRow, share_of

_SHORT = {"temperature": "temp", "remasking": ""}
"""Labels where there is little room; the name of a strategy needs none."""
_SHORTEST = {"steps": "step", "canvas": "canv", "block": "blk", "temperature": "t", "remasking": ""}
"""Labels where those are too long for one line."""
_LEAST_STRATEGY = 9
"""Cells of the name of a strategy at least."""
_MOST = 3
"""Lines of knobs at most."""


class KnobOwner(KnobValues, Protocol):
    """The owner of the cursor among the knobs, as the strip sees it."""

    @property
    def rows(self) -> list[KnobRow]:
        """All knobs."""

    @property
    def row(self) -> KnobRow:
        """The knob under the cursor."""

    @property
    def has_focus(self) -> bool:
        """Whether keys turn the knobs."""

    def waits(self, row: KnobRow) -> bool:
        """Whether the value holds from the next run on."""

    def go_to(self, names: Collection[str]) -> None:
        """Put the cursor on the first knob of these names."""

    def set_share(self, share: float) -> None:
        """Set the knob under the cursor to a share of its bar."""


class KnobStrip(Bar):
    """Shows the main knobs of `Knobs`, which has the cursor and takes what is set here. The style ``max-height`` says
    how many lines they may have."""

    DEFAULT_CSS = "KnobStrip { padding: 0 1; width: 100%; height: auto; max-height: 1; }"

    def __init__(self, knobs: KnobOwner, opening: str) -> None:
        """``opening``: the id of the action that goes to the knobs."""
        super().__init__(id="main-knobs")
        self._knobs, self._opening = knobs, opening
        self._bars = False

    def need_bars(self, needed: bool) -> None:
        """Give bars a line where they have no room beside all labels, or not: where no page shows them."""
        if needed != self._bars:
            self._bars = needed
            self.show_settings()

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return len(self.lines(Size(width, _MOST)))

    def lines(self, size: Size) -> list[list[Item]]:
        """The knobs as they fit into a size: side by side, or on several lines."""
        rows = [row for row in self._knobs.rows if row.main]
        lines = wrap(self._knobs, rows, size.width, _SHORT, size.height, bars=self._bars)
        if any(item.label for item in lines[0]):
            return lines
        return [terse(self._knobs, rows, size.width, _SHORTEST, _LEAST_STRATEGY)]

    def show_settings(self) -> None:
        """Draw the knobs again; other values may need another number of lines."""
        self.refresh(layout=len(self.lines(Size(self.size.width, _MOST))) != self.size.height)

    def render_line(self, y: int) -> Strip:
        lines, knobs = self.lines(self.size), self._knobs
        placed: list[tuple[int, BarText]] = []
        column = 0
        for item in lines[y] if y < len(lines) else ():
            is_current = knobs.has_focus and knobs.row == item.row
            kind = "warn" if knobs.waits(item.row) else "accent" if is_current else "strong"
            placed.append((column, BarText(item.label, "accent" if is_current else "dim")))
            placed.append((column + cell_len(item.label), BarText(item.value, kind)))
            if item.bar:
                drawn = bar(share_of(knobs.settings, item.row) or 0.0, item.bar)
                placed.append((column + item.bar_column, BarText(drawn, "dim")))
            column += item.width + item.gap
        return self.drawn(y, placed)

    async def on_click(self, event: events.Click) -> None:
        offset, lines = event.get_content_offset(self), self.lines(self.size)
        if offset is None or offset.y >= len(lines) or (place := item_at(lines[offset.y], offset.x)) is None:
            return
        event.stop()
        (item, x), knobs = place, self._knobs
        knobs.go_to([item.row.name])
        if item.bar and x >= item.bar_column:
            knobs.set_share((x - item.bar_column + 0.5) / item.bar)
        elif not knobs.has_focus:
            await self.screen.run_action(self._opening)
