"""Rows that are brought up to date so that little moves.

A token stays at its column while it can: a shorter guess leaves blanks after it, a longer one takes blanks from the
places beside it. Kept tokens stand close together. Rows begin where they began. A row is laid out anew, with those
below as far as need be, when its texts no longer fit or fill less than half of it.
"""

from __future__ import annotations

from collections.abc import Iterable

from llada_tui.drawing.text_flow import NEWLINE, Row, Span, TextFlow, row_of, shape_of, without_blanks


def update_rows(flow: TextFlow, rows: list[Row], changed: Iterable[int], newlines: set[int]) -> list[Row]:
    """The rows after some positions changed: their texts, or whether they are open or separate. ``newlines``: those of
    them that gained or lost a newline. ``rows`` stays as it is."""
    by_row: dict[int, list[int]] = {}
    for position in changed:
        by_row.setdefault(row_of(rows, position), []).append(position)
    old, rows = rows, list(rows)
    unfit: list[int] = []
    for at, positions in by_row.items():
        row = None if newlines.intersection(positions) else _updated(flow, old, at, positions)
        if row is None:
            unfit.append(at)
        else:
            rows[at] = row
    flow.starts = {row[0].position for row in old if row} if unfit else ()
    for at in sorted(unfit, reverse=True):  # from below, so that the rows above keep their numbers
        rows, _, _ = flow.reflow(rows, min(by_row[at]), max(by_row[at]))
    return rows


def _updated(flow: TextFlow, rows: list[Row], at: int, changed: list[int]) -> Row | None:
    """A row with the texts of its positions, each at its column if it can; None if the row is to be laid out anew."""
    row = rows[at]
    after = rows[at + 1][0].position if at + 1 < len(rows) and rows[at + 1] else len(flow.texts)
    if not row or not _is_whole(flow, rows, at, after) or not {span.position for span in row}.issuperset(changed):
        return None
    texts, width = flow.texts, flow.width
    placed: Row = []
    end = content = 0
    has_room = False
    for span in row:
        position, text = span.position, texts[span.position]
        if not placed and not (at and flow.ends_line(rows[at - 1][-1])):
            text = without_blanks(text)
        size, _, has_newline = shape_of(text)
        if has_newline and text == "\n" and span is row[-1]:
            text, size = NEWLINE, 1
        elif has_newline or not text:
            return None
        column = max(end, span.column) if has_room else end
        placed.append(Span(position, column, text, size))
        end = column + size
        has_room = flow.has_room(position)
        content += max(size, flow.least) if has_room else size
    if end > width and not _push_left(placed, width):
        return None
    if content < width // 2 and _can_take_more(flow, placed, after):
        return None
    return _filled(placed)


def _is_whole(flow: TextFlow, rows: list[Row], at: int, after: int) -> bool:
    """Whether a row holds whole words, and all of each token's text. ``after``: the position after the row."""
    row = rows[at]
    if (at and rows[at - 1][-1].position == row[0].position) or after == row[-1].position:
        return False
    return flow.may_begin_row(row[0].position) and flow.may_begin_row(after)


def _push_left(row: Row, width: int) -> bool:
    """Move the end of a row to the left until it ends at ``width``, into the room before it. Returns whether it did."""
    limit = width
    for index in reversed(range(len(row))):
        span = row[index]
        if span.column + span.width <= limit:
            return True
        limit -= span.width
        row[index] = span._replace(column=limit)
    return False


def _can_take_more(flow: TextFlow, row: Row, after: int) -> bool:
    """Whether the word after a row may stand in it."""
    is_last = flow.ends_line(row[-1]) or after in (flow.tail, len(flow.texts))
    return not is_last and shape_of(flow.texts[after]).width <= flow.width // 2


def _filled(row: Row) -> Row:
    """A row with blanks after each text up to the next one."""
    for index in range(len(row) - 1):
        span, end = row[index], row[index + 1].column
        if span.column + span.width < end:
            size = end - span.column
            row[index] = Span(span.position, span.column, span.text + " " * (size - span.width), size)
    return row
