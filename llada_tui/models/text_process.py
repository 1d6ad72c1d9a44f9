"""The process in which a checkpoint's tokenizer and chat template run, and what is said when it ends before it answers.

On Linux the system bounds its memory. On other systems it is looked at 20 times a second, so that a checkpoint that
multiplies a text may for a moment have more.
"""

from __future__ import annotations

import atexit
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from threading import Lock
from typing import Any
from weakref import WeakSet

from llada_tui.models.errors import ModelError
from llada_tui.models.limited_process import Ended, LimitedProcess
from llada_tui.picklable import PicklableError

_PROGRAM = "llada_tui.models.text_program"
MEMORY = 2 << 30
"""Bytes that the process may have, by its address space; the largest published tokenizer takes a quarter."""
SECONDS = 20.0
"""The time that a tokenizer or a chat template may take for one text."""
_ORDINARY = 1_000_000
"""Characters of text and ids with which every tokenizer is done in time; the worker's commands bring fewer."""

_is_cancelled: ContextVar[Callable[[], bool]] = ContextVar("is_cancelled", default=lambda: False)
_everyone: WeakSet[TextProcess] = WeakSet()


@contextmanager
def cancelled_by(is_cancelled: Callable[[], bool]) -> Iterator[None]:
    """End what this thread asks of a text process within this, once ``is_cancelled`` says so."""
    token = _is_cancelled.set(is_cancelled)
    try:
        yield
    finally:
        _is_cancelled.reset(token)


class Refused(PicklableError):
    """The tokenizer or the template raised an error of its own; ``part`` is which of them."""

    def __init__(self, part: str, message: str) -> None:
        super().__init__(message)
        self.part = part


class TextProcess:
    """One such process, started when it is first needed and again after it had to be ended. For any thread, and in a
    fork of this process another one."""

    def __init__(self, *, bounded_by_system: bool = True) -> None:
        """``bounded_by_system`` is False where its memory is to be looked at even if the system could bound it."""
        self._bounded_by_system = bounded_by_system
        self._lock = Lock()
        self._process: LimitedProcess | None = None
        _everyone.add(self)

    def start(self) -> None:
        """Start the process if there is none, without waiting for it. Whether it could is told by `ask`."""
        with self._lock, suppress(OSError):
            self._running()

    def ask(self, key: str = "", state: str = "", **request: Any) -> Any:
        """The answer to a request about the tokenizer ``key``, whose ``state`` is sent where the process lacks it.

        Raises `Refused`, and `ModelError` where there is no answer: it takes too long or too much memory, is
        cancelled, or there is no process.
        """
        while not self._lock.acquire(timeout=0.05):
            if _is_cancelled.get()():
                raise ModelError("The text was still waiting for the tokenizer, and was given up by the cancel.")
        try:
            message = self._ask(key=key, **request)
            if message.get("error") == "unknown":
                _answer(self._ask(do="open", key=key, state=state))
                message = self._ask(key=key, **request)
            return _answer(message)
        finally:
            self._lock.release()

    def end(self) -> None:
        """End the process, if there is one."""
        process, self._process = self._process, None
        if process is not None:
            process.end()

    def abandon(self) -> None:
        """In a fork of this process: leave the text process to the process that started it."""
        self._lock = Lock()
        if self._process is not None:
            self._process.abandon()
            self._process = None

    def _running(self) -> LimitedProcess:
        if self._process is None or not self._process.running:
            self.end()
            self._process = LimitedProcess(_PROGRAM, MEMORY, bounded_by_system=self._bounded_by_system)
        return self._process

    def _ask(self, **request: Any) -> dict[str, Any]:
        try:
            try:
                message = self._running().ask(request, SECONDS, _is_cancelled.get())
            except Ended as end:
                if end.stage or end.reason not in ("signal", "exit"):
                    raise
                # It ended while nobody asked it: this request it had not begun.
                message = self._running().ask(request, SECONDS, _is_cancelled.get())
        except OSError as error:
            raise ModelError(_not_started(error.strerror or str(error))) from error
        except Ended as end:
            size = 0 if request["do"] in ("try", "open") else len(str(request))
            raise ModelError(_sentence(end, size)) from None
        if message.get("error") == "excess":
            self.end()  # with what it holds
        return message


def _answer(message: dict[str, Any]) -> Any:
    match message.get("error"):
        case None:
            return message["answer"]
        case "excess":
            raise ModelError(f"The checkpoint's {message['part']} makes far more of a text than there is{_FAULT}")
        case "refused":
            raise Refused(message["part"], message["message"])
    raise ModelError("The tokenizer is not in its process: load the model again.")


_FAULT = ", so it was ended: the fault is the checkpoint's, choose another."
_TOO_LONG = ", so it was ended: give it a shorter text."


def _sentence(end: Ended, size: int) -> str:
    """The sentence for a person on the end; ``size`` are the characters that it was asked about."""
    name = f"The checkpoint's {end.stage or 'tokenizer'}"
    why = f" ({end.detail})" if end.detail else ""
    advice = _FAULT if size < _ORDINARY else _TOO_LONG
    match end.reason:
        case "cancel":
            return f"{name} was still at work, and was ended by the cancel."
        case "time":
            return f"{name} did not end within {SECONDS:.0f} seconds{advice}"
        case "memory":
            return f"{name} took more than {end.detail} of memory{advice}"
        case "start":
            return _not_started(end.detail or "it was not ready in time")
        case "signal" if end.detail in ("SIGKILL", "SIGTERM"):
            return (
                f"{name} was ended from outside{why}: by a person, or by the system because memory ran out. "
                "Close other programs and try again."
            )
        case _:
            return f"{name} made its process end{why}: choose another checkpoint."


def _not_started(why: str) -> str:
    return (
        f"The process for tokenizers could not be started ({why}): close other programs and try again; "
        f"if it stays so, see that {sys.executable} runs and install llada-tui again."
    )


def _end_all() -> None:
    for process in list(_everyone):
        process.end()


def _abandon_all() -> None:
    for process in list(_everyone):
        process.abandon()


atexit.register(_end_all)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_abandon_all)

PROCESS = TextProcess()
"""The text process of this one."""
