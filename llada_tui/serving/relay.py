"""The front of several replicas: an ASGI application that has each request answered by one of them.

A replica that ends takes its requests with it. One of whose answer nothing was sent yet is given to another replica;
any other client hears it in words.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from secrets import token_hex
from typing import Any, Protocol

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from llada_tui.picklable import PicklableError
from llada_tui.server_address import SHARED_PATH
from llada_tui.serving.access import Message, Receive, Scope, Send, refuse, until_gone
from llada_tui.serving.api_answer import LAST_EVENT, error_line, server_sent
from llada_tui.serving.api_request import RequestRefused
from llada_tui.serving.error_body import error_body
from llada_tui.serving.limits import ServeLimits
from llada_tui.serving.metrics import MEDIA_TYPE, Metrics, total
from llada_tui.serving.request_body import read_body
from llada_tui.serving.shared_routes import shared_routes
from llada_tui.serving.shared_sessions import SharedSessions

_TRIES = 3
"""Replicas that a request is given to before it is answered by an error."""
_PASSED_ON = (
    "type asgi http_version method scheme path raw_path query_string root_path headers client server subprotocols"
).split()
"""The parts of a scope that a replica is told."""
LOST = "The replica that was at work on this ended: ask again."
"""The words for who was sent something, and for whom no replica was left."""
_INTERNAL_ERROR = 1011
"""The code with which a WebSocket is closed whose replica ended."""


class ReplicaLost(Exception):
    """A replica ended in the middle of a request, or before it could begin."""


class ReplicaRefused(PicklableError):
    """No replica takes a request: a sentence, and the status of the answer."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


class Replicas(Protocol):
    """Replicas, by what `llada_tui.serving.replica.Replica` does."""

    def answer(self, scope: Scope, body: bytes, socket: str) -> AsyncGenerator[list[Message], None]:
        """The messages of one replica's answer. Raises `ReplicaLost` and `ReplicaRefused`."""

    async def tell(self, socket: str, message: Message) -> None:
        """Give a message of a WebSocket's client to the replica that answers it."""

    async def counts(self) -> Sequence[Metrics]:
        """The counts of each replica. Raises `ReplicaRefused`."""


class Relay:
    """The application. It has the sessions on show itself: they need no ``model``."""

    def __init__(self, replicas: Replicas, limits: ServeLimits, model: str) -> None:
        self._replicas = replicas
        self._limits = limits
        self._shared = Starlette(routes=shared_routes(SharedSessions(), lambda: model))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            while (kind := (await receive())["type"]) != "lifespan.shutdown":
                await send({"type": f"{kind}.complete"})
            await send({"type": "lifespan.shutdown.complete"})
        elif scope["path"] == SHARED_PATH or scope["path"].startswith(f"{SHARED_PATH}/"):
            await self._shared(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._socket(scope, receive, send)
        else:
            try:
                await self._request(scope, receive, send)
            except (RequestRefused, ReplicaRefused) as error:
                words = error_body(str(error), error.status)
                refusal = Response(msgspec.json.encode(words), error.status, media_type="application/json")
                await refusal(scope, receive, send)

    async def _request(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == "/metrics":
            text = total(await self._replicas.counts()).text()
            await PlainTextResponse(text, media_type=MEDIA_TYPE)(scope, receive, send)
            return
        body = await read_body(Request(scope, receive), self._limits)
        answering = asyncio.ensure_future(self._answer(scope, body, ClientAnswer(scope, send)))
        await _first_of(answering, asyncio.ensure_future(until_gone(receive)))

    async def _socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()  # that it connects: each replica that is tried is told so
        gone = asyncio.Event()

        async def receive_noting() -> Message:
            message = await receive()
            if message["type"] == "websocket.disconnect":
                gone.set()
            return message

        answering = asyncio.ensure_future(self._answer(scope, b"", ClientAnswer(scope, send), receive_noting))
        await _first_of(answering, asyncio.ensure_future(gone.wait()))

    async def _answer(self, scope: Scope, body: bytes, answer: ClientAnswer, receive: Receive | None = None) -> None:
        """``receive`` gives what the client of a WebSocket sends."""
        for _ in range(_TRIES):
            try:
                await self._answer_once(_passed_on(scope), body, answer, receive)
                return
            except ReplicaLost:
                if answer.has_begun:
                    break
            except ReplicaRefused as error:
                await answer.break_off(str(error), error.status)
                return
        await answer.break_off(LOST, 503)

    async def _answer_once(self, scope: Scope, body: bytes, answer: ClientAnswer, receive: Receive | None) -> None:
        socket = token_hex(16) if receive is not None else ""
        reading: asyncio.Task[None] | None = None
        try:
            async with aclosing(self._replicas.answer(scope, body, socket)) as batches:
                async for batch in batches:
                    if receive is not None and reading is None:  # the replica knows the socket's name from now on
                        reading = asyncio.ensure_future(self._read(socket, receive))
                    for message in batch:
                        await answer.send(message)
        finally:
            if reading is not None:
                reading.cancel()

    async def _read(self, socket: str, receive: Receive) -> None:
        message: Message = {"type": "websocket.connect"}
        while True:
            await self._replicas.tell(socket, message)
            message = await receive()


class ClientAnswer:
    """The answer that a client is sent."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self._scope = scope
        self._send = send
        self._kind = b""
        """The type of its content."""
        self.has_begun = False

    async def send(self, message: Message) -> None:
        """Send a message of it."""
        self.has_begun = True
        if message["type"] == "http.response.start":
            self._kind = dict(message["headers"]).get(b"content-type", b"").partition(b";")[0]
        await self._send(message)

    async def break_off(self, words: str, status: int) -> None:
        """End it with an error, whatever was sent of it. A body that no error can stand in is left unfinished."""
        if self._scope["type"] == "websocket" and self.has_begun:
            await self._send({"type": "websocket.close", "code": _INTERNAL_ERROR, "reason": words})
        elif not self.has_begun:
            await refuse(self._scope, self._send, status, words)
        elif (end := self._error(words, status)) is not None:
            await self._send({"type": "http.response.body", "body": end})

    def _error(self, words: str, status: int) -> bytes | None:
        match self._kind:
            case b"text/event-stream":
                return server_sent(error_body(words, status)) + LAST_EVENT
            case b"application/x-ndjson":
                return error_line(words)
            case _:
                return None


def _passed_on(scope: Scope) -> Scope:
    return {name: scope[name] for name in _PASSED_ON if name in scope}


async def _first_of(work: asyncio.Task[None], gone: asyncio.Task[Any]) -> None:
    """Wait for the work, which ends with its client."""
    try:
        await asyncio.wait({work, gone}, return_when=asyncio.FIRST_COMPLETED)
        if work.done():
            work.result()
    finally:
        for task in (work, gone):
            task.cancel()
        await asyncio.gather(work, gone, return_exceptions=True)
