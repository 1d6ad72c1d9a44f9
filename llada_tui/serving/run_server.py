"""A server's process: the socket, the model, the application, until it is asked to end."""

from __future__ import annotations

import logging
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from secrets import token_urlsafe

import uvicorn

from llada_tui.server_address import LOCAL_NAMES
from llada_tui.serving.application import application
from llada_tui.serving.limits import ServeLimits
from llada_tui.serving.model_host import ModelHost
from llada_tui.worker.protocol import Load


@dataclass(frozen=True, slots=True)
class ServeRequest:
    """The model, the address and the limits of a server. ``port`` 0 is any that is free."""

    load: Load
    worker: str | None = None
    address: str = "127.0.0.1"
    port: int = 8000
    token: str | None = None
    origins: tuple[str, ...] = ()
    limits: ServeLimits = field(default_factory=ServeLimits)


@dataclass(frozen=True, slots=True)
class ServerAddress:
    """The address of a server, and the token that it needs: None where it listens to its own machine alone."""

    url: str
    token: str | None
    is_new_token: bool
    model: str


async def run_server(request: ServeRequest, on_ready: Callable[[ServerAddress], None]) -> None:
    """Serve until a signal ends it. ``on_ready`` is called when requests can come. Raises `OSError` for an address that
    cannot be had and `WorkerError` for a model that cannot."""
    is_local = request.address in LOCAL_NAMES
    token = request.token or (None if is_local else token_urlsafe(24))
    family = socket.AF_INET6 if ":" in request.address else socket.AF_INET
    listener = socket.create_server((request.address, request.port), family=family)
    host = ModelHost(request.worker, request.load, request.limits)
    try:
        await host.open()
        assert host.model is not None
        name = f"[{request.address}]" if ":" in request.address else request.address
        url = f"http://{name}:{listener.getsockname()[1]}"
        on_ready(ServerAddress(url, token, token is not None and request.token is None, host.model.id))
        await server_of(host, token, request.origins).serve(sockets=[listener])
    finally:
        listener.close()
        await host.close()


def server_of(host: ModelHost, token: str | None = None, origins: tuple[str, ...] = ()) -> uvicorn.Server:
    """The HTTP server of a host that is open."""
    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)
    config = uvicorn.Config(
        application(host, token=token, origins=origins),
        log_config=None,
        access_log=False,
        lifespan="off",
        server_header=False,
        limit_concurrency=host.limits.connections,
        timeout_keep_alive=15,
        timeout_graceful_shutdown=2,
        ws="websockets-sansio",
        ws_max_size=host.limits.body,
        ws_max_queue=16,
    )
    return uvicorn.Server(config)
