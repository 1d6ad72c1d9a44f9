"""Letters of several cells, for people who sit far away: JetBrains Mono, whose pixels are halves of cells."""

from __future__ import annotations

from functools import cache
from math import ceil
from typing import TYPE_CHECKING

from rich.cells import cell_len

from llada_tui.trace.text import END_MARK

if TYPE_CHECKING:
    from PIL import ImageFont

_SIZES = (32, 28, 24, 20, 18, 16, 14, 12, 10, 9, 8)
"""Heights in pixels, of which two stand in a cell. Smaller ones cannot be read."""
_PADS = ((3, 1), (2, 0), (1, 0))
"""Cells and rows around the terminal's own letters."""
_HALVES = " ▀▄█"
_ABOVE, _BELOW = 0.8, 0.25
"""Shares of the size above and below the base line."""
_WEIGHT = 700
_UNKNOWN = "\U0010ffff"


class Letters:
    """Texts in letters of one size in pixels; 0 is the terminal's own. ``advance`` is the cells of a letter, ``rows``
    those of a text with its padding, and ``pad`` the cells at either side of it."""

    def __init__(self, size: int, pad: int = 1, pad_rows: int = 0) -> None:
        self.size = size
        self.advance = round(0.6 * size) or 1
        pixels = ceil(_ABOVE * size) + ceil(_BELOW * size)
        self.rows = ceil(pixels / 2) if size else 1 + 2 * pad_rows
        self.fills = not pixels % 2
        """Whether its last row is full: else half a row is left below it."""
        self.pad = self.advance // 2 if size else pad

    def width(self, text: str) -> int:
        """The cells that a text takes."""
        return cell_len(text) * self.advance

    def lines(self, text: str, *, strike: bool = False, underline: bool = False) -> list[str]:
        """A text as `rows` lines of half blocks. Where the font lacks a character, the terminal's own letters stand in
        the middle."""
        width = self.width(text)
        if not self.size or not all(char == END_MARK or _has(char) for char in text):
            lines = [" " * width] * self.rows
            lines[self.rows // 2] = f"{text:^{width - cell_len(text) + len(text)}}"
            return lines
        return _pixels(text, self.size, self.advance, self.rows, strike, underline)


LARGEST_FIRST = (*(Letters(size) for size in _SIZES), *(Letters(0, *pads) for pads in _PADS))


@cache
def _face(size: int) -> ImageFont.FreeTypeFont:
    from importlib.resources import as_file, files

    from PIL import ImageFont

    with as_file(files("fontpkg_jetbrains_mono") / "files" / "JetBrainsMono[wght].ttf") as path:
        font = ImageFont.truetype(path, size, layout_engine=ImageFont.Layout.BASIC)
    font.set_variation_by_axes([_WEIGHT])
    return font


@cache
def _has(char: str) -> bool:
    """Whether the font has a character. It draws every character that it lacks alike."""
    mask, unknown = _face(_SIZES[0]).getmask(char), _face(_SIZES[0]).getmask(_UNKNOWN)
    return char == " " or mask.size != unknown.size or bytes(mask) != bytes(unknown)


@cache
def _pixels(text: str, size: int, advance: int, rows: int, strike: bool, underline: bool) -> list[str]:
    from PIL import Image, ImageDraw

    width, base = len(text) * advance, ceil(_ABOVE * size)
    picture = Image.new("1", (width, 2 * rows))
    draw = ImageDraw.Draw(picture)
    draw.fontmode = "1"
    for index, char in enumerate(text):
        left = index * advance
        if char == END_MARK:
            draw.rectangle((left + 1, base - size // 2, left + advance - 2, base - 1), fill=1)
        else:
            draw.text((left, base), char, fill=1, font=_face(size), anchor="ls")
    thick = max(size // 10, 1)
    for drawn, y in ((strike, base - size // 4), (underline, 2 * rows - thick)):
        if drawn:
            draw.rectangle((0, y, width - 1, y + thick - 1), fill=1)
    pixels = picture.tobytes()
    stride = -(-width // 8)

    def lit(x: int, y: int) -> int:
        return pixels[y * stride + x // 8] >> (7 - x % 8) & 1

    return ["".join(_HALVES[lit(x, y) + 2 * lit(x, y + 1)] for x in range(width)) for y in range(0, 2 * rows, 2)]
