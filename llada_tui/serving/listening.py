"""The socket that a server listens to, with its token, and the HTTP server on it."""

from __future__ import annotations

import logging
import socket
from dataclasses import dataclass
from secrets import token_urlsafe

import uvicorn

from llada_tui.server_address import LOCAL_NAMES
from llada_tui.serving.access import App
from llada_tui.serving.connections import BoundedRequests, SocketConnection, http_connection
from llada_tui.serving.limits import ServeLimits

_EVERY = ("0.0.0.0", "::")
"""Addresses that stand for all of a machine's."""


@dataclass(frozen=True, slots=True)
class Listener:
    """A socket that listens. ``url`` is its address as others reach it. ``token`` is what clients have to send: None
    where only this machine reaches it."""

    socket: socket.socket
    url: str
    token: str | None
    is_new_token: bool


def listen(address: str, port: int, token: str | None, *, is_private: bool = False) -> Listener:
    """Listen to an address, and any port that is free for port 0. Where there is no token, one is made if other
    machines reach the address, and for a server that is one person's own (``is_private``): other accounts of this
    machine reach its addresses too. Raises `OSError` for an address that cannot be had."""
    is_new_token = not token and (is_private or address not in LOCAL_NAMES)
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    listener = socket.create_server((address, port), family=family)
    host = _address_elsewhere(family) if address in _EVERY else address
    name = f"[{host}]" if ":" in host else host
    url = f"http://{name}:{listener.getsockname()[1]}"
    return Listener(listener, url, token_urlsafe(24) if is_new_token else token or None, is_new_token)


def _address_elsewhere(family: socket.AddressFamily) -> str:
    """The address of this machine on its network; its name where it is on none."""
    outwards = "192.0.2.1" if family == socket.AF_INET else "2001:db8::1"  # of documentation: nothing is sent there
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((outwards, 9))
            return str(probe.getsockname()[0])
        except OSError:
            return socket.gethostname()


def http_server(app: App, limits: ServeLimits) -> uvicorn.Server:
    """The HTTP server of an application."""
    log = logging.getLogger("uvicorn.error")
    log.setLevel(logging.ERROR)  # below that are warnings of what clients send
    log.addFilter(_is_no_end)
    config = uvicorn.Config(
        BoundedRequests(app, limits.connections),
        log_config=None,
        access_log=False,
        lifespan="off",
        server_header=False,
        timeout_keep_alive=15,
        timeout_graceful_shutdown=2,
        # named, or another is taken where other packages have brought it
        loop="asyncio",
        http=http_connection(limits),
        ws=SocketConnection,
        ws_max_size=limits.body,
        ws_max_queue=16,
    )
    return uvicorn.Server(config)


def _is_no_end(record: logging.LogRecord) -> bool:
    """Whether a record is not of the end of a server, which ends requests that are open."""
    return "timeout graceful shutdown exceeded" not in record.getMessage()
