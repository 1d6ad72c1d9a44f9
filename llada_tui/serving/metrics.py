"""Counts of a server, in the text form that Prometheus reads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from llada_tui.trace.events import CANCELLED, FAILED, FINISHED

_EDGES = (0.1, 0.5, 1.0, 5.0, 10.0, 60.0)
"""Upper edges, in seconds, of the counts of times in the queue."""
MEDIA_TYPE = "text/plain; version=0.0.4"
"""The type of the text form."""


@dataclass
class Metrics:
    """Counts since the server began, and how it is now."""

    requests: int = 0
    refused: int = 0
    steps: int = 0
    deaths: int = 0
    dropped: int = 0
    runs: dict[str, int] = field(default_factory=lambda: {FINISHED: 0, CANCELLED: 0, FAILED: 0})
    waits: list[int] = field(default_factory=lambda: [0] * len(_EDGES))
    wait_count: int = 0
    wait_sum: float = 0.0
    waiting: int = 0
    at_work: int = 0
    ready: int = 0
    """Workers that answer."""

    def count_end(self, reason: str) -> None:
        """A run ended for this reason, or could not begin, which counts as failed."""
        self.runs[reason if reason in self.runs else FAILED] += 1

    def count_wait(self, seconds: float) -> None:
        """A run began, so long after it was asked for."""
        self.wait_count += 1
        self.wait_sum += seconds
        for number, edge in enumerate(_EDGES):
            self.waits[number] += seconds <= edge

    def text(self) -> str:
        """The text form."""
        return "\n".join(self._lines()) + "\n"

    def _lines(self) -> Iterator[str]:
        for name, kind, help, value in (
            ("requests_total", "counter", "Requests that were taken into the queue.", self.requests),
            ("refused_total", "counter", "Requests for which the queue had no room.", self.refused),
            ("steps_total", "counter", "Steps that were made.", self.steps),
            ("worker_deaths_total", "counter", "Times that the worker ended by itself.", self.deaths),
            ("readers_dropped_total", "counter", "Readers that were too slow.", self.dropped),
            ("waiting", "gauge", "Requests that wait.", self.waiting),
            ("at_work", "gauge", "Requests whose runs are being made.", self.at_work),
            ("ready", "gauge", "Workers that answer.", self.ready),
        ):
            yield f"# HELP llada_tui_{name} {help}"
            yield f"# TYPE llada_tui_{name} {kind}"
            yield f"llada_tui_{name} {value}"
        yield "# HELP llada_tui_runs_total Runs that ended, by the reason."
        yield "# TYPE llada_tui_runs_total counter"
        for reason, count in self.runs.items():
            yield f'llada_tui_runs_total{{reason="{reason}"}} {count}'
        yield "# HELP llada_tui_wait_seconds Time from a request to its run's beginning."
        yield "# TYPE llada_tui_wait_seconds histogram"
        for edge, count in zip(_EDGES, self.waits, strict=True):
            yield f'llada_tui_wait_seconds_bucket{{le="{edge}"}} {count}'
        yield f'llada_tui_wait_seconds_bucket{{le="+Inf"}} {self.wait_count}'
        yield f"llada_tui_wait_seconds_sum {self.wait_sum:.3f}"
        yield f"llada_tui_wait_seconds_count {self.wait_count}"


def total(parts: Sequence[Metrics]) -> Metrics:
    """The counts of several servers together."""
    if not parts:
        return Metrics()
    return Metrics(**{each.name: _sum([getattr(part, each.name) for part in parts]) for each in fields(Metrics)})


def _sum(values: list[Any]) -> Any:
    if isinstance(values[0], dict):
        return {name: _sum([value[name] for value in values]) for name in values[0]}
    if isinstance(values[0], list):
        return [_sum(list(numbers)) for numbers in zip(*values, strict=True)]
    return sum(values)
