"""A run as an animated GIF.

Every frame is drawn in the colours that the file holds, so no colour has to be approximated: the shades between a
colour and its background are entries of one palette, which all frames share.
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

from llada_tui.drawing.token_styles import looks_by
from llada_tui.export.frame_renderer import FrameRenderer, Line
from llada_tui.export.glyphs import GlyphRenderer
from llada_tui.export.resolved_style import ResolvedStyle, resolve_style
from llada_tui.export.timed_frames import TimedFrame
from llada_tui.trace.text import MASK

LEAST_SECONDS = 0.02
"""Least seconds of a frame: browsers show a shorter one for about 0.1 s."""
_SHADES = 5
"""Palette entries from a background to a colour, for the edges of glyphs."""
_MASK_SHADE = 2
"""The shade that masks are drawn in."""
_MOST_PIXELS = 400_000_000
"""Pixels in all frames together: Pillow holds them in memory, a byte each."""


def most_frames(renderer: FrameRenderer, glyphs: GlyphRenderer) -> int:
    """The number of frames of this size that a GIF may have."""
    return max(2, _MOST_PIXELS // (renderer.width * glyphs.cell * renderer.height * glyphs.row))


def render_gif(renderer: FrameRenderer, timed_frames: Sequence[TimedFrame], glyphs: GlyphRenderer) -> bytes:
    """The frames one after the other, again and again, as the bytes of a file."""
    images = _Images(renderer, glyphs)
    frames = images.all(timed_frames)
    out = BytesIO()
    next(frames).save(
        out,
        "GIF",
        save_all=True,
        append_images=frames,
        duration=[round(frame.seconds * 100) * 10 for frame in timed_frames],
        loop=0,
        disposal=1,
        optimize=True,  # pixels that stay are written as transparent, which is half the size
        transparency=images.transparent,
    )
    return out.getvalue()


_PIECES = re.compile(f" +|{MASK}+|[^ {MASK}]+")
_Pair = tuple[str, str]
"""A colour and the background it stands on."""


class _Patch(NamedTuple):
    """Palette entries, and 255 in ``mask`` where they are to be drawn."""

    shades: Image.Image
    mask: Image.Image


class _Images:
    """Draws frames, each on a copy of the one before: only lines that differ are drawn."""

    def __init__(self, renderer: FrameRenderer, glyphs: GlyphRenderer) -> None:
        self.renderer, self.glyphs = renderer, glyphs
        self.scale, self.cell, self.row = glyphs.scale, glyphs.cell, glyphs.row
        self.page = resolve_style(renderer.base, renderer.base).background
        self._first: dict[_Pair, int] = {(self.page, self.page): 0}
        """The first palette entry of each pair."""
        for style in (*renderer.styles, *map(renderer.token_styles.style, looks_by(renderer.colour_by))):
            resolved = resolve_style(style, renderer.base)
            for pair in ((resolved.colour, resolved.background), (resolved.background, self.page)):
                self._first.setdefault(pair, len(self._first) * _SHADES)
        self.transparent = len(self._first) * _SHADES
        """A palette entry that no pixel has."""
        self._words: dict[tuple[str, ResolvedStyle], _Patch] = {}

    def all(self, timed_frames: Sequence[TimedFrame]) -> Iterator[Image.Image]:
        image = Image.new("P", (self.renderer.width * self.cell, self.renderer.height * self.row))
        image.putpalette([*(value for pair in self._first for value in _shades(*pair)), 0, 0, 0])
        before: list[Line] = [[] for _ in range(self.renderer.height)]
        for timed in timed_frames:
            lines = self.renderer.lines(timed.frame)
            image = image.copy()
            for number, line in enumerate(lines):
                if line != before[number]:
                    self._draw(image, number * self.row, line)
            before = lines
            yield image

    def _draw(self, image: Image.Image, top: int, line: Line) -> None:
        image.paste(0, (0, top, image.width, top + self.row))
        column = 0
        for segment in line:
            style, size = resolve_style(segment.style, self.renderer.base), cell_len(segment.text)
            if style.background != self.page:
                bar = self._patch(self._bar(size * self.cell, 1), (style.background, self.page))
                image.paste(bar.shades, (column * self.cell, top + self.scale), bar.mask)
            self._write(image, segment.text, column, top, style)
            column += size

    def _write(self, image: Image.Image, text: str, column: int, top: int, style: ResolvedStyle) -> None:
        pair = style.colour, style.background
        x = column * self.cell
        for piece in _PIECES.findall(text):
            size = cell_len(piece) * self.cell
            if piece[0] == MASK:
                bar = self._patch(self._bar(size - 2 * self.scale, 5), pair, _MASK_SHADE)
                image.paste(bar.shades, (x + self.scale, top + 5 * self.scale), bar.mask)
            elif piece[0] != " ":
                if (piece, style) not in self._words:
                    coverage = self.glyphs.coverage(piece, bold=style.bold, italic=style.italic)
                    self._words[piece, style] = self._patch(coverage, pair)
                word = self._words[piece, style]
                image.paste(word.shades, (x, top), word.mask)
            x += size
        for has_line, height in ((style.underline, 18), (style.strike, 10)):
            if has_line and text.strip():
                y = top + height * self.scale
                image.paste(self._first[pair] + _SHADES - 1, (column * self.cell, y, x, y + self.scale))

    def _bar(self, width: int, margin: int) -> Image.Image:
        """A bar with round corners, ``margin`` unscaled pixels lower than a row at its top and at its foot."""
        return _bar(width, self.row - 2 * margin * self.scale, self.scale)

    def _patch(self, coverage: Image.Image, pair: _Pair, full: int = _SHADES - 1) -> _Patch:
        """A coverage (0 to 255) in the shades of a pair; full coverage is shade ``full``."""
        first = self._first[pair]
        shades = coverage.point([first + round(value * full / 255) for value in range(256)])
        mask = coverage.point([255 if value * full >= 128 else 0 for value in range(256)])
        return _Patch(Image.frombytes("P", shades.size, shades.tobytes()), mask)


def _shades(colour: str, background: str) -> list[int]:
    """Red, green and blue of each shade from a background to a colour, 0 to 255."""
    low, high = (Color.parse(name).get_truecolor() for name in (background, colour))
    shares = [shade / (_SHADES - 1) for shade in range(_SHADES)]
    return [round(a + (b - a) * share) for share in shares for a, b in zip(low, high, strict=True)]


@cache
def _bar(width: int, height: int, scale: int) -> Image.Image:
    """The coverage of a bar with round corners."""
    large = Image.new("L", (width * 4, height * 4))
    ImageDraw.Draw(large).rounded_rectangle((0, 0, width * 4 - 1, height * 4 - 1), radius=12 * scale, fill=255)
    return large.resize((width, height), Image.Resampling.BOX)
