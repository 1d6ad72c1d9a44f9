"""The picture of the knobs: the grid, the line of parameters, and the words below them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Size
from textual.strip import Strip

from llada_tui.tui.stage.knob_grid import LABEL, KnobGrid
from llada_tui.tui.stage.knob_line import Item, KnobValues, bar, fit, item_at, window
from llada_tui.tui.stage.knob_rows import KnobRow, share_of
from llada_tui.tui.stage.knob_words import Words, words
from llada_tui.worker.sampler_parts import StrategyInfo

_MARK = 2
"""Cells before a parameter for the mark of the cursor."""
_WITH_LINE = 4
"""Lines from which on the parameters have one that is always there; where there are fewer, it is that of the words."""


class KnobsView(KnobValues, Protocol):
    """The knobs as their picture sees them."""

    read_only: bool
    error: str

    @property
    def row(self) -> KnobRow:
        """The knob under the cursor."""

    @property
    def listed(self) -> list[KnobRow]:
        """The knobs of the grid."""

    @property
    def parameters(self) -> list[KnobRow]:
        """The knobs of the line below it."""

    @property
    def strategy(self) -> StrategyInfo | None:
        """The strategy in use, as the worker describes it; None where none does."""

    @property
    def when(self) -> str:
        """From when on a change of the knob at hand holds."""

    @property
    def has_focus(self) -> bool:
        """Whether keys turn the knobs."""

    @property
    def size(self) -> Size:
        """The room for the picture."""

    @property
    def rich_style(self) -> Style:
        """The style of what has no other."""

    def get_component_rich_style(self, *names: str) -> Style:
        """The style of a class of components."""

    def waits(self, row: KnobRow) -> bool:
        """Whether a value holds from the next run on."""

    def redraw(self) -> None:
        """Draw everything again."""

    def call_after_refresh(self, callback: Callable[[], None]) -> bool:
        """Call something once everything is drawn."""


class KnobPicture:
    """Draws knobs line by line, and tells what is where. The grid scrolls to the knob at hand."""

    def __init__(self, knobs: KnobsView) -> None:
        self._knobs = knobs
        self._top = 0

    @property
    def grid(self) -> KnobGrid:
        """The grid of knobs; below it are a line of parameters, where there is room, and lines of words."""
        size = self._knobs.size
        height = max(1, size.height - self._word_count - self._has_line)
        return KnobGrid(len(self._knobs.listed), size.width, height, self._top)

    @property
    def _has_line(self) -> bool:
        return self._knobs.size.height >= _WITH_LINE

    @property
    def _word_count(self) -> int:
        """Lines of words."""
        height = self._knobs.size.height
        return 1 if height < 6 else 2 if height < 11 else 3

    def _items(self) -> list[Item]:
        """The parameters on their line: as many as have room, the one under the cursor among them."""
        knobs, parameters = self._knobs, self._knobs.parameters
        width = knobs.size.width - _MARK
        at = parameters.index(knobs.row) if knobs.row in parameters else 0
        return fit(knobs, window(knobs, parameters, at, width), width, {})

    def parameter_at(self, x: int, y: int) -> tuple[Item, int] | None:
        """The parameter at a cell, and the cell within it; None beside the parameters."""
        return item_at(self._items(), x - _MARK) if y == self.grid.height and self._has_line else None

    def line(self, y: int) -> Strip:
        """A line of the picture, counted from its top."""
        knobs, rows = self._knobs, self._knobs.listed
        top = self.grid.scrolled(rows.index(knobs.row)) if knobs.row in rows else self._top
        if top != self._top:
            self._top = top
            knobs.call_after_refresh(knobs.redraw)
        grid = self.grid
        below = y - grid.height
        if below < 0:
            segments = [segment for index in grid.on_line(y) for segment in self._knob(rows[index])]
        elif below == 0 and (self._has_line or knobs.row.parameter is not None):
            segments = self._parameters()
        else:
            segments = self._words(below - self._has_line)
        return Strip(segments).extend_cell_length(knobs.size.width, knobs.rich_style).crop(0, knobs.size.width)

    def _piece(self, text: str, kind: str) -> Segment:
        return Segment(text, self._knobs.get_component_rich_style(f"knobs--{kind}"))

    def _mark(self, row: KnobRow) -> tuple[str, str, str]:
        """The mark before a knob, and the kinds of its label and its value."""
        current, focused = row == self._knobs.row, row == self._knobs.row and self._knobs.has_focus
        value = "new" if self._knobs.waits(row) else "cursor" if focused else "value"
        return "› " if focused else "· " if current else "  ", "cursor" if focused else "label", value

    def _knob(self, row: KnobRow) -> list[Segment]:
        """A knob of the grid."""
        knobs, piece, (mark, label_kind, value_kind) = self._knobs, self._piece, self._mark(row)
        share, grid = share_of(knobs.settings, row), self.grid
        end, size = grid.value_end(barred=share is not None), grid.bar(barred=share is not None)
        cells = cell_len(mark + row.label) if grid.tight else LABEL
        label = piece(set_cell_size(mark + row.label, cells), label_kind)
        value = piece(f"{knobs.text_of(row)[cells - end :]:>{end - cells}}", value_kind)
        if size < 2:
            return [label, value, piece(" " * (size + 2), "bar")]
        arrows = "◂▸" if label_kind == "cursor" and not knobs.read_only else ""
        return [label, value, piece(f" {arrows:<{size}} " if share is None else f" {bar(share, size)} ", "bar")]

    def _parameters(self) -> list[Segment]:
        """The line of parameters. A strategy without any has it too: nothing moves when another is tried."""
        knobs, piece, segments = self._knobs, self._piece, []
        for item in self._items():
            mark, label_kind, value_kind = self._mark(item.row)
            drawn = f" {bar(share_of(knobs.settings, item.row) or 0.0, item.bar)}" if item.bar else ""
            segments += [
                piece(mark, label_kind), piece(item.label, label_kind), piece(item.value, value_kind),
                piece(drawn, "bar"),
            ]  # fmt: skip
        return segments or [piece(f"  {knobs.settings.remasking} has no parameters", "label")]

    def _words(self, line: int) -> list[Segment]:
        """A line of words: what is wrong, or what the knob at hand does; and how many knobs are out of sight."""
        knobs, count, hidden = self._knobs, self._word_count, self.grid.hidden
        width = max(knobs.size.width - cell_len(hidden), 10)
        about = Words(knobs.settings, knobs.row, knobs.error, knobs.when, knobs.has_focus, knobs.strategy)
        lines = words(about, width, count)
        text, kind = lines[line] if line < len(lines) else ("", "help")
        if line == count - 1 and hidden:
            text = set_cell_size(text, width) + hidden
        return [self._piece(text, kind)]
