"""Rows that are brought up to date so that little moves.

A token stays at its column while it can: a shorter guess leaves blanks after it, a longer one takes blanks from the
places beside it. Kept tokens stand close together. Rows begin where they began. A row is laid out anew, with those
below as far as need be, when its texts no longer fit or fill less than half of it.
"""

from __future__ import annotations

from collections.abc import Sequence

from llada_tui.drawing.text_flow import NEWLINE, Row, Span, TextFlow, first_rows, shape_of, without_blanks


def update_rows(flow: TextFlow, rows: list[Row], changed: Sequence[int], newlines: set[int]) -> list[Row]:
    """The rows after some positions changed: their texts, or whether they are open or separate. ``newlines``: those of
    them that gained or lost a newline. ``rows`` stays as it is."""
    by_row: dict[int, set[int]] = {}
    for position, at in zip(changed, first_rows(rows, changed), strict=True):
        by_row.setdefault(at, set()).add(position)
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


def _updated(flow: TextFlow, rows: list[Row], at: int, changed: set[int]) -> Row | None:
    """A row with the texts of its positions, each at its column if it can; None if the row is to be laid out anew."""
    row = rows[at]
    after = rows[at + 1][0].position if at + 1 < len(rows) and rows[at + 1] else len(flow.texts)
    if not row or not _is_whole(flow, rows, at, after) or not changed.issubset([span.position for span in row]):
        return None
    texts, width, least = flow.texts, flow.width, flow.least
    last = row[-1].position
    shown: list[str] = []
    columns: list[int] = []
    sizes: list[int] = []
    end = content = 0
    previous = -1
    for position, before, _, _ in row:
        text = texts[position]
        if not shown and not (at and flow.ends_line(rows[at - 1][-1])):
            text = without_blanks(text)
        size, _, has_newline = shape_of(text)
        if has_newline and text == "\n" and position == last:
            text, size = NEWLINE, 1
        elif has_newline or not text:
            return None
        column = before if before > end and shown and flow.has_room(previous) else end
        shown.append(text)
        columns.append(column)
        sizes.append(size)
        end = column + size
        content += least if size < least and flow.has_room(position) else size
        previous = position
    if end > width and not _push_left(columns, sizes, width):
        return None
    if content < width // 2 and _can_take_more(flow, last, after):
        return None
    placed: Row = []
    for index, (span, column, size, end) in enumerate(
        zip(row, columns, sizes, [*columns[1:], columns[-1] + sizes[-1]], strict=True)
    ):
        room = end - column  # blanks fill it up
        stays = index and column == span.column and room == span.width and span.position not in changed
        placed.append(span if stays else Span(span.position, column, shown[index] + " " * (room - size), room))
    return placed


def _is_whole(flow: TextFlow, rows: list[Row], at: int, after: int) -> bool:
    """Whether a row holds whole words, and all of each token's text. ``after``: the position after the row."""
    row = rows[at]
    if (at and rows[at - 1][-1].position == row[0].position) or after == row[-1].position:
        return False
    return flow.may_begin_row(row[0].position) and flow.may_begin_row(after)


def _push_left(columns: list[int], sizes: list[int], width: int) -> bool:
    """Move the end of a row to the left until it ends at ``width``, into the room before it. Returns whether it did."""
    limit = width
    for index in reversed(range(len(columns))):
        if columns[index] + sizes[index] <= limit:
            return True
        limit -= sizes[index]
        columns[index] = limit
    return False


def _can_take_more(flow: TextFlow, last: int, after: int) -> bool:
    """Whether the word after a row that ends with the position ``last`` may stand in it."""
    is_last = "\n" in flow.texts[last] or after in (flow.tail, len(flow.texts))
    return not is_last and shape_of(flow.texts[after]).width <= flow.width // 2
