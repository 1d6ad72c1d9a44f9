"""The whole program in a browser's tab: a page with a terminal (textual-serve's), and a program for each tab.

textual-serve is used for two things: its script, which is the terminal, and its `AppService`, which is the program at
the other end. Who may come in is decided by `Gate`, as for ``llada-tui serve``, and nothing is loaded from elsewhere.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Coroutine
from contextlib import suppress
from html import escape
from importlib.resources import files
from string import Template
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect
from textual_serve.app_service import AppService
from textual_serve.download_manager import DownloadManager

from llada_tui.server_address import TOKEN_VARIABLE
from llada_tui.serving.access import App, Gate, refuse
from llada_tui.serving.limits import ServeLimits

_SECURITY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; font-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'"
)
_FONT_SIZE = 16
_GRACE = 12.0
"""Seconds that a program has to end in order, once its tab is closed."""
_PARTS = {
    "terminal.js": ("llada_tui.serving", "page/terminal.js", "text/javascript"),
    "textual.js": ("textual_serve", "static/js/textual.js", "text/javascript"),
    "xterm.css": ("textual_serve", "static/css/xterm.css", "text/css"),
    "font.ttf": ("fontpkg_jetbrains_mono", "files/JetBrainsMono[wght].ttf", "font/ttf"),
}
"""The parts of the page, by their names: the package and the file of each, and its type."""


def web_application(command: str, token: str, tabs: int, limits: ServeLimits) -> App:
    """The application, which starts ``command`` (a shell's) for each tab, of which there are ``tabs`` at most."""
    web = WebTabs(command, token, tabs)
    routes = [
        Route("/", web.page),
        Route("/{name}", web.part),
        WebSocketRoute("/ws", web.tab),
    ]
    return Gate(Starlette(routes=routes), token, (), limits.patience)


class TabProgram(AppService):
    """The program of a tab. ``over`` is set once it has ended."""

    def __init__(self, command: str, token: str, socket: WebSocket) -> None:
        """``token`` is that of the page, which the program need not know: it would send it to servers."""
        super().__init__(
            f"exec {command}",  # else the shell stands between
            write_bytes=self._send_bytes,
            write_str=self._send_text,
            close=self._close,
            download_manager=DownloadManager(),
        )
        self.over = asyncio.Event()
        self._token = token
        self._socket = socket
        self._is_gone = False
        """Whether the browser is gone: what the program writes is read all the same, else it could not end."""

    def _build_environment(self, width: int = 80, height: int = 24) -> dict[str, str]:
        environment = super()._build_environment(width, height)
        if environment.get(TOKEN_VARIABLE, "").strip() == self._token.strip():
            del environment[TOKEN_VARIABLE]
        return {**environment, "TERM": "xterm-256color", "COLORTERM": "truecolor"}

    async def run(self) -> None:
        try:
            await super().run()
        finally:
            self.over.set()

    async def end(self) -> None:
        """End the program, in order if it can."""
        self._is_gone = True
        with suppress(TimeoutError):
            async with asyncio.timeout(_GRACE):
                await self.stop()
                if self._process is not None:
                    await self._process.wait()
        if self._process is not None and self._process.returncode is None:
            self._process.kill()

    async def take(self, kind: Any, data: Any) -> None:
        """Take a message of the page. One that is none is passed over."""
        match kind, data:
            case "stdin", str():
                await self.send_bytes(data.encode("utf-8", "ignore"))
            case "resize", {"width": int(width), "height": int(height)}:
                await self.set_terminal_size(width, height)
            case "focus", _:
                await self.focus()
            case "blur", _:
                await self.blur()
            case "ping", str():
                await self._send_text(json.dumps(["pong", data]))

    async def _send_bytes(self, data: bytes) -> None:
        await self._send(self._socket.send_bytes(data))

    async def _send_text(self, text: str) -> None:
        await self._send(self._socket.send_text(text))

    async def _send(self, sending: Coroutine[Any, Any, None]) -> None:
        if self._is_gone:
            sending.close()
            return
        try:
            await sending
        except (RuntimeError, WebSocketDisconnect, TimeoutError):
            self._is_gone = True
            self.over.set()

    async def _close(self) -> None:
        self.over.set()


class WebTabs:
    """The page, and the tabs in which it is open."""

    def __init__(self, command: str, token: str, most: int) -> None:
        self._command, self._token, self._most = command, token, most
        self._open = 0

    async def page(self, request: Request) -> Response:
        """The page of a tab, with the address of its program's WebSocket."""
        url = request.url
        scheme = "wss" if url.scheme == "https" else "ws"
        # textual.js puts "?width=...&height=..." behind it
        query = f"?{url.query}&size=" if url.query else ""
        socket = f"{scheme}://{url.netloc}/ws{query}"
        text = (files("llada_tui.serving") / "page" / "terminal.html").read_text("utf-8")
        page = Template(text).substitute(socket=escape(socket), size=_FONT_SIZE)
        return HTMLResponse(page, headers={"content-security-policy": _SECURITY, "cache-control": "no-store"})

    async def part(self, request: Request) -> Response:
        """A script, the style or the font of the page."""
        if (part := _PARTS.get(request.path_params["name"])) is None:
            return Response("There is nothing at this address.", 404, media_type="text/plain")
        package, path, kind = part
        content = files(package).joinpath(*path.split("/")).read_bytes()
        return Response(content, media_type=kind, headers={"x-content-type-options": "nosniff"})

    async def tab(self, socket: WebSocket) -> None:
        """A tab: its program runs until it ends, or the tab is closed."""
        if self._open >= self._most:
            await refuse(socket.scope, socket.send, 429, f"{self._most} tabs are open already: no more can be.")
            return
        self._open += 1
        program = TabProgram(self._command, self._token, socket)
        try:
            await socket.accept()
            await program.start(*_size(str(socket.url.query)))
            reading = asyncio.ensure_future(_read(socket, program))
            ending = asyncio.ensure_future(program.over.wait())
            await asyncio.wait({reading, ending}, return_when=asyncio.FIRST_COMPLETED)
            reading.cancel()
            ending.cancel()
            await asyncio.gather(reading, ending, return_exceptions=True)
            with suppress(RuntimeError, WebSocketDisconnect, TimeoutError):
                await socket.close()
        finally:
            await program.end()
            self._open -= 1


async def _read(socket: WebSocket, program: TabProgram) -> None:
    with suppress(WebSocketDisconnect):
        while True:
            try:
                kind, data = (*json.loads(await socket.receive_text()), None, None)[:2]
            except (ValueError, TypeError, KeyError):
                continue
            await program.take(kind, data)


def _size(query: str) -> tuple[int, int]:
    """The columns and rows that a page asks for."""
    columns, rows = (re.search(rf"{name}=(\d{{1,4}})", query) for name in ("width", "height"))
    return int(columns[1]) if columns else 80, int(rows[1]) if rows else 24
