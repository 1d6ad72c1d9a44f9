"""Knobs side by side: labels and values, bars where there is room, more lines where there is little. No widget."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product, zip_longest
from typing import NamedTuple, Protocol

from rich.cells import cell_len

from llada_tui.settings.sampler_settings import SamplerSettings
from llada_tui.tui.stage.knob_rows import KnobRow, share_of

_LEAST_BAR, _LONGEST_BAR = 3, 16
_LEAST_ON_ONE_LINE = 2
"""A bar of two cells can still be clicked: where longer ones have no room, it is better than none."""
GAP = "  "


class KnobValues(Protocol):
    """The knobs as a line of them sees them."""

    settings: SamplerSettings

    def text_of(self, row: KnobRow) -> str:
        """The value of a knob as it is drawn."""


class Item(NamedTuple):
    """A knob on the line, and how many cells its parts take."""

    row: KnobRow
    label: str
    value: str
    bar: int
    gap: int = len(GAP)
    """The blank cells behind it."""

    @property
    def bar_column(self) -> int:
        """The cell at which the bar begins, counted from the item's first."""
        return cell_len(self.label) + cell_len(self.value) + 1

    @property
    def width(self) -> int:
        return self.bar_column + self.bar if self.bar else self.bar_column - 1


def fit(
    knobs: KnobValues, rows: Sequence[KnobRow], width: int, short: Mapping[str, str], least: int = _LEAST_BAR
) -> list[Item]:
    """The knobs as they fit into ``width`` cells: with bars, with bars and the ``short`` labels, with bars of the
    ``least`` cells, without bars, without bars and with the short labels, with values alone, and at last with the
    longest value cut."""
    values = [knobs.text_of(row) for row in rows]
    with_bar = [share_of(knobs.settings, row) is not None for row in rows]
    by_length = [[f"{row.label.strip()} " for row in rows], [_short_label(row, short) for row in rows]]

    def room(labels: Sequence[str]) -> int:
        words = sum(cell_len(text) for text in (*labels, *values))
        return width - words - len(GAP) * (len(rows) - 1)

    def items(labels: Sequence[str], size: int = 0) -> list[Item]:
        parts = zip(rows, labels, values, with_bar, strict=True)
        return [Item(row, label, value, size * has_bar) for row, label, value, has_bar in parts]

    for needed, labels in product((_LEAST_BAR, least), by_length):
        size = min(room(labels) // max(sum(with_bar), 1) - 1, _LONGEST_BAR)
        if size >= needed:
            return items(labels, size)
    nameless = [""] * len(rows)
    for labels in (*by_length, nameless):
        if room(labels) >= 0:
            return items(labels)
    longest = max(range(len(values)), key=lambda index: cell_len(values[index]))
    values[longest] = f"{values[longest][: max(cell_len(values[longest]) + room(nameless) - 1, 1)]}…"
    return items(nameless)


def wrap(
    knobs: KnobValues, rows: Sequence[KnobRow], width: int, short: Mapping[str, str], most: int, *, bars: bool = False
) -> list[list[Item]]:
    """The knobs on one line if all labels have room on it, and their bars too if those are needed (``bars``), else on
    at most ``most`` lines: with bars, or without; one line of values if that is too few."""
    line = fit(knobs, rows, width, short, _LEAST_ON_ONE_LINE)
    is_labelled = all(item.label or not short.get(item.row.label, " ") for item in line)
    if is_labelled and (not bars or any(item.bar for item in line)):
        return [line]
    for least_bar in (_LEAST_BAR + 1, 0):
        lines: list[list[KnobRow]] = [[]]
        column = 0
        for row in rows:
            item = Item(row, _short_label(row, short), knobs.text_of(row), 0)
            size = item.width + least_bar * (share_of(knobs.settings, row) is not None)
            if column + size > width and lines[-1]:
                lines.append([])
                column = 0
            lines[-1].append(row)
            column += size + len(GAP)
        if len(lines) <= most:
            return _aligned([fit(knobs, of_line, width, short) for of_line in lines], width)
    return [line]


def _aligned(lines: list[list[Item]], width: int) -> list[list[Item]]:
    """Lines whose labels, values and bars stand below each other, if ``width`` has room for that."""
    columns = list(zip_longest(*([item for item in line if item.bar] for line in lines)))
    labels = [max(cell_len(item.label) for item in column if item) for column in columns]
    values = [max(cell_len(item.value) for item in column if item) for column in columns]
    room = width - sum(labels) - sum(values) - len(GAP) * (len(columns) - 1)
    size = min(room // max(len(columns), 1) - 1, _LONGEST_BAR)
    aligned = [
        [
            item._replace(label=f"{item.label:<{labels[at]}}", value=f"{item.value:>{values[at]}}", bar=size)
            if item.bar
            else item
            for at, item in enumerate(line)
        ]
        for line in lines
    ]
    has_room = all(sum(item.width + item.gap for item in line) - len(GAP) <= width for line in aligned)
    return aligned if size >= _LEAST_BAR and has_room else lines


def _short_label(row: KnobRow, short: Mapping[str, str]) -> str:
    label = short.get(row.label, row.label.strip())
    return f"{label} " if label else ""


def terse(knobs: KnobValues, rows: Sequence[KnobRow], width: int, names: Mapping[str, str], least: int) -> list[Item]:
    """The knobs on a short line, close to each other, with the shortest ``names``: the last value is cut down to
    ``least`` cells, and knobs in the middle are left out where that is too little."""
    items = [Item(row, f"{name} " if (name := names[row.label]) else "", knobs.text_of(row), 0, 1) for row in rows]
    while len(items) > 1 and width < _needed(items, least):
        del items[(len(items) - 1) // 2]
    over = _needed(items) - width
    last = items[-1]
    return items if over <= 0 else [*items[:-1], last._replace(value=f"{last.value[: -over - 1]}…")]


def _needed(items: Sequence[Item], most: int | None = None) -> int:
    """The cells of knobs side by side, of the last at ``most`` so many."""
    last = items[-1].width
    return sum(item.width + item.gap for item in items[:-1]) + (last if most is None else min(last, most))


def window(knobs: KnobValues, rows: Sequence[KnobRow], at: int, width: int) -> list[KnobRow]:
    """As many of the knobs as ``width`` cells have room for with their labels, the one at the index ``at`` among
    them."""
    first, last = 0, len(rows)
    while last - first > 1 and sum(_width(knobs, row) for row in rows[first:last]) - len(GAP) > width:
        first, last = (first + 1, last) if at > first and last - 1 == at else (first, last - 1)
    return list(rows[first:last])


def _width(knobs: KnobValues, row: KnobRow) -> int:
    return cell_len(row.label.strip()) + 1 + cell_len(knobs.text_of(row)) + len(GAP)


def item_at(items: Sequence[Item], x: int) -> tuple[Item, int] | None:
    """The knob at a cell of the line, and the cell within it; None between the knobs."""
    for item in items:
        if 0 <= x < item.width:
            return item, x
        x -= item.width + item.gap
    return None


def bar(share: float, size: int) -> str:
    """A bar of ``size`` cells, as full as ``share``."""
    halves = round(share * size * 2)
    full = "━" * (halves // 2) + "╸" * (halves % 2)
    return full + "┄" * (size - len(full))
