"""A picture in cells of a terminal, each of two pixels, one above the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from PIL.Image import Image

Colour = tuple[int, int, int]
"""Red, green and blue, each from 0 to 255."""


class HalfBlock(NamedTuple):
    """A cell: the colours of its upper and its lower half; None below the last row of pixels."""

    upper: Colour
    lower: Colour | None


def fitted(size: tuple[int, int], columns: int, rows: int, *, enlarge: bool = False) -> tuple[int, int]:
    """The width and height in pixels that a picture has in so many cells: in its proportions, and no larger than it is
    unless ``enlarge``."""
    width, height = size
    scale = min(columns / width, 2 * rows / height)
    scale = scale if enlarge else min(scale, 1.0)
    return (
        min(max(round(width * scale), 1), max(columns, 1)),
        min(max(round(height * scale), 1), max(2 * rows, 1)),
    )


def half_blocks(picture: Image, columns: int, rows: int, *, enlarge: bool = False) -> list[list[HalfBlock]]:
    """The rows of cells of a picture (RGB) in so many cells at most."""
    from PIL.Image import Resampling

    width, height = fitted(picture.size, columns, rows, enlarge=enlarge)
    pixels = picture.resize((width, height), Resampling.LANCZOS).tobytes()

    def colour(x: int, y: int) -> Colour:
        at = 3 * (y * width + x)
        return pixels[at], pixels[at + 1], pixels[at + 2]

    return [
        [HalfBlock(colour(x, y), colour(x, y + 1) if y + 1 < height else None) for x in range(width)]
        for y in range(0, height, 2)
    ]
