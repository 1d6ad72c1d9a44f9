"""Statistics over all recorded runs: a row a run, sorted, and grouped by a setting with the means of each group."""

from __future__ import annotations

import stat
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from llada_tui import paths
from llada_tui.settings.sampler_settings import KNOBS, SamplerSettings
from llada_tui.settings.vary import worded
from llada_tui.trace.run import Run
from llada_tui.trace.session import SUFFIX, Session, SessionError, read_session, title_of
from llada_tui.units import size_words

MAX_FILE = 32 * 2**20
"""Largest session file, in bytes, that is read for statistics: of larger ones it is said how many there are."""
MAX_BYTES = 256 * 2**20
"""Most bytes that are read of all session files together, the latest first."""
MAX_ROWS = 20_000
"""Most runs that statistics are made of."""

Value = float | str | None


class RunRow(msgspec.Struct, frozen=True, kw_only=True):
    """The figures of one recorded run.

    ``passes`` are calls of the model, ``tokens`` how many masks the run filled, ``confidence`` is the mean probability
    of its commits (None where there were none), ``peak_memory`` is in bytes (0 where it was not recorded).
    ``question`` and ``answer`` are their first words.
    """

    path: str
    session: str
    run: str
    id: str
    time: float
    model: str
    settings: SamplerSettings
    steps: int
    passes: int
    tokens: int
    tokens_per_pass: float | None
    seconds: float
    tokens_per_second: float
    confidence: float | None
    peak_memory: int
    reason: str
    question: str
    answer: str


def row_of(run: Run, session: Session, path: Path) -> RunRow:
    """The row of a run of a session that was read."""
    tokens = run.written(run.last)
    passes = run.end.forward_passes if run.end is not None else run.last
    chances = [choice.confidence for step in run.steps for choice in step.commits]
    return RunRow(
        path=str(path),
        session=session.title,
        run=session.name_of(run),
        id=run.id,
        time=run.start.time,
        model=run.start.model.id,
        settings=run.settings_at(run.last),
        steps=run.last,
        passes=passes,
        tokens=tokens,
        tokens_per_pass=tokens / passes if passes else None,
        seconds=run.seconds(run.last),
        tokens_per_second=run.rate(run.last),
        confidence=sum(chances) / len(chances) if chances else None,
        peak_memory=run.end.peak_memory if run.end is not None else 0,
        reason=run.end.reason if run.end is not None else "",
        question=title_of(run.question),
        answer=title_of(run.answer()),
    )


# -- reading ----------------------------------------------------------------------------------------------------------


@dataclass
class Statistics:
    """The rows of the runs that were read, and what was not read."""

    rows: list[RunRow] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    """A sentence for each file that cannot be read."""
    too_large: int = 0
    """The number of files larger than `MAX_FILE`."""
    left_out: int = 0
    """The number of files that were not read because `MAX_BYTES` or `MAX_ROWS` had been reached."""

    def omissions(self) -> list[str]:
        """Sentences that say what is not in the rows; of many unreadable files the first three."""
        sentences = self.problems[:3]
        if (more := len(self.problems) - 3) > 0:
            sentences.append(f"{more} more {_files(more)} cannot be read.")
        if count := self.too_large:
            sentences.append(f"{count} {_files(count)} of more than {size_words(MAX_FILE)} {_were(count)} not read.")
        if count := self.left_out:
            limits = f"{size_words(MAX_BYTES)} or {MAX_ROWS:,} runs are read at most"
            sentences.append(f"The oldest {count} {_files(count)} {_were(count)} not read: {limits}.")
        return sentences


def _files(count: int) -> str:
    return "file" if count == 1 else "files"


def _were(count: int) -> str:
    return "was" if count == 1 else "were"


def read_statistics(folder: Path, go_on: Callable[[int, int], bool] = lambda done, total: True) -> Statistics:
    """Read the sessions of a folder, the latest first, one after the other: only rows are kept of each.

    ``go_on`` is told before each file how many were read and how many there are; reading stops where it gives False.
    """
    statistics = Statistics()
    files = sorted(_sizes(folder, statistics.problems), reverse=True)
    read = 0
    for at, (_, path, size) in enumerate(files):
        if not go_on(at, len(files)):
            break
        if size > MAX_FILE:
            statistics.too_large += 1
            continue
        if read + size > MAX_BYTES or len(statistics.rows) >= MAX_ROWS:
            statistics.left_out = sum(other <= MAX_FILE for *_, other in files[at:])
            statistics.too_large += sum(other > MAX_FILE for *_, other in files[at:])
            break
        read += size
        try:
            session = read_session(path, linked=False)
        except SessionError as error:
            statistics.problems.append(str(error))
            continue
        statistics.rows += [row_of(run, session, path) for run in session.listed()]
    del statistics.rows[MAX_ROWS:]
    return statistics


def _sizes(folder: Path, problems: list[str]) -> Iterable[tuple[float, Path, int]]:
    """When each session file was changed, its path, and its size in bytes."""
    for path in paths.files_in(folder, f"*{SUFFIX}"):
        try:
            status = path.stat()
        except OSError as error:
            problems.append(f"{path} cannot be read: {paths.reason(error)}.")
        else:
            if stat.S_ISREG(status.st_mode):  # a pipe or a device may never end
                yield status.st_mtime, path, status.st_size


# -- columns ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RunColumn:
    """A column of the table. ``words`` says a value; ``is_number`` columns stand to the right, ``has_mean`` ones are
    measured, and have a mean in a group of runs."""

    name: str
    label: str
    value: Callable[[RunRow], Value]
    words: Callable[[Any], str] = str
    is_number: bool = True
    has_mean: bool = False

    def cell(self, row: RunRow) -> str:
        """The text of a run's cell."""
        return self.say(self.value(row))

    def say(self, value: Value) -> str:
        """A value in words; a dash where there is none."""
        return "–" if value is None else self.words(value)


def _measured(name: str, label: str, words: Callable[[Any], str], *, zero: bool = True) -> RunColumn:
    """``zero``: whether 0 is a value; else it says that nothing was measured."""

    def value(row: RunRow) -> Value:
        number: float | None = getattr(row, name)
        return number if number or zero else None

    return RunColumn(name, label, value, words, has_mean=True)


def _count(value: float) -> str:
    """A whole number, or a mean of some."""
    return f"{value:.0f}" if value == int(value) else f"{value:.1f}"


MEASURES = (
    _measured("passes", "passes", _count),
    _measured("tokens", "tokens", _count),
    _measured("tokens_per_pass", "a pass", lambda value: f"{value:.2f}"),
    _measured("seconds", "time", lambda value: f"{value:.2f} s", zero=False),
    _measured("tokens_per_second", "tokens/s", lambda value: f"{value:.0f}", zero=False),
    _measured("confidence", "confidence", lambda value: f"{value:.0%}"),
    _measured("peak_memory", "memory", size_words, zero=False),
)
"""The columns of figures that were measured of each run."""
SESSION = RunColumn("session", "session", lambda row: row.session, is_number=False)
RUN = RunColumn("run", "run", lambda row: row.run, is_number=False)
MODEL = RunColumn("model", "model", lambda row: row.model, lambda model: Path(model).name or model, is_number=False)
REASON = RunColumn("reason", "end", lambda row: row.reason, is_number=False)
ANSWER = RunColumn("answer", "answer", lambda row: row.answer, is_number=False)


def _setting(name: str) -> RunColumn:
    def value(row: RunRow) -> Value:
        setting = getattr(row.settings, name)
        if isinstance(setting, dict):
            return " ".join(f"{key}={worded(number)}" for key, number in sorted(setting.items())) or None
        return worded(setting) if isinstance(setting, bool) else setting

    default = getattr(SamplerSettings(), name)
    is_number = isinstance(default, int | float) and not isinstance(default, bool)
    return RunColumn(name, KNOBS[name].label, value, worded, is_number)


SETTINGS = {name: _setting(name) for name in KNOBS}
"""A column for every setting, by its name."""
GROUPINGS = {column.name: column for column in (MODEL, *SETTINGS.values(), SESSION, REASON)}
"""The columns that runs may be grouped by, by name."""


def settings_shown(rows: Sequence[RunRow]) -> list[RunColumn]:
    """The settings that matter: the main knobs, and every other one in which the runs differ."""
    return [
        column for name, column in SETTINGS.items() if KNOBS[name].main or len({column.cell(row) for row in rows}) > 1
    ]


def columns_of(rows: Sequence[RunRow]) -> list[RunColumn]:
    """The columns of a table of runs."""
    models = [MODEL] if len({MODEL.cell(row) for row in rows}) > 1 else []
    return [SESSION, RUN, *models, *settings_shown(rows), *MEASURES, REASON, ANSWER]


def column_named(name: str) -> RunColumn | None:
    """The column with a name or label, as a person types it; None if there is none."""
    key = name.strip().lower()
    columns = (*GROUPINGS.values(), *MEASURES, RUN, ANSWER)
    by_name = next((column for column in columns if column.name == key.replace("-", "_")), None)
    return by_name or next((column for column in columns if column.label == key.replace("_", " ")), None)


def in_order(rows: Iterable[RunRow], column: RunColumn, *, largest_first: bool = False) -> list[RunRow]:
    """The rows sorted by a column; those without a value come last, and equal ones keep their order."""
    rows = list(rows)
    with_value = [row for row in rows if column.value(row) is not None]
    with_value.sort(key=lambda row: _sort_key(column.value(row)), reverse=largest_first)
    return with_value + [row for row in rows if column.value(row) is None]


def _sort_key(value: Value) -> tuple[bool, Any]:
    return isinstance(value, str), value.lower() if isinstance(value, str) else value


# -- groups -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RunGroup:
    """Runs that have one value of a setting. ``means`` are those of `MEASURES`, by name, over the runs that have a
    value; None where no run has one."""

    value: Value
    rows: tuple[RunRow, ...]
    means: dict[str, float | None]


def grouped(
    rows: Iterable[RunRow], by: RunColumn, sort: RunColumn | None = None, *, largest_first: bool = False
) -> list[RunGroup]:
    """The groups of runs with the same value of a column: by that value, or by the mean of a measured column."""
    members: dict[Value, list[RunRow]] = {}
    for row in in_order(rows, by, largest_first=largest_first and sort is None):
        members.setdefault(by.value(row), []).append(row)
    groups = [RunGroup(value, tuple(group), _means(group)) for value, group in members.items()]
    if sort is None or not sort.has_mean:
        return groups
    with_mean = [group for group in groups if group.means[sort.name] is not None]
    with_mean.sort(key=lambda group: group.means[sort.name] or 0.0, reverse=largest_first)
    return with_mean + [group for group in groups if group.means[sort.name] is None]


def _means(rows: Sequence[RunRow]) -> dict[str, float | None]:
    means: dict[str, float | None] = {}
    for column in MEASURES:
        values = [value for row in rows if isinstance(value := column.value(row), int | float)]
        means[column.name] = sum(values) / len(values) if values else None
    return means
