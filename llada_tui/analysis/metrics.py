"""Figures of a run, one a step: masks left, how sure the model was, how much it kept, how long it took."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from llada_tui.trace.events import StepEvent
from llada_tui.trace.run import Run


@dataclass(frozen=True, slots=True)
class Measure:
    """One figure. ``at`` gives its value after a step, None where the step has none.

    ``top`` is the end of its scale, where that is fixed; ``share`` says that it is a share of 1, shown in percent.
    """

    name: str
    label: str
    help: str
    at: Callable[[Run, int, StepEvent], float | None]
    digits: int = 0
    unit: str = ""
    top: float | None = None
    share: bool = False

    def words(self, value: float | None) -> str:
        """A value as it is written: of the same width while it changes little."""
        if value is None:
            return "–"
        return f"{value:.0%}" if self.share else f"{value:.{self.digits}f}{self.unit}"


def _masks(run: Run, frame: int, step: StepEvent) -> float:
    return float(run.masks_left(frame))


def _predicted(run: Run, frame: int, step: StepEvent) -> float | None:
    return _mean([choice.confidence for choices in (step.commits, step.predictions) for choice in choices])


def _kept(run: Run, frame: int, step: StepEvent) -> float | None:
    return _mean([choice.confidence for choice in step.commits])


def _mean(values: list[float]) -> float | None:
    return sum(values) / len(values) if values else None


MEASURES = (
    Measure("masks", "masks left", "Positions that are still masks.", _masks),
    Measure(
        "confidence",
        "confidence",
        "Mean confidence of everything the step predicted, kept or not.",
        _predicted,
        top=1.0,
        share=True,
    ),
    Measure(
        "kept",
        "confidence kept",
        "Mean confidence of the predictions that the step kept.",
        _kept,
        top=1.0,
        share=True,
    ),
    Measure(
        "entropy",
        "entropy",
        "Mean entropy of the step's predictions, in nats: how many tokens the model wavers between.",
        lambda run, frame, step: step.entropy,
        digits=2,
        unit=" nats",
    ),
    Measure(
        "commits",
        "kept a step",
        "Tokens that the step kept.",
        lambda run, frame, step: float(len(step.commits)),
    ),
    Measure(
        "milliseconds",
        "time a step",
        "Milliseconds that the step took.",
        lambda run, frame, step: step.seconds * 1000,
        digits=1,
        unit=" ms",
    ),
)
"""Every figure, in the order in which they are shown."""


class Measures:
    """Every measure of a run, by step; `update` brings them up to date with a run that grows."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.values: dict[str, list[float | None]] = {measure.name: [] for measure in MEASURES}
        """By the measure's name, the value after each step."""
        self._seen = 0
        self.update()

    def update(self) -> bool:
        """Take in the steps that were added. Returns whether there were any."""
        before, run = self._seen, self.run
        again = max(before - 1, 0)  # masks may have been set by hand after the last step that was seen
        for measure in MEASURES:
            values = self.values[measure.name]
            values[again:] = [measure.at(run, at + 1, run.steps[at]) for at in range(again, run.last)]
        self._seen = run.last
        return before < self._seen

    def top(self, measure: Measure) -> float:
        """The end of a measure's scale: its fixed one, or its largest value."""
        if measure.top is not None:
            return measure.top
        first = float(self.run.masks_left(0)) if measure.name == "masks" else 0.0
        return max(first, max((value for value in self.values[measure.name] if value is not None), default=0.0))
