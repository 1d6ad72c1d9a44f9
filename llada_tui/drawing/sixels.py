"""Sixels, as terminals of the VT340's kind draw pictures (https://vt100.net/docs/vt3xx-gp/chapter14.html).

A sixel is a column of six pixels, in a letter with a bit for each. A picture is bands of sixels, one below the other; a
band is drawn once for each of its colours.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image

COLOURS = 256
"""Most colours of a picture."""
_BAND = 6
"""Rows of pixels in a band."""
_BLANK = b"?"
"""The letter of a sixel without a pixel; the others follow it."""
_RUN = re.compile(rb"(.)\1{3,}")
"""A letter so often that its number is shorter."""


def sixels(picture: Image) -> str:
    """The message that draws a picture (mode P, of `COLOURS` at most) where the cursor stands. No pixel beside it
    changes; the cursor is elsewhere afterwards."""
    width, height = picture.size
    pixels, palette = picture.tobytes(), picture.getpalette() or []
    rows = [pixels[start : start + width] for start in range(0, len(pixels), width)]
    colours = sorted(set(pixels))
    registers = [b"#%d;2;%d;%d;%d" % (colour, *_percent(palette[3 * colour : 3 * colour + 3])) for colour in colours]
    bands = [_band(rows[top : top + _BAND], width) for top in range(0, height, _BAND)]
    header = b'\x1bP0;1;0q"1;1;%d;%d' % (width, height)
    return (header + b"".join(registers) + b"-".join(bands) + b"\x1b\\").decode("ascii")


def _percent(colour: list[int]) -> list[int]:
    """Red, green and blue in percent."""
    return [round(value * 100 / 255) for value in colour]


def _band(rows: list[bytes], width: int) -> bytes:
    """Six rows of pixels, or fewer: for each colour in them its register and its letters."""
    blank = int.from_bytes(_BLANK * width, "big")
    drawn = []
    for colour in sorted(set(b"".join(rows))):
        bits = sum(int.from_bytes(row.translate(_where(colour)), "big") << bit for bit, row in enumerate(rows))
        letters = (blank + bits).to_bytes(width, "big").rstrip(_BLANK)
        drawn.append(b"#%d" % colour + _RUN.sub(_counted, letters))
    return b"$".join(drawn)


@lru_cache(COLOURS)
def _where(colour: int) -> bytes:
    """The table that makes a pixel 1 where it has this colour, else 0."""
    return bytes(int(value == colour) for value in range(256))


def _counted(run: re.Match[bytes]) -> bytes:
    return b"!%d" % (run.end() - run.start()) + run[1]
