"""Errors of a worker that cannot be used or is gone, in words for the screen."""

from __future__ import annotations

import signal
from collections.abc import Sequence

import msgspec

from llada_tui.worker.process import printable_line


class WorkerDied(msgspec.Struct, frozen=True):
    """The worker's process is gone, and nobody had asked it to go. The next load or generate starts another.

    ``message`` is one sentence; ``log`` the last lines of its stderr, printable. ``signal`` is the name of the signal
    that ended it, if one did.
    """

    exit_code: int | None
    signal: str | None
    message: str
    log: list[str]


class WorkerSilent(msgspec.Struct, frozen=True):
    """The worker has not answered for so many seconds; with 0: it answers again."""

    seconds: int

    @property
    def message(self) -> str:
        """It in a sentence."""
        if not self.seconds:
            return "The worker answers again."
        return f"The worker has not answered for {self.seconds} seconds."

    @property
    def ended(self) -> str:
        """The sentence of a worker that was ended for it."""
        return f"The worker had not answered for {self.seconds} seconds and was ended."


class WorkerStill(msgspec.Struct, frozen=True):
    """The worker answers, but for so many seconds nothing came of what it does; with 0: something comes again. It may
    be stuck, or at a long step. ``what`` did not come: a step, or progress of a load."""

    seconds: int
    what: str = "step"

    @property
    def message(self) -> str:
        """It in a sentence."""
        if not self.seconds:
            return "The worker goes on."
        return f"No {self.what} for {self.seconds} seconds: the worker may be stuck, or a large model takes that long."

    @property
    def ended(self) -> str:
        """The sentence of a worker that was ended for it."""
        made = "a step" if self.what == "step" else self.what
        return f"The worker had not made {made} for {self.seconds} seconds and was ended."


class Standstills:
    """The standstills of a worker that a user was told of: each is told once, however often it is reported."""

    def __init__(self) -> None:
        self._reported: set[type[WorkerSilent | WorkerStill]] = set()

    def is_news(self, item: WorkerSilent | WorkerStill) -> bool:
        """Whether the user is to be told. A worker that is known to be silent makes no steps either."""
        kind = type(item)
        if not item.seconds:
            self._reported.discard(kind)
            return True
        if kind in self._reported or WorkerSilent in self._reported:
            return False
        self._reported.add(kind)
        return True

    def forget(self) -> None:
        """Begin anew: another process is the worker."""
        self._reported.clear()


class WorkerError(Exception):
    """The worker cannot be used. The message is one sentence; ``log`` the last lines of its stderr.

    ``died`` is what was sent as an item as well, when the process ended by itself.
    """

    def __init__(self, message: str, log: Sequence[str] = (), died: WorkerDied | None = None) -> None:
        super().__init__(message)
        self.log = list(log)
        self.died = died


def signal_name(code: int | None) -> str | None:
    if code is None or code >= 0:
        return None
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"signal {-code}"


def why_it_ended(code: int | None, log: Sequence[str]) -> str:
    """Why the worker is gone, in one sentence."""
    name = signal_name(code)
    if name == "SIGKILL":
        return "The worker was killed (SIGKILL): the system may have run out of memory."
    if name is not None:
        return f"The worker was ended by {name}."
    last = f": {printable_line(log[-1], 160)}" if log else "."
    if code == 0:
        return "The worker ended by itself."
    return f"The worker ended with exit code {code}{last}"
