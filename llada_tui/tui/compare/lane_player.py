"""A playhead over several runs: where each of them is at a moment, in step or in time. No widgets."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from llada_tui.drawing.pace import DWELL, least_stay
from llada_tui.drawing.run_states import DONE, run_state
from llada_tui.trace.run import Run
from llada_tui.tui.player.player import Player


class LanePlayer(Player):
    """Moves over runs side by side; its frames are moments.

    In step, a moment is a number of steps, which each run has made or was done before. In time, a moment is when one
    of them made a step, by the seconds that each needed for its own: who is faster is ahead. A moment is known once
    no run that goes on can still do anything before it.
    """

    def __init__(self, dwell: float = DWELL) -> None:
        super().__init__(dwell)
        self.runs: list[Run] = []
        self.in_time = False
        self._seconds: list[list[float]] = []
        """For each run, the time at which each of its frames was there."""
        self._times: list[float] = []
        """The times of the moments, in order."""
        self._lengths: tuple[object, ...] = ()

    def show_runs(self, runs: Sequence[Run], now: float, *, play: bool = True, frame: int = 0) -> None:
        """Put runs on show from a moment on."""
        self.runs = list(runs)
        self._seconds = [[0.0] for _ in self.runs]
        self._lengths = ()
        self.frame, self.playing, self._since = max(0, min(frame, self.last)), play, now

    def change_pace(self, in_time: bool) -> None:
        """Go in time or in step from the place where the runs are now."""
        at_end, frames = self.at_end, self.frames
        time = max((run.seconds(frame) for run, frame in zip(self.runs, frames, strict=True)), default=0.0)
        self.in_time = in_time
        if at_end:
            self.frame = self.last
        elif in_time:
            self.frame = bisect_right(self._moments(), time) - 1
        else:
            self.frame = min(max(frames, default=0), self.last)

    # -- what a player asks -------------------------------------------------------------------------------------------

    @property
    def empty(self) -> bool:
        return not self.runs

    @property
    def ended(self) -> bool:
        return all(run.end is not None for run in self.runs)

    @property
    def end_state(self) -> str:
        states = [run_state(run, run.last) for run in self.runs]
        return next((state for state in states if state != DONE), DONE)

    @property
    def last(self) -> int:
        if self.in_time:
            return max(len(self._moments()) - 1, 0)
        going_on = [run.last for run in self.runs if run.end is None]
        return min(going_on) if going_on else max((run.last for run in self.runs), default=0)

    @property
    def total(self) -> int:
        if self.ended:
            return self.last
        steps = [run.last if run.end is not None else run.expected_steps for run in self.runs]
        return max(self.last, sum(steps) if self.in_time else max(steps))

    @property
    def place(self) -> str:
        if not self.in_time:
            return super().place
        total = self._times[-1] if self._moments() else 0.0
        unit, digits = (1, 1) if total >= 10 else (1000, 0)
        width = len(f"{total * unit:.{digits}f}")
        return f"{self.seconds * unit:>{width}.{digits}f}/{total * unit:.{digits}f} {'s' if unit == 1 else 'ms'}"

    def _stay(self, frame: int) -> float:
        if not self.in_time:
            steps = [(run, run.steps[frame]) for run in self.runs if frame < run.last]
            stays = (max(least_stay(run, step, self.dwell), step.seconds) for run, step in steps)
            return max(stays, default=0.0) / self.speed
        times = self._moments()
        total_steps = sum(run.last for run in self.runs)
        mean = sum(run.seconds(run.last) for run in self.runs) / total_steps if total_steps else 0.0
        slowed = max(1.0, self.dwell / mean) if mean else 1.0
        return (times[frame + 1] - times[frame]) * slowed / self.speed

    # -- moments ------------------------------------------------------------------------------------------------------

    @property
    def seconds(self) -> float:
        """In time, how long each run has been at work at the moment on show."""
        times = self._moments()
        return times[min(self.frame, len(times) - 1)] if times else 0.0

    @property
    def frames(self) -> list[int]:
        """The frame of each run at the moment on show."""
        if not self.in_time:
            return [min(self.frame, run.last) for run in self.runs]
        self._moments()
        now = self.seconds
        return [bisect_right(times, now) - 1 for times in self._seconds]

    def _moments(self) -> list[float]:
        """The times of all moments so far."""
        lengths = tuple((run.last, run.end is None) for run in self.runs)
        if lengths != self._lengths or not self._times:
            self._lengths = lengths
            for run, times in zip(self.runs, self._seconds, strict=True):
                times += [run.seconds(frame) for frame in range(len(times), run.last + 1)]
            until = min((times[-1] for run, times in zip(self.runs, self._seconds, strict=True) if run.end is None),
                        default=float("inf"))  # fmt: skip
            self._times = sorted({time for times in self._seconds for time in times if time <= until})
        return self._times
