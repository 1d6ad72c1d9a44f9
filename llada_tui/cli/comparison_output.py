"""A comparison as it is told: a table, texts in which what differs is marked, or JSON."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Any, NamedTuple

from rich.cells import cell_len

from llada_tui.analysis.differences import marked_differences
from llada_tui.cli.output import columns, hung, say_prose, table
from llada_tui.cli.run_summary import summary
from llada_tui.settings.vary import Lane, worded
from llada_tui.trace.run import Run
from llada_tui.trace.text import clean


class LaneLikelihood(NamedTuple):
    """The log-likelihood of an answer of ``length`` tokens: in nats, with the standard error of that (0: exact, None:
    not known)."""

    total: float
    standard_error: float | None
    length: int

    @property
    def per_token(self) -> float:
        return self.total / self.length


@dataclass(frozen=True, slots=True)
class LaneResult:
    """The run of a lane, and the log-likelihood of its answer (None: not asked, or there is none)."""

    lane: Lane
    run: Run
    likelihood: LaneLikelihood | None

    @property
    def tokens_a_step(self) -> float:
        written = self.run.written(self.run.last)
        return written / self.run.last if self.run.last else 0.0


def lines(results: list[LaneResult], *, together: bool) -> list[str]:
    """The table, and what its columns mean; ``together``: whether lanes shared steps."""
    scored = any(result.likelihood for result in results)
    shown = [*_varied(results), *_measured(results, scored)]
    notes = []
    width, left_out = room(), []
    for name in ("per token", "tokens/step"):
        if max(map(cell_len, _tabled(shown))) > width and any(name == column.name for column in shown):
            shown = [column for column in shown if column.name != name]
            left_out.append(name)
    if left_out:
        notes.append(f"In a wider terminal, and with --json: {', '.join(reversed(left_out))}.")
    if scored:
        notes.append("log p: how likely the model finds the answer, in nats.")
    if together:
        notes.append("time: a lane's share of the steps that lanes made together; --apart times each by itself.")
    return [*_tabled(shown), *([""] if notes else []), *map(hung, notes)]


def room() -> int:
    """Cells that the table may take: what it needs, where it goes into a pipe."""
    return columns(sys.maxsize) if sys.stdout.isatty() else sys.maxsize


class LaneColumn(NamedTuple):
    """A column of the table; numbers are aligned to the right."""

    name: str
    cells: list[str]
    numbers: bool = True


def _tabled(columns: list[LaneColumn]) -> list[str]:
    rows = list(zip(*([column.name, *column.cells] for column in columns), strict=True))
    return table(rows, right=tuple(place for place, column in enumerate(columns) if column.numbers))


def _varied(results: list[LaneResult]) -> list[LaneColumn]:
    """The columns that tell the lanes apart."""
    columns = [LaneColumn("lane", [str(number) for number in range(1, len(results) + 1)])]
    for name in dict.fromkeys(name for result in results for name in result.lane.varied):
        values = [result.lane.varied.get(name) for result in results]
        numbers = not any(isinstance(value, str | bool) for value in values)
        columns.append(LaneColumn(name, ["-" if value is None else worded(value) for value in values], numbers))
    return columns


def _measured(results: list[LaneResult], scored: bool) -> list[LaneColumn]:
    """The columns of figures that were measured of the lanes."""
    runs = [result.run for result in results]
    scores = [result.likelihood for result in results]
    steps = LaneColumn("steps", [str(result.lane.settings.steps) for result in results])
    return [
        *([] if any("steps" in result.lane.varied for result in results) else [steps]),
        LaneColumn("passes", [str(run.last) for run in runs]),
        LaneColumn("time", [f"{run.seconds(run.last):.2f} s" for run in runs]),
        LaneColumn("tokens/step", [f"{result.tokens_a_step:.1f}" for result in results]),
        *([LaneColumn("log p", [_nats(score) for score in scores])] if scored else []),
        *(
            [LaneColumn("per token", [f"{score.per_token:.2f}" if score else "-" for score in scores])]
            if scored
            else []
        ),
    ]


def _nats(score: LaneLikelihood | None) -> str:
    if score is None:
        return "-"
    error = score.standard_error
    return f"{score.total:.2f} ± {error:.2f}" if error else f"{score.total:.2f}"


def print_texts(results: list[LaneResult]) -> None:
    """Every lane's text, on a terminal with the words underlined that the first lane does not have."""
    from rich.text import Text

    texts = [clean(result.run.answer()) for result in results]
    for place, (result, text) in enumerate(zip(results, texts, strict=True)):
        say_prose(Text(f"\n{place + 1}  {result.lane.label}", style="bold"))
        if text in texts[:place]:
            say_prose(Text(f"the same as lane {texts.index(text) + 1}", style="dim"))
        elif not text:
            say_prose(Text("no text", style="dim"))
        else:
            marked = marked_differences(text, texts[0]) if place else [(text, False)]
            say_prose(Text.assemble(*((part, "underline" if new else "") for part, new in marked)))


def objects(results: list[LaneResult]) -> dict[str, Any]:
    """The model and every lane, for JSON."""
    lanes = [summary(result.run) for result in results]
    models = [lane.pop("model") for lane in lanes]
    for number, (result, lane) in enumerate(zip(results, lanes, strict=True), 1):
        score = result.likelihood
        lane.update(
            lane=number,
            varied=result.lane.varied,
            tokens_per_step=result.tokens_a_step,
            log_likelihood=score.total if score else None,
            standard_error=score.standard_error if score else None,
            per_token=score.per_token if score else None,
        )
    return {"model": models[0], "lanes": lanes}
