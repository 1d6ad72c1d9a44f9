"""A server's process: the socket, the model, the application, until it is asked to end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import uvicorn

from llada_tui.serving.application import application
from llada_tui.serving.limits import ServeLimits
from llada_tui.serving.listening import http_server, listen
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
    listener = listen(request.address, request.port, request.token)
    host = ModelHost(request.worker, request.load, request.limits)
    try:
        await host.open()
        assert host.model is not None
        on_ready(ServerAddress(listener.url, listener.token, listener.is_new_token, host.model.id))
        await server_of(host, listener.token, request.origins).serve(sockets=[listener.socket])
    finally:
        listener.socket.close()
        await host.close()


def server_of(host: ModelHost, token: str | None = None, origins: tuple[str, ...] = ()) -> uvicorn.Server:
    """The HTTP server of a host that is open."""
    return http_server(application(host, token=token, origins=origins), host.limits)
