"""A server's process: the socket, the model, the application, until it is asked to end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import uvicorn

from llada_tui.serving.access import App, Gate
from llada_tui.serving.application import application, endpoints
from llada_tui.serving.limits import ServeLimits
from llada_tui.serving.listening import Listener, http_server, listen
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
        await serve_application(endpoints(host), request, listener, host.model.id, on_ready)
    finally:
        listener.socket.close()
        await host.close()


async def serve_application(
    app: App, request: ServeRequest, listener: Listener, model: str, on_ready: Callable[[ServerAddress], None]
) -> None:
    """Serve an application to who may ask, until a signal ends it."""
    on_ready(ServerAddress(listener.url, listener.token, listener.is_new_token, model))
    gate = Gate(app, listener.token, request.origins, request.limits.patience)
    await http_server(gate, request.limits).serve(sockets=[listener.socket])


def server_of(host: ModelHost, token: str | None = None, origins: tuple[str, ...] = ()) -> uvicorn.Server:
    """The HTTP server of a host that is open."""
    return http_server(application(host, token=token, origins=origins), host.limits)
