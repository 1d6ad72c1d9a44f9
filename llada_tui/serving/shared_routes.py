"""The addresses of sessions on show: their names, the lines of one to follow, and the WebSocket that puts one on show.

The WebSocket tells the session's name (it may be another than was asked for) and then how many follow it, and takes
the session's lines, in messages of any length. Closed with `STOPPED` the session was taken off show; closed otherwise,
whoever showed it is gone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket

from llada_tui.server_address import SHARED_PATH
from llada_tui.serving.access import App, Gate, refuse
from llada_tui.serving.error_body import error_body
from llada_tui.serving.limits import ServeLimits
from llada_tui.serving.shared_sessions import SharedSession, SharedSessions, ShareRefused

STOPPED = 1000
"""The code of the WebSocket's end that says that the session is on show no longer."""
_TOO_LARGE = 1009
TAKEN_OFF, GONE = "The session was taken off show.", "The program that showed the session is gone."
"""The sentences for followers, after `STOPPED` and after another end."""


class FollowedLines(StreamingResponse):
    """The lines of a session, for a follower that is counted until it goes away or takes nothing for long."""

    def __init__(self, session: SharedSession) -> None:
        headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
        super().__init__(session.lines(), media_type="application/x-ndjson", headers=headers)
        self._session = session

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._session.count(1)
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._session.count(-1)


def shared_routes(shared: SharedSessions, model: Callable[[], str | None] = lambda: None) -> list[BaseRoute]:
    """The routes of the sessions on show. ``model`` is the id of the server's own model, if it has one."""

    async def names(request: Request) -> Response:
        body = {"model": model(), "sessions": shared.names, "watchers": shared.watchers}
        return Response(msgspec.json.encode(body), media_type="application/json")

    async def follow(request: Request) -> Response:
        if (session := shared.get(request.path_params["name"])) is None:
            words = error_body("No session of this name is on show.", 404)
            return Response(msgspec.json.encode(words), 404, media_type="application/json")
        return FollowedLines(session)

    async def show(socket: WebSocket) -> None:
        try:
            session = shared.open(socket.path_params["name"])
        except ShareRefused as error:
            await refuse(socket.scope, socket.send, error.status, str(error))
            return

        async def tell_counts() -> None:
            async for line in session.counts():
                await socket.send_bytes(line)

        message, telling = GONE, None
        try:
            await socket.accept()
            await socket.send_bytes(msgspec.json.encode({"name": session.name}))
            telling = asyncio.ensure_future(tell_counts())
            while (item := await socket.receive())["type"] == "websocket.receive":
                session.feed(item.get("bytes") or (item.get("text") or "").encode("utf-8", "replace"))
            message = TAKEN_OFF if item.get("code") == STOPPED else GONE
        except ShareRefused as error:
            message = str(error)
            await socket.close(_TOO_LARGE, message)
        finally:
            shared.close(session, message)
            if telling is not None:
                telling.cancel()
                await asyncio.gather(telling, return_exceptions=True)

    return [
        Route(SHARED_PATH, names),
        Route(f"{SHARED_PATH}/{{name}}", follow),
        WebSocketRoute(f"{SHARED_PATH}/{{name}}", show),
    ]


def shared_application(shared: SharedSessions, token: str | None, limits: ServeLimits) -> App:
    """The application that has sessions on show and nothing else."""
    return Gate(Starlette(routes=shared_routes(shared)), token, (), limits.patience)
