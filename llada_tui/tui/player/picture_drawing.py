"""A small picture as rows of segments: half blocks in colour, shades of blocks where there is no colour, or cells in
which the terminal draws it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from rich.segment import Segment
from rich.style import Style
from textual.widget import Widget

from llada_tui.drawing.half_blocks import Colour, HalfBlock, fitted, half_blocks
from llada_tui.drawing.kitty_graphics import MOST
from llada_tui.tui.shell.fitted_picture import FittedPicture
from llada_tui.tui.shell.terminal_pictures import TerminalPictures

if TYPE_CHECKING:
    from PIL.Image import Image

SIDE = 512
"""Pixels of the longer side of a picture that is kept to be drawn: more than a terminal has cells for it."""
_SHADES = " ░▒▓█"

Tint = Callable[[float, float, Colour], Colour]
"""The colour in place of a pixel's: that of its centre, in parts of the picture's width and height."""


class ShowsPictures(Widget):
    """A widget with pictures: it is drawn again when the terminal has said in which way it draws them."""


class PictureDrawing:
    """Draws a picture (RGB), which has the size that it was fitted to last."""

    def __init__(self, picture: Image) -> None:
        self.picture = picture
        self._fitted = FittedPicture(picture, 0, 0)
        self._cells: list[list[HalfBlock]] = []
        self._shape: tuple[int, int, bool] = (0, 0, False)

    @property
    def columns(self) -> int:
        return self._fitted.columns

    @property
    def rows(self) -> int:
        return self._fitted.rows

    def fit(self, columns: int, rows: int, *, enlarge: bool = False) -> None:
        """Draw it in so many cells at most from now on."""
        shape = (max(min(columns, MOST), 1), max(min(rows, MOST), 1), enlarge)
        if shape == self._shape:
            return
        self._shape = shape
        width, height = fitted(self.picture.size, *shape[:2], enlarge=enlarge)
        self._fitted = FittedPicture(self.picture, width, height)
        self._cells = half_blocks(self.picture, *shape[:2], enlarge=enlarge)

    def row(
        self,
        y: int,
        base: Style | None = None,
        *,
        tint: Tint | None = None,
        colours: bool = True,
        real_pictures: TerminalPictures | None = None,
    ) -> list[Segment]:
        """A row of cells; the ground of ``base`` is where the lower halves of the last one have no pixels. Without
        ``colours`` the shades tell how bright they are. ``real_pictures``: the terminal draws the picture, unless it is
        tinted."""
        cells, height = self._cells[y], self._fitted.half_rows
        segments = []
        for x, (upper, lower) in enumerate(cells):
            if tint is not None:
                across = (x + 0.5) / self.columns
                upper = tint(across, (2 * y + 0.5) / height, upper)
                lower = None if lower is None else tint(across, (2 * y + 1.5) / height, lower)
            segments.append(_half_block(upper, lower, base) if colours else _shade(upper, lower))
        return segments if real_pictures is None or tint else real_pictures.cells(self._fitted, y, segments)


def _half_block(upper: Colour, lower: Colour | None, base: Style | None) -> Segment:
    ground = _hex(lower) if lower is not None else base.bgcolor if base is not None else None
    return Segment("▀", Style(color=_hex(upper), bgcolor=ground))


def _shade(upper: Colour, lower: Colour | None) -> Segment:
    halves = [upper] if lower is None else [upper, lower]
    brightness = sum(sum(colour) for colour in halves) / (len(halves) * 3 * 255)
    return Segment(_SHADES[min(int(brightness * len(_SHADES)), len(_SHADES) - 1)])


def _hex(colour: Colour) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour)
