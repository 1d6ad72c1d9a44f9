"""Tokens flowed into rows: where each token's text stands. No screen, no styles."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Container, Iterable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from rich.cells import cell_len

from llada_tui.trace.text import SLOT

NEWLINE = "⏎"
LEAST = cell_len(SLOT)
"""Cells of a mask, and least cells of a place that is open."""


class Span(NamedTuple):
    """A piece of a row: the text of a position, or a part of it, and the columns that it takes."""

    position: int
    column: int
    text: str
    width: int


Row = list[Span]


class Shape(NamedTuple):
    width: int
    begins_word: bool
    """It begins with a blank: a row may end before it."""
    has_newline: bool


@lru_cache(maxsize=65_536)
def shape_of(text: str) -> Shape:
    return Shape(cell_len(text), text.startswith(" "), "\n" in text)


def row_of(rows: Sequence[Row], position: int) -> int:
    """The first row in which a position stands, or would stand if it had any text."""
    return next(first_rows(rows, (position,)))


def first_rows(rows: Sequence[Row], positions: Iterable[int]) -> Iterator[int]:
    """The same of each of some positions."""
    firsts = [row[0][0] if row else 1 << 60 for row in rows]  # an empty row can only be the last
    for position in positions:
        at = bisect_right(firsts, position) - 1
        while at > 0 and rows[at - 1] and rows[at - 1][-1][0] >= position:
            at -= 1
        yield max(at, 0)


def neighbour(rows: Sequence[Row], position: int, by: int) -> int:
    """The position above or below another, ``by`` rows further down; itself where there is none."""
    row = row_of(rows, position)
    column = next((span.column for span in rows[row] if span.position == position), 0)
    row += by
    if not 0 <= row < len(rows) or not rows[row]:
        return position
    return min(rows[row], key=lambda span: abs(span.column - column)).position


def _is_same(old: Span, new: Span) -> bool:
    """Whether two spans differ by the room after their texts at most."""
    bare = old.text.rstrip()
    return old == new or (old[:2] == new[:2] and bare != "" and bare == new.text.rstrip())


def without_blanks(text: str) -> str:
    """A text at the start of a row that began by wrapping: of a token of blanks alone, one is kept, to be seen."""
    return text.lstrip(" ") or text[:1]


class TextFlow:
    """Flows the texts of positions into rows of ``width`` cells, breaking between words where that is possible.

    ``separate`` positions (masks, special tokens) are words of their own. A newline is shown as `NEWLINE` and ends its
    row; a blank at which a row is broken is not shown; a word longer than a row is broken between its tokens, a token
    longer than a row within its text. The position ``tail`` begins a new row, so that tokens written before it do
    not move it.

    ``is_open`` positions hold no token yet. Such a place is at least as wide as a mask where it is a word: blanks after
    its text make it so. In the positions ``starts`` a row begins if the row before it is half full.
    """

    def __init__(
        self,
        texts: Sequence[str],
        separate: Sequence[bool],
        width: int,
        tail: int = 0,
        *,
        is_open: Sequence[bool] = (),
        starts: Container[int] = (),
    ) -> None:
        self.texts, self.separate, self.width, self.tail = texts, separate, max(width, 2), tail
        self.is_open, self.starts = is_open, starts
        self.least = LEAST if is_open and width >= 2 * LEAST else 0
        """Cells of an open place that ends a word; a narrow row has none to give away."""
        self.rows: list[Row] = []

    def may_begin_row(self, position: int) -> bool:
        """Whether no word is broken where a row begins with a position."""
        if not 0 < position < len(self.texts):
            return True
        separate = self.separate
        return separate[position] or separate[position - 1] or shape_of(self.texts[position]).begins_word

    def has_room(self, position: int) -> bool:
        """Whether blanks may stand after a position: it is open, and what follows is another word."""
        return self.is_open[position] and position + 1 < len(self.texts) and self.may_begin_row(position + 1)

    def flow(self) -> list[Row]:
        """The rows of the whole canvas."""
        self._run([], 0)
        return self.rows

    def reflow(self, old: list[Row], first: int, last: int) -> tuple[list[Row], int, int | None]:
        """The rows when only positions ``first`` to ``last`` have changed since the rows ``old`` of the same width.

        Returns the rows, the index of the first that may differ, and the index of the first after it that stands as
        before: None if all rows to the end may differ or have moved.
        """
        start = row_of(old, first)
        if not (self.starts and old[start] and self.may_begin_row(old[start][0].position)):
            start = max(start - 1, 0)
        while start > 0 and not self._clean(old, start):
            start -= 1
        if start == 0:
            start, self.rows = 0, []
        begins = {row[0].position: index for index, row in enumerate(old) if row and row[0].position > last}
        unchanged = self._run(old, start, last, begins)
        flowed = len(self.rows)
        if unchanged is None:
            return self.rows, start, None
        self.rows += old[unchanged:]
        return self.rows, start, flowed if flowed == unchanged else None

    def _clean(self, old: list[Row], index: int) -> bool:
        """Whether a row begins with the start of a token's text, so that flowing can begin there."""
        row, before = old[index], old[index - 1]
        return bool(row) and bool(before) and row[0].position != before[-1].position

    def ends_line(self, span: Span) -> bool:
        """Whether a span is a committed newline; a predicted one has the same mark and ends no row."""
        return span.text == NEWLINE and "\n" in self.texts[span.position]

    def _run(self, old: list[Row], start: int, last: int = -1, begins: dict[int, int] | None = None) -> int | None:
        """Flow from row ``start`` of ``old`` on; returns the row of ``old`` from which nothing changes, or None."""
        texts, separate, width, starts, least = self.texts, self.separate, self.width, self.starts, self.least
        self.rows = rows = [*old[:start], []]
        row = rows[-1]
        column = word = 0
        # a row that began by wrapping drops the blanks at its start
        broken = start == 0 or not self.ends_line(old[start - 1][-1])
        begin = old[start][0].position if start else 0
        after_separate = begin == 0 or separate[begin - 1]
        for position in range(begin, len(texts)):
            if row and (
                position == self.tail or (position in starts and column >= width // 2 and self.may_begin_row(position))
            ):
                row = []
                rows.append(row)
                column, word, broken = 0, 0, True
            if not (text := texts[position]):
                continue
            size, begins_word, has_newline = shape_of(text)
            if size < least and (begins_word or separate[position]) and self.has_room(position):
                text, size = text + " " * (least - size), least
            if begins_word or after_separate or separate[position]:
                word = len(row)
            after_separate = separate[position]
            if not has_newline and column + size <= width and (column or not (broken and begins_word)):
                row.append(Span(position, column, text, size))
                column += size
            else:
                for index, line in enumerate(text.split("\n")):
                    if index:
                        if column >= width:
                            rows.append([])
                            column = 0
                        rows[-1].append(Span(position, column, NEWLINE, 1))
                        rows.append([])
                        column, word, broken = 0, 0, False
                    if line:
                        column, word, broken = self._place(position, line, column, word, broken)
                row = rows[-1]
            if begins and position > last and len(row) == 1 and row[0].position == position and position in begins:
                unchanged = begins[position]
                if _is_same(old[unchanged][0], row[0]) and (
                    unchanged == 0 or old[unchanged - 1][-1].position != position
                ):
                    rows.pop()
                    return unchanged
        return None

    def _place(
        self, position: int, text: str, column: int, word: int, broken: bool
    ) -> tuple[int, int, bool]:  # fmt: skip
        """Put a text without newlines at the end of the last row, wrapping as needed; returns the new state."""
        rows, width = self.rows, self.width
        size = cell_len(text)
        if column + size > width and column:
            moved = rows[-1][word:]
            if word and moved and moved[-1].column + moved[-1].width - moved[0].column + size <= width:
                del rows[-1][word:]
                rows.append([])
                column = 0
                for span in moved:
                    moved_text = without_blanks(span.text) if column == 0 else span.text
                    rows[-1].append(Span(span.position, column, moved_text, cell_len(moved_text)))
                    column += cell_len(moved_text)
            else:
                rows.append([])
                column = 0
            word, broken = 0, True
        if column == 0 and broken:
            text = without_blanks(text)
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
