"""One of several processes with the model: requests come as calls, and their answers go as ASGI messages."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import suppress

from llada_tui.serving.access import Message, Scope
from llada_tui.serving.application import endpoints
from llada_tui.serving.metrics import Metrics
from llada_tui.serving.model_host import ModelHost

_UNTAKEN = 16
"""Most messages of a WebSocket's client that wait to be taken."""


class Replica:
    """A model whose host is open, and the application that serves it."""

    def __init__(self, host: ModelHost) -> None:
        self._host = host
        self._app = endpoints(self._host)
        self._inboxes: dict[str, asyncio.Queue[Message]] = {}
        """The messages of each open WebSocket's client, by the WebSocket's name."""

    async def answer(self, scope: Scope, body: bytes, socket: str) -> AsyncGenerator[list[Message], None]:
        """The messages of the answer to a request, in order, as many at a time as there are. An empty list comes first.

        ``socket`` names a WebSocket, whose client's messages come by `take`; empty for a request, whose ``body`` is all
        that its client sends. Closing the iterator ends the request, as a client does that goes away.
        """
        inbox: asyncio.Queue[Message] = asyncio.Queue(_UNTAKEN)
        if socket:
            self._inboxes[socket] = inbox
        else:
            inbox.put_nowait({"type": "http.request", "body": body, "more_body": False})
        answer = UntakenMessages()
        work = asyncio.ensure_future(self._app(scope, inbox.get, answer.put))
        work.add_done_callback(lambda _: answer.end())
        try:
            yield []
            while batch := await answer.more():
                yield batch
            await work
        finally:
            self._inboxes.pop(socket, None)
            work.cancel()
            with suppress(asyncio.CancelledError, Exception):
                await work

    async def take(self, socket: str, message: Message) -> None:
        """Take a message of a WebSocket's client in. One that is not open here takes none."""
        if (inbox := self._inboxes.get(socket)) is not None:
            await inbox.put(message)

    async def counts(self) -> Metrics:
        """The counts of this replica."""
        return self._host.counts()

    async def model(self) -> str:
        """The model's name."""
        assert self._host.model is not None
        return self._host.model.id

    async def close(self) -> None:
        """End the model's worker."""
        await self._host.close()


class UntakenMessages:
    """The messages that an application sent, and nobody took yet."""

    def __init__(self) -> None:
        self._messages: list[Message] = []
        self._news = asyncio.Event()
        self._has_ended = False

    async def put(self, message: Message) -> None:
        """Take a message in."""
        self._messages.append(message)
        self._news.set()

    def end(self) -> None:
        """Note that no more will come."""
        self._has_ended = True
        self._news.set()

    async def more(self) -> list[Message]:
        """Those that came since the last call; empty when no more will come."""
        while not self._messages and not self._has_ended:
            self._news.clear()
            await self._news.wait()
        messages, self._messages = self._messages, []
        return messages
