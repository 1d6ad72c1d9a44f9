"""The positions that each step of a run computed anew, where a cache policy took the others from earlier steps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from llada_tui.trace.events import StepData
from llada_tui.trace.run import Run


def is_recorded(run: Run) -> bool:
    """Whether a run records, at least from one of its steps on, which positions were computed anew."""
    return run.start.settings.recomputed or any(retune.settings.recomputed for retune in run.retunes)


class Recomputed:
    """The part of the layers that computed each position anew, in each step of a run."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self._frame = 0
        self._shares: Sequence[float] = ()
        """By place, of the last frame asked for."""
        self._positions: Sequence[int] = range(0)
        self._places: Mapping[int, int] = {}
        """By position: the place, where the two are not the same."""

    def share(self, position: int, frame: int) -> float | None:
        """The share of a position, from 0 to 1, in the step before a frame. None where that is not recorded, where the
        step computed nothing, and where the position came after the step's pass."""
        if frame != self._frame:
            self._read(frame)
        place = position if isinstance(self._positions, range) else self._places.get(position, -1)
        return self._shares[place] if 0 <= place < len(self._shares) else None

    def mean(self, frame: int) -> float | None:
        """The part of the canvas, over all layers, that the step before a frame computed anew; None as in `share`."""
        self._read(frame)
        return sum(self._shares) / len(self._shares) if self._shares else None

    def _read(self, frame: int) -> None:
        self._frame, self._shares = frame, ()
        if not frame:
            return
        step, positions = self.run.steps[frame - 1], self.run.positions.of(frame - 1)
        if positions is not self._positions:
            self._positions = positions
            is_same = isinstance(positions, range)
            self._places = {} if is_same else {position: place for place, position in enumerate(positions)}
        if step.recomputed:
            self._shares = step.recomputed[: len(positions)]
        elif self.run.settings_at(frame - 1).recomputed and _has_worked(step):
            self._shares = [1.0] * len(positions)  # without a cache every layer computes everything


def _has_worked(step: StepData) -> bool:
    """Whether a step had a pass of its own: its run may have waited for others of a batch."""
    changed = step.commits or step.predictions or step.edits or step.remasked
    return step.entropy is not None or bool(changed)


def recomputed_words(share: float) -> str:
    """The words on a share of the layers that computed a position anew."""
    if 0 < share < 1:
        return f"computed anew in {share:.0%} of the layers"
    return "computed anew" if share else "from the cache"
