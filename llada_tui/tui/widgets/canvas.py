"""The canvas: every position of a run in one frame, drawn a row at a time with Textual's Line API.

A frame costs in proportion to what changed: texts are cached by token, rows are flowed again only when a width
changed, and only rows that look different are drawn. Token text is never parsed as markup.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import NamedTuple

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from llada_tui.trace.run import Cell, Run, State
from llada_tui.trace.text import MASK
from llada_tui.tui.widgets.flow import NEWLINE, Span, flow
from llada_tui.tui.widgets.paint import ColourBy, Look, Painter, look_of

SLOT = " " + MASK * 3
"""What a mask takes up while nothing is predicted for it."""


class _Key(NamedTuple):
    """All that a row's picture depends on."""

    spans: tuple[tuple[str, Look, bool], ...]
    width: int


class TokenCanvas(ScrollView, can_focus=True):
    """Shows one frame of a run; tokens can be selected by mouse and keyboard."""

    DEFAULT_CSS = """
    TokenCanvas { padding: 0 1; background: $background; scrollbar-size-vertical: 1; overflow-x: hidden; }
    """

    guesses: reactive[bool] = reactive(True, init=False)
    """Whether masked positions show what the model predicted for them."""
    colour_by: reactive[ColourBy] = reactive(ColourBy.STATE, init=False)
    selected: reactive[int | None] = reactive(None, init=False)

    class Selected(Message):
        """Another position was selected, or none."""

        def __init__(self, position: int | None) -> None:
            super().__init__()
            self.position = position

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._run: Run | None = None
        self._frame = 0
        self._cells: list[Cell] = []
        self._texts: list[str] = []
        self._looks: list[Look] = []
        self._rows: list[list[Span]] = []
        self._row_keys: list[_Key | None] = []
        self._starts: list[int] = []
        self._flow_width = 0
        self._strips: dict[_Key, Strip] = {}
        self._painter: Painter | None = None

    # -- what is shown ------------------------------------------------------------------------------------------------

    def show(self, run: Run | None, frame: int, *, follow: bool = False) -> None:
        """Show a frame of a run; ``follow`` keeps the tokens committed last in sight."""
        fresh = run is not self._run
        self._run, self._frame = run, frame
        if fresh:
            self.scroll_to(y=0, animate=False)
            self.set_reactive(TokenCanvas.selected, None)
        self._update(fresh)
        if follow:
            self._follow()

    def _update(self, fresh: bool = False) -> None:
        run = self._run
        if run is None:
            if self._rows:
                self._cells, self._texts, self._looks, self._rows, self._starts = [], [], [], [], []
                self.virtual_size = Size(self.content_width, 0)
                self.refresh()
            return
        self._cells = cells = run.cells(self._frame)
        by, frame = self.colour_by, self._frame
        self._looks = [look_of(cell, by, frame) for cell in cells]
        texts = self._make_texts(run, cells)
        width = self.content_width
        if fresh or width != self._flow_width or self._moved(texts):
            special = run.pieces.special
            loose = [cell.token is None or cell.token in special for cell in cells]
            self._texts = texts
            self._rows = flow(texts, loose, width)
            self._starts = [row[0].position if row else -1 for row in self._rows]
            for index in range(1, len(self._starts)):
                self._starts[index] = max(self._starts[index], self._starts[index - 1])
            self._flow_width = width
            if self.virtual_size.height != len(self._rows) or self.virtual_size.width != width:
                self.virtual_size = Size(width, len(self._rows))
        self._refresh_rows()

    def _make_texts(self, run: Run, cells: list[Cell]) -> list[str]:
        """What each position shows. A mask takes the width of its prediction, so that committing it moves nothing."""
        guesses = self.guesses
        texts = run.pieces.texts([cell.token for cell in cells])
        for cell in cells:
            if cell.state is State.PREDICTED:
                text = texts[cell.position].replace("\n", NEWLINE)
                if not guesses:
                    bare = text.lstrip(" ")
                    text = text[: len(text) - len(bare)] + MASK * max(len(bare), 1)
                texts[cell.position] = text or MASK
            elif cell.token is None:
                texts[cell.position] = SLOT
        return texts

    def _moved(self, texts: list[str]) -> bool:
        """Whether the new texts need another flow; if not, they are put into the rows as they stand."""
        old = self._texts
        if len(old) != len(texts):
            return True
        changed = [position for position, text in enumerate(texts) if text != old[position]]
        if not changed:
            return False
        shift: dict[int, str] = {}
        for position in changed:
            before, after = old[position], texts[position]
            if len(before) != len(after) or not before.isascii() or not after.isascii() or "\n" in before + after:
                return True
            if len(before.lstrip(" ")) != len(after.lstrip(" ")):
                return True
            shift[position] = after
        for position, after in shift.items():
            if not self._swap(position, after):
                return True
        self._texts = texts
        return False

    def _swap(self, position: int, text: str) -> bool:
        """Put another text of the same width where a position stands; False if it stands in parts."""
        row = self._row_of(position)
        for index, span in enumerate(self._rows[row]):
            if span.position == position:
                bare = text if len(span.text) == len(text) else text.lstrip(" ")
                if len(bare) != len(span.text):
                    return False
                self._rows[row][index] = Span(position, span.column, bare, span.width)
                return True
        return False

    def _row_of(self, position: int) -> int:
        return max(0, bisect_right(self._starts, position) - 1)

    def _refresh_rows(self) -> None:
        """Draw again the rows on show that look different from what is drawn."""
        top, height = self.scroll_offset.y, self.size.height
        if len(self._row_keys) != len(self._rows):
            self._row_keys = [None] * len(self._rows)
            self.refresh()
            return
        width = self.size.width
        for y in range(top, min(top + height, len(self._rows))):
            if self._row_keys[y] != self._key(y):
                self.refresh(Region(0, y - top, width, 1))

    def _key(self, y: int) -> _Key:
        looks, selected = self._looks, self.selected
        return _Key(
            tuple((span.text, looks[span.position], span.position == selected) for span in self._rows[y]),
            self._flow_width,
        )

    def _follow(self) -> None:
        """Keep the last committed token of this frame in sight."""
        run = self._run
        if run is None or not self._frame or self.max_scroll_y == 0:
            return
        commits = run.steps[self._frame - 1].commits
        if commits:
            row = self._row_of(max(choice.position for choice in commits))
            top, height = self.scroll_offset.y, self.size.height
            if not top <= row < top + height - 1:
                self.scroll_to(y=max(0, row - height + 3), animate=False)

    @property
    def content_width(self) -> int:
        return max(self.size.width - self.styles.padding.width, 2) if self.size.width else 80

    # -- drawing ------------------------------------------------------------------------------------------------------

    def render_line(self, y: int) -> Strip:
        y += self.scroll_offset.y
        width = self.size.width
        base = self.rich_style
        if y >= len(self._rows):
            return Strip.blank(width, base)
        key = self._key(y)
        if y < len(self._row_keys):
            self._row_keys[y] = key
        strip = self._strips.get(key)
        if strip is None:
            if len(self._strips) > 2048:
                self._strips.clear()
            strip = self._strips[key] = self._draw(key, base)
        return strip.extend_cell_length(width, base).crop(0, width)

    def _draw(self, key: _Key, base: Style) -> Strip:
        painter = self._painter or self._make_painter()
        segments = [Segment(text, base + painter.style(look, selected=selected)) for text, look, selected in key.spans]
        return Strip(segments)

    def _make_painter(self) -> Painter:
        theme = self.app.current_theme
        self._painter = Painter(self.app.theme_variables, ansi=theme.ansi)
        return self._painter

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._strips.clear()
        self._painter = None

    @property
    def painter(self) -> Painter:
        """The styles in use, for the legend."""
        return self._painter or self._make_painter()

    # -- changes ------------------------------------------------------------------------------------------------------

    def on_resize(self) -> None:
        self._strips.clear()
        self._update()

    def watch_guesses(self) -> None:
        self._update()

    def watch_colour_by(self) -> None:
        self._update()

    def watch_selected(self, position: int | None) -> None:
        self._refresh_rows()
        if position is not None:
            row = self._row_of(position)
            if not self.scroll_offset.y <= row < self.scroll_offset.y + self.size.height:
                self.scroll_to(y=max(0, row - self.size.height // 2), animate=False)
        self.post_message(self.Selected(position))

    # -- selecting ----------------------------------------------------------------------------------------------------

    def position_at(self, x: int, y: int) -> int | None:
        """The position under a cell of the widget's content; None beside the text."""
        y += self.scroll_offset.y
        if not 0 <= y < len(self._rows):
            return None
        for span in self._rows[y]:
            if span.column <= x < span.column + span.width:
                return span.position
        return None

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        if offset is not None:
            self.selected = self.position_at(offset.x, offset.y)

    def move_selection(self, by: int) -> None:
        """Select the position ``by`` further on; begins at the first token in sight."""
        if not self._cells:
            return
        if self.selected is None:
            top = min(self.scroll_offset.y, len(self._starts) - 1)
            self.selected = max(self._starts[top], 0)
        else:
            self.selected = max(0, min(self.selected + by, len(self._cells) - 1))

    def move_selection_row(self, by: int) -> None:
        """Select the token above or below."""
        if self.selected is None or not self._rows:
            self.move_selection(0)
            return
        row = self._row_of(self.selected)
        column = next((span.column for span in self._rows[row] if span.position == self.selected), 0)
        row += by
        while 0 <= row < len(self._rows):
            if self._rows[row]:
                best = min(self._rows[row], key=lambda span: abs(span.column - column))
                self.selected = best.position
                return
            row += by

    def cell(self, position: int) -> Cell | None:
        """What stands at a position in the frame on show."""
        return self._cells[position] if 0 <= position < len(self._cells) else None

    @property
    def cells(self) -> list[Cell]:
        """The frame on show, position by position."""
        return self._cells
