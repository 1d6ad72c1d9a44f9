"""Rows of tokens as strips of cells, which are remembered: a row that looks as before costs nothing."""

from __future__ import annotations

from textual.strip import Strip

from llada_tui.drawing.row_segments import Placed, draw_row
from llada_tui.drawing.token_styles import TokenStyles
from llada_tui.drawing.word_shape import WordShape
from llada_tui.drawing.word_tiles import draw_tiles
from llada_tui.tui.shell.changed_cells import changed_places

_MOST = 2048
"""Rows that are remembered."""


class RowPictures:
    """Draws rows after ``margin`` blanks, in the `shape` of words."""

    def __init__(self, margin: int) -> None:
        self._margin = margin
        self._strips: dict[tuple[Placed, int], Strip] = {}
        self.shape = WordShape.TEXT

    def clear(self) -> None:
        """Forget all rows: their styles are others now."""
        self._strips.clear()

    def changed(self, before: Placed, after: Placed) -> list[tuple[int, int]]:
        """The first cell and the one behind the last of each stretch that differs between two rows. A tile's right end
        stands on the blanks of the word after it."""
        stretches = changed_places(before, after)
        return stretches if self.shape is WordShape.TEXT else [(first - 1, end + 1) for first, end in stretches]

    def picture(self, placed: Placed, width: int, token_styles: TokenStyles) -> Strip:
        """A row in ``width`` cells."""
        strip = self._strips.get((placed, width))
        if strip is None:
            if len(self._strips) > _MOST:
                self.clear()
            spans = [drawn for _, _, drawn, _ in placed]
            if self.shape is WordShape.TEXT:
                segments = draw_row(spans, token_styles, self._margin)
            else:
                segments = draw_tiles(spans, token_styles, self.shape.ends, self._margin)
            strip = Strip(segments).extend_cell_length(width, token_styles.base).crop(0, width)
            self._strips[placed, width] = strip
        return strip
