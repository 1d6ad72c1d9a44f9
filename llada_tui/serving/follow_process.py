"""The process that follows a session on show: its lines are the standard output.

Run as ``python -m llada_tui.serving.follow_process URL NAME``. The token is in the environment (`TOKEN_VARIABLE`), or
in the URL (``?token=...``). It ends with the showing, with a sentence on stderr, and when its standard input is closed.
It needs no library beyond Python's own.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from typing import NamedTuple
from urllib.parse import urlsplit

from llada_tui.server_address import ALIVE, NAMING, SHARED_PATH, UNSHARED, is_share_name
from llada_tui.serving.client_process import run_and_exit, write_whole
from llada_tui.serving.server_socket import ServerUnusable, address_of, json_of, message_of, name_of_server, refusal
from llada_tui.trace.bounds import MAX_LINE
from llada_tui.worker.process import printable_line

_PATIENCE = 40.0
"""Seconds without a line after which the server is gone; it sends one every ten."""
_MOST_NAMES = 200_000


class SharedNames(NamedTuple):
    """The names of the sessions on show at a server, and the id of its model, if it has one."""

    sessions: list[str]
    model: str | None


def shared_names(url: str) -> SharedNames:
    """The names of what is on show at a server. Raises `ServerUnusable`."""
    response = _ask(url, SHARED_PATH)
    try:
        content = json_of(response.read(_MOST_NAMES))
        names = [name for name in content["sessions"] if isinstance(name, str) and is_share_name(name)]
        model = content["model"]
        return SharedNames(names, model if isinstance(model, str) else None)
    except (OSError, HTTPException, ValueError, KeyError, TypeError):
        raise ServerUnusable(f"The server at {_name(url)} shows no sessions: it is of another version.") from None


def session_lines(url: str, name: str) -> Iterator[bytes]:
    """The lines of a session on show, with their ends, until it is so no longer; the last is `UNSHARED`'s. Raises
    `ServerUnusable`."""
    if not is_share_name(name):
        raise ServerUnusable(NAMING)
    response = _ask(url, f"{SHARED_PATH}/{name}")
    try:
        while (line := response.readline(MAX_LINE + 2)).endswith(b"\n"):
            yield line
            if line.startswith(UNSHARED):
                return
    except (OSError, HTTPException, ValueError):
        pass
    raise ServerUnusable(f"The connection to the server at {_name(url)} broke.")


def _name(url: str) -> str:
    return name_of_server(address_of(url, "")[0])


def _ask(url: str, path: str) -> HTTPResponse:
    """The answer of a server to a GET. Raises `ServerUnusable`."""
    address, token = address_of(url, path)
    parts, name = urlsplit(address), name_of_server(address)
    kind = HTTPSConnection if parts.scheme == "wss" else HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=_PATIENCE)
    try:
        connection.request("GET", parts.path, headers={"Authorization": f"Bearer {token}"} if token else {})
        response = connection.getresponse()
        if response.status == 200:
            return response
        body = response.read(_MOST_NAMES)
    except (OSError, HTTPException, ValueError):
        raise ServerUnusable(f"No llada-tui serve answers at {name}.") from None
    named = message_of(body) if response.status == 404 and path != SHARED_PATH else ""
    raise ServerUnusable(named or refusal(response.status, name, body))


def _reason(line: bytes) -> str:
    """The sentence in the last line: why the session is on show no longer."""
    try:
        return printable_line(str(json_of(line)["message"]), 200)
    except (ValueError, KeyError):
        return "The session is on show no longer."


def _end_with_stdin() -> None:
    while os.read(0, 2**12):
        pass
    os._exit(0)


def follow(url: str, name: str) -> None:
    """Write the lines of a session, and at its end why it ended to stderr. Raises `ServerUnusable`."""
    threading.Thread(target=_end_with_stdin, daemon=True).start()
    for line in session_lines(url, name):
        if line.startswith(UNSHARED):
            print(_reason(line), file=sys.stderr)
        elif not line.startswith(ALIVE):
            write_whole(line)


if __name__ == "__main__":
    run_and_exit(lambda: follow(*sys.argv[1:3]))
