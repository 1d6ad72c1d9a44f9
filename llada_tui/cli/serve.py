"""``llada-tui serve``: one model for many people, over HTTP, as OpenAI's API and as the events of its runs."""

from __future__ import annotations

from functools import partial
from importlib.util import find_spec
from typing import TYPE_CHECKING, Annotated

import typer

from llada_tui.cli import options
from llada_tui.cli.model_source import with_configured
from llada_tui.cli.output import DONE, USAGE, CommandError, StatusLine, say
from llada_tui.server_address import TOKEN_VARIABLE
from llada_tui.serving import NO_RAY, NOT_INSTALLED
from llada_tui.serving.limits import ServeLimits
from llada_tui.worker.protocol import MAX_LANES

if TYPE_CHECKING:
    from llada_tui.serving.run_server import ServerAddress

app = typer.Typer()
_DEFAULT = ServeLimits()
_NEEDED = ("starlette", "uvicorn", "websockets")


@app.command(short_help="Serve a model to many people, over HTTP.")
def serve(
    model: options.Model = None,
    host: Annotated[
        str,
        typer.Option(help="Address to listen to. One that other machines reach needs a token.", metavar="ADDRESS"),
    ] = "127.0.0.1",
    port: Annotated[int, options.number("--port", "Port to listen to; 0 takes a free one.", 0, 65535)] = 8000,
    token: Annotated[
        str | None,
        typer.Option(
            help="Token that clients have to send; made and printed where other machines reach the address.",
            envvar=TOKEN_VARIABLE,
            metavar="TEXT",
        ),
    ] = None,
    allow_origin: Annotated[
        list[str] | None,
        typer.Option(help="Origin of web pages that may ask, as in https://example.org; else none.", metavar="ORIGIN"),
    ] = None,
    max_prompt: Annotated[
        int, options.number("--max-prompt", "Most bytes of text in a prompt.", 1, 400_000)
    ] = _DEFAULT.prompt,
    max_canvas: Annotated[
        int, options.number("--max-canvas", "Longest canvas, and most steps.", 1, 32_768)
    ] = _DEFAULT.canvas,
    max_queue: Annotated[
        int, options.number("--max-queue", "Most requests that wait; half of them of one client.", 1, 10_000)
    ] = _DEFAULT.queue,
    max_seconds: Annotated[
        float, options.number("--max-seconds", "Longest time at work on a run.", 1, 86_400, whole=False)
    ] = _DEFAULT.seconds,
    max_batch: Annotated[
        int, options.number("--max-batch", "Most runs that go through the model together.", 1, MAX_LANES)
    ] = _DEFAULT.batch,
    ray: Annotated[
        bool, typer.Option("--ray", help="Have replicas make the runs, on Ray Serve; see docs/serving.md.")
    ] = False,
    replicas: Annotated[int, options.number("--replicas", "Replicas on Ray; the fewest.", 1, 1000)] = 1,
    max_replicas: Annotated[
        int, options.number("--max-replicas", "Most replicas on Ray, which come and go with the requests.", 1, 1000)
    ] = 1,
    replica_gpus: Annotated[
        float | None,
        options.number("--replica-gpus", "GPUs of each replica; else one where there are any.", 0, 64, whole=False),
    ] = None,
    dtype: options.DType = "auto",
    device: options.Device = "auto",
    quantization: options.Quantization = None,
    force: options.Force = False,
    compile: options.Compile = False,
    worker: options.Worker = None,
) -> int:
    """Serve a model to many people: OpenAI's API, and every step of a run for who asks."""
    import asyncio

    from llada_tui.worker.client import WorkerError
    from llada_tui.worker.protocol import Load

    if not all(find_spec(name) for name in _NEEDED):
        raise CommandError(NOT_INSTALLED)
    token = options.checked_token(token)
    if ray and not find_spec("ray"):
        raise CommandError(NO_RAY)
    if not ray and (max(replicas, max_replicas) > 1 or replica_gpus is not None):
        raise CommandError("--replicas, --max-replicas and --replica-gpus need --ray.", USAGE)
    from llada_tui.serving.run_server import ServeRequest, run_server

    load, worker_command = with_configured(
        Load(model or "", dtype, device, quantization, canvas=max_canvas, force=force, compile=compile), worker
    )
    limits = ServeLimits(
        prompt=max_prompt,
        canvas=max_canvas,
        queue=max_queue,
        queue_of_client=max(max_queue // 2, 1),
        seconds=max_seconds,
        batch=max_batch,
    )
    status = StatusLine()
    status.show(f"loading {load.source}")
    request = ServeRequest(load, worker_command, host, port, token, tuple(allow_origin or ()), limits)
    try:
        if ray:
            from llada_tui.serving.ray_environment import set_ray_environment

            set_ray_environment()
            from llada_tui.serving.on_ray import ReplicaOptions, run_on_ray

            run_on_ray(request, ReplicaOptions(replicas, max_replicas, replica_gpus), partial(_announce, status))
        else:
            asyncio.run(run_server(request, partial(_announce, status)))
    except WorkerError as error:
        raise CommandError(str(error)) from None
    except OSError as error:
        raise CommandError(f"Nothing can listen at {host}, port {port}: {error.strerror or error}.") from None
    finally:
        status.clear()
    return DONE


def _announce(status: StatusLine, address: ServerAddress) -> None:
    status.clear()
    say(f"{address.model} is served at {address.url}; ctrl-C ends it.")
    if address.is_new_token and address.token is not None:
        say(f"Clients need this token: {address.token}")
