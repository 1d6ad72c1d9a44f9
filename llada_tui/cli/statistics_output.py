"""The output of ``llada-tui sessions --stats``: a table of all recorded runs or of groups of them, or JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
from rich.cells import cell_len

from llada_tui.analysis.statistics import (
    ANSWER,
    GROUPINGS,
    MEASURES,
    MODEL,
    REASON,
    RUN,
    SESSION,
    SETTINGS,
    RunColumn,
    RunGroup,
    RunRow,
    column_named,
    columns_of,
    grouped,
    in_order,
    read_statistics,
)
from llada_tui.cli.output import USAGE, CommandError, StatusLine, columns, say, table, warn

_FIRST_TO_GO = (REASON.name, ANSWER.name, MODEL.name, "tokens", "tokens_per_second", "peak_memory", RUN.name)
"""Columns that are left out where there is too little room, the first one first: after settings in which no two runs
differ, and before the others."""
_WIDEST_SESSION = 24


def print_statistics(folder: Path, by: str | None, sort: str | None, *, as_json: bool) -> None:
    """Read the sessions of a folder and print their statistics. ``sort`` begins with ``-`` for the largest first."""
    by_column = _column(by, "group by", list(GROUPINGS.values())) if by is not None else None
    largest_first = sort is not None and sort.startswith("-")
    choices = [*GROUPINGS.values(), *MEASURES, RUN, ANSWER] if by_column is None else [*MEASURES]
    if by_column is not None and sort is not None and column_named(sort.removeprefix("-")) is by_column:
        choices.append(by_column)
    sort_column = _column(sort.removeprefix("-"), "sort by", choices) if sort is not None else None
    status = StatusLine()

    def go_on(done: int, total: int) -> bool:
        status.show(f"reading {done + 1} of {total} session files")
        return True

    statistics = read_statistics(folder, go_on)
    status.clear()
    if as_json:
        rows = in_order(statistics.rows, sort_column, largest_first=largest_first) if sort_column else statistics.rows
        report: dict[str, Any] = {
            "runs": msgspec.to_builtins(rows),
            "problems": statistics.problems,
            "too_large": statistics.too_large,
            "left_out": statistics.left_out,
        }
        if by_column is not None:
            groups = grouped(statistics.rows, by_column, sort_column, largest_first=largest_first)
            report = {"by": by_column.name, "groups": [_fields(group) for group in groups], **report}
        print(json.dumps(report))
        return
    if not statistics.rows:
        say(f"No run is recorded in {folder} yet: llada-tui chat makes the first.")
    elif by_column is not None:
        groups = grouped(statistics.rows, by_column, sort_column, largest_first=largest_first)
        say("\n".join(_group_table(groups, by_column)))
    else:
        rows = in_order(statistics.rows, sort_column, largest_first=largest_first) if sort_column else statistics.rows
        say("\n".join(_run_table(rows)))
    if statistics.rows:
        say(f"\n{len(statistics.rows)} runs in {folder}")
    for sentence in statistics.omissions():
        warn(sentence)


def _column(name: str, what: str, choices: list[RunColumn]) -> RunColumn:
    column = column_named(name)
    if column is None or column not in choices:
        names = ", ".join(choice.name for choice in choices)
        raise CommandError(f"There is no {name!r} to {what}: it is one of {names}.", USAGE)
    return column


def _fields(group: RunGroup) -> dict[str, Any]:
    return {"value": group.value, "runs": len(group.rows), "means": group.means}


def _run_table(rows: list[RunRow]) -> list[str]:
    """A line a run, of as many columns as have room."""
    cells = {column: [column.cell(row) for row in rows] for column in columns_of(rows)}
    cells[SESSION] = [_cut(text, _WIDEST_SESSION) for text in cells[SESSION]]
    shown = _fitting(cells)
    lines = [tuple(column.label for column in shown), *zip(*(cells[column] for column in shown), strict=True)]
    return table(lines, right=tuple(at for at, column in enumerate(shown) if column.is_number))


def _group_table(groups: list[RunGroup], by: RunColumn) -> list[str]:
    """A line a group: its value, how many runs it has, and their means."""
    rows = [(by.label, "runs", *(column.label for column in MEASURES))]
    for group in groups:
        means = (column.say(group.means[column.name]) for column in MEASURES)
        rows.append((_cut(by.say(group.value), _WIDEST_SESSION), str(len(group.rows)), *means))
    return table(rows, right=tuple(range(0 if by.is_number else 1, len(rows[0]))))


def _fitting(cells: dict[RunColumn, list[str]]) -> list[RunColumn]:
    """The columns that have room beside each other."""
    settings = [column for column in cells if column.name in SETTINGS]
    same = [column.name for column in settings if len(set(cells[column])) == 1]
    others = [column.name for column in reversed(settings) if column.name not in same]
    widths = {column: max(map(cell_len, [column.label, *texts])) for column, texts in cells.items()}
    for name in (*same, *_FIRST_TO_GO, *others):
        if sum(widths.values()) + 2 * (len(widths) - 1) <= columns(200):
            break
        widths = {column: width for column, width in widths.items() if column.name != name}
    return list(widths)


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1].rstrip() + "…"
