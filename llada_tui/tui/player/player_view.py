"""The part that shows the frames of a player on canvases: the clock, and the actions of the player."""

from __future__ import annotations

import time
from collections.abc import Sequence

from textual.timer import Timer
from textual.widget import Widget

from llada_tui.analysis.recomputed import is_recorded
from llada_tui.drawing.word_shape import WordShape
from llada_tui.trace.run import Run
from llada_tui.tui.player.canvas import TokenCanvas
from llada_tui.tui.player.guess_looks import GuessLook
from llada_tui.tui.player.legend import Legend
from llada_tui.tui.player.player import Player
from llada_tui.tui.player.timeline import Timeline
from llada_tui.tui.shell.app_interface import app_of
from llada_tui.tui.shell.footer import key_here

FRAME_RATE = 30
"""Most times a second that the picture changes."""
GROWTH_RATE = 10
"""Most times a second that a run which grows is shown to, where the picture stays."""


class PlayerView(Widget):
    """Shows a player on one canvas or several, with a timeline. Its clock runs only while there is something to play,
    or something new to tell. Subclasses draw a frame in `redraw`, and in `show_growth` what came to a run."""

    player: Player
    _clock: Timer | None = None

    def __init__(self, player: Player, canvases: Sequence[TokenCanvas], *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.player = player
        self.canvases = list(canvases)
        self.current = 0
        """The index of the canvas that keys act on."""
        self.legends: list[Legend] = []
        self._grown = False
        """Whether something came to the run that `show_growth` has not shown."""
        self._growth_shown = 0.0
        self.timeline = Timeline(player, id="timeline")

    @property
    def canvas(self) -> TokenCanvas:
        """The canvas that keys act on."""
        return self.canvases[self.current]

    @property
    def shown(self) -> tuple[Run | None, int]:
        """The run that keys act on, and its frame on show."""
        return self.player.run, self.player.frame

    def on_mount(self) -> None:
        for canvas in self.canvases:
            canvas.shape = WordShape(app_of(self).config.words)
        self._clock = self.set_interval(1 / FRAME_RATE, self._tick, pause=True)

    def present(self, presenting: bool) -> None:
        """Show the picture for people who sit far away, or as usual."""

    def redraw(self) -> None:
        """Show the frame at the playhead."""
        self.timeline.refresh_changes()

    def show_growth(self) -> None:
        """Show where the end of the run is now, and all else that grows with it."""
        self.timeline.refresh_changes()

    def wake(self) -> None:
        """There may be more frames: start the clock if there is something to play, and show what came to the run.

        A worker may send a thousand steps a second. What came is shown at once where nothing was shown for a while,
        or when the run is over; else the clock shows all of it together: each time that the screen wakes
        takes from the sampler.
        """
        player, run = self.player, self.player.run
        self._grown = True
        if player.over and not player.empty and not all(canvas.frame_rows.is_last for canvas in self.canvases):
            player.tick(time.monotonic())  # the end came after the last step was shown: it plays no more
            self.redraw()
        if run is None or run.end is not None or self._is_growth_due:
            self._show_growth()
        if self._clock is not None and (self.player.moving or self._grown):
            self._clock.resume()

    @property
    def _is_growth_due(self) -> bool:
        return time.monotonic() - self._growth_shown >= 1 / GROWTH_RATE

    def _show_growth(self) -> None:
        self._grown = False
        self.show_growth()
        self._growth_shown = time.monotonic()

    def _tick(self) -> None:
        if self.player.tick(time.monotonic()):
            self._grown = False
            self.redraw()
            self._growth_shown = time.monotonic()
        elif self._grown and self._is_growth_due:
            self._show_growth()
        if not self.player.moving and not self._grown and self._clock is not None:
            self._clock.pause()
            self.timeline.refresh_changes()

    def on_timeline_sought(self, message: Timeline.Sought) -> None:
        message.stop()
        self.seek(message.frame)

    def seek(self, frame: int) -> None:
        self.player.seek(frame)
        self.redraw()

    def step(self, count: int) -> None:
        self.player.step(count)
        self.redraw()

    def action_play(self) -> None:
        self.player.toggle(time.monotonic())
        self.redraw()
        self.wake()

    def to_end(self) -> None:
        self.player.to_end(time.monotonic())
        self.redraw()
        self.wake()

    def action_back(self) -> None:
        self.step(-1)

    def action_forward(self) -> None:
        self.step(1)

    def action_first(self) -> None:
        self.seek(0)

    def action_last(self) -> None:
        self.to_end()

    def action_slower(self) -> None:
        self._change_speed(-1)

    def action_faster(self) -> None:
        self._change_speed(1)

    def _change_speed(self, by: int) -> None:
        self.player.change_speed(by)
        self.timeline.refresh_changes()

    def say_no_run(self, *, is_asked: bool = False) -> None:
        """Say that there is no run to hold, and the key that does something now; ``is_asked``: one is to begin."""
        words = f"The run is over: {key_here(self, 'again')} asks again."
        if self.player.moving:
            words = f"The sampler has finished: {key_here(self, 'play')} pauses the picture."
        elif is_asked or self.player.empty:
            words = "No run is going on."
        self.notify(words)

    @property
    def is_recomputed_known(self) -> bool:
        """Whether a run on show records which positions its steps computed anew."""
        runs = (canvas.frame_rows.run for canvas in self.canvases)
        return any(is_recorded(run) for run in runs if run is not None)

    def action_colours(self) -> None:
        """Colour tokens by something else."""
        colour_by = self.canvas.colour_by.next(is_recomputed_known=self.is_recomputed_known)
        for canvas in self.canvases:
            canvas.colour_by = colour_by
        for legend in self.legends:
            legend.refresh()

    def action_tiles(self) -> None:
        """Write words as text, as tiles, or as tiles with round ends."""
        shape = self.canvas.shape.next()
        for canvas in self.canvases:
            canvas.shape = shape
        if shape is WordShape.PILLS:
            self.notify("Round ends are characters of Powerline fonts: boxes in their place mean that yours has none.")

    def action_doubt(self) -> None:
        """Show guesses in another look: their candidates in turn, fading in, or as they are."""
        guess_look = self.canvas.guess_looks.look.next()
        for canvas in self.canvases:
            canvas.guess_looks.set(guess_look)
        words = f"Masks show {guess_look.value}."
        if guess_look is GuessLook.IN_TURN and not self.canvas.guess_looks.moves:
            words = "Candidates take no turns, since this terminal is to show no motion."
        self.notify(words, timeout=3)

    def action_guesses(self) -> None:
        """Show or hide what the model would have said for masks."""
        guesses = not self.canvas.guesses
        for canvas in self.canvases:
            canvas.guesses = guesses
