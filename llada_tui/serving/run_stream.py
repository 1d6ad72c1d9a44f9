"""The events of one run that was asked of a `ModelHost`, as an asynchronous iterator."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator

from llada_tui.picklable import PicklableError
from llada_tui.serving.api_request import ApiRequest
from llada_tui.serving.model_host import ModelHost
from llada_tui.serving.run_request import Delivery, Mailbox, QueuePlace, RunRequest, TokenFeed
from llada_tui.trace.events import FORMAT, VERSION, AnyEvent, EndEvent, PiecesEvent, RunEvent, SessionEvent
from llada_tui.version import __version__
from llada_tui.worker.protocol import Failure, Generate, Progress

_STATUS = {"request": 400, "memory": 503, "died": 503, "model": 503}
RUN = "r1"
"""The name of the run in its events."""


class RunFailed(PicklableError):
    """A run that could not begin, or failed: a sentence, and the status of the answer."""

    def __init__(self, message: str, status: int, field: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.field = field


class RunStream:
    """The events of a run, and its places in the queue before it begins. Close it to end the run."""

    def __init__(self, host: ModelHost, asked: ApiRequest, client: str) -> None:
        """Raises `QueueFull`, and `SettingsError` for what is beyond the limits."""
        self._host = host
        self._feed = TokenFeed(host.token_bytes)
        self._mailbox: Mailbox[Delivery] = Mailbox(host.limits.unread, self._drop)
        self._first: list[Delivery] = []
        self._begun = self._over = False
        command = Generate(RUN, asked.settings, asked.prompt)
        self._request = RunRequest(client, command, self._mailbox.put)
        host.ask(self._request)

    def header(self) -> AnyEvent:
        """The first line of a session file."""
        return SessionEvent(FORMAT, VERSION, f"llada-tui {__version__}", time.time())

    async def begin(self) -> None:
        """Wait until the run begins, or waits in the queue. Raises `RunFailed` where it cannot begin."""
        self._first.append(await self._next())

    async def __aiter__(self) -> AsyncIterator[Delivery | PiecesEvent]:
        """Raises `RunFailed` for a run that cannot begin, or whose reader is too slow."""
        while not self._over or self._first:
            item = self._first.pop() if self._first else await self._next()
            if isinstance(item, QueuePlace | Progress):
                yield item
                continue
            for each in self._feed.around(item):
                yield each

    async def _next(self) -> Delivery:
        item = await self._mailbox.next()
        if item is None:
            self._over = True
            raise RunFailed("The client did not read what it was sent.", 503)
        self._begun = self._begun or isinstance(item, RunEvent)
        is_refusal = isinstance(item, Failure) and not self._begun
        self._over = self._over or is_refusal or isinstance(item, EndEvent)
        if isinstance(item, Failure) and is_refusal:
            raise RunFailed(item.message, _STATUS.get(item.code, 500), item.field)
        return item

    def close(self) -> None:
        """End the run, if it has not ended."""
        if not self._over:
            self._over = True
            self._host.cancel(self._request)

    def _drop(self) -> None:
        self._host.metrics.dropped += 1
        self._host.cancel(self._request)


async def open_stream(host: ModelHost, asked: ApiRequest, client: str) -> RunStream:
    """A run that begins, or waits in the queue. Raises `RunFailed` where it cannot begin, `QueueFull`, and
    `SettingsError`."""
    stream = RunStream(host, asked, client)
    try:
        await stream.begin()
    except BaseException:
        stream.close()
        raise
    return stream
