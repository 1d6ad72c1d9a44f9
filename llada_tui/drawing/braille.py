"""Thin lines in braille: a cell of the terminal has two columns of four dots each."""

from __future__ import annotations

from collections.abc import Sequence

ACROSS, DOWN = 2, 4
"""Dots of a cell."""
_BITS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
"""The bits of a cell's dots, by row and column."""


def dot(x: int, y: int) -> int:
    """The bit of the dot at a place, within its cell."""
    return _BITS[y % DOWN][x % ACROSS]


def cell(bits: int) -> str:
    """The character of a cell."""
    return chr(0x2800 + bits)


def straight_line(start: tuple[int, int], end: tuple[int, int]) -> list[tuple[int, int]]:
    """The dots of a straight line, both ends included."""
    (x, y), (last_x, last_y) = start, end
    count = max(abs(last_x - x), abs(last_y - y), 1)
    return [(x + (last_x - x) * at // count, y + (last_y - y) * at // count) for at in range(count + 1)]


def curve(points: Sequence[tuple[float, float] | None], columns: int, rows: int) -> list[list[int]]:
    """A line through points, as the bits of ``rows`` by ``columns`` cells. A point is from (0, 0), at the top left, to
    (1, 1); the line is broken where there is none."""
    bits = [[0] * columns for _ in range(rows)]
    across, down = columns * ACROSS - 1, rows * DOWN - 1
    before: tuple[int, int] | None = None
    for point in points:
        if point is None:
            before = None
            continue
        at = round(point[0] * across), round(point[1] * down)
        if at == before:  # of many steps most fall on the dot of the one before
            continue
        for x, y in straight_line(before or at, at):
            bits[y // DOWN][x // ACROSS] |= dot(x, y)
        before = at
    return bits
