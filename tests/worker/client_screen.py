"""A client of the worker and everything that it told, for tests against real processes."""

from __future__ import annotations

import asyncio
import os
import sys
from typing import Any, TypeVar

from llada_tui.trace.events import FINISHED, EndEvent
from llada_tui.worker.client import WorkerClient
from llada_tui.worker.protocol import Hello

from .driver import FAKE, PATIENCE, ask

T = TypeVar("T")
STUBBORN = "import signal, time; [signal.signal(s, signal.SIG_IGN) for s in (15, 2, 1)]; "
HELLO = (
    "import os, sys; from llada_tui.worker import codec, protocol as p; "
    "sys.stdout.buffer.write(codec.encode(p.Hello(p.PROTOCOL, '0.1.0', os.getpid(), []))); sys.stdout.flush()"
)


class Screen:
    """A client and everything it told."""

    def __init__(self, command: list[str] | str | None = None, **options: Any) -> None:
        self.items: list[Any] = []
        self._news = asyncio.Event()
        self._next_index = 0
        self.pids: list[int] = []
        self.client = WorkerClient(command or FAKE, on_item=self._take, **{"stop_grace": 1.0, **options})

    def _take(self, item: Any) -> None:
        self.items.append(item)
        if isinstance(item, Hello):
            self.pids.append(item.pid)
        self._news.set()

    async def until(self, kind: type[T], **fields: object) -> T:
        """The next item of this kind with these fields."""
        async with asyncio.timeout(PATIENCE):
            while True:
                while self._next_index < len(self.items):
                    item = self.items[self._next_index]
                    self._next_index += 1
                    if isinstance(item, kind) and all(getattr(item, k) == v for k, v in fields.items()):
                        return item
                self._news.clear()
                await self._news.wait()

    def all(self, kind: type[T]) -> list[T]:
        return [item for item in self.items if isinstance(item, kind)]


def exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def script(code: str) -> list[str]:
    return [sys.executable, "-c", code]


async def works(screen: Screen, name: str = "works") -> None:
    await screen.client.generate(ask(name, 2))
    assert (await screen.until(EndEvent, run=name)).reason == FINISHED
