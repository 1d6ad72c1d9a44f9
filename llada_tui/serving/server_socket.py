"""The client's end of a WebSocket of a server: where it is, and why it cannot be had."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit

from llada_tui.server_address import NO_TOKEN, TOKEN_VARIABLE, is_token, split_token
from llada_tui.trace.bounds import MAX_LINE
from llada_tui.worker.process import printable_line

if TYPE_CHECKING:
    from websockets.asyncio.client import ClientConnection

_PATIENCE = 20


class ServerUnusable(Exception):
    """A server that cannot be used. The message is one sentence."""


def address_of(url: str, path: str) -> tuple[str, str]:
    """The WebSocket's address and the token, from the address of a server. Raises `ServerUnusable`."""
    url, token = split_token(url)
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise ServerUnusable("This is no address of a server: it looks like http://127.0.0.1:8000.") from None
    if not parts.hostname:
        raise ServerUnusable("This is no address of a server: it looks like http://127.0.0.1:8000.")
    token = token or os.environ.get(TOKEN_VARIABLE, "").strip()
    if token and not is_token(token):
        raise ServerUnusable(NO_TOKEN)
    scheme = "wss" if parts.scheme == "https" else "ws"
    netloc = parts.netloc.rpartition("@")[2]
    return urlunsplit((scheme, netloc, parts.path.rstrip("/") + path, "", "")), token


def name_of_server(address: str) -> str:
    """The host and port of an address, as a person reads them."""
    return printable_line(urlsplit(address).netloc.rpartition("@")[2], 100)


def refusal(status: int, name: str, body: bytes = b"") -> str:
    """The sentence for a server that answered with an error; its own, where it has one."""
    words = {
        401: f"needs its token: set {TOKEN_VARIABLE}, or put ?token=... behind its address",
        403: "does not let this machine in, or is no llada-tui serve",
        404: "is no llada-tui serve",
    }
    if status in words:
        return f"The server at {name} {words[status]}."
    return message_of(body) or f"The server at {name} answered with status {status}."


def json_of(text: bytes | str) -> Any:
    """The content of a JSON text that a server sent. Raises `ValueError` for none, and for endless nesting."""
    import json

    try:
        return json.loads(text)
    except RecursionError:
        raise ValueError("It is nested too deeply.") from None


def message_of(body: bytes) -> str:
    """The message of an error's answer, as one printable line; empty where there is none."""
    try:
        return printable_line(str(json_of(body)["error"]["message"]), 200)
    except (ValueError, TypeError, KeyError):
        return ""


async def open_socket(url: str, path: str, **options: Any) -> ClientConnection:
    """Connect to a path of a server. Raises `ServerUnusable`."""
    from websockets.asyncio.client import connect
    from websockets.exceptions import InvalidHandshake, InvalidStatus, InvalidURI

    address, token = address_of(url, path)
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    name = name_of_server(address)
    try:
        return await connect(
            address,
            additional_headers=headers,
            max_size=MAX_LINE,
            open_timeout=_PATIENCE,
            ping_interval=_PATIENCE,
            **options,
        )
    except InvalidStatus as error:
        raise ServerUnusable(refusal(error.response.status_code, name, bytes(error.response.body or b""))) from None
    except (OSError, TimeoutError, InvalidHandshake, InvalidURI):
        raise ServerUnusable(f"No llada-tui serve answers at {name}.") from None
