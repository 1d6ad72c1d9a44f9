"""The connections of a server: uvicorn's, with bounds on those that ask nothing, and an end for slow readers."""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from llada_tui.serving.access import App, ReaderTooSlow, Receive, Scope, Send, refuse
from llada_tui.serving.limits import ServeLimits

TOO_MANY = "This server answers as many requests as it can: try again later."


class BoundedRequests:
    """Passes at most ``most`` requests at a time on to ``app``, and answers the others by a sentence."""

    def __init__(self, app: App, most: int) -> None:
        self._app, self._most = app, most
        self._open = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._open >= self._most:
            await refuse(scope, send, 503, TOO_MANY)
            return
        self._open += 1
        try:
            await self._app(scope, receive, send)
        finally:
            self._open -= 1


class _Answering:
    """The part of a connection that ends it, unread bytes and all, where its reader is too slow or the server ends."""

    transport: asyncio.Transport
    app: Any

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._answer: App = self.app
        self.app = self._answer_or_end

    async def _answer_or_end(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._answer(scope, receive, send)
        except* (ReaderTooSlow, asyncio.CancelledError):
            self.transport.abort()
            await asyncio.sleep(0)  # until the protocol knows that it has no connection


class SocketConnection(_Answering, WebSocketsSansIOProtocol):
    """A connection of a WebSocket."""

    async def send(self, message: Any) -> None:
        await super().send(message)
        if message["type"] == "websocket.http.response.body" and not message.get("more_body"):
            self.handshake_complete = True  # refused: uvicorn would write of it as of a defect


def http_connection(limits: ServeLimits) -> type[asyncio.Protocol]:
    """The class of the connections of one server. One that has sent no whole head of a request within
    ``limits.patience`` is closed; of those that wait so, ``limits.connections`` at most are kept, the newest."""
    waiting: dict[HttpConnection, asyncio.TimerHandle] = {}

    class HttpConnection(_Answering, H11Protocol):
        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            self._note()

        def data_received(self, data: bytes) -> None:
            super().data_received(data)
            self._note()

        def on_response_complete(self) -> None:
            super().on_response_complete()
            self._note()

        def handle_websocket_upgrade(self, event: Any) -> None:
            self._wait_no_longer()
            super().handle_websocket_upgrade(event)

        def connection_lost(self, exc: Exception | None) -> None:
            self._wait_no_longer()
            super().connection_lost(exc)

        def _note(self) -> None:
            """Note whether it waits for a request, or has one."""
            if self.cycle is not None and not self.cycle.response_complete:
                self._wait_no_longer()
                return
            if self in waiting or self.transport.is_closing() or self.transport.get_protocol() is not self:
                return
            waiting[self] = self.loop.call_later(limits.patience, self.transport.abort)
            if len(waiting) > limits.connections:
                oldest = next(iter(waiting))
                oldest._wait_no_longer()
                oldest.transport.abort()

        def _wait_no_longer(self) -> None:
            if (timer := waiting.pop(self, None)) is not None:
                timer.cancel()

    return HttpConnection
