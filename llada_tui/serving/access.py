"""The conditions to ask a server: the token, the origin of a page, the length of a body. Plain ASGI."""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec

from llada_tui.server_address import LOCAL_NAMES
from llada_tui.serving.error_body import error_body

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

_OPEN = ("/healthz", "/page.js", "/live.js", "/terminal.js", "/textual.js", "/xterm.css", "/font.ttf")
"""Paths that need no token: what everybody has who has the program."""

_TOKEN_PAGE = b"""<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="color-scheme" content="light dark"><title>llada-tui</title>
<p>This server needs its token: put <code>?token=...</code> behind its address.</p></html>
"""
"""The page for a browser that has no token."""


class ReaderTooSlow(TimeoutError):
    """A reader takes nothing for long."""


class Gate:
    """Lets requests through to ``app`` that may come in. Each other is answered by a sentence.

    ``token``: None where only this machine can reach the server; then the name that it is called by must be this
    machine's, so that no page of another name, that a name server points here, gets in. ``origins`` are those of pages
    that may ask, besides the server's own.
    """

    def __init__(self, app: App, token: str | None, origins: tuple[str, ...], patience: float) -> None:
        self._app = app
        self._token = None if token is None else token.strip()
        self._origins = origins
        self._patience = patience

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = {name.lower(): value for name, value in scope["headers"]}
        origin = headers.get(b"origin", b"").decode("latin-1")
        if problem := self._problem(scope, headers, origin):
            await refuse(scope, send, *problem)
            return
        if origin not in self._origins:
            await self._app(scope, receive, self._patient(send))
            return
        answer_headers = [
            (b"access-control-allow-origin", origin.encode("latin-1")),
            (b"access-control-allow-headers", b"authorization, content-type"),
            (b"vary", b"origin"),
        ]
        if scope["type"] == "http" and scope["method"] == "OPTIONS":
            await send({"type": "http.response.start", "status": 204, "headers": answer_headers})
            await send({"type": "http.response.body", "body": b""})
            return

        async def send_allowed(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message["headers"], *answer_headers]}
            await send(message)

        await self._app(scope, receive, self._patient(send_allowed))

    def _problem(self, scope: Scope, headers: dict[bytes, bytes], origin: str) -> tuple[int, str] | None:
        host = headers.get(b"host", b"").decode("latin-1")
        if self._token is None and _name_of(host) not in LOCAL_NAMES:
            return 403, "This server answers to the names of its own machine: use http://127.0.0.1."
        if origin and origin not in self._origins and origin not in (f"http://{host}", f"https://{host}"):
            return 403, "Pages of other origins may not ask this server."
        is_asking_first = scope["type"] == "http" and scope["method"] == "OPTIONS" and origin in self._origins
        if self._token is None or scope["path"] in _OPEN or is_asking_first:
            return None
        if not self._has_token(scope, headers):
            return 401, "This server needs its token: send it as 'Authorization: Bearer TOKEN'."
        return None

    def _has_token(self, scope: Scope, headers: dict[bytes, bytes]) -> bool:
        assert self._token is not None
        kind, _, token = headers.get(b"authorization", b"").partition(b" ")
        if kind.lower() != b"bearer":
            try:
                query = parse_qs(scope.get("query_string", b"").decode("latin-1"), max_num_fields=20)
            except ValueError:  # more fields than that
                return False
            token = query.get("token", [""])[0].encode("utf-8", "replace")
        return hmac.compare_digest(token.strip(), self._token.encode())

    def _patient(self, send: Send) -> Send:
        """``send``, which drops a reader that takes nothing for long."""

        async def send_in_time(message: Message) -> None:
            try:
                async with asyncio.timeout(self._patience):
                    await send(message)
            except TimeoutError:
                raise ReaderTooSlow from None

        return send_in_time


def _name_of(host: str) -> str:
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


async def until_gone(receive: Receive) -> None:
    """Wait until the client of a request goes away, whose body was read."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def refuse(scope: Scope, send: Send, status: int, message: str) -> None:
    """Answer a request or the opening of a WebSocket by an error."""
    if scope["type"] == "websocket" and "websocket.http.response" not in scope.get("extensions", {}):
        await send({"type": "websocket.close", "code": 1008, "reason": message})
        return
    kind = "websocket.http.response" if scope["type"] == "websocket" else "http.response"
    content, body = b"application/json", msgspec.json.encode(error_body(message, status))
    if status == 401 and b"text/html" in dict(scope["headers"]).get(b"accept", b""):
        content, body = b"text/html; charset=utf-8", _TOKEN_PAGE
    headers = [(b"content-type", content), (b"connection", b"close")]
    if status == 401:
        headers.append((b"www-authenticate", b"Bearer"))
    await send({"type": f"{kind}.start", "status": status, "headers": headers})
    await send({"type": f"{kind}.body", "body": body})
