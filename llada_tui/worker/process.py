"""A worker's process as the screen holds it: started, watched, and surely ended."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
import sys
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import cast

from llada_tui.server_address import TOKEN_VARIABLE, is_server_address, split_token
from llada_tui.trace.bounds import MAX_LINE
from llada_tui.worker.line_splitter import LineSplitter

_LOG_LINES = 40
_LOG_LINE = 500
_UNREAD = 1.0
"""Seconds that the output of a dead process may take to arrive, if a process of its own holds it open."""
_MAX_WRITE = 4 * MAX_LINE
"""Most bytes that may wait for a worker that does not read."""
_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|.)")


def printable_line(text: str, limit: int = _LOG_LINE) -> str:
    """One printable line of what a program wrote: no escape sequences, no control characters, not too long."""
    text = _ESCAPES.sub("", text)
    return "".join(c if c.isprintable() else " " for c in text)[:limit].rstrip()


class StderrTail:
    """The last lines of a stream, however much goes through it."""

    def __init__(self) -> None:
        self._lines: deque[str] = deque(maxlen=_LOG_LINES)
        self._rest = b""

    def feed(self, chunk: bytes) -> None:
        """Take more of the stream. A carriage return ends a line too: progress bars redraw with it."""
        *whole, rest = (self._rest + chunk).replace(b"\r", b"\n").split(b"\n")
        self._rest = rest[:_LOG_LINE]
        for line in whole[-_LOG_LINES:]:
            self._keep(line)

    def lines(self) -> list[str]:
        """The last lines, the unfinished one too."""
        unfinished = _printable(self._rest)
        return [*self._lines, *([unfinished] if unfinished else [])][-_LOG_LINES:]

    def _keep(self, line: bytes) -> None:
        if text := _printable(line):
            self._lines.append(text)


def _printable(line: bytes) -> str:
    return printable_line(line[: 4 * _LOG_LINE].decode("utf-8", "replace"))


class WorkerProcess(asyncio.SubprocessProtocol):
    """A process whose stdout comes as lines to ``on_line`` (None: one that was too long), in a session of its own.

    It has a session of its own, so that Ctrl-C in the terminal does not reach it. It ends when its stdin closes, so
    also when this process ends. ``on_exit`` is called once, with this object, after the last line.
    """

    def __init__(self, on_line: Callable[[bytes | None], None], on_exit: Callable[[WorkerProcess], None]) -> None:
        self.log = StderrTail()
        self.gone = asyncio.Event()
        self._writable = asyncio.Event()
        self._writable.set()
        self._on_line = on_line
        self._on_exit = on_exit
        self._lines = LineSplitter(MAX_LINE)
        self._open = {1, 2}
        self._exited = False
        self._transport: asyncio.SubprocessTransport | None = None
        self._reaper: asyncio.TimerHandle | None = None

    async def start(self, command: Sequence[str], variables: Mapping[str, str]) -> None:
        """Start a command, with ``variables`` beside ours. Raises `OSError` when there is none of that name,
        `ValueError` for a name that cannot be."""
        loop = asyncio.get_running_loop()
        environment = {**_environment(), **variables}
        await loop.subprocess_exec(lambda: self, *command, env=environment, start_new_session=True)

    @property
    def pid(self) -> int:
        return self._transport.get_pid() if self._transport else 0

    @property
    def returncode(self) -> int | None:
        """Exit code, or minus the signal that ended it; None while it runs."""
        return self._transport.get_returncode() if self._transport else None

    def write(self, line: bytes) -> bool:
        """Send a line. False if nobody reads."""
        pipe = self._stdin()
        if pipe is None or pipe.is_closing() or pipe.get_write_buffer_size() + len(line) > _MAX_WRITE:
            return False
        pipe.write(line)
        return True

    async def drain(self) -> None:
        """Let everybody else have a turn, and wait until what was sent is taken, about, or nobody reads any more."""
        await asyncio.sleep(0)
        await self._writable.wait()

    def close_stdin(self) -> None:
        """Tell it that nothing more will come."""
        if pipe := self._stdin():
            pipe.close()

    def signal(self, number: int) -> None:
        """Send a signal to it and to the processes it started."""
        if self._transport is None or self.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if hasattr(os, "killpg"):
                os.killpg(self.pid, number)
            else:
                self._transport.send_signal(number)

    def kill(self) -> None:
        """End it at once."""
        self.signal(getattr(signal, "SIGKILL", signal.SIGTERM))

    async def end(self, grace: float) -> None:
        """End it: by closing its stdin, then SIGTERM, then SIGKILL, each with its grace. Killed if interrupted."""
        try:
            self.close_stdin()
            for number in (signal.SIGTERM, getattr(signal, "SIGKILL", signal.SIGTERM)):
                if await self.wait(grace):
                    return
                self.signal(number)
            await self.wait(2 * _UNREAD + grace)
        except asyncio.CancelledError:
            self.kill()
            raise

    async def wait(self, seconds: float) -> bool:
        """Wait for it to be gone. False if it still is not."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.gone.wait(), seconds)
        return self.gone.is_set()

    # -- called by asyncio --------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.SubprocessTransport, transport)

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        if fd == 2:
            self.log.feed(data)
        else:
            for line in self._lines.feed(data):
                self._on_line(line)
                del line

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    def pipe_connection_lost(self, fd: int, exc: Exception | None) -> None:
        self._open.discard(fd)
        if fd == 0:
            self._writable.set()
        if fd == 1 and not self._exited:
            # It may live on without speaking, which is of no use to anybody.
            self._reaper = asyncio.get_running_loop().call_later(_UNREAD, self.kill)
        self._finish()

    def process_exited(self) -> None:
        self._exited = True
        if self._reaper:
            self._reaper.cancel()
        asyncio.get_running_loop().call_later(_UNREAD, self._finish, True)
        self._finish()

    def _finish(self, now: bool = False) -> None:
        if self.gone.is_set() or not self._exited or (self._open and not now):
            return
        self.gone.set()
        if self._transport:
            self._transport.close()
        self._on_exit(self)

    def _stdin(self) -> asyncio.WriteTransport | None:
        pipe = self._transport.get_pipe_transport(0) if self._transport else None
        return cast("asyncio.WriteTransport | None", pipe)


def _environment() -> dict[str, str]:
    """Ours, with this package to be found where it runs from a checkout."""
    environment = dict(os.environ)
    root = str(Path(__file__).resolve().parents[2])
    import sysconfig  # here: it costs the screen's start half a millisecond

    if root not in (sysconfig.get_paths()["purelib"], sysconfig.get_paths()["platlib"]):
        paths = [root, *filter(None, [environment.get("PYTHONPATH")])]
        environment["PYTHONPATH"] = os.pathsep.join(paths)
    return environment


def starting(words: Sequence[str] | None) -> tuple[list[str], dict[str, str]]:
    """The command that starts a worker, and the variables of its environment beside ours.

    The command is the ``words`` as they are, one of this package for none, and for the address of a server
    (``llada-tui serve``) the program that speaks to it. Others see the arguments of a process: a token that stands in
    the address is in a variable.
    """
    if words and is_server_address(words):
        address, token = split_token(words[0])
        command = [sys.executable, "-P", "-m", "llada_tui.serving.bridge", address]
        return command, {TOKEN_VARIABLE: token} if token else {}
    return list(words) if words else default_command(), {}


def default_command() -> list[str]:
    """The worker in this Python. ``-P``: modules in the current folder must not replace its own."""
    return [sys.executable, "-P", "-m", "llada_tui.worker.server"]
