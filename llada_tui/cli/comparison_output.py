"""A comparison as it is told: a table, texts in which what differs is marked, or JSON."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from math import isnan
from typing import TYPE_CHECKING, Any

from rich.cells import cell_len

from llada_tui.analysis.differences import differing
from llada_tui.cli.output import columns, hung, say_prose, table
from llada_tui.cli.run_summary import summary
from llada_tui.settings.vary import Lane, worded
from llada_tui.trace.run import Run
from llada_tui.trace.text import clean

if TYPE_CHECKING:
    from llada_tui.diffusion.likelihood import Likelihood


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a lane, and how likely the model finds its answer (None: not asked, or there is none)."""

    lane: Lane
    run: Run
    likelihood: Likelihood | None

    @property
    def tokens_a_step(self) -> float:
        written = self.run.masks_left(0) - self.run.masks_left(self.run.last)
        return written / self.run.last if self.run.last else 0.0


def lines(results: list[Result], *, together: bool) -> list[str]:
    """The table, and what its columns mean; ``together``: whether lanes shared steps."""
    scored = any(one.likelihood for one in results)
    found = [*_varied(results), *_measured(results, scored)]
    notes = []
    width, left_out = room(), []
    for name in ("per token", "tokens/step"):
        if max(map(cell_len, _tabled(found))) > width and any(name == one[0] for one in found):
            found = [one for one in found if one[0] != name]
            left_out.append(name)
    if left_out:
        notes.append(f"In a wider terminal, and with --json: {', '.join(reversed(left_out))}.")
    if scored:
        notes.append("log p: how likely the model finds the answer, in nats.")
    if together:
        notes.append("time: a lane's share of the steps that lanes made together; --apart times each by itself.")
    return [*_tabled(found), *([""] if notes else []), *map(hung, notes)]


def room() -> int:
    """Cells that the table may take: what it needs, where it goes into a pipe."""
    return columns(sys.maxsize) if sys.stdout.isatty() else sys.maxsize


def _tabled(found: list[tuple[str, list[str], bool]]) -> list[str]:
    rows = list(zip(*([name, *cells] for name, cells, _ in found), strict=True))
    return table(rows, right=tuple(at for at, (_, _, number) in enumerate(found) if number))


def _varied(results: list[Result]) -> list[tuple[str, list[str], bool]]:
    """The columns of what tells the lanes apart: name, cells, and whether they are numbers."""
    found = [("lane", [str(number) for number in range(1, len(results) + 1)], True)]
    for name in dict.fromkeys(name for one in results for name in one.lane.varied):
        values = [one.lane.varied.get(name) for one in results]
        numbers = not any(isinstance(value, str | bool) for value in values)
        found.append((name, ["-" if value is None else worded(value) for value in values], numbers))
    return found


def _measured(results: list[Result], scored: bool) -> list[tuple[str, list[str], bool]]:
    runs = [one.run for one in results]
    found = [
        ("steps", [str(one.lane.settings.steps) for one in results]),
        ("passes", [str(run.last) for run in runs]),
        ("time", [f"{run.seconds(run.last):.2f} s" for run in runs]),
        ("tokens/step", [f"{one.tokens_a_step:.1f}" for one in results]),
        ("log p", [_nats(one.likelihood) for one in results]),
        ("per token", [f"{one.likelihood.per_token:.2f}" if one.likelihood else "-" for one in results]),
    ]
    told = any("steps" in one.lane.varied for one in results)
    return [(name, cells, True) for name, cells in found[1 if told else 0 : None if scored else 4]]


def _nats(found: Likelihood | None) -> str:
    if found is None:
        return "-"
    error = found.standard_error
    return f"{found.total:.2f}" if error == 0 or isnan(error) else f"{found.total:.2f} ± {error:.2f}"


def print_texts(results: list[Result]) -> None:
    """Every lane's text, on a terminal with the words underlined that the first lane does not have."""
    from rich.text import Text

    texts = [clean(one.run.answer()) for one in results]
    for at, (one, text) in enumerate(zip(results, texts, strict=True)):
        say_prose(Text(f"\n{at + 1}  {one.lane.label}", style="bold"))
        if text in texts[:at]:
            say_prose(Text(f"the same as lane {texts.index(text) + 1}", style="dim"))
        elif not text:
            say_prose(Text("no text", style="dim"))
        else:
            marked = differing(text, texts[0]) if at else [(text, False)]
            say_prose(Text.assemble(*((part, "underline" if new else "") for part, new in marked)))


def objects(results: list[Result]) -> dict[str, Any]:
    """The model and every lane, for JSON."""
    told = [summary(one.run) for one in results]
    models = [one.pop("model") for one in told]
    for number, (one, own) in enumerate(zip(results, told, strict=True), 1):
        found = one.likelihood
        error = None if found is None or isnan(found.standard_error) else found.standard_error
        own.update(
            lane=number,
            varied=one.lane.varied,
            tokens_per_step=one.tokens_a_step,
            log_likelihood=found.total if found else None,
            standard_error=error,
            per_token=found.per_token if found else None,
        )
    return {"model": models[0], "lanes": told}
