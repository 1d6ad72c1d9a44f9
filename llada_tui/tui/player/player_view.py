"""What shows frames through a player: its clock, and what the player's keys do."""

from __future__ import annotations

import time

from textual.timer import Timer
from textual.widget import Widget

from llada_tui.trace.run import Run
from llada_tui.tui.player.canvas import TokenCanvas
from llada_tui.tui.player.player import Player
from llada_tui.tui.player.timeline import Timeline

FRAME_RATE = 30
"""Most times a second that the picture changes."""


class Moving(Widget):
    """The clock runs only while there is something to play. Subclasses draw a frame in `redraw`."""

    player: Player
    timeline: Timeline
    _clock: Timer | None = None

    @property
    def canvas(self) -> TokenCanvas:
        """The canvas that keys act on."""
        raise NotImplementedError

    @property
    def shown(self) -> tuple[Run | None, int]:
        """The run that keys act on, and its frame on show."""
        return self.player.run, self.player.frame

    def on_mount(self) -> None:
        self._clock = self.set_interval(1 / FRAME_RATE, self._tick, pause=True)

    def redraw(self) -> None:
        """Show the frame at the playhead."""
        raise NotImplementedError

    def wake(self) -> None:
        """There may be more frames: start the clock if there is something to play, and show where its end is now."""
        if self._clock is not None and self.player.moving:
            self._clock.resume()
        self.timeline.refresh()

    def _tick(self) -> None:
        if self.player.tick(time.monotonic()):
            self.redraw()
        if not self.player.moving and self._clock is not None:
            self._clock.pause()
            self.timeline.refresh()

    def on_timeline_sought(self, message: Timeline.Sought) -> None:
        message.stop()
        self.seek(message.frame)

    def seek(self, frame: int) -> None:
        self.player.seek(frame)
        self.redraw()

    def step(self, count: int) -> None:
        self.player.step(count)
        self.redraw()

    def toggle(self) -> None:
        self.player.toggle(time.monotonic())
        self.redraw()
        self.wake()

    def to_end(self) -> None:
        self.player.to_end(time.monotonic())
        self.redraw()
        self.wake()

    def change_speed(self, by: int) -> None:
        self.player.change_speed(by)
        self.timeline.refresh()

    def next_colours(self) -> None:
        """Colour tokens by something else."""
        raise NotImplementedError

    def toggle_guesses(self) -> None:
        """Show or hide what the model would have said for masks."""
        raise NotImplementedError
