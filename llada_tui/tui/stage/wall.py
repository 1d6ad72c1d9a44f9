"""The wall: the canvas as large tiles of words, for people who sit far away. It lies over the canvas, and shows what
the canvas shows."""

from __future__ import annotations

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Size
from textual.strip import Strip
from textual.widget import Widget

from llada_tui.drawing.large_letters import LARGEST_FIRST, Letters
from llada_tui.drawing.tile_wall import Tile, TileWall, largest_letters, lay_tiles, letters_for_run
from llada_tui.drawing.token_styles import state_of
from llada_tui.trace.cell import State
from llada_tui.trace.run import Run
from llada_tui.tui.player.canvas import TokenCanvas
from llada_tui.tui.shell.changed_cells import DrawnLines, changed_cells

_MARGIN = 1
"""Blank cells and rows around the tiles."""


class Wall(Widget):
    """Shows the frame of a canvas while it is `lit`, in the largest letters in which the run has room; where it has in
    none, the canvas is seen."""

    DEFAULT_CSS = "Wall { layer: wall; width: 1fr; height: 1fr; display: none; background: $background; }"

    def __init__(self, canvas: TokenCanvas, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._canvas = canvas
        self._lit = False
        self._said_unfit = False
        """Whether it was said that no letters fit, since the wall was lit."""
        self._wall = TileWall([], LARGEST_FIRST[-1])
        self._letters: Letters | None = None
        self._chosen_for: tuple[Run | None, bool, Size] = (None, False, Size())
        """The run that the letters were chosen for, whether it was finished, and the room that there was."""
        self._drawn = DrawnLines(self, self.render_line, changed_cells)

    def on_mount(self) -> None:
        for name in ("selected", "begun", "pointed", "tints", "guesses", "colour_by"):
            self.watch(self._canvas, name, self.update, init=False)

    @property
    def lit(self) -> bool:
        """Whether the wall is wanted."""
        return self._lit

    @lit.setter
    def lit(self, lit: bool) -> None:
        self._said_unfit = self._said_unfit and lit
        self._lit = lit
        self.update()

    @property
    def letters(self) -> Letters | None:
        """The letters in use; None where the canvas is seen."""
        return self._letters if self.display else None

    def update(self) -> None:
        """Show what the canvas shows now."""
        run = self._canvas.frame_rows.run
        if not self._lit or run is None or self._canvas.changing or not self._canvas.size:
            self.display = False  # a canvas without a size will have one, and ask again
            return
        room = self._canvas.size - (2 * _MARGIN, 0)
        self._choose(run, room)
        self.display = self._letters is not None
        if not self.display and not self._said_unfit:
            self.call_after_refresh(self._say_unfit)  # by then the canvas has its room
        if self._letters is not None:
            self._wall = lay_tiles(self._canvas.frame_rows, room.width, self._letters)
            self._drawn.refresh()

    def _say_unfit(self) -> None:
        """Say why the canvas is seen, if it still is."""
        run, canvas = self._canvas.frame_rows.run, self._canvas
        if self._lit and run is not None and canvas.size and self._letters is None and not self._said_unfit:
            self._said_unfit = True
            self.notify("The large words do not fit here: the canvas is shown.")

    def _choose(self, run: Run, room: Size) -> None:
        """Choose letters: for a finished run such that every frame has room. In one that goes on they become smaller
        when a frame has no room in them, and never larger."""
        chosen_for = (run, run.end is not None, room)
        frame_rows = self._canvas.frame_rows
        if chosen_for != self._chosen_for:
            self._chosen_for = chosen_for
            if run.end is not None:
                self._letters = letters_for_run(run, *room)
            else:
                self._letters = largest_letters(frame_rows, *room)
        elif self._letters is not None:
            self._letters = largest_letters(frame_rows, *room, most=self._letters)

    # -- drawing ------------------------------------------------------------------------------------------------------

    def render_line(self, y: int) -> Strip:
        return self._drawn.note(y, self._strip(y))

    @property
    def _top(self) -> int:
        return max((self.size.height - self._wall.height) // 2, 0)

    def _strip(self, y: int) -> Strip:
        base, width = self.rich_style, self.size.width
        line, row = divmod(y - self._top, self._wall.pitch)
        segments: list[Segment] = []
        column = 0
        for tile in self._wall.tiles:
            if tile.line != line:
                continue
            left = _MARGIN + tile.column
            segments += [Segment(" " * (left - column), base), *self._row_of(tile, row, base)]
            column = left + tile.width
        return Strip(segments).extend_cell_length(width, base).crop(0, width)

    def _row_of(self, tile: Tile, row: int, base: Style) -> list[Segment]:
        """A row of a tile: half a row of its ground above and below its letters, with round corners."""
        canvas = self._canvas
        at = tile.position
        pointed, tint = at in canvas.pointed, canvas.tints.get(at, 0)
        style = canvas.token_styles.tile(tile.look, selected=at in canvas.chosen, pointed=pointed, tint=tint)
        if not 1 <= row <= self._wall.letters.rows:
            ground = style.color if style.reverse else style.bgcolor
            if ground is None and not style.reverse:
                return [Segment(" " * tile.width, base)]
            left, middle, right = "▗▄▖" if row == 0 else "▝▀▘"
            ends = (left if tile.opens else middle) + middle * max(tile.width - 2, 0)
            edge = (ends + (right if tile.closes else middle))[: tile.width]
            return [Segment(edge, base + Style(color=ground))]
        return [Segment(self._letters_row(tile, row - 1), base + style)]

    def _letters_row(self, tile: Tile, row: int) -> str:
        state = state_of(tile.look)
        plain_mask = state is State.MASKED and not tile.text.strip()
        if plain_mask and self._canvas.token_styles.tile(tile.look).bgcolor is None:
            return "░" * tile.width
        lines = self._wall.letters.lines(
            tile.text, strike=state is State.REMASKED, underline=state in (State.GIVEN, State.PINNED)
        )
        left = " " * self._wall.letters.pad if tile.opens else ""
        return f"{left + lines[row]:<{tile.width - cell_len(lines[row]) + len(lines[row])}}"[: tile.width]

    # -- pointing -----------------------------------------------------------------------------------------------------

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """A click selects a token, as on the canvas."""
        tile = self._wall.tile_at(event.x - _MARGIN, event.y - self._top)
        self._canvas.selected = tile.position if tile is not None else None
        self.update()
