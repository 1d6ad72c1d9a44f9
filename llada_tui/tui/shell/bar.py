"""One line of words, some of which do something when clicked."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar, NamedTuple

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.strip import Strip

from llada_tui.drawing.run_states import DONE, PAUSED, SHOWING
from llada_tui.trace.events import CANCELLED, FAILED
from llada_tui.trace.text import clean
from llada_tui.tui.shell.changed_cells import DrawnLines, changed_cells
from llada_tui.tui.shell.steady_styles import SteadyStyles

RUN_KINDS = {SHOWING: "accent", PAUSED: "dim", DONE: "good", CANCELLED: "warn", FAILED: "error"}
"""The kinds of the words for a run's state."""


class BarText(NamedTuple):
    """A piece of a bar: its text, one of the bar's component classes (without ``bar--``), and an action to run."""

    text: str
    kind: str = "text"
    action: str | None = None


_Styled = tuple[int, str, Style]
"""A piece of a bar as it is drawn: its column, its text and its style."""


class Bar(SteadyStyles):
    """A line made of parts, which a subclass lists; parts that do not fit are left out from the right."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "bar--text", "bar--dim", "bar--strong", "bar--accent", "bar--warn", "bar--error", "bar--good",
    }  # fmt: skip
    DEFAULT_CSS = """
    Bar { height: 1; width: 1fr; }
    Bar .bar--text { color: $foreground; }
    Bar .bar--dim { color: $text-muted; }
    Bar .bar--strong { color: $foreground; text-style: bold; }
    Bar .bar--accent { color: $accent; text-style: bold; }
    Bar .bar--warn { color: $warning; text-style: bold; }
    Bar .bar--error { color: $error; text-style: bold; }
    Bar .bar--good { color: $success; text-style: bold; }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._drawn = DrawnLines(self, self.render_line, changed_cells)
        self._strips: dict[int, tuple[tuple[int, Style, list[_Styled]], Strip]] = {}
        """By line: what it was drawn from last, and the strip."""

    def refresh_changes(self) -> None:
        """Draw again what differs from what was drawn."""
        self._drawn.refresh()

    def parts(self, width: int) -> list[BarText]:
        """The parts of the line, for a width in cells."""
        return []

    def right_parts(self, width: int) -> list[BarText]:
        """Parts that stand at the right end."""
        return []

    def style_of(self, part: BarText) -> Style:
        return self.get_component_rich_style(f"bar--{part.kind}")

    def placed(self) -> list[tuple[int, BarText]]:
        """Every part that fits, with its column."""
        width = self.size.width
        right = [_printable(part) for part in self.right_parts(width)]
        while right and sum(cell_len(part.text) for part in right) > width:
            right = right[1:]
        room = width - sum(cell_len(part.text) for part in right)
        placed, column = [], 0
        for part in map(_printable, self.parts(width)):
            size = cell_len(part.text)
            if column + size > room:
                break
            placed.append((column, part))
            column += size
        column = room
        for part in right:
            placed.append((column, part))
            column += cell_len(part.text)
        return placed

    def render_line(self, y: int) -> Strip:
        return self.drawn(y, self.placed()) if y == 0 else Strip.blank(self.size.width, self.base)

    def drawn(self, y: int, placed: Iterable[tuple[int, BarText]]) -> Strip:
        """Line ``y`` with these parts at their columns."""
        base, width = self.base, self.size.width
        styled = [(at, part.text, self.style_of(part)) for at, part in placed]
        key = width, base, styled
        if y not in self._strips or self._strips[y][0] != key:  # a line that is compared is not drawn a second time
            self._strips[y] = key, _line(width, base, styled)
        return self._drawn.note(y, self._strips[y][1])

    def part_at(self, x: int) -> BarText | None:
        return next((part for at, part in self.placed() if at <= x < at + cell_len(part.text)), None)

    async def on_click(self, event: events.Click) -> None:
        part = self.part_at(event.x)
        if part is not None and part.action:
            event.stop()
            await self.screen.run_action(part.action)


def _line(width: int, base: Style, styled: Iterable[_Styled]) -> Strip:
    segments: list[Segment] = []
    column = 0
    for at, text, style in styled:
        if at > column:
            segments.append(Segment(" " * (at - column), base))
        segments.append(Segment(text, base + style))
        column = at + cell_len(text)
    return Strip(segments, column).extend_cell_length(width, base).crop(0, width)


def _printable(part: BarText) -> BarText:
    """A text that a terminal can show: what a worker or a file says of itself may be anything."""
    return part if part.text.isprintable() else part._replace(text=clean(part.text).replace("\n", " "))
