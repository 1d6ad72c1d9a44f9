"""The playhead: which frame of a run is on show. It moves at its own pace over a run that may still be growing."""

from __future__ import annotations

from llada_tui.drawing.pace import DWELL, least_stay
from llada_tui.drawing.run_states import DONE, HELD, PAUSED, SAMPLING, SHOWING, run_state
from llada_tui.trace.run import Run

SPEEDS = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0, float("inf"))
"""Playing speeds; infinite is as fast as steps come."""


class Player:
    """Moves over a run by the clock it is given. Knows nothing of a screen: `tick` says whether the frame changed.

    At speed 1 a step stays for as long as it took to make, and at least for ``dwell`` seconds, so that a fast model
    can be watched; one that keeps only ends of text passes sooner. A player that plays and has come to the end of a
    growing run waits there: it follows.
    """

    def __init__(self, dwell: float = DWELL) -> None:
        self.dwell = dwell
        self.speed = 1.0
        self.run: Run | None = None
        self.frame = 0
        self.held = False
        """Whether the sampler waits before the next step of a run that goes on."""
        self.playing = False
        self._since = 0.0
        self._waiting = False

    def show(self, run: Run | None, now: float, *, play: bool = True, frame: int = 0) -> None:
        """Put a run on show from a frame on."""
        self.run, self.frame, self.playing, self._since = run, 0, play, now
        if run is not None:
            self.frame = run.clamp(frame)

    @property
    def empty(self) -> bool:
        """Whether there is nothing to show."""
        return self.run is None

    @property
    def ended(self) -> bool:
        """Whether there will be no further frames."""
        return self.run is None or self.run.end is not None

    @property
    def last(self) -> int:
        return self.run.last if self.run is not None else 0

    @property
    def total(self) -> int:
        """Frames to be expected: a run that is going on is to make as many steps as were asked for."""
        run = self.run
        if run is None or run.end is not None:
            return self.last
        return max(run.last, run.expected_steps - run.start.step)

    @property
    def place(self) -> str:
        """The place of the playhead, in words whose width does not change. A branch goes on with its parent's steps."""
        before = self.run.start.step if self.run is not None else 0
        total = before + self.total
        return f"{before + self.frame:>{len(str(total))}}/{total}"

    @property
    def at_end(self) -> bool:
        return self.frame >= self.last

    @property
    def over(self) -> bool:
        """Whether the run has ended and its last frame is on show."""
        return self.empty or (self.ended and self.at_end)

    @property
    def following(self) -> bool:
        """Whether the playhead is at the end of a run that may still grow, and goes on with it."""
        return not self.ended and self.playing and self.at_end

    @property
    def moving(self) -> bool:
        """Whether a later tick can change the frame, or notice the end: whether a clock is needed at all."""
        return not self.empty and self.playing and (not self.at_end or self.over)

    def tick(self, now: float) -> bool:
        """Move as far as the clock allows. Returns whether another frame is on show."""
        if self.empty or not self.playing:
            return False
        before = self.frame
        if self.speed == float("inf"):
            self.frame, self._since = self.last, now
        elif self._waiting and self.frame < self.last:
            self._since = now - self._stay(self.frame)  # what was waited for is shown at once, what follows in its time
        self._waiting = False
        while self.frame < self.last and now - self._since >= (stay := self._stay(self.frame)):
            self.frame += 1
            self._since += stay
        if self.at_end:
            self._waiting = not self.ended
            self.playing = self._waiting
        return self.frame != before

    def _stay(self, frame: int) -> float:
        """Seconds that a frame stays before the next."""
        assert self.run is not None
        step = self.run.steps[frame]
        return max(least_stay(self.run, step, self.dwell), step.seconds) / self.speed

    def toggle(self, now: float) -> None:
        """Play or pause; playing from the end of a finished run begins again at its start."""
        if self.empty:
            return
        self.playing = not self.playing
        self._since = now
        if self.playing and self.at_end and self.ended:
            self.frame = 0

    def seek(self, frame: int) -> bool:
        """Pause at a frame. Returns whether it is another than before."""
        if self.empty:
            return False
        before, self.frame = self.frame, max(0, min(frame, self.last))
        self.playing = False
        return self.frame != before

    def step(self, count: int) -> bool:
        """Pause, ``count`` frames on or back."""
        return self.seek(self.frame + count)

    def to_end(self, now: float) -> bool:
        """To the last frame, following a run that still grows."""
        moved = self.seek(self.last)
        self.playing = not self.ended
        self._since = now
        return moved

    def change_speed(self, by: int) -> None:
        """The next faster or slower of `SPEEDS`."""
        index = SPEEDS.index(self.speed) + by
        self.speed = SPEEDS[max(0, min(index, len(SPEEDS) - 1))]

    @property
    def pace(self) -> str:
        """The speed in words."""
        return "max" if self.speed == float("inf") else f"{self.speed:g}x"

    @property
    def status(self) -> str:
        """The state of what is shown, in a word: what the sampler does while it is at work, else the picture."""
        if self.empty:
            return "idle"
        if not self.ended:
            return HELD if self.held else SAMPLING
        if self.over:
            return self.end_state
        return SHOWING if self.playing else PAUSED

    @property
    def end_state(self) -> str:
        """The end of what is shown, in a word."""
        return run_state(self.run, self.last) if self.run is not None else DONE
