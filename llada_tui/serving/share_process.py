"""The process that puts a session on show, whose lines are its standard input.

Run as ``python -m llada_tui.serving.share_process NAME WHERE``. ``WHERE`` is the address of a server, or an address of
this machine, perhaps with a port, at which the process serves the session itself. The token is in the environment
(`TOKEN_VARIABLE`). The first line on stdout says where the session is on show, the others how many follow it. An empty
line ends the showing in order.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import suppress

import msgspec

from llada_tui.server_address import (
    NAMING,
    NO_TOKEN,
    SHARED_PATH,
    TOKEN_VARIABLE,
    is_server_address,
    is_share_name,
    is_token,
    split_token,
)
from llada_tui.serving.client_process import run_and_exit
from llada_tui.serving.server_socket import ServerUnusable, address_of, json_of, name_of_server, open_socket
from llada_tui.worker.process import printable_line

PORT = 8001
"""The port of a session that serves itself, where it is free."""
_CHUNK = 2**16


class SessionLines:
    """The standard input. ``stopped`` says after its end whether it ended in order."""

    def __init__(self) -> None:
        self.stopped = False

    async def chunks(self) -> AsyncIterator[bytes]:
        """The lines that come, in pieces of any length, until the end."""
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader()
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
        tail = b""
        while chunk := await reader.read(_CHUNK):
            tail = (tail + chunk)[-2:]
            yield chunk
        self.stopped = tail == b"\n\n"


def split_port(where: str) -> tuple[str, int | None]:
    """An address of this machine, and the port behind it. Raises `ServerUnusable`."""
    if where.startswith("[") or where.count(":") == 1:
        host, _, port = where.rpartition(":") if not where.endswith("]") else (where, "", "")
        host = host.strip("[]")
    else:
        host, port = where, ""
    if not host or (port and not (port.isascii() and port.isdigit() and int(port) < 65536)):
        raise ServerUnusable("A session is shown at an address of this machine, as in 127.0.0.1 or 0.0.0.0:8001.")
    return host, int(port) if port else None


async def show_here(name: str, where: str, token: str) -> None:
    """Serve the session at an address of this machine until its lines end. Raises `ServerUnusable`."""
    from llada_tui.serving.limits import ServeLimits
    from llada_tui.serving.listening import http_server, listen
    from llada_tui.serving.shared_routes import GONE, TAKEN_OFF, shared_application
    from llada_tui.serving.shared_sessions import SharedSessions, ShareRefused

    address, port = split_port(where)
    if token and not is_token(token):
        raise ServerUnusable(NO_TOKEN)
    try:
        try:
            listener = listen(address, PORT if port is None else port, token)
        except OSError:
            if port is not None:
                raise
            listener = listen(address, 0, token)
    except OSError as error:
        raise ServerUnusable(f"Nothing can listen at {where}: {error.strerror or error}.") from None
    shared, limits = SharedSessions(), ServeLimits()
    message, lines = GONE, SessionLines()
    try:
        session = shared.open(name)
    except ShareRefused as error:
        raise ServerUnusable(str(error)) from None
    server = http_server(shared_application(shared, listener.token, limits), limits)
    serving = asyncio.ensure_future(server.serve(sockets=[listener.socket]))
    _say(session.name, listener.url, listener.token if listener.is_new_token else None)

    async def tell_counts() -> None:
        async for line in session.counts():
            _write(line)

    telling = asyncio.ensure_future(tell_counts())
    try:
        async for chunk in lines.chunks():
            session.feed(chunk)
        message = TAKEN_OFF if lines.stopped else GONE
    except ShareRefused as error:
        message = str(error)
        raise ServerUnusable(message) from None
    finally:
        telling.cancel()
        shared.close(session, message)
        server.should_exit = True
        await serving


async def show_there(name: str, url: str) -> None:
    """Put the session on show at a server until its lines end. Raises `ServerUnusable`."""
    from websockets.exceptions import ConnectionClosed

    from llada_tui.serving.shared_routes import STOPPED

    path = f"{SHARED_PATH}/{name}"
    server = name_of_server(address_of(url, path)[0])
    lines = SessionLines()
    async with await open_socket(url, path) as socket:

        async def send() -> None:
            async for chunk in lines.chunks():
                await socket.send(chunk)

        async def tell_counts() -> None:
            with suppress(ConnectionClosed):
                async for message in socket:
                    if not isinstance(watchers := json_of(message)["watchers"], int):
                        raise ValueError(watchers)
                    _write(msgspec.json.encode({"watchers": watchers}) + b"\n")

        try:
            name = json_of(await socket.recv())["name"]
            if not isinstance(name, str) or not is_share_name(name):
                raise ValueError(name)
            _say(name, split_token(url)[0], None)
            sending = asyncio.ensure_future(send())
            closing = asyncio.ensure_future(tell_counts())
            await asyncio.wait({sending, closing}, return_when=asyncio.FIRST_COMPLETED)
            if closing.done():
                sending.cancel()
                closing.result()
                raise ServerUnusable(
                    printable_line(socket.close_reason or "", 100) or f"The connection to the server at {server} broke."
                )
            closing.cancel()
            sending.result()
            await socket.close(STOPPED if lines.stopped else STOPPED + 1)
        except ConnectionClosed:
            raise ServerUnusable(f"The connection to the server at {server} broke.") from None
        except (ValueError, TypeError, KeyError):
            raise ServerUnusable(f"The server at {server} shows no sessions: it is of another version.") from None


def _say(name: str, url: str, token: str | None) -> None:
    _write(msgspec.json.encode({"name": name, "url": url, "token": token}) + b"\n")


def _write(line: bytes) -> None:
    sys.stdout.buffer.write(line)
    sys.stdout.buffer.flush()


def show(name: str, where: str) -> None:
    """Put the session on show until its lines end. Raises `ServerUnusable`."""
    if not is_share_name(name):
        raise ServerUnusable(NAMING)
    if is_server_address([where]):
        asyncio.run(show_there(name, where))
    else:
        asyncio.run(show_here(name, where, os.environ.get(TOKEN_VARIABLE, "").strip()))


if __name__ == "__main__":
    run_and_exit(lambda: show(*sys.argv[1:3]))
