"""The progress of a run, from 0 to 1: by steps, or by the clock."""

import time
from dataclasses import dataclass
from typing import Protocol


class Clock(Protocol):
    """Something that knows how far the run is."""

    def progress(self, step: int, seconds: float) -> float:
        """The part that is done after this many steps and seconds of training."""
        ...

    def left(self, step: int, seconds: float) -> float:
        """Seconds left, as far as can be told."""
        ...


@dataclass(frozen=True, slots=True)
class StepClock:
    """A run of a fixed number of steps: the same on every machine."""

    total: int

    def progress(self, step: int, seconds: float) -> float:
        """The part of the steps that is done."""
        return step / self.total

    def left(self, step: int, seconds: float) -> float:
        """From the mean time of a step."""
        return (self.total - step) * seconds / max(step, 1)


@dataclass(frozen=True, slots=True)
class Deadline:
    """A run that ends at a time of day, whatever the machine manages until then; time lost to a kill is not made up."""

    at: float

    def progress(self, step: int, seconds: float) -> float:
        """The part of the training time that is done."""
        return seconds / max(seconds + self.left(step, seconds), 1e-9)

    def left(self, step: int, seconds: float) -> float:
        """From the wall clock."""
        return max(0.0, self.at - time.time())
