"""The canvas: every position of a run in one frame, drawn a row at a time with Textual's Line API.

A frame costs in proportion to what changed: texts are cached by token, rows are flowed again only when a width
changed, and only rows that look different are drawn. Token text is never parsed as markup.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from llada_tui.analysis.colour_scale import ColourBy
from llada_tui.drawing.frame_rows import FrameRows
from llada_tui.drawing.row_segments import NO_TOKENS, PlacedRow, place_row
from llada_tui.drawing.text_flow import neighbour, row_of
from llada_tui.drawing.token_styles import TokenStyles
from llada_tui.drawing.word_shape import WordShape
from llada_tui.trace.cell import Cell, State
from llada_tui.trace.run import Run
from llada_tui.tui.player.guess_looks import GuessLook, GuessLooks
from llada_tui.tui.player.row_pictures import RowPictures
from llada_tui.tui.shell.changed_cells import DrawnLines
from llada_tui.tui.shell.sliced_reading import SlicedReading

MARGIN = 1
"""Blank cells at either side, drawn with the row: padding by CSS would cost a pass over every line."""
_TOKEN = 4
"""Cells that a token takes on average, by which it is guessed whether rows can be spaced out."""
SLACK = 2
"""Rows by which the scrolled area may be too long: a row that comes and goes must not move everything."""


class TokenCanvas(ScrollView, can_focus=True):
    """Shows one frame of a run; tokens can be selected by mouse and keyboard."""

    DEFAULT_CSS = """
    TokenCanvas { background: $background; scrollbar-size-vertical: 1; overflow-x: hidden; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "move(-1, 0)", show=False),
        Binding("right", "move(1, 0)", show=False),
        Binding("up", "move(0, -1)", show=False),
        Binding("down", "move(0, 1)", show=False),
        Binding("shift+left", "extend(-1, 0)", show=False),
        Binding("shift+right", "extend(1, 0)", show=False),
        Binding("shift+up", "extend(0, -1)", show=False),
        Binding("shift+down", "extend(0, 1)", show=False),
    ]
    guesses: reactive[bool] = reactive(True, init=False)
    """Whether masked positions show what the model predicted for them."""
    colour_by: reactive[ColourBy] = reactive(ColourBy.STATE, init=False)
    shape: reactive[WordShape] = reactive(WordShape.TEXT, init=False)
    selected: reactive[int | None] = reactive(None, init=False)
    begun: reactive[int | None] = reactive(None, init=False)
    """The position at which a range began that ends at the selected one."""
    pointed: reactive[frozenset[int]] = reactive(frozenset(), init=False)
    """Positions that a lesson points at."""
    tints: reactive[Mapping[int, int]] = reactive({}, init=False)
    """Strengths by position, where a page tints words; below 0 are those of the prompt."""
    changing: reactive[bool] = reactive(False, init=False)
    """Whether tokens are being changed: arrows then move the selection."""

    class Selected(Message):
        """Another position was selected, or none."""

        def __init__(self, position: int | None) -> None:
            super().__init__()
            self.position = position

    class Resized(Message):
        """The canvas has another size."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.frame_rows = FrameRows()
        self.guess_looks = GuessLooks(self, self.frame_rows, self.refresh_rows)
        self._pictures = RowPictures(MARGIN)
        self._token_styles: TokenStyles | None = None
        self._again = False
        self._drawn = DrawnLines(self, self._placed, self._pictures.changed)
        self._frame: tuple[Run | None, int] = (None, 0)
        self._reading = SlicedReading(self, self._read_revisions, self._update)
        self._leading = 1
        """Lines from a row to the next: two where there is room for a blank line after each."""
        self._spaced_for: tuple[int, Size] = 0, Size()
        """The identity of the run, and the size, that it was decided for."""

    # -- what is shown ------------------------------------------------------------------------------------------------

    def show(self, run: Run | None, frame: int, *, follow: bool = False) -> None:
        """Show a frame of a run; ``follow`` keeps the tokens committed last in sight. What is selected stays so."""
        if run is not self.frame_rows.run:
            self.scroll_to(y=0, animate=False)
            self.set_reactive(TokenCanvas.selected, None)
            self.set_reactive(TokenCanvas.begun, None)
            self.frame_rows.changes = {}
        positions = self.frame_rows.positions
        self._show(run, frame)
        if run is not None and self.frame_rows.positions is not positions:
            self.selected = run.positions.moved(self.selected, positions, frame)
            self.begun = run.positions.moved(self.begun, positions, frame)
        if follow:
            self._follow()

    def _show(self, run: Run | None, frame: int) -> None:
        width, leading = self.size.width or 80, self._leading
        if self._spaced_for != (id(run), self.size):
            self._space(run)
        self.frame_rows.folds = not self.changing
        self._frame = run, frame
        by = ColourBy.STATE if self.colour_by is ColourBy.REVISIONS and not self._reading.is_done() else self.colour_by
        dirty = self.frame_rows.show(run, frame, by, self.guesses, max(width - 2 * MARGIN, 2))
        rows = len(self.frame_rows.rows)
        if rows * self._leading > self.size.height and self._leading > 1:
            self._leading = 1
        dirty = dirty if leading == self._leading and self.guess_looks.look is GuessLook.GUESSED else None
        height = max(rows * self._leading, self.size.height)  # the screen is not laid out anew for rows that fit in
        slack = SLACK if height > self.size.height else 0
        if not height <= self.virtual_size.height <= height + slack or self.virtual_size.width != width:
            self.virtual_size = Size(width, height)
        self.refresh_rows(dirty)

    def _space(self, run: Run | None) -> None:
        """Space the rows out if a whole canvas will have room so: later it would make all rows jump."""
        self._spaced_for = id(run), self.size
        width, height = max(self.size.width - 2 * MARGIN, 2), self.size.height
        rows = -(-run.length_at(run.last) * _TOKEN // width) + 1 if run is not None else height
        self._leading = 2 if 2 * rows <= height else 1

    def change(self, changes: dict[int, int]) -> None:
        """Draw tokens as somebody means to set them; the mask id masks one."""
        self.frame_rows.change(changes)
        self._update()
        self.refresh()

    def refresh_rows(self, rows: Iterable[int] | None) -> None:
        """Draw rows again, if they are in sight; None stands for all."""
        top, height = self.scroll_offset.y, self.size.height
        all_lines = (row * self._leading for row in rows or ())
        lines = [line - top for line in all_lines if top <= line < top + height]
        self._drawn.refresh(None if rows is None else sorted(lines))

    def _read_revisions(self, seconds: float) -> bool:
        run, frame = self._frame
        return run is None or self.frame_rows.read_revisions(run, frame, seconds)

    def _update(self) -> None:
        """Show the same frame in another way."""
        self._show(*self._frame)

    def _follow(self) -> None:
        """Keep the last committed token of this frame in sight."""
        run, frame = self.frame_rows.run, self.frame_rows.frame
        if run is None or not frame or self.max_scroll_y == 0:
            return
        if commits := run.steps[frame - 1].commits:
            last = max(run.positions.place_of(choice.position, frame) or 0 for choice in commits)
            line = row_of(self.frame_rows.rows, last) * self._leading
            top, height = self.scroll_offset.y, self.size.height
            if not top <= line < top + height - 1:
                self.scroll_to(y=max(0, line - height + min(3, height)), animate=False)

    # -- drawing ------------------------------------------------------------------------------------------------------

    def render_line(self, y: int) -> Strip:
        placed, width = self._drawn.note(y, self._placed(y)), self.size.width
        if not placed.row:
            return Strip.blank(width, self.token_styles.base)
        return self._pictures.picture(placed, width, self.token_styles)

    def _placed(self, y: int) -> PlacedRow:
        """The tokens of a line at their places."""
        row, below = divmod(y + self.scroll_offset.y, self._leading)
        if below or row >= len(self.frame_rows.rows):
            return NO_TOKENS
        drawn = self.guess_looks.row(self.frame_rows.rows[row])
        return place_row(drawn, self.guess_looks.looks, self.chosen, self.tints, self.pointed)

    def _make_token_styles(self) -> TokenStyles:
        variables, ansi = self.app.theme_variables, self.app.current_theme.ansi
        self._token_styles = TokenStyles(variables, self.rich_style, ansi=ansi, plain=self.app.no_color)
        self._token_styles.fades = self.guess_looks.look is GuessLook.FADING
        self._token_styles.colour_by = self.colour_by
        return self._token_styles

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._pictures.clear()
        self._token_styles = None

    @property
    def token_styles(self) -> TokenStyles:
        """The styles in use, for the legend."""
        return self._token_styles or self._make_token_styles()

    # -- changes ------------------------------------------------------------------------------------------------------

    def on_resize(self) -> None:
        self._pictures.clear()
        self._update()
        self.refresh()
        self.post_message(self.Resized())

    def watch_guesses(self) -> None:
        self._update()

    def watch_colour_by(self) -> None:
        self.token_styles.colour_by = self.colour_by
        self._pictures.clear()
        self._update()

    def watch_shape(self) -> None:
        self._pictures.shape, self.frame_rows.spread = self.shape, self.shape is not WordShape.TEXT
        self._pictures.clear()
        self._update()

    def watch_selected(self, before: int | None, position: int | None) -> None:
        for changed in (before, position):
            if changed is not None:
                self.refresh_rows(self.frame_rows.rows_of(changed))
        if position is not None:
            line = row_of(self.frame_rows.rows, position) * self._leading
            if not self.scroll_offset.y <= line < self.scroll_offset.y + self.size.height:
                self.scroll_to(y=max(0, line - self.size.height // 2), animate=False)
        self.post_message(self.Selected(position))

    watch_changing = watch_guesses

    # -- selecting ----------------------------------------------------------------------------------------------------

    def position_at(self, x: int, y: int) -> int | None:
        """The position under a cell of the widget's content; None beside the text."""
        x, (row, below) = x - MARGIN, divmod(y + self.scroll_offset.y, self._leading)
        if below or not 0 <= row < len(self.frame_rows.rows):
            return None
        for span in self.frame_rows.rows[row]:
            if span.column <= x < span.column + span.width:
                return span.position
        return None

    @property
    def chosen(self) -> range:
        """The selected position, or the range from the anchor to it."""
        if self.selected is None:
            return range(0)
        ends = (self.selected, self.selected if self.begun is None else self.begun)
        return range(min(ends), max(ends) + 1)

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """A press selects; with shift, or drawn on while tokens are changed, it selects a range."""
        offset = event.get_content_offset(self)
        if offset is None or event.button not in (1, 3):
            return
        position = self.position_at(offset.x, offset.y)
        if event.button == 3:
            if position is not None and position not in self.chosen:
                self.begun, self.selected = None, position
            return
        if event.shift and self.selected is not None and position is not None:
            self.begun = self.selected if self.begun is None else self.begun
            self.selected = position
            return
        self._again = position is not None and position == self.selected
        self.begun, self.selected = None, position
        if position is not None:
            self.capture_mouse()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        offset = event.get_content_offset(self)
        if self.app.mouse_captured is not self or offset is None or self.selected is None:
            return
        position = self.position_at(offset.x, offset.y)
        if position is not None and position != self.selected:
            self.begun = self.selected if self.begun is None else self.begun
            self.selected = position

    def on_mouse_up(self) -> None:
        if self.app.mouse_captured is self:
            self.release_mouse()

    async def on_click(self, event: events.Click) -> None:
        """A second click on the selected token, or the right button, asks what to do with it."""
        again, self._again = self._again, False
        asked = event.button == 3 or (self.changing and again and self.begun is None)
        if asked and self.selected is not None:
            event.stop()
            await self.screen.run_action("change")

    def move_selection(self, by: int) -> None:
        """Select the position ``by`` further on; begins at the first token in sight."""
        rows = self.frame_rows.rows
        if not self.cells or not rows[0]:
            return
        if self.selected is None:
            row = rows[min(self.scroll_offset.y // self._leading, len(rows) - 1)] or rows[0]
            self.selected = row[0].position
        else:
            self.selected = max(0, min(self.selected + by, len(self.cells) - 1))

    def move_selection_row(self, by: int) -> None:
        """Select the token above or below."""
        rows = self.frame_rows.rows
        if self.selected is None or not rows:
            self.move_selection(0)
        else:
            self.selected = neighbour(rows, self.selected, by)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """The arrows are the player's unless tokens are being changed."""
        return self.changing if action in ("move", "extend") else True

    def action_move(self, columns: int, rows: int) -> None:
        self.begun = None
        self._go(columns, rows)

    def action_extend(self, columns: int, rows: int) -> None:
        if self.selected is not None and self.begun is None:
            self.begun = self.selected
        self._go(columns, rows)

    def _go(self, columns: int, rows: int) -> None:
        if columns:
            self.move_selection(columns)
        else:
            self.move_selection_row(rows)

    @property
    def cells(self) -> list[Cell]:
        """The frame on show, place by place."""
        return self.frame_rows.cells

    def cell(self, place: int) -> Cell | None:
        """The cell of a place in the frame on show."""
        rows = self.frame_rows
        return rows.run.cell_at(place, rows.frame) if rows.run and 0 <= place < len(rows.positions) else None

    @property
    def states(self) -> frozenset[State]:
        """The states that a legend explains."""
        return self.frame_rows.states
