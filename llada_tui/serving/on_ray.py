"""Several replicas of a model on Ray Serve: ``serve run llada_tui.serving.on_ray:app``, or ``llada-tui serve --ray``.

The extra ``ray`` brings what is imported here.
"""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass
from secrets import token_hex
from typing import Any

import msgspec
import ray
from ray import serve
from ray.exceptions import RayActorError, RayError, TaskCancelledError
from ray.serve.exceptions import (
    BackPressureError,
    DeploymentUnavailableError,
    RayServeException,
    ReplicaUnavailableError,
)

from llada_tui.server_address import NO_TOKEN, TOKEN_VARIABLE, is_token
from llada_tui.serving.access import App, Gate, Message, Scope
from llada_tui.serving.limits import ServeLimits
from llada_tui.serving.listening import Listener, listen
from llada_tui.serving.metrics import Metrics
from llada_tui.serving.model_host import ModelHost
from llada_tui.serving.process_end import ProcessAddress, watched_end
from llada_tui.serving.ray_cluster import ray_cluster
from llada_tui.serving.relay import Relay, ReplicaLost, ReplicaRefused
from llada_tui.serving.replica import Replica
from llada_tui.serving.run_server import ServerAddress, ServeRequest, serve_application
from llada_tui.worker.client import WorkerError
from llada_tui.worker.protocol import Load

_MODEL, _FRONT = "model", "front"
"""Ray's names of the deployment that has the model, and of the one before it."""
_PATIENCE = 2.0
"""Seconds for which the slowest replica is waited for where all are told something."""


@dataclass(frozen=True, slots=True)
class ReplicaOptions:
    """The number of replicas, and the GPUs of each. Above ``fewest`` they come and go with the requests."""

    fewest: int = 1
    most: int = 1
    gpus: float | None = None
    """None: one of each where Ray has GPUs."""


class RayReplica(Replica):
    """A replica, as Ray makes and ends it."""

    async def __init__(self, load: Load, worker: str | None, limits: ServeLimits) -> None:  # type: ignore[misc]
        """Raises `WorkerError` for a model that cannot be had."""
        host = ModelHost(worker, load, limits)
        try:
            await host.open()
        except BaseException:
            await host.close()
            raise
        super().__init__(host)

    async def answer(  # type: ignore[override]
        self, scope: Scope, body: bytes, socket: str
    ) -> AsyncGenerator[ProcessAddress | list[Message], None]:
        """The messages of the answer, as a replica's; this process comes before them."""
        yield ProcessAddress.here()
        async with aclosing(super().answer(scope, body, socket)) as batches:
            async for batch in batches:
                yield batch

    async def __del__(self) -> None:
        await self.close()


class RayReplicas:
    """The replicas of a deployment, reached through its handle."""

    def __init__(self, handle: Any) -> None:
        self._handle = handle

    async def answer(self, scope: Scope, body: bytes, socket: str) -> AsyncGenerator[list[Message], None]:
        """The messages of one replica's answer. Raises `ReplicaLost` and `ReplicaRefused`.

        Ray tells the end of a replica within milliseconds on a quiet machine and after seconds on a busy one; the
        system tells that of a process of this machine at once."""
        response = self._handle.answer.options(stream=True).remote(scope, body, socket)
        try:
            with watched_end(await anext(response)) as end:
                while (batch := await _next_batch(response, end)) is not None:
                    yield batch
        except (RayActorError, ReplicaUnavailableError, TaskCancelledError) as error:
            raise ReplicaLost from error
        except BackPressureError:
            raise ReplicaRefused("As many requests are waiting as this server lets wait.", 429) from None
        except DeploymentUnavailableError:
            raise ReplicaRefused("No replica of the model can be had at the moment.", 503) from None
        finally:
            response.cancel()

    async def tell(self, socket: str, message: Message) -> None:
        """Give a message of a WebSocket's client to the replica that answers it. Ray has no call to one replica alone:
        all hear it, and the others pass over it."""
        with suppress(TimeoutError, RayServeException):  # what becomes of the socket comes by its answer
            await self._all("take", socket, message)

    async def counts(self) -> Sequence[Metrics]:
        """The counts of each replica. Raises `ReplicaRefused` where one does not answer."""
        try:
            answers = await self._all("counts")
        except (TimeoutError, RayServeException):
            raise ReplicaRefused("The replicas do not answer at the moment.", 503) from None
        return [answer for answer in answers if isinstance(answer, Metrics)]

    async def _all(self, method: str, *arguments: object) -> list[Any]:
        response = self._handle.broadcast(method, *arguments)
        answers: list[Any] = await response.results_async(timeout_s=_PATIENCE, return_exceptions=True)
        return answers


async def _next_batch(response: Any, end: asyncio.Future[None]) -> list[Message] | None:
    """The next messages of an answer, None after the last. Raises `ReplicaLost` if the replica's process ends first."""
    batch = asyncio.ensure_future(anext(response, None))
    try:
        await asyncio.wait({batch, end}, return_when=asyncio.FIRST_COMPLETED)
        if not batch.done():
            raise ReplicaLost
        messages: list[Message] | None = batch.result()
        return messages
    finally:
        batch.cancel()
        await asyncio.gather(batch, return_exceptions=True)


def _deployment(load: Load, worker: str | None, limits: ServeLimits, options: ReplicaOptions) -> Any:
    """The deployment that has the model, bound to it."""
    scale: dict[str, Any] = {"num_replicas": options.fewest}
    if options.most > options.fewest:
        scale = {
            "autoscaling_config": {
                "min_replicas": options.fewest,
                "max_replicas": options.most,
                "target_ongoing_requests": limits.batch,
            }
        }
    gpus = options.gpus if options.gpus is not None else min(1.0, ray.cluster_resources().get("GPU", 0.0))
    deployment = serve.deployment(
        RayReplica,
        name=_MODEL,
        ray_actor_options={"num_cpus": 1, "num_gpus": gpus},
        max_ongoing_requests=limits.connections,
        max_queued_requests=limits.queue,
        max_constructor_retry_count=2,
        health_check_period_s=1.0,  # so soon Ray knows of one that ended, and starts another
        **scale,
    )
    return deployment.bind(load, worker, limits)


class RayArguments(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The ``args`` of the application in a configuration file of Ray Serve, and of ``serve run`` (``name=value``)."""

    model: str
    replicas: int = 1
    max_replicas: int = 1
    gpus: float = 1.0
    dtype: str = "auto"
    device: str = "auto"
    quantization: str | None = None
    worker: str | None = None
    token: str | None = None
    """Else it is that of the environment where the front runs."""
    origins: tuple[str, ...] = ()
    limits: ServeLimits = ServeLimits()


def app(arguments: dict[str, Any]) -> Any:
    """The application of ``serve run llada_tui.serving.on_ray:app``: replicas, and before them a front, which Ray's own
    HTTP server asks. ``arguments`` are those of `RayArguments`. Raises `ValueError` for others."""
    asked = msgspec.convert(arguments, RayArguments, strict=False)
    limits = asked.limits
    load = Load(asked.model, asked.dtype, asked.device, asked.quantization, canvas=limits.canvas)
    model = _deployment(load, asked.worker, limits, ReplicaOptions(asked.replicas, asked.max_replicas, asked.gpus))

    def front() -> App:
        handle = serve.get_deployment_handle(_MODEL, serve.get_replica_context().app_name)
        token = asked.token or os.environ.get(TOKEN_VARIABLE) or None
        if token is not None and not is_token(token.strip()):
            raise ValueError(NO_TOKEN)
        return Gate(Relay(RayReplicas(handle), limits, asked.model), token, asked.origins, limits.patience)

    deployment = serve.deployment(
        serve.ingress(front)(), name=_FRONT, ray_actor_options={"num_cpus": 0}, max_ongoing_requests=limits.connections
    )
    return deployment.bind(model)


def run_on_ray(request: ServeRequest, options: ReplicaOptions, on_ready: Callable[[ServerAddress], None]) -> None:
    """Serve from this process until a signal ends it; replicas make the runs. They are on the cluster that RAY_ADDRESS
    names, or on one that is started here, and ended. Raises as `run_server` does, and for what Ray cannot do
    `WorkerError` too."""
    listener = listen(request.address, request.port, request.token)
    application = f"llada-tui-{token_hex(4)}"
    with listener.socket, ray_cluster(options.most, application):
        try:
            model = _deployment(request.load, request.worker, request.limits, options)
            handle = serve.run(model, name=application, route_prefix=None)
        except (RayError, RuntimeError) as error:
            raise WorkerError(_reason(str(error), serve.status())) from None
        asyncio.run(_serve(handle, request, listener, on_ready))


async def _serve(
    handle: Any, request: ServeRequest, listener: Listener, on_ready: Callable[[ServerAddress], None]
) -> None:
    model = await handle.model.remote()
    relay = Relay(RayReplicas(handle), request.limits, model)
    await serve_application(relay, request, listener, model, on_ready)


def _reason(message: str, status: Any) -> str:
    """The sentence in what Ray says of replicas that could not begin."""
    deployments = [each for application in status.applications.values() for each in application.deployments.values()]
    words = re.findall(r"WorkerError: (.+)", "\n".join(each.message for each in deployments))
    return words[-1] if words else f"Ray could not start the replicas: {' '.join(message.split())[:300]}"
