"""The ASGI application: OpenAI's API and the raw events of runs, from one `ModelHost`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route, WebSocketRoute
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket

from llada_tui.server_address import WORKER_PATH
from llada_tui.serving.access import App, Gate, until_gone
from llada_tui.serving.api_answer import LAST_EVENT, AnswerForm, AnswerText, error_line, server_sent
from llada_tui.serving.api_request import ApiRequest, RequestRefused, read_request
from llada_tui.serving.error_body import error_body
from llada_tui.serving.fair_queue import QueueFull
from llada_tui.serving.metrics import MEDIA_TYPE
from llada_tui.serving.model_host import SERVER_FAILED, ModelHost
from llada_tui.serving.request_body import read_body
from llada_tui.serving.run_request import QueuePlace
from llada_tui.serving.run_stream import RunFailed, RunStream, open_stream
from llada_tui.serving.shared_routes import shared_routes
from llada_tui.serving.shared_sessions import SharedSessions
from llada_tui.serving.worker_socket import WorkerSocket
from llada_tui.settings.sampler_settings import SettingsError
from llada_tui.trace.events import FAILED, EndEvent, Event, ModelInfo, encode

_NO_STORE = {"cache-control": "no-store", "x-accel-buffering": "no"}


def application(host: ModelHost, *, token: str | None = None, origins: tuple[str, ...] = ()) -> App:
    """The application of a host that is open. Who asks needs the ``token``, where there is one."""
    return Gate(endpoints(host), token, origins, host.limits.patience)


def endpoints(host: ModelHost) -> App:
    """The application without the conditions to ask it."""
    api = Api(host)
    routes = [
        Route("/", api.page),
        Route("/{name}.js", api.script),
        Route("/healthz", api.health),
        Route("/metrics", api.metrics),
        Route("/v1/models", api.models),
        Route("/v1/models/{name:path}", api.model),
        Route("/v1/chat/completions", api.chat_completions, methods=["POST"]),
        Route("/v1/completions", api.completions, methods=["POST"]),
        WebSocketRoute(WORKER_PATH, api.worker),
        Route("/v1/live", api.live, methods=["POST"]),
        Route("/v1/runs", api.runs, methods=["POST"]),
        *shared_routes(SharedSessions(), lambda: host.model.id if host.model is not None else None),
    ]
    handlers: dict[Any, Callable[..., Any]] = {
        RequestRefused: api.refused,
        RunFailed: api.run_failed,
        SettingsError: api.setting_refused,
        QueueFull: api.queue_full,
        HTTPException: api.http_error,
        Exception: api.defect,
    }
    return Starlette(routes=routes, exception_handlers=handlers)


def _json(content: object, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(msgspec.json.encode(content), status, headers, "application/json")


def _error(message: str, status: int, field: str | None = None, headers: dict[str, str] | None = None) -> Response:
    return _json(error_body(message, status, field), status, headers)


class RunResponse(StreamingResponse):
    """A streamed answer, whose run ends when the client goes away or takes nothing for long."""

    def __init__(self, stream: RunStream, content: AsyncIterator[bytes], media_type: str) -> None:
        super().__init__(content, media_type=media_type, headers=_NO_STORE)
        self._stream = stream

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        sending = asyncio.ensure_future(self.stream_response(send))
        gone = asyncio.ensure_future(self.listen_for_disconnect(receive))
        try:
            await asyncio.wait({sending, gone}, return_when=asyncio.FIRST_COMPLETED)
            if sending.done():
                sending.result()
        finally:
            self._stream.close()
            sending.cancel()
            gone.cancel()
            await asyncio.gather(sending, gone, return_exceptions=True)


class Api:
    """The endpoints."""

    def __init__(self, host: ModelHost) -> None:
        self._host = host

    # -- errors -------------------------------------------------------------------------------------------------------

    async def refused(self, request: Request, error: RequestRefused) -> Response:
        return _error(str(error), error.status, error.field)

    async def setting_refused(self, request: Request, error: SettingsError) -> Response:
        return _error(str(error), 400, error.field)

    async def run_failed(self, request: Request, error: RunFailed) -> Response:
        return _error(str(error), error.status, error.field)

    async def queue_full(self, request: Request, error: QueueFull) -> Response:
        return _error(str(error), 429, headers={"retry-after": "5"})

    async def http_error(self, request: Request, error: HTTPException) -> Response:
        words = {404: "There is nothing at this address.", 405: "This address does not take this method."}
        return _error(words.get(error.status_code, "This request cannot be read."), error.status_code)

    async def defect(self, request: Request, error: Exception) -> Response:
        return _error(SERVER_FAILED, 500)

    # -- what is there ------------------------------------------------------------------------------------------------

    async def health(self, request: Request) -> Response:
        """200 while the worker answers."""
        if self._host.is_ready:
            return _json({"status": "ready"})
        return _json({"status": "the worker is not there; the next request starts it"}, 503)

    async def metrics(self, request: Request) -> Response:
        """Prometheus' text form."""
        return PlainTextResponse(self._host.counts().text(), media_type=MEDIA_TYPE)

    async def models(self, request: Request) -> Response:
        """OpenAI's list of models: the one that is loaded."""
        return _json({"object": "list", "data": [_model_json(self._model())]})

    async def model(self, request: Request) -> Response:
        """One model of that list."""
        model = self._model()
        if request.path_params["name"] != model.id:
            raise RequestRefused(f"This server has the model {model.id} alone.", "model", 404)
        return _json(_model_json(model))

    def _model(self) -> ModelInfo:
        if self._host.model is None:
            raise RequestRefused("The model is not loaded yet.", status=503)
        return self._host.model

    async def page(self, request: Request) -> Response:
        """A page that draws a run."""
        from llada_tui.serving.live_page import SECURITY, live_page

        return HTMLResponse(live_page(self._host), headers={"content-security-policy": SECURITY, **_NO_STORE})

    async def script(self, request: Request) -> Response:
        """The scripts of that page."""
        from llada_tui.serving.live_page import script

        if (name := f"{request.path_params['name']}.js") not in ("page.js", "live.js"):
            raise HTTPException(404)
        return Response(script(name), media_type="text/javascript", headers={"x-content-type-options": "nosniff"})

    # -- runs ---------------------------------------------------------------------------------------------------------

    async def chat_completions(self, request: Request) -> Response:
        """OpenAI's /v1/chat/completions."""
        return await self._complete(request, chat=True)

    async def completions(self, request: Request) -> Response:
        """OpenAI's /v1/completions."""
        return await self._complete(request, chat=False)

    async def runs(self, request: Request) -> Response:
        """The events of a run, one JSON object a line: a session file."""
        asked = read_request(await read_body(request, self._host.limits), self._model(), self._host.limits, chat=None)
        stream = await open_stream(self._host, asked, _client(request))
        return RunResponse(stream, _lines(stream), "application/x-ndjson")

    async def live(self, request: Request) -> Response:
        """The lines that the page's script takes. The prompt is a message to a model that chats."""
        asked = read_request(
            await read_body(request, self._host.limits), self._model(), self._host.limits, chat=None, typed=True
        )
        stream = await open_stream(self._host, asked, _client(request))
        return RunResponse(stream, _live_lines(stream), "application/x-ndjson")

    async def worker(self, socket: WebSocket) -> None:
        """The worker's protocol."""
        await WorkerSocket(self._host, socket).serve()

    async def _complete(self, request: Request, *, chat: bool) -> Response:
        model = self._model()
        asked = read_request(await read_body(request, self._host.limits), model, self._host.limits, chat=chat)
        stream = await open_stream(self._host, asked, _client(request))
        form = AnswerForm(model.id, chat=chat)
        if asked.stream:
            parts = _parts(stream, asked, form, AnswerText(asked, model))
            return RunResponse(stream, parts, "text/event-stream")
        return await self._whole(request, stream, form, AnswerText(asked, model))

    async def _whole(self, request: Request, stream: RunStream, form: AnswerForm, answer: AnswerText) -> Response:
        gone = asyncio.ensure_future(until_gone(request.receive))
        gone.add_done_callback(lambda _: stream.close())
        try:
            async for item in stream:
                if isinstance(item, Event):
                    answer.add(item)
        finally:
            gone.cancel()
            stream.close()
        if answer.end is None or answer.end.reason == FAILED:
            raise RunFailed(answer.end.message if answer.end else "The run was ended.", 500)
        return _json(form.whole(answer.end.text, answer.finish_reason, answer.usage))


def _client(request: Request) -> str:
    return request.client.host if request.client else ""


def _model_json(model: ModelInfo) -> dict[str, Any]:
    return {"id": model.id, "object": "model", "created": 0, "owned_by": "llada-tui"}


async def _lines(stream: RunStream) -> AsyncIterator[bytes]:
    yield encode(stream.header()) + b"\n"
    try:
        async for item in stream:
            if isinstance(item, Event):
                yield encode(item) + b"\n"
    except RunFailed as error:
        yield error_line(str(error))


async def _live_lines(stream: RunStream) -> AsyncIterator[bytes]:
    from llada_tui.serving.live_page import LiveMoments

    moments = LiveMoments()
    moments.add(stream.header())
    try:
        async for item in stream:
            line: object = None
            if isinstance(item, QueuePlace):
                line = {"queue": [item.before, item.waiting]}
            elif isinstance(item, Event):
                line = moments.add(item)
            if line is not None:
                yield msgspec.json.encode(line) + b"\n"
    except RunFailed as error:
        yield error_line(str(error))


async def _parts(stream: RunStream, asked: ApiRequest, form: AnswerForm, answer: AnswerText) -> AsyncIterator[bytes]:
    """The parts of a streamed answer, as server-sent events."""
    try:
        yield server_sent(form.part("", first=True))
        async for item in stream:
            if isinstance(item, QueuePlace):
                yield f": {item.before} of {item.waiting} in the queue\n\n".encode()
            if not isinstance(item, Event):
                continue
            answer.add(item)
            if asked.with_steps:
                yield server_sent(form.event(msgspec.Raw(encode(item))))
            if text := answer.more():
                yield server_sent(form.part(text))
            if isinstance(item, EndEvent) and item.reason == FAILED:
                raise RunFailed(item.message, 500)
        yield server_sent(form.part("", finish_reason=answer.finish_reason))
        if asked.with_usage:
            yield server_sent(form.usage(answer.usage))
    except RunFailed as error:
        yield server_sent(error_body(str(error), error.status, error.field))
    yield LAST_EVENT
