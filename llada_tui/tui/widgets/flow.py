"""Tokens flowed into rows: which token's text stands where. No screen, no styles."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from rich.cells import cell_len

NEWLINE = "⏎"


class Span(NamedTuple):
    """A piece of a row: the text of a position (or a part of it), beginning at a column."""

    position: int
    column: int
    text: str
    width: int


class _Shape(NamedTuple):
    width: int
    opens: bool
    """Begins with a blank: a row may end before it."""
    lines: bool
    """Holds a newline."""
    bare: str
    """The text without its first blanks, as it stands at the beginning of a row."""


@lru_cache(maxsize=65_536)
def _shape(text: str) -> _Shape:
    return _Shape(cell_len(text), text.startswith(" "), "\n" in text, text.lstrip(" "))


def flow(texts: Sequence[str], loose: Sequence[bool], width: int) -> list[list[Span]]:
    """Flow the texts of positions into rows of ``width`` cells, breaking between words where that is possible.

    ``loose`` positions (masks, special tokens) are words of their own. A newline is shown as `NEWLINE` and ends its
    row; a blank at which a row is broken is not shown; a word longer than a row is broken between its tokens, a token
    longer than a row within its text.
    """
    width = max(width, 2)
    rows: list[list[Span]] = [[]]
    column = 0
    word = 0  # index in the last row of the first span of the word at hand
    broken = False  # the last row began by wrapping, so that blanks at its start are dropped
    after_loose = True
    for position, text in enumerate(texts):
        if not text:
            continue
        shape = _shape(text)
        row = rows[-1]
        if shape.opens or after_loose or loose[position]:
            word = len(row)
        after_loose = loose[position]
        if not shape.lines and column + shape.width <= width and (column or not (broken and shape.opens)):
            row.append(Span(position, column, text, shape.width))
            column += shape.width
            continue
        for index, line in enumerate(text.split("\n")):
            if index:
                if column >= width:
                    rows.append([])
                    column = 0
                rows[-1].append(Span(position, column, NEWLINE, 1))
                rows.append([])
                column, word, broken = 0, 0, False
            if line:
                column, word, broken = _place(rows, position, line, column, word, broken, width)
    return rows


def _place(
    rows: list[list[Span]], position: int, text: str, column: int, word: int, broken: bool, width: int
) -> tuple[int, int, bool]:
    """Put a text without newlines at the end of the last row, wrapping as needed; returns the new state."""
    size = cell_len(text)
    if column + size > width and column:
        moved = rows[-1][word:]
        if word and moved and moved[-1].column + moved[-1].width - moved[0].column + size <= width:
            del rows[-1][word:]
            rows.append([])
            column = 0
            for span in moved:
                bare = span.text.lstrip(" ") if column == 0 else span.text
                rows[-1].append(Span(span.position, column, bare, cell_len(bare)))
                column += cell_len(bare)
        else:
            rows.append([])
            column = 0
        word, broken = 0, True
    if column == 0 and broken:
        text = text.lstrip(" ") or text[:1]
        size = cell_len(text)
    while size > width - column:
        cut, used = 0, 0
        while cut < len(text) and used + cell_len(text[cut]) <= width - column:
            used += cell_len(text[cut])
            cut += 1
        if cut == 0 and column == 0:
            cut, used = 1, width  # a character wider than the row: nothing better can be done
        if cut:
            rows[-1].append(Span(position, column, text[:cut], used))
        text = text[cut:]
        size = cell_len(text)
        rows.append([])
        column, word, broken = 0, 0, True
    if text:
        rows[-1].append(Span(position, column, text, size))
        column += size
    return column, word, broken
