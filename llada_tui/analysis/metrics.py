"""Metrics of a run, a number for each step: masks left, confidence, entropy, tokens committed, time."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from math import inf

from llada_tui.analysis.recomputed import Recomputed
from llada_tui.trace.events import StepEvent
from llada_tui.trace.run import Run


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric. ``at`` gives its value after a step (run, frame, step), None where the step has none.

    ``digits`` are those after the point. ``top`` is the end of its scale, where that is fixed. ``share``: the value is
    from 0 to 1 and shown in percent.
    """

    name: str
    label: str
    at: Callable[[Run, int, StepEvent], float | None]
    digits: int = 0
    unit: str = ""
    top: float | None = None
    share: bool = False

    def words(self, value: float | None) -> str:
        """A value in words."""
        if value is None:
            return "–"
        return f"{value:.0%}" if self.share else f"{value:.{self.digits}f}{self.unit}"


def _masks(run: Run, frame: int, step: StepEvent) -> float:
    """Positions without a token that is kept."""
    return float(run.masks_left(frame))


def _predicted(run: Run, frame: int, step: StepEvent) -> float | None:
    """Mean confidence of everything the step predicted, committed or not."""
    return _mean([choice.confidence for choices in (step.commits, step.predictions) for choice in choices])


def _committed(run: Run, frame: int, step: StepEvent) -> float | None:
    """Mean confidence of the predictions that the step committed."""
    return _mean([choice.confidence for choice in step.commits])


def _entropy(run: Run, frame: int, step: StepEvent) -> float | None:
    """Mean entropy of the step's predictions, in nats."""
    return step.entropy


def _count(run: Run, frame: int, step: StepEvent) -> float:
    """Tokens that the step committed."""
    return float(len(step.commits))


def _milliseconds(run: Run, frame: int, step: StepEvent) -> float:
    return step.seconds * 1000


def _recomputed(run: Run, frame: int, step: StepEvent) -> float | None:
    """Share of the canvas, over all layers, that the step computed anew."""
    return Recomputed(run).mean(frame)


def _length(run: Run, frame: int, step: StepEvent) -> float:
    """Positions of the canvas."""
    return float(run.length_at(frame))


def _ends(run: Run, frame: int, step: StepEvent) -> float | None:
    """The density of ends of text by which the length policy decided."""
    return step.ends


def _mean(values: list[float]) -> float | None:
    return sum(values) / len(values) if values else None


METRICS = (
    Metric("masks", "masks left", _masks),
    Metric("confidence", "confidence", _predicted, top=1.0, share=True),
    Metric("kept", "confidence kept", _committed, top=1.0, share=True),
    Metric("entropy", "entropy", _entropy, digits=2, unit=" nats"),
    Metric("commits", "kept a step", _count),
    Metric("milliseconds", "time a step", _milliseconds, digits=1, unit=" ms"),
)
"""The metrics of every run, in the order in which they are shown."""
_CANVAS = (
    Metric("length", "canvas", _length),
    Metric("ends", "density of ends", _ends, top=1.0, share=True),
)
_RECORDED = Metric("recomputed", "computed anew", _recomputed, top=1.0, share=True)


def metrics_of(run: Run) -> tuple[Metric, ...]:
    """The metrics of a run: `METRICS`, the canvas where it may change its length, and the share computed anew where the
    run records that. Where there is noise nothing is a mask, and a small entropy ends the run: it has more digits."""
    settings = run.start.settings
    canvas = () if settings.has_fixed_length else _CANVAS
    metrics = [_of_noise(metric, run) if run.has_noise else metric for metric in METRICS]
    return (*metrics, *canvas, *((_RECORDED,) if settings.recomputed else ()))


def _of_noise(metric: Metric, run: Run) -> Metric:
    """A metric as it is for a run with noise."""
    if metric.name == "masks":
        return replace(metric, label=run.undecided_word)
    return replace(metric, digits=3) if metric.name == "entropy" else metric


class RunMetrics:
    """Every metric of a run, by step; `update` takes in what a growing run has added."""

    def __init__(self, run: Run, seconds: float = inf) -> None:
        """``seconds`` as for `update`."""
        self.run = run
        self.metrics = metrics_of(run)
        self.values: dict[str, list[float | None]] = {metric.name: [] for metric in self.metrics}
        """By the metric's name, the value after each step."""
        self._steps_read = 0
        self._tops: dict[str, float] = {}
        self.update(seconds)

    def update(self, seconds: float = inf) -> bool:
        """Take in the steps that were added, for at most so many processor seconds; whether all of them are read."""
        run, end = self.run, time.thread_time() + seconds
        before = self._steps_read
        first = max(before - 1, 0)  # masks may have been set by hand after the last step that was read
        for index in range(first, run.last):
            for metric in self.metrics:
                self.values[metric.name][index:] = [metric.at(run, index + 1, run.steps[index])]
            self._steps_read = index + 1
            if index >= before and time.thread_time() > end:
                break
        for metric in self.metrics:
            start = float(run.masks_left(0)) if metric.name == "masks" else 0.0
            largest = max((value for value in self.values[metric.name] if value is not None), default=0.0)
            self._tops[metric.name] = max(start, largest) if metric.top is None else metric.top
        return self._steps_read >= run.last

    def top(self, metric: Metric) -> float:
        """The end of a metric's scale: its fixed one, or its largest value."""
        return self._tops[metric.name]
