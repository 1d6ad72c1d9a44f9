"""The table at the end of an evaluation: as cells for a terminal, as Markdown, and as what JSON holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isfinite
from typing import Any

import msgspec

from llada_tui.evaluation.plan import PlannedTask
from llada_tui.evaluation.request_cost import RequestCost

HEAD = ("task", "metric", "ours", "stderr", "published", "tokens/pass", "seconds")
NUMBERS = (2, 3, 4, 5, 6)
"""The columns of numbers."""


class ResultRow(msgspec.Struct, frozen=True):
    """One metric of one task. ``value`` and ``stderr`` are the harness's; ``published`` is in percent.

    ``tokens`` were generated in ``passes`` forward passes (none for likelihoods), in ``seconds`` in all, of all
    processes; those of a metric belong to its task.
    """

    task: str
    metric: str
    value: float
    stderr: float | None
    higher_is_better: bool
    published: float | None
    documents: int
    tokens: int
    passes: int
    seconds: float

    @property
    def is_share(self) -> bool:
        """Whether the value is a part of all documents, and shown in percent."""
        return self.higher_is_better and 0 <= self.value <= 1

    def cells(self) -> tuple[str, ...]:
        """The row's cells, in the order of `HEAD`."""
        scale = 100 if self.is_share else 1
        return (
            self.task,
            self.metric,
            f"{scale * self.value:.1f}{'%' if self.is_share else ''}",
            "-" if self.stderr is None else f"{scale * self.stderr:.1f}",
            "-" if self.published is None else f"{self.published:.1f}%",
            f"{self.tokens / self.passes:.2f}" if self.passes else "-",
            f"{self.seconds:.1f}",
        )


def result_rows(planned: PlannedTask, results: Mapping[str, Any], costs: Sequence[RequestCost]) -> list[ResultRow]:
    """The rows of a planned task from what the harness gave: those of its group, where it is one that has scores of its
    own, else of each of its tasks."""
    groups, tasks = results.get("groups", {}), results["results"]
    names = [name for name in groups if name == planned.task] or [
        name for name in tasks if name not in groups and name in results["n-samples"]
    ]
    rows = []
    for name in names:
        scores = groups.get(name) or tasks[name]
        members = _members(name, results) or {name}
        rows += _rows(planned, name, scores, results, [cost for cost in costs if cost.task in members])
    return rows


def _members(name: str, results: Mapping[str, Any]) -> set[str]:
    """The tasks of a group, at any depth."""
    members: set[str] = set()
    for child in results.get("group_subtasks", {}).get(name, ()):
        members |= _members(child, results) or {child}
    return members


def _rows(
    planned: PlannedTask, name: str, scores: Mapping[str, Any], results: Mapping[str, Any], costs: list[RequestCost]
) -> list[ResultRow]:
    rows = []
    documents = {(cost.task, cost.document) for cost in costs}
    better = results.get("higher_is_better", {}).get(name, {})
    for key, value in scores.items():
        metric, _, way = key.partition(",")
        if not way or metric.endswith("_stderr") or not isinstance(value, int | float):
            continue
        error = scores.get(f"{metric}_stderr,{way}")
        rows.append(
            ResultRow(
                name,
                metric if way == "none" else f"{metric} ({way})",
                float(value),
                float(error) if isinstance(error, int | float) and isfinite(error) else None,
                better.get(metric) is not False,
                planned.published if metric == planned.metric and name == planned.task else None,
                len(documents),
                sum(cost.tokens for cost in costs),
                sum(cost.passes for cost in costs),
                round(sum(cost.seconds for cost in costs), 3),
            )
        )
    return rows


def markdown(rows: Sequence[ResultRow]) -> str:
    """The table in Markdown."""
    lines = [HEAD, tuple("--:" if column in NUMBERS else "---" for column in range(len(HEAD)))]
    lines += [row.cells() for row in rows]
    return "".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |\n" for line in lines)
