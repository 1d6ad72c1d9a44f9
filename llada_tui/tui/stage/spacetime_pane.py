"""Spacetime: the whole run as one picture. A column a position, two steps a row in half blocks, time going down.

Only cells in sight are made and drawn, and a row that looks as before is not made again.
"""

from __future__ import annotations

from textwrap import wrap
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.color import Color
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from llada_tui.analysis.colour_scale import ColourBy
from llada_tui.analysis.recomputed import Recomputed, recomputed_words
from llada_tui.analysis.spacetime import BLANK, Spacetime
from llada_tui.drawing.state_labels import LABELS
from llada_tui.trace.run import Run
from llada_tui.tui.player.canvas import TokenCanvas
from llada_tui.tui.shell.changed_cells import DrawnLines, changed_cells
from llada_tui.tui.shell.late_lines import LateLines
from llada_tui.tui.shell.sliced_reading import SlicedReading
from llada_tui.tui.stage.axis import Pointed, Pointing
from llada_tui.tui.stage.spacetime_cells import CellSegments
from llada_tui.tui.stage.spacetime_grid import RowKey, SpacetimeGrid

_TALL = 10
"""Rows from which on there is one for the numbers of positions."""
_ROWS = 512
"""Most rows that are kept as drawn."""


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
        self.zoom = 0
        """The number of times it was zoomed in; at 0 all of it is in sight."""
        self.grid = SpacetimeGrid()
        self._drawn = DrawnLines(self, self.render_line, changed_cells)
        self._late = LateLines(self)
        self._reading = SlicedReading(self, self._read, self.refresh)
        self._frames = 0
        """The number of frames to expect."""
        self._columns = 0
        """The positions that there ever were."""
        self._last = 0
        """The last frame that there was when it was shown last."""
        self._picture: Spacetime | None = None
        self._strips: dict[RowKey, Strip] = {}
        self._segments: CellSegments | None = None
        self._ground: Style | None = None
        self._background: Color | None = None

    # -- what is shown ------------------------------------------------------------------------------------------------

    def show(self, run: Run | None, frame: int, total: int) -> None:
        """Show a run of which ``total`` steps are to be expected, with the playhead at a frame."""
        frames, by, grid = total + 1, self.canvas.colour_by, self.grid
        columns = run.positions.ever if run is not None else 0
        new_picture = run is not self.run or (frames, columns) != (self._frames, self._columns)
        if run is not self.run:
            self.zoom = 0
        self.run, self._frames, self._columns = run, frames, columns
        frame_before, grid.frame = grid.frame, frame
        position_before, grid.position = grid.position, self._selected_column()
        if run is None:
            self._picture = None
            self.virtual_size = Size(0, 0)
            self.refresh()
        elif new_picture or self._picture is None or self._picture.by is not by:
            self._picture = Spacetime(run, by, frames)
            self._forget()
            self._lay_out()
        elif grid.position != position_before:
            self._follow()
            self.refresh()
        elif frame_before != frame:
            self._follow()
            self._refresh_rows(frame_before, frame, *((self._last, run.last) if run.last != self._last else ()))
        elif run.last != self._last:
            self._refresh_rows(min(self._last, run.last), run.last)
        self._last = run.last if run is not None else 0

    def _read(self, seconds: float) -> bool:
        return self._picture is None or self._picture.read(seconds)

    def _selected_column(self) -> int | None:
        """The column of what is selected on the canvas."""
        place, positions = self.canvas.selected, self.canvas.frame_rows.positions
        if self.run is None or place is None or place >= len(positions):
            return None
        return self.run.positions.column_of(positions[place])

    def _lay_out(self) -> None:
        """Fit the picture to the room there is, at its zoom."""
        if self.run is None or not self.size:
            return
        width, height = self.size.width - self.left_room, self.size.height - self.top_room
        self.grid.fit(self.run.positions.ever, self._frames, width, height, self.zoom)
        self._late.forget()
        self.virtual_size = Size(self.left_room + self.grid.columns.cells, self.top_room + self.grid.rows)
        self.refresh()
        self.call_after_refresh(self._follow)  # only then there are scrollbars, and it can be scrolled

    def change_zoom(self, by: int) -> None:
        """Closer or farther; farthest, all of it is in sight."""
        axes_before = self.grid.columns, self.grid.halves
        self.zoom = max(0, self.zoom + by)
        self._lay_out()
        if by > 0 and axes_before == (self.grid.columns, self.grid.halves):  # it is as close as it goes
            self.zoom -= by

    @property
    def left_room(self) -> int:
        """Cells at the left for the numbers of steps."""
        return len(str(self._frames)) + 2

    @property
    def top_room(self) -> int:
        """Rows at the top for the numbers of positions."""
        return 1 if self.size.height >= _TALL else 0

    def _follow(self) -> None:
        """Keep the crosshair in sight."""
        room = self._room()
        row, x, y = self.grid.row_of(self.grid.frame), room.x, room.y
        if not y <= row < room.bottom:
            y = row - room.height // 2
        if self.grid.position is not None:
            column = self.grid.columns.cell(self.grid.position)
            if not x <= column < room.right:
                x = column - room.width // 2
        if (x, y) != self.scroll_offset:
            self.scroll_to(max(x, 0), max(y, 0), animate=False)

    def _refresh_rows(self, *frames: int) -> None:
        """Draw the rows again in which frames are, and all between them."""
        first, last = self.grid.row_of(min(frames)), self.grid.row_of(max(frames))
        top = first - self.scroll_offset.y + self.top_room
        lines = range(max(top, 0), min(top + last - first + 2, self.size.height))
        if self.grid.is_large and lines:  # made as they are drawn: keys come between
            self.refresh(*(Region(0, y, self.size.width, 1) for y in lines))
        else:
            self._drawn.refresh(lines)

    def words(self) -> str:
        """The words on what the crosshair points at, and what a cell stands for."""
        run, grid, picture = self.run, self.grid, self._picture
        if run is None or picture is None:
            return ""
        words = []
        if grid.position is not None:
            cell = picture.cell(run.positions.order[grid.position], grid.frame)
            token = f" “{run.token_bytes.label(cell.token)}”" if cell.token is not None else ""
            place = run.positions.place_of(cell.position, grid.frame)
            words.append(f"position {place}{token} {LABELS[cell.state].word}")
            share = Recomputed(run).share(cell.position, grid.frame)
            if self.canvas.colour_by is ColourBy.RECOMPUTED and share is not None:
                words.append(recomputed_words(share))
        if scale := grid.scale():
            words.append(scale)
        if self.canvas.colour_by is ColourBy.ENTROPY and not any(step.alternatives for step in run.steps):
            words.append("no candidates were recorded: turn alternatives up in the knobs")
        return " · ".join(words)

    # -- drawing ------------------------------------------------------------------------------------------------------

    def render_lines(self, crop: Region) -> list[Strip]:
        """Rows as they are kept: there is no border or padding, for which each would be taken apart and made again."""
        room = self._room()  # asked once for all rows, as is where it is scrolled to: the answers take long
        return [self._drawn.note(y, self._line(y, room)).crop(*crop.column_span) for y in crop.line_range]

    def render_line(self, y: int) -> Strip:
        return self._drawn.note(y, self._line(y, self._room()))

    def _room(self) -> Region:
        """The part of the picture in sight, between the numbers and the scrollbars."""
        width, height = self.scrollable_content_region.size
        x, y = self.scroll_offset
        return Region(x, y, width - self.left_room, height - self.top_room)

    def _line(self, y: int, room: Region) -> Strip:
        if self._picture is None:
            width = self.size.width
            lines = wrap("Every step of a run, one under the other: shown once something was asked.", max(width - 2, 1))
            words = lines[y] if y < len(lines) else ""
            line = [Segment(f" {words}".ljust(width), self._base + self._style("dim"))]
            return Strip(self._finish(line)).crop(0, width)
        if y < self.top_room:
            return self._numbers(room)
        row = y - self.top_room + room.y
        is_read = not self.grid.is_large or self._reading.is_done()
        if not is_read or (self.grid.is_large and not self._late.has_time(y, (row, room.x, room.right))):
            return Strip.blank(self.size.width, self._base)
        key = self.grid.key(self._picture, row, room.x, room.right)
        if (frame := self.grid.word_frame(row)) is not None:
            on_cells = self._words(frame, room)
            key = key._replace(words=on_cells, starts=self._starts(room) if on_cells else ())
        if (strip := self._strips.get(key)) is None:
            if len(self._strips) >= _ROWS:
                self._strips.clear()
            strip = self._strips[key] = self._draw(key, room)
        return strip

    def _words(self, frame: int, room: Region) -> tuple[str, ...]:
        """The words of a frame at the positions in sight: of what is kept, guessed or given there."""
        run, columns, picture = self.run, self.grid.columns, self._picture
        if run is None or picture is None or frame > run.last or not room.width:
            return ()
        last = columns.first(min(room.right, columns.cells) - 1)
        positions = run.positions.order[columns.first(room.x) : last + 1]
        cells = (picture.cell(at, frame) if run.positions.has(at, frame) else None for at in positions)
        labels = run.token_bytes.label
        return tuple("" if cell is None or cell.token is None else labels(cell.token).strip() for cell in cells)

    def _draw(self, key: RowKey, room: Region) -> Strip:
        base = self._base
        marker = "▸" if key.at_playhead else " "
        number = Segment(
            f"{key.label:>{self.left_room - 2}}{marker} ", base + self._style("here" if key.at_playhead else "dim")
        )
        rest = Segment(" " * max(room.width - len(key.top), 0), base)
        cells = self._cell_segments().row(key.top, key.bottom.ljust(len(key.top), bytes([BLANK])))
        if key.words:
            cells = self._cell_segments().with_words(cells, key.words, key.starts)
        return Strip([*self._finish([number]), *cells, *self._finish([rest])], self.left_room + room.width)

    def _starts(self, room: Region) -> tuple[int, ...]:
        """The cells on which the positions in sight begin; what is scrolled out at the left begins before 0."""
        columns = self.grid.columns
        last = columns.first(min(room.right, columns.cells) - 1)
        return tuple(columns.cell(position) - room.x for position in range(columns.first(room.x), last + 2))

    def _numbers(self, room: Region) -> Strip:
        """The row above: numbers of positions, and where the selected one is."""
        base, width = self._base, self.left_room + room.width
        left, selected, right = self.grid.ruler(room.x, room.width)
        dim = base + self._style("dim")
        segments = [Segment(" " * self.left_room, base), Segment(left, dim)]
        if selected:
            segments += [Segment(selected, base + self._style("here")), Segment(right, dim)]
        strip = Strip(segments).extend_cell_length(width, base).crop(0, width)
        return Strip(self._finish(list(strip)), width)

    # -- looks --------------------------------------------------------------------------------------------------------

    @property
    def _base(self) -> Style:
        """The style under everything: asked for once, as the answer takes long."""
        if self._ground is None:
            self._ground = self.rich_style
        return self._ground

    def _finish(self, segments: list[Segment]) -> list[Segment]:
        """Segments with the application's filters on: once, as they are shared."""
        if self._background is None:
            _, self._background = self.background_colors
        for line_filter in self.get_line_filters():
            segments = line_filter.apply(segments, self._background)
        return segments

    def _style(self, name: str) -> Style:
        return self.get_component_rich_style(f"spacetime--{name}")

    def _cell_segments(self) -> CellSegments:
        if self._segments is None:
            app = self.app
            few_colours = app.no_color, app.current_theme.ansi
            self._segments = CellSegments(
                self._base, app.theme_variables, self.canvas.token_styles, *few_colours, self._finish
            )
        return self._segments

    def _forget(self) -> None:
        self._strips.clear()
        self._segments = self._ground = self._background = None

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._forget()

    # -- pointing -----------------------------------------------------------------------------------------------------

    def on_resize(self) -> None:
        self._strips.clear()
        self._lay_out()

    def on_pointing_pointed_at(self, message: Pointing.PointedAt) -> None:
        message.stop()
        if self.run is None:
            return
        column = message.cell.x - self.left_room + self.scroll_offset.x
        half = 2 * (message.cell.y - self.top_room + self.scroll_offset.y)
        columns, halves = self.grid.columns, self.grid.halves
        frame = self.run.clamp(halves.last(max(half + halves.times - 1, 0)))
        place = None
        if 0 <= column < columns.cells:
            place = self.run.positions.place_of(self.run.positions.order[columns.first(column)], frame)
        self.post_message(Pointed(frame, place))

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
