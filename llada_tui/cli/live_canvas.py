"""The canvas of a run that is going on, drawn in place among the lines of an ordinary terminal."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Sequence

from rich.console import Console
from rich.segment import Segment, Segments
from rich.style import Style

from llada_tui.analysis.colour_scale import ColourBy
from llada_tui.cli.output import StatusLine
from llada_tui.drawing.frame_rows import FrameRows
from llada_tui.drawing.palette import Palette
from llada_tui.drawing.row_segments import PLAIN, draw_row
from llada_tui.drawing.run_states import undecided
from llada_tui.drawing.state_labels import legend
from llada_tui.drawing.text_flow import row_of
from llada_tui.drawing.token_styles import TokenStyles, look
from llada_tui.trace.run import Run
from llada_tui.tui.player.player import Player

FRAME_RATE = 30
"""Most times a second that the picture changes."""
WIDEST = 100
"""Columns of the canvas at most: longer lines are hard to read."""
_HIDE, _SHOW = "\x1b[?25l", "\x1b[?25h"
_BEGIN, _END = "\x1b[?2026h", "\x1b[?2026l"
"""Around a picture: terminals that know it show the picture at once."""
_ERASE_BELOW, _ERASE_LINE = "\x1b[J", "\x1b[K"

Line = list[Segment]


class LiveCanvas:
    """Draws the frames of one run at the player's pace.

    Between two pictures the cursor stands, hidden, at the picture's first cell. A terminal that changes its size keeps
    the cursor with its text, so the next picture begins where the last one began, however its lines were broken.
    """

    def __init__(self, palette: Palette, dwell: float, status: StatusLine) -> None:
        self._console = Console(file=sys.stdout, highlight=False)
        plain = self._console.no_color
        self._styles = TokenStyles(palette.variables(), Style(), ansi=palette.ansi, plain=plain)
        self._frame_rows = FrameRows()
        self._player = Player(dwell)
        self._status = status
        self._changed = asyncio.Event()
        self._drawn: list[str] = []
        """The lines that stand below the cursor, as they were sent."""
        self._size = (0, 0)
        self._rows = 0
        """The most rows that the canvas has had at this width."""

    @contextlib.asynccontextmanager
    async def playing(self) -> AsyncIterator[None]:
        """Plays until the last frame of the run was on show, also after the block has ended.

        However the block ends, the last frame stands among the terminal's lines afterwards, with the cursor below.
        """
        loop = asyncio.get_running_loop()
        with contextlib.suppress(AttributeError, NotImplementedError, RuntimeError):  # Windows, or another thread
            loop.add_signal_handler(signal.SIGWINCH, self._changed.set)
        task = asyncio.ensure_future(self._play())
        try:
            yield
            await task
        finally:
            task.cancel()
            with contextlib.suppress(AttributeError, NotImplementedError, RuntimeError):
                loop.remove_signal_handler(signal.SIGWINCH)
            self._leave()

    def show(self, run: Run) -> None:
        """The run has begun or has another step or its end."""
        if self._player.run is not run:
            self._player.show(run, time.monotonic())
        self._changed.set()

    def hurry(self) -> None:
        """Show each step as soon as it is there."""
        self._player.speed = float("inf")
        self._changed.set()

    async def _play(self) -> None:
        player = self._player
        while True:
            self._changed.clear()
            player.tick(time.monotonic())
            self._draw()
            if player.run is not None and player.over:
                return
            if player.moving:
                await asyncio.sleep(1 / FRAME_RATE)
            else:
                await self._changed.wait()

    # -- drawing ------------------------------------------------------------------------------------------------------

    def _draw(self) -> None:
        """Draw the frame at the playhead over the picture before it; lines that stay are not sent."""
        run = self._player.run
        if run is None:
            return
        size = _terminal_size()
        if size != self._size:
            self._rows, self._size = 0, size
            self.clear()
        lines = [self._encoded(line) for line in self._picture(run, size)]
        if lines == self._drawn:
            return
        self._status.clear()
        StatusLine.follow(self)
        before = [*self._drawn, *[None] * len(lines)]
        body = "\n".join(
            "" if line == old else f"{line}{_ERASE_LINE}" for line, old in zip(lines, before, strict=False)
        )
        below = _ERASE_BELOW if len(lines) < len(self._drawn) else ""
        up = f"\x1b[{len(lines) - 1}A" if len(lines) > 1 else ""
        self._send(f"{_BEGIN}{_HIDE}{body}{below}\r{up}{_END}")
        self._drawn = lines

    def clear(self) -> None:
        """Take the picture away, so that something else can be printed; the next one is drawn below that."""
        if self._drawn:
            self._send(f"\r{_ERASE_BELOW}{_SHOW}")
            self._drawn = []

    def _leave(self) -> None:
        """Leave the whole last frame among the terminal's lines."""
        self.clear()
        player = self._player
        if player.run is not None:
            self._status.clear()
            player.to_end(time.monotonic())
            lines = [*self._canvas(player.run, _terminal_size()[0]), self._progress(player.run)]
            self._send("".join(f"{self._encoded(line)}\n" for line in lines))
        self._send(_SHOW)

    def _picture(self, run: Run, size: tuple[int, int]) -> list[Line]:
        """The lines of a frame, fewer than the terminal has: the canvas around what was kept last, and a legend."""
        columns, height = size
        canvas = self._canvas(run, columns)
        room = max(1, height - 2)
        with_legend = room > 6
        room -= 2 * with_legend
        if len(canvas) > room:
            frame = self._player.frame
            commits = run.steps[frame - 1].commits if frame else []
            places = (run.positions.place_of(choice.position, frame) or 0 for choice in commits)
            row = row_of(self._frame_rows.rows, max(places)) if commits else 0
            top = max(0, min(row - room // 2, len(canvas) - room))
            canvas = canvas[top : top + room]
        self._rows = min(max(self._rows, len(canvas)), room)
        lines = [*canvas, *([Segment("")] for _ in range(self._rows - len(canvas))), self._progress(run)]
        return [*lines, [], self._legend(columns)] if with_legend else lines

    def _canvas(self, run: Run, columns: int) -> list[Line]:
        rows = self._frame_rows
        rows.show(run, self._player.frame, ColourBy.STATE, True, max(2, min(columns - 1, WIDEST)))
        return [
            draw_row([(span.text, rows.looks[span.position], PLAIN) for span in row], self._styles) for row in rows.rows
        ]

    def _progress(self, run: Run) -> Line:
        return [Segment(f"step {self._player.place} · {undecided(run, self._player.frame)}", Style(dim=True))]

    def _legend(self, columns: int) -> Line:
        line: Line = []
        for sample in legend(self._frame_rows.states, min(columns - 1, WIDEST)):
            line += (Segment(sample.text, self._styles.style(look(sample.state))), Segment(" " * sample.gap))
        return Segment.adjust_line_length(line, columns - 1, pad=False)

    def _encoded(self, line: Sequence[Segment]) -> str:
        """A line as the terminal takes it, without the blanks at its end."""
        with self._console.capture() as capture:
            self._console.print(Segments(line), end="", soft_wrap=True)
        return capture.get()

    @staticmethod
    def _send(text: str) -> None:
        sys.stdout.write(text)
        sys.stdout.flush()


def _terminal_size() -> tuple[int, int]:
    """Columns and rows of the terminal on stdout now."""
    try:
        columns, rows = os.get_terminal_size(sys.stdout.fileno())
    except OSError:
        return 80, 24
    return (columns or 80, rows or 24)
