"""The program in a real pseudo-terminal."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable

import pyte

from tests.tui.support import PATIENCE, ROOT


class Terminal:
    """A program in a pseudo-terminal: what it sends, raw and as a screen."""

    def __init__(
        self,
        *arguments: str,
        size: tuple[int, int] = (100, 30),
        cell: tuple[int, int] = (0, 0),
        **environment: str,
    ) -> None:
        """``cell`` is the width and height of a cell in pixels, where the terminal tells."""
        self.columns, self.rows = size
        self.cell = cell
        self.screen = pyte.Screen(*size)
        self._stream = pyte.ByteStream(self.screen)
        self.raw = b""
        self.drawn = True
        """Whether what comes is drawn on the screen; the emulator does not take everything."""
        ours, theirs = pty.openpty()
        self._fd = ours
        self._resize(theirs)
        self.before = self.after = termios.tcgetattr(theirs)
        """The terminal's settings."""
        self._theirs = theirs
        self.process = subprocess.Popen(
            [sys.executable, *arguments],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env={
                **os.environ,
                "PYTHONPATH": str(ROOT),
                "TERM": "xterm-256color",
                "COLORTERM": "truecolor",
                **environment,
            },
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, *_: object) -> None:
        if self._fd >= 0:
            self.after = termios.tcgetattr(self._theirs)
        self.process.kill()
        self.process.wait()
        if self._fd >= 0:
            os.close(self._theirs)
            os.close(self._fd)

    def _resize(self, fd: int) -> None:
        pixels = self.columns * self.cell[0], self.rows * self.cell[1]
        fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", self.rows, self.columns, *pixels))

    def type(self, text: str) -> None:
        self.send(text.encode())

    def send(self, *pieces: bytes, apart: float = 0.0) -> None:
        """Send bytes as they stand, so many seconds apart."""
        for piece in pieces:
            os.write(self._fd, piece)
            end = time.monotonic() + apart
            while (left := end - time.monotonic()) > 0:
                self.read(left)

    def resize(self, columns: int, rows: int) -> None:
        """Give the terminal another size; the program is told as a terminal does it."""
        self.columns, self.rows = columns, rows
        self.screen.resize(rows, columns)
        self._resize(self._fd)

    def hang_up(self) -> None:
        """Close the terminal, as closing its window does."""
        os.close(self._theirs)
        os.close(self._fd)
        self._fd = -1

    @property
    def text(self) -> str:
        """The text that a person sees. The emulator's own fails where the second half of a wide letter stands alone,
        as it may for a moment while a line is drawn."""
        rows = (self.screen.buffer[y] for y in range(self.screen.lines))
        return "\n".join("".join(row[x].data for x in range(self.screen.columns)).rstrip() for row in rows)

    def read(self, seconds: float = 0.05) -> None:
        """Take what the program sends within a moment."""
        ready, _, _ = select.select([self._fd], [], [], seconds)
        if ready:
            try:
                data = os.read(self._fd, 65_536)
            except OSError:  # the program is gone
                return
            self.raw += data
            if not self.drawn:
                return
            # private sequences that the emulator does not know and would print
            data = re.sub(rb"\x1b\[[<>=?][0-9;]*[a-zA-Z$]p?|\x1bP.*?\x1b\\", _keep_if_emulated, data, flags=re.S)
            self._stream.feed(data)

    def until(self, expected: str | Callable[[], object]) -> None:
        """Wait for text on the screen, or for a condition."""
        end = time.monotonic() + PATIENCE
        while not (expected in self.text if isinstance(expected, str) else expected()):
            assert time.monotonic() < end, f"Never happened: {expected}\n{self.text}"
            self.read()

    def leave(self) -> int:
        """Press ctrl+q; the exit code."""
        self.type("\x11")
        return self.ended()

    def ended(self) -> int:
        """Wait for the program to end by itself; the exit code."""
        self.until(lambda: self.process.poll() is not None)
        while select.select([self._fd], [], [], 0.05)[0]:
            self.read()
        assert self.process.returncode is not None
        return self.process.returncode


def _keep_if_emulated(match: re.Match[bytes]) -> bytes:
    return match[0] if re.fullmatch(rb"\x1b\[\?(25|1049)[hl]", match[0]) else b""
