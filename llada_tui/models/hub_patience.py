"""Requests to the hub that are given up where nothing comes of them: some of its client's wait for ever."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TypeVar

PATIENCE = 30.0
"""Seconds for which the hub may send nothing of what it was asked for."""
_POLL = 0.1

T = TypeVar("T")


class HubSilent(Exception):
    """The hub took the request and sent nothing."""

    def __init__(self) -> None:
        super().__init__(f"no answer within {PATIENCE:g} seconds")


class HubPatience:
    """Asks the hub in a thread, for which nobody waits where it hangs. `came` says that something came."""

    def __init__(self) -> None:
        self._last = 0.0

    def came(self) -> None:
        """Something came: the hub has its time again."""
        self._last = time.monotonic()

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
            if time.monotonic() - self._last > PATIENCE:
                raise HubSilent
        if errors:
            raise errors[0]
        return results[0]
