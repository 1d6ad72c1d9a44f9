"""Requests to the hub that are given up where nothing comes of them: some of its client's wait for ever."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from llada_tui.picklable import PicklableError

PATIENCE = 30.0
"""Seconds for which the hub may send nothing of what it was asked for."""
_POLL = 0.1

T = TypeVar("T")


class HubSilent(PicklableError):
    """The hub took the request and sent nothing."""

    def __init__(self) -> None:
        super().__init__(f"no answer within {PATIENCE:g} seconds")


class HubPatience:
    """Asks the hub in a thread, for which nobody waits where it hangs. `came` says that something came.

    The hub's client waits while another process downloads the same file. What grows in ``blobs``, the folder of a
    repository's files in the hub's cache, has come too, whoever asked for it.
    """

    def __init__(self, blobs: Path | None = None) -> None:
        self.gave_up = False
        """Whether a request was given up: its thread may go on, and nobody waits for what it says."""
        self._blobs = blobs
        self._sizes: dict[str, int] = {}
        self._last = 0.0

    def came(self) -> None:
        """Something came: the hub has its time again."""
        self._last = time.monotonic()

    def _look(self) -> None:
        """Notes that something came where the files being downloaded are others than at the last look, or longer."""
        sizes: dict[str, int] = {}
        for part in () if self._blobs is None else self._blobs.glob("*.incomplete"):
            with contextlib.suppress(OSError):  # it is whole by now, and has another name
                sizes[part.name] = part.stat().st_size
        if sizes != self._sizes:
            self._sizes = sizes
            self.came()

    def ask(self, call: Callable[[], T]) -> T:
        """The result of ``call``, or what it raises. Raises `HubSilent` where nothing came for `PATIENCE` seconds."""
        results: list[T] = []
        errors: list[BaseException] = []
        over = threading.Event()

        def run() -> None:
            try:
                results.append(call())
            except BaseException as error:
                errors.append(error)
            over.set()

        self.came()
        threading.Thread(target=run, daemon=True).start()
        while not over.wait(_POLL):
            self._look()
            if time.monotonic() - self._last > PATIENCE:
                self.gave_up = True
                raise HubSilent
        if errors:
            raise errors[0]
        return results[0]
