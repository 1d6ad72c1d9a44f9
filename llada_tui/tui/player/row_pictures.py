"""Rows of tokens as strips of cells, which are remembered: a row that looks as before costs nothing."""

from __future__ import annotations

from textual.strip import Strip

from llada_tui.drawing.row_segments import PlacedRow, differing_tokens, draw_row
from llada_tui.drawing.token_styles import Look, TokenStyles
from llada_tui.drawing.word_shape import WordShape
from llada_tui.drawing.word_tiles import draw_tiles
from llada_tui.tui.shell.changed_cells import joined

_MOST = 2048
"""Rows that are remembered."""


class RowPictures:
    """Draws rows after ``margin`` blanks, in the `shape` of words."""

    def __init__(self, margin: int) -> None:
        self._margin = margin
        self._strips: dict[tuple[tuple[str, ...], tuple[Look, ...], tuple[int, ...], int], Strip] = {}
        self.shape = WordShape.TEXT

    def clear(self) -> None:
        """Forget all rows: their styles are others now."""
        self._strips.clear()

    def changed(self, before: PlacedRow, after: PlacedRow) -> list[tuple[int, int]]:
        """The first cell and the one behind the last of each stretch that differs between two rows. A tile's right end
        stands on the blanks of the word after it."""
        beside = 0 if self.shape is WordShape.TEXT else 1
        left, right = self._margin - beside, self._margin + beside
        return joined([(first + left, end + right) for first, end in differing_tokens(before, after)])

    def picture(self, placed: PlacedRow, width: int, token_styles: TokenStyles) -> Strip:
        """A row in ``width`` cells."""
        key = tuple(placed.texts), placed.looks, placed.marks, width
        strip = self._strips.get(key)
        if strip is None:
            if len(self._strips) > _MOST:
                self.clear()
            if self.shape is WordShape.TEXT:
                segments = draw_row(placed.spans, token_styles, self._margin)
            else:
                segments = draw_tiles(placed.spans, token_styles, self.shape.ends, self._margin)
            strip = Strip(segments).extend_cell_length(width, token_styles.base).crop(0, width)
            self._strips[key] = strip
        return strip
