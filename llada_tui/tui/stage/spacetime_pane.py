"""Spacetime: the whole run as one picture. A column a position, two steps a row in half blocks, time going down.

Only cells in sight are made and drawn, and a row that looks as before is not made again.
"""

from __future__ import annotations

from typing import ClassVar, NamedTuple

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.color import Color
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from llada_tui.analysis.colour_scale import ColourBy
from llada_tui.analysis.spacetime import BLANK, Spacetime
from llada_tui.trace.run import Run
from llada_tui.tui.player.canvas import TokenCanvas
from llada_tui.tui.stage.axis import Axis, Pointed, Pointing
from llada_tui.tui.stage.spacetime_cells import ON_LINE, POINT, Inks

_TALL = 10
"""Rows from which on there is one for the numbers of positions."""
_ROWS = 512
"""Most rows that are kept as drawn."""


class _Key(NamedTuple):
    """All that a row's picture depends on."""

    top: bytes
    bottom: bytes
    label: str
    here: bool


class SpacetimePane(ScrollView, Pointing, can_focus=True):
    """Shows a run with a crosshair at the playhead and the selected position; posts `Pointed`."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"spacetime--dim", "spacetime--here"}
    DEFAULT_CSS = """
    SpacetimePane { height: 1fr; background: $background; scrollbar-size-vertical: 1; scrollbar-size-horizontal: 1; }
    SpacetimePane .spacetime--dim { color: $text-muted; }
    SpacetimePane .spacetime--here { color: $accent; text-style: bold; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "screen.do('back')", "step before", show=False),
        Binding("down", "screen.do('forward')", "step after", show=False),
        Binding("left", "screen.do('select_left')", "token before", show=False),
        Binding("right", "screen.do('select_right')", "token after", show=False),
        Binding("home", "screen.do('first')", "first step", show=False),
        Binding("end", "screen.do('last')", "last step", show=False),
        Binding("plus,equals_sign", "screen.do('closer')", "zoom in", show=False),
        Binding("minus", "screen.do('farther')", "zoom out", show=False),
    ]

    def __init__(self, canvas: TokenCanvas, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.canvas = canvas
        self.run: Run | None = None
        self.frame = 0
        self.zoom = 0
        self._frames = 0
        self._selected: int | None = None
        self._picture: Spacetime | None = None
        self._columns, self._halves = Axis(0), Axis(0)
        self._strips: dict[_Key, Strip] = {}
        self._inks: Inks | None = None
        self._ground: Style | None = None
        self._under: Color | None = None

    # -- what is shown ------------------------------------------------------------------------------------------------

    def show(self, run: Run | None, frame: int, total: int) -> None:
        """Show a run of which ``total`` steps are to be expected, with the playhead at a frame."""
        selected, frames, by = self.canvas.selected, total + 1, self.canvas.colour_by
        fresh = run is not self.run or frames != self._frames
        if run is not self.run:
            self.zoom = 0
        before, self.run, self.frame, self._frames = self.frame, run, frame, frames
        moved, self._selected = selected != self._selected, selected
        if run is None:
            self._picture = None
            self.virtual_size = Size(0, 0)
            self.refresh()
        elif fresh or self._picture is None or self._picture.by is not by:
            self._picture = Spacetime(run, by, frames)
            self._forget()
            self._lay_out()
        elif moved:
            self._follow()
            self.refresh()
        elif before != frame:
            self._follow()
            self._refresh_rows(before, frame)
        elif run.end is None:
            self._refresh_rows(run.last, run.last)

    def _lay_out(self) -> None:
        """Fit the picture to the room there is, as close as is wanted."""
        if self.run is None or not self.size:
            return
        room = self.size.width - self._gutter
        self._columns = Axis.fit(self.run.length, room, 3).closer(self.zoom)
        self._halves = Axis.fit(self._frames, 2 * (self.size.height - self._ruler), 4).closer(self.zoom)
        rows = -(-self._halves.cells // 2)
        self.virtual_size = Size(self._gutter + self._columns.cells, self._ruler + rows)
        self.refresh()
        self.call_after_refresh(self._follow)  # only then there are scrollbars, and it can be scrolled

    def change_zoom(self, by: int) -> None:
        """Closer or farther; farthest, all of it is in sight."""
        before = self._columns, self._halves
        self.zoom = max(0, self.zoom + by)
        self._lay_out()
        if by > 0 and before == (self._columns, self._halves):
            self.zoom -= by

    @property
    def _gutter(self) -> int:
        """Cells at the left for the numbers of steps."""
        return len(str(self._frames)) + 2

    @property
    def _ruler(self) -> int:
        return 1 if self.size.height >= _TALL else 0

    def _follow(self) -> None:
        """Keep the crosshair in sight."""
        room = self._room()
        row, x, y = self._halves.cell(self.frame) // 2, room.x, room.y
        if not y <= row < room.bottom:
            y = row - room.height // 2
        if self._selected is not None:
            column = self._columns.cell(self._selected)
            if not x <= column < room.right:
                x = column - room.width // 2
        if (x, y) != self.scroll_offset:
            self.scroll_to(max(x, 0), max(y, 0), animate=False)

    def _refresh_rows(self, *frames: int) -> None:
        """Draw the rows again in which frames are, and all between them."""
        first, last = (self._halves.cell(frame) // 2 for frame in (min(frames), max(frames)))
        top = first - self.scroll_offset.y + self._ruler
        count = last - first + 2
        self.refresh(Region(0, max(top, 0), self.size.width, count))

    def words(self) -> str:
        """What the crosshair points at, and what a cell stands for."""
        run, columns, halves = self.run, self._columns, self._halves
        if run is None:
            return ""
        words = []
        if self._selected is not None:
            cell = run.cell(self._selected, self.frame)
            token = f" “{run.pieces.label(cell.token)}”" if cell.token is not None else ""
            words.append(f"position {cell.position}{token} {cell.state.value}")
        if columns.each > 1 or halves.each > 1:
            words.append(f"a half block: {_count(columns.each, 'position')}, {_count(halves.each, 'step')}")
        if self.canvas.colour_by is ColourBy.ENTROPY and not any(step.alternatives for step in run.steps):
            words.append("no candidates were recorded: turn alternatives up in the knobs")
        return " · ".join(words)

    # -- drawing ------------------------------------------------------------------------------------------------------

    def render_lines(self, crop: Region) -> list[Strip]:
        """Rows as they are kept: there is no border or padding, for which each would be taken apart and made again."""
        room = self._room()  # asked once for all rows, as is where it is scrolled to: the answers take long
        return [self._line(y, room).crop(*crop.column_span) for y in crop.line_range]

    def render_line(self, y: int) -> Strip:
        return self._line(y, self._room())

    def _room(self) -> Region:
        """The part of the picture in sight, between the numbers and the scrollbars."""
        width, height = self.scrollable_content_region.size
        x, y = self.scroll_offset
        return Region(x, y, width - self._gutter, height - self._ruler)

    def _line(self, y: int, room: Region) -> Strip:
        if self._picture is None:
            words = "Every step of a run, one under the other: shown once something was asked." if y == 0 else ""
            width = self.size.width
            line = [Segment(f" {words}".ljust(width), self._base + self._own("dim"))]
            return Strip(self._finish(line)).crop(0, width)
        if y < self._ruler:
            return self._numbers(room)
        key = self._key(y - self._ruler + room.y, room)
        if (strip := self._strips.get(key)) is None:
            if len(self._strips) >= _ROWS:
                self._strips.clear()
            strip = self._strips[key] = self._draw(key, room)
        return strip

    def _key(self, row: int, room: Region) -> _Key:
        on = self._halves.on(self.frame)
        top, bottom = (self._cells(half, half in on, room) for half in (2 * row, 2 * row + 1))
        here = 2 * row in on or 2 * row + 1 in on
        number = self._halves.first(2 * row)
        label = str(number) if row % 4 == 0 and number < self._frames else ""
        if here:
            label = str(self.frame) if row == on.start // 2 else ""
        return _Key(top, bottom, label, here)

    def _cells(self, half: int, playhead: bool, room: Region) -> bytes:
        """The codes of a half row in sight, the crosshair in them."""
        columns, halves, picture, times = self._columns, self._halves, self._picture, self._columns.times
        assert picture is not None
        if half >= halves.cells:
            return b""
        start, stop = room.x, min(room.right, columns.cells)
        first, last = start // times, -(-stop // times)
        codes = picture.row(halves.first(half), halves.last(half), columns.each, first, last)
        if times > 1:
            wide = bytearray(len(codes) * times)
            for at in range(times):
                wide[at::times] = codes
            codes = bytes(wide[start - first * times : stop - first * times])
        if playhead:
            codes = codes.translate(ON_LINE)
        if self._selected is not None:
            marked = bytearray(codes)
            for at in (column - start for column in columns.on(self._selected)):
                if 0 <= at < len(marked):
                    marked[at] = POINT if playhead else ON_LINE[marked[at]]
            codes = bytes(marked)
        return codes

    def _draw(self, key: _Key, room: Region) -> Strip:
        base = self._base
        marker = "▸" if key.here else " "
        number = Segment(f"{key.label:>{self._gutter - 2}}{marker} ", base + self._own("here" if key.here else "dim"))
        rest = Segment(" " * max(room.width - len(key.top), 0), base)
        cells = self._ink().row(key.top, key.bottom.ljust(len(key.top), bytes([BLANK])))
        return Strip([*self._finish([number]), *cells, *self._finish([rest])], self._gutter + room.width)

    def _numbers(self, room: Region) -> Strip:
        """The row above: numbers of positions, and where the selected one is."""
        base, width, columns = self._base, self._gutter + room.width, self._columns
        marks = [" "] * max(min(room.width, columns.cells - room.x), 0)
        for at in range(0, len(marks), 10):
            number = str(columns.first(at + room.x))
            if at + len(number) <= len(marks):
                marks[at : at + len(number)] = number
        text = "".join(marks)
        before = Segment(" " * self._gutter, base)
        column = -1 if self._selected is None else columns.cell(self._selected) - room.x
        if not 0 <= column < len(text):
            segments = [before, Segment(text, base + self._own("dim"))]
        else:
            shown = f"▾{self._selected}"
            column = min(column, max(len(text) - len(shown), 0))
            left, right = text[:column], text[column + len(shown) :]
            left = left[: left.rfind(" ") + 1].ljust(column) if left and not left.endswith(" ") else left
            right = right[right.find(" ") :].rjust(len(right)) if right and " " in right else " " * len(right)
            dim = base + self._own("dim")
            segments = [before, Segment(left, dim), Segment(shown, base + self._own("here")), Segment(right, dim)]
        strip = Strip(segments).extend_cell_length(width, base).crop(0, width)
        return Strip(self._finish(list(strip)), width)

    # -- inks ---------------------------------------------------------------------------------------------------------

    @property
    def _base(self) -> Style:
        """What lies under everything: asked for once, as the answer takes long."""
        if self._ground is None:
            self._ground = self.rich_style
        return self._ground

    def _finish(self, segments: list[Segment]) -> list[Segment]:
        """Segments with the application's filters on: once, as they are shared."""
        if self._under is None:
            _, self._under = self.background_colors
        for line_filter in self.get_line_filters():
            segments = line_filter.apply(segments, self._under)
        return segments

    def _own(self, name: str) -> Style:
        return self.get_component_rich_style(f"spacetime--{name}")

    def _ink(self) -> Inks:
        if self._inks is None:
            app = self.app
            plain = app.no_color, app.current_theme.ansi
            self._inks = Inks(self._base, app.theme_variables, self.canvas.token_styles, *plain, self._finish)
        return self._inks

    def _forget(self) -> None:
        self._strips.clear()
        self._inks = self._ground = self._under = None

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._forget()

    # -- pointing -----------------------------------------------------------------------------------------------------

    def on_resize(self) -> None:
        self._strips.clear()
        self._lay_out()

    def point(self, event: events.MouseEvent) -> None:
        offset = event.get_content_offset_capture(self)
        if self.run is None:
            return
        column = offset.x - self._gutter + self.scroll_offset.x
        half = 2 * (offset.y - self._ruler + self.scroll_offset.y)
        frame = self.run.clamp(self._halves.last(max(half + self._halves.times - 1, 0)))
        inside = 0 <= column < self._columns.cells
        self.post_message(Pointed(frame, self._columns.first(column) if inside else None))

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        self._wheel(event, 1)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        self._wheel(event, -1)

    def _wheel(self, event: events.MouseEvent, by: int) -> None:
        """With ctrl the wheel zooms; else it scrolls, as anywhere."""
        if event.ctrl:
            event.stop()
            event.prevent_default()
            self.change_zoom(by)


def _count(number: int, thing: str) -> str:
    return f"1 {thing}" if number == 1 else f"{number} {thing}s"
