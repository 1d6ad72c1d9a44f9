"""A run as an animated GIF.

Every frame is drawn in the very colours that it is written with, so nothing has to be quantized: the shades between a
colour and its ground are entries of one palette, which all frames share.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from io import BytesIO
from typing import NamedTuple

from PIL import Image, ImageDraw
from rich.cells import cell_len
from rich.color import Color

from llada_tui.drawing.painter import look
from llada_tui.export.frame_renderer import Line, Sheet
from llada_tui.export.glyphs import Letters
from llada_tui.export.pacing import Shown
from llada_tui.export.pixel_sizes import CELL, ROW
from llada_tui.export.plain_styles import Ink, ink
from llada_tui.trace.run import State
from llada_tui.trace.text import MASK

LEAST = 0.02
"""Seconds: browsers show what stays shorter far longer."""
_SHADES = 8
"""Entries from a ground to a colour, for the edges of letters."""
_MASK = 3
"""The shade that masks are drawn in."""
_PIXELS = 400_000_000
"""Most pixels in all frames together, which Pillow holds in memory."""


def most_frames(sheet: Sheet) -> int:
    """How many frames of a sheet's size a GIF may have."""
    return max(2, _PIXELS // (sheet.width * CELL * sheet.height * ROW))


def render_gif(sheet: Sheet, shown: Sequence[Shown], letters: Letters) -> bytes:
    """The moments one after the other, again and again."""
    drawn = _Frames(sheet, letters)
    frames = drawn.all(shown)
    out = BytesIO()
    next(frames).save(
        out,
        "GIF",
        save_all=True,
        append_images=frames,
        duration=[round(one.seconds * 100) * 10 for one in shown],
        loop=0,
        disposal=1,
        optimize=True,  # what stays as it was is written as nothing, which is half the size
        transparency=drawn.nothing,
    )
    return out.getvalue()


_PIECES = re.compile(f" +|{MASK}+|[^ {MASK}]+")
_Pair = tuple[str, str]
"""A colour and the ground it stands on."""


class _Stain(NamedTuple):
    """Entries of the palette, and where they are drawn."""

    shades: Image.Image
    where: Image.Image


class _Frames:
    """Draws frames, each on a copy of the one before: only lines that differ cost anything."""

    def __init__(self, sheet: Sheet, letters: Letters) -> None:
        self.sheet, self.letters = sheet, letters
        self.page = ink(sheet.base, sheet.base).ground
        self._first: dict[_Pair, int] = {(self.page, self.page): 0}
        """The first entry of the palette for each pair of colour and ground."""
        for style in (*sheet.styles, *(sheet.painter.style(look(state)) for state in State)):
            one = ink(style, sheet.base)
            for pair in ((one.colour, one.ground), (one.ground, self.page)):
                self._first.setdefault(pair, len(self._first) * _SHADES)
        self.nothing = len(self._first) * _SHADES
        """An entry of the palette that no pixel has."""
        self._words: dict[tuple[str, Ink], _Stain] = {}

    def all(self, shown: Sequence[Shown]) -> Iterator[Image.Image]:
        image = Image.new("P", (self.sheet.width * CELL, self.sheet.height * ROW))
        image.putpalette([*(value for pair in self._first for value in _shades(*pair)), 0, 0, 0])
        before: list[Line] = [[] for _ in range(self.sheet.height)]
        for one in shown:
            lines = self.sheet.lines(one.moment)
            image = image.copy()
            for number, line in enumerate(lines):
                if line != before[number]:
                    self._draw(image, number * ROW, line)
            before = lines
            yield image

    def _draw(self, image: Image.Image, top: int, line: Line) -> None:
        image.paste(0, (0, top, image.width, top + ROW))
        column = 0
        for segment in line:
            one, size = ink(segment.style, self.sheet.base), cell_len(segment.text)
            if one.ground != self.page:
                ground = self._stain(_bar(size * CELL, ROW - 2), (one.ground, self.page))
                image.paste(ground.shades, (column * CELL, top + 1), ground.where)
            self._write(image, segment.text, column, top, one)
            column += size

    def _write(self, image: Image.Image, text: str, column: int, top: int, one: Ink) -> None:
        pair = one.colour, one.ground
        at = column * CELL
        for piece in _PIECES.findall(text):
            size = cell_len(piece) * CELL
            if piece[0] == MASK:
                bar = self._stain(_bar(size - 2, ROW - 10), pair, _MASK)
                image.paste(bar.shades, (at + 1, top + 5), bar.where)
            elif piece[0] != " ":
                if (piece, one) not in self._words:
                    coverage = self.letters.coverage(piece, bold=one.bold, italic=one.italic)
                    self._words[piece, one] = self._stain(coverage, pair)
                word = self._words[piece, one]
                image.paste(word.shades, (at, top), word.where)
            at += size
        for wanted, y in ((one.underline, 18), (one.strike, 10)):
            if wanted and text.strip():
                image.paste(self._first[pair] + _SHADES - 1, (column * CELL, top + y, at, top + y + 1))

    def _stain(self, coverage: Image.Image, pair: _Pair, full: int = _SHADES - 1) -> _Stain:
        """A coverage in the shades of a pair, the strongest of which is ``full``."""
        first = self._first[pair]
        shades = coverage.point([first + round(value * full / 255) for value in range(256)])
        where = coverage.point([255 if value * full >= 128 else 0 for value in range(256)])
        return _Stain(Image.frombytes("P", shades.size, shades.tobytes()), where)


def _shades(colour: str, ground: str) -> list[int]:
    """Red, green and blue of each shade from a ground to a colour."""
    low, high = (Color.parse(name).get_truecolor() for name in (ground, colour))
    shares = [shade / (_SHADES - 1) for shade in range(_SHADES)]
    return [round(a + (b - a) * share) for share in shares for a, b in zip(low, high, strict=True)]


@cache
def _bar(width: int, height: int) -> Image.Image:
    """The coverage of a bar with round corners."""
    large = Image.new("L", (width * 4, height * 4))
    ImageDraw.Draw(large).rounded_rectangle((0, 0, width * 4 - 1, height * 4 - 1), radius=12, fill=255)
    return large.resize((width, height), Image.Resampling.BOX)
