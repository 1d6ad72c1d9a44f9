"""A Python process that answers one request at a time, within bounds of time and memory, and what is known of its end.

Requests and answers are JSON objects, one a line. The program first says ``ready``, with the bytes of memory to which
the system bounds it, or 0. Where that is 0 (on every system but Linux) the process that asks looks at its resident
memory 20 times a second and ends it, so it may for a moment have more.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any

START_SECONDS = 60.0
"""The time that Python may take to start and to import what the program needs."""
PATIENCE = 1.0
"""Seconds that a request has before a cancel ends it: nearly all are over by then, and the process is kept."""
_POLL = 0.05
_LONGEST_GAP = 1.0
"""Seconds between two looks at the clock that count: more than that this process was itself stopped."""
_ROOT = str(Path(__file__).resolve().parents[2])
_START = "import sys; r = sys.argv[1]; r in sys.path or sys.path.insert(0, r); from {} import main; main()"
_ENVIRONMENT = {
    "TOKENIZERS_PARALLELISM": "false",
    "RAYON_NUM_THREADS": "1",
    "MALLOC_ARENA_MAX": "1",
    "RUST_BACKTRACE": "0",
}
_LOG_LINES = 20
_NO_MEMORY = ("memory allocation of", "MemoryError")
"""Words that Rust and Python write to stderr when they get no memory."""


class Ended(Exception):
    """The process ended before it answered. ``reason`` is one of

    start: it ended, or was ended, before it was ready; time, memory: it took too much of it; cancel: it was asked for;
    exit: it ended by itself; signal: it was killed.

    ``detail`` is the signal's name, the memory that it may have, or else the last line that it wrote to stderr, and may
    be empty. ``stage`` is what was at work.
    """

    def __init__(self, reason: str, stage: str, detail: str = "") -> None:
        super().__init__(reason, stage, detail)
        self.reason = reason
        self.stage = stage
        self.detail = detail


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:  # of those for real time
        return f"signal {number}"


class LimitedProcess:
    """Such a process. It ends with this one, however that ends, and ignores ctrl+c. One thread may ask at a time."""

    def __init__(self, module: str, memory: int, *, bounded_by_system: bool = True) -> None:
        """Start ``main`` of a module of this package, without waiting for it; it may have ``memory`` bytes.

        Raises `OSError`.
        """
        self._memory = memory
        self._ready = False
        self._over = False
        self._watched = False
        self._stage = ""
        self._log: deque[str] = deque(maxlen=_LOG_LINES)
        self._requests: SimpleQueue[bytes | None] = SimpleQueue()
        self._messages: SimpleQueue[dict[str, Any] | None] = SimpleQueue()
        # A pipe of which this process holds the end for writing: the other process ends when that is closed.
        reading, self._lifeline = os.pipe() if os.name == "posix" else (-1, -1)
        words = [_START.format(module), _ROOT, str(memory if bounded_by_system else 0), str(reading)]
        try:
            self._process = subprocess.Popen(
                [str(sys.executable), "-P", "-c", *words],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env={**os.environ, **_ENVIRONMENT},
                pass_fds=[reading] if reading >= 0 else [],
            )
        except BaseException:
            self._close_lifeline()
            raise
        finally:
            if reading >= 0:
                os.close(reading)
        self._log_reader = Thread(target=self._read_log, daemon=True)
        self._log_reader.start()
        Thread(target=self._converse, daemon=True).start()

    @property
    def running(self) -> bool:
        """Whether it can be asked."""
        return not self._over and self._process.poll() is None

    def ask(self, request: dict[str, Any], seconds: float, is_cancelled: Callable[[], bool]) -> dict[str, Any]:
        """The answer to a request. Whoever waits no longer, by an interrupt say, ends the process with its answer.

        Raises `Ended`: when there is no answer in ``seconds`` from when the process was ready, among other reasons.
        """
        try:
            if not self._ready:
                ready = self._wait(START_SECONDS, lambda: False)
                self._watched = not ready["ready"]
                self._memory = ready["ready"] or self._memory
                self._ready = True
            self._stage = ""
            self._requests.put(json.dumps(request).encode() + b"\n")
            return self._wait(seconds, is_cancelled)
        except BaseException:
            self.end()
            raise

    def end(self) -> None:
        """End it at once."""
        self._over = True
        self._process.kill()
        self._requests.put(None)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(5)
        self._close_lifeline()

    def abandon(self) -> None:
        """Let go of it in a fork of this process, where it is nobody's child and its threads are not."""
        nothing = os.open(os.devnull, os.O_RDWR)
        for stream in (self._process.stdin, self._process.stdout, self._process.stderr):
            # Not closed: a thread that is not here may have held the stream's lock.
            with contextlib.suppress(OSError, ValueError):
                os.dup2(nothing, stream.fileno()) if stream is not None else None
        os.close(nothing)
        self._close_lifeline()
        self._process.returncode = 0  # so that nobody waits for it

    def _wait(self, seconds: float, is_cancelled: Callable[[], bool]) -> dict[str, Any]:
        """The next message that is no stage. Raises `Ended`."""
        waited, last = 0.0, time.monotonic()
        while True:
            try:
                message = self._messages.get(timeout=_POLL)
            except Empty:
                now = time.monotonic()
                waited, last = waited + min(now - last, _LONGEST_GAP), now
                if waited > seconds:
                    raise Ended("time" if self._ready else "start", self._stage) from None
                if waited > PATIENCE and is_cancelled():
                    raise Ended("cancel", self._stage) from None
                if self._watched and self._resident() > self._memory:
                    raise self._without_memory() from None
                continue
            if message is None:
                raise self._why_ended()
            if message.get("error") == "memory":
                raise self._without_memory()
            if "stage" not in message:
                return message
            self._stage = message["stage"]

    def _why_ended(self) -> Ended:
        """Why its output is over."""
        try:
            code = self._process.wait(5)
        except subprocess.TimeoutExpired:
            code = 0
        self._log_reader.join(1)
        last = next((line for line in reversed(self._log) if line), "")
        if not self._ready:
            return Ended("start", self._stage, last)
        if any(sign in line for line in self._log for sign in _NO_MEMORY):
            return self._without_memory()
        if code < 0:
            return Ended("signal", self._stage, _signal_name(-code))
        return Ended("exit", self._stage, last)

    def _without_memory(self) -> Ended:
        return Ended("memory", self._stage, f"{self._memory / (1 << 30):.2g} GB")

    def _resident(self) -> int:
        import psutil

        with contextlib.suppress(psutil.Error):
            return int(psutil.Process(self._process.pid).memory_info().rss)
        return 0

    def _close_lifeline(self) -> None:
        if self._lifeline >= 0:
            os.close(self._lifeline)
            self._lifeline = -1

    # -- threads ------------------------------------------------------------------------------------------------------

    def _converse(self) -> None:
        """Write requests and read messages, so that whoever asks waits for neither. Ends with the process."""
        process = self._process
        assert process.stdin is not None
        assert process.stdout is not None
        with contextlib.suppress(OSError, ValueError):
            self._read_answer(process.stdout)
            while (line := self._requests.get()) is not None:
                process.stdin.write(line)
                process.stdin.flush()
                self._read_answer(process.stdout)
        self._messages.put(None)
        with contextlib.suppress(OSError):
            process.stdout.close()
            process.stdin.close()

    def _read_answer(self, stream: Any) -> None:
        """Pass messages on, up to the first that is no stage. Raises `ValueError` where they end before."""
        while line := stream.readline():
            message = json.loads(line)
            self._messages.put(message)
            if "stage" not in message:
                return
        raise ValueError

    def _read_log(self) -> None:
        assert self._process.stderr is not None
        with self._process.stderr as stream, contextlib.suppress(OSError, ValueError):
            while line := stream.readline(2000):
                self._log.append(line.decode("utf-8", "replace").strip())
