"""The process in which a checkpoint's tokenizer and chat template run, and what is said when they do not end."""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event, Lock, Thread
from typing import Any

from llada_tui.models.errors import ModelError

_PROGRAM = Path(__file__).with_name("text_program.py")
MEMORY = 2 << 30
"""Bytes that the process may have, by its address space; the largest published tokenizer takes a quarter."""
SECONDS = 20.0
"""How long a tokenizer or a chat template may take for one text."""
_PATIENCE = 0.5
"""Seconds that a request has before a cancel ends it: nearly all are over by then, and the process is kept."""
_ENVIRONMENT = {"TOKENIZERS_PARALLELISM": "false", "RAYON_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "1"}


class Refused(Exception):
    """The tokenizer or the template raised an error of its own; ``part`` is which of them."""

    def __init__(self, part: str, message: str) -> None:
        super().__init__(message)
        self.part = part


class TextProcess:
    """One such process, started when it is first needed and again after it had to be ended. For any thread."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._opened: set[str] = set()
        self._is_cancelled: Callable[[], bool] = lambda: False

    def start(self) -> None:
        """Start the process if there is none, without waiting for it."""
        with self._lock:
            self._running()

    @contextlib.contextmanager
    def cancelled_by(self, is_cancelled: Callable[[], bool]) -> Iterator[None]:
        """End what is asked within this once ``is_cancelled`` says so; it is called from another thread."""
        before, self._is_cancelled = self._is_cancelled, is_cancelled
        try:
            yield
        finally:
            self._is_cancelled = before

    def ask(self, key: str = "", state: str = "", **request: Any) -> Any:
        """The answer to a request about the tokenizer ``state``, which is sent once, with ``key`` as its name.

        Raises `Refused`, and `ModelError` where it takes too long or too much memory.
        """
        with self._lock:
            self._running()
            if key and key not in self._opened:
                self._ask(do="open", key=key, state=state)
                self._opened.add(key)
            return self._ask(key=key, **request)

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            self._end()
            self._opened.clear()
            self._process = subprocess.Popen(
                [sys.executable, "-P", str(_PROGRAM), str(MEMORY)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={**os.environ, **_ENVIRONMENT},
                start_new_session=True,
            )
            atexit.register(self._end)
        return self._process

    def _ask(self, **request: Any) -> Any:
        process = self._running()
        assert process.stdin is not None
        assert process.stdout is not None
        done, began = Event(), time.monotonic()
        why: list[str] = []

        def watch() -> None:
            while not done.wait(0.05):
                now = time.monotonic()
                if now - began > SECONDS:
                    why.append("time")
                elif now - began > _PATIENCE and self._is_cancelled():
                    why.append("cancel")
                if why:
                    process.kill()
                    return

        watcher = Thread(target=watch, daemon=True)
        watcher.start()
        part, answer = "tokenizer", None
        try:
            with contextlib.suppress(OSError, ValueError):
                process.stdin.write(json.dumps(request).encode() + b"\n")
                process.stdin.flush()
                while line := process.stdout.readline():
                    answer = json.loads(line)
                    if "stage" not in answer:
                        break
                    part, answer = answer["stage"], None
        finally:
            done.set()
            watcher.join()
        if answer is not None and "answer" in answer:
            return answer["answer"]
        if answer is not None and answer["error"] == "refused":
            raise Refused(part, answer["message"])
        self._end()  # with what it holds
        if answer is None:
            raise ModelError(_sentence(part, why[0] if why else "memory"))
        raise ModelError(_sentence(answer["message"] or part, answer["error"]))

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            with contextlib.suppress(OSError), process:
                pass


def _sentence(part: str, why: str) -> str:
    """What a person is told of a part of a checkpoint that had to be ended."""
    if why == "cancel":
        return f"The checkpoint's {part} was still at work, and was ended by the cancel."
    took = {
        "time": f"did not end within {SECONDS:.0f} seconds",
        "memory": f"took more than {MEMORY >> 30} GB of memory",
        "excess": "makes far more of a text than there is",
    }[why]
    return f"The checkpoint's {part} {took}, so it was ended: the fault is the checkpoint's, choose another."


PROCESS = TextProcess()

"""The process of this one."""
