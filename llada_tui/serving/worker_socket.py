"""A WebSocket that speaks the worker's protocol, a line a message: for a client it is a worker of its own.

Commands that would change the server (another checkpoint, files) are refused; runs wait in the queue with all others.
"""

from __future__ import annotations

import asyncio
from codecs import BOM_UTF8
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any

from msgspec.structs import replace
from starlette.websockets import WebSocket, WebSocketDisconnect

from llada_tui.models.catalog import name_of
from llada_tui.serving.fair_queue import QueueFull
from llada_tui.serving.model_host import ModelHost
from llada_tui.serving.run_request import Delivery, Mailbox, QueuePlace, RunRequest, TokenFeed
from llada_tui.settings.sampler_settings import SettingsError
from llada_tui.trace.events import EndEvent, Event, PiecesEvent
from llada_tui.version import __version__
from llada_tui.worker.codec import decode_command, encode
from llada_tui.worker.command_limits import excess
from llada_tui.worker.command_queue import MAX_QUESTIONS, malformed
from llada_tui.worker.job_messages import Bench, Quantize, ScoreTokens, TokensScored
from llada_tui.worker.messages import Reply
from llada_tui.worker.protocol import (
    PROTOCOL,
    Advance,
    AnyCommand,
    Cancel,
    CancelLane,
    Compare,
    Count,
    Encode,
    Encoded,
    Failure,
    Generate,
    Hello,
    Hold,
    Influence,
    Influences,
    Load,
    Loaded,
    Ping,
    Pong,
    Progress,
    Question,
    Quit,
    Release,
    Retune,
    Score,
)
from llada_tui.worker.reading_messages import Rank, Read, Reading

_MOST_RUNS = 64
"""Most requests of a client that wait or are at work."""
_NOT_AT_WORK = "This run is not at work."
"""The words for what is asked of a run that has ended, or waits."""
_TOO_SLOW = 1013
"""The code with which a WebSocket of a client that did not read is closed."""
_FAREWELL = 2.0
"""Seconds that a client which did not read has to hear why it is left."""


class WorkerSocket:
    """The server's end of one connection."""

    def __init__(self, host: ModelHost, socket: WebSocket) -> None:
        self._host = host
        self._socket = socket
        self._client = socket.client.host if socket.client else ""
        self._mailbox: Mailbox[Delivery | Reply] = Mailbox(host.limits.unread, self._drop)
        self._feed = TokenFeed(host.token_bytes)
        self._requests: dict[str, RunRequest] = {}
        """The request of each run that has not ended, by the client's name of it."""
        self._questions: set[asyncio.Task[None]] = set()
        self._dropped = asyncio.Event()

    async def serve(self) -> None:
        """Answer until the client goes away; its runs end with it."""
        await self._socket.accept()
        host = self._host
        parts = list(host.strategies), list(host.caches)
        self._put(Hello(PROTOCOL, __version__, 0, *parts, answers_ping=True, lengths=list(host.lengths)))
        work: list[Coroutine[Any, Any, object]] = [self._read(), self._write(), self._dropped.wait()]
        tasks = [asyncio.ensure_future(each) for each in work]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (*tasks, *self._questions):
                task.cancel()
            for request in set(self._requests.values()):  # before anything is waited for, which may be cancelled too
                host.cancel(request)
            await asyncio.gather(*tasks, *self._questions, return_exceptions=True)
        if self._dropped.is_set():  # its runs have ended; to say so needs a client that reads
            with suppress(TimeoutError, RuntimeError):
                async with asyncio.timeout(_FAREWELL):
                    await self._socket.close(_TOO_SLOW, "The client did not read what it was sent.")

    def _drop(self) -> None:
        self._host.metrics.dropped += 1
        self._dropped.set()

    async def _write(self) -> None:
        while (item := await self._mailbox.next()) is not None:
            for each in self._lines_of(item):
                await self._socket.send_text(encode(each).decode().removesuffix("\n"))

    def _lines_of(self, item: Delivery | Reply) -> list[Any]:
        match item:
            case QueuePlace():
                return [Progress("queue", item.before, item.waiting)]
            case Encoded():
                return [*self._feed.before(set(item.tokens)), item]
            case Influences():
                return [*self._feed.before({item.token, *(lean.token for lean in item.leans)}), item]
            case TokensScored():
                return [*self._feed.before(set(item.ids)), item]
            case Reading():
                return [*self._feed.before(item.data.token_ids()), item]
            case Event() if not isinstance(item, PiecesEvent):
                return self._feed.around(item)
            case _:
                return [item]

    def _put(self, item: Delivery | Reply) -> None:
        self._mailbox.put(item)

    # -- commands -----------------------------------------------------------------------------------------------------

    async def _read(self) -> None:
        try:
            while (message := await self._socket.receive())["type"] == "websocket.receive":
                text = message.get("text")
                line = text.encode("utf-8", "surrogatepass") if text is not None else message.get("bytes") or b""
                for each in line.removeprefix(BOM_UTF8).splitlines():
                    if each.strip() and not self._take_line(each):
                        return
        except WebSocketDisconnect:
            pass

    def _take_line(self, line: bytes) -> bool:
        """Carry out what a line asks for. False for Quit."""
        try:
            command = decode_command(line)
        except Exception as error:  # whatever a line may do to the decoder
            self._put(malformed(line, error))
            return True
        if isinstance(command, Quit):
            return False
        try:
            self._take(command)
        except (SettingsError, QueueFull) as error:
            name = "generate" if isinstance(command, Generate | Compare) else str(command.__struct_config__.tag)
            field = error.field if isinstance(error, SettingsError) else None
            runs: list[str | None] = [*_runs_of(command)]
            for run in runs or [None]:
                self._put(Failure("request", str(error), run=run, field=field, command=name))
        return True

    def _take(self, command: AnyCommand) -> None:
        if problem := excess(command):
            raise SettingsError("prompt", problem)
        match command:
            case Ping():
                self._put(Pong())
            case Load():
                self._load(command)
            case Generate() | Compare() | ScoreTokens():
                self._ask(command)
            case Hold() | Release() | Advance() | Retune() | Cancel() | CancelLane():
                self._change(command)
            case Count() | Encode() | Score() | Influence() | Read() | Rank():
                self._question(command)
            case Bench() | Quantize():
                words = "This server measures no models and saves none: do it where the model is."
                self._put(Failure("request", words, run=command.run, command=str(command.__struct_config__.tag)))
            case _:
                pass

    def _load(self, command: Load) -> None:
        model = self._host.model
        if model is None or name_of(command.source) != name_of(model.id):
            there = f"the model {model.id} alone: choose it with --model" if model else "no model at the moment"
            self._put(Failure("model", f"This server has {there}.", command="load"))
        else:
            self._put(Loaded(model, 0.0, self._host.memory))

    def _ask(self, command: Generate | Compare | ScoreTokens) -> None:
        runs = _runs_of(command)
        if len(set(runs)) < len(runs) or any(run in self._requests for run in runs):
            raise QueueFull("A run of this name is already at work.")
        if not 0 < len(runs) <= _MOST_RUNS or len(self._requests) + len(runs) > _MOST_RUNS:
            raise QueueFull(f"A client may have 1 to {_MOST_RUNS} runs at a time.")
        if not all(0 < len(run) <= 200 for run in runs):
            raise QueueFull("A run's name must have 1 to 200 characters.")
        request = RunRequest(self._client, command, self._deliver)
        self._requests.update(dict.fromkeys(runs, request))
        try:
            self._host.ask(request)
        except BaseException:
            for run in runs:
                del self._requests[run]
            raise

    def _deliver(self, item: Delivery) -> None:
        match item:
            case EndEvent(run=run) | TokensScored(run=run):
                self._requests.pop(run, None)
            case Failure(run=str(run), command="generate" | "score_tokens"):
                request = self._requests.get(run)
                if request is not None and run not in request.names.values():
                    self._requests.pop(run, None)
        self._put(item)

    def _change(self, command: Hold | Release | Advance | Retune | Cancel | CancelLane) -> None:
        request = self._requests.get(command.run)
        if request is None:
            name = str(command.__struct_config__.tag)
            self._put(Failure("request", _NOT_AT_WORK, run=command.run, command=name))
        elif isinstance(command, Cancel):
            self._host.cancel(request)
        elif isinstance(command, CancelLane):
            self._host.cancel_lane(request, command.run)
        else:
            if isinstance(command, Retune):
                limits, model = self._host.limits, self._host.model
                command = replace(command, settings=limits.bounded_settings(command.settings, model))
            self._host.change(request, command)

    def _question(self, question: Question) -> None:
        if len(self._questions) >= MAX_QUESTIONS:
            raise QueueFull("Too many questions are waiting already.")
        self._host.limits.check(question)
        task = asyncio.ensure_future(self._answer(question))
        self._questions.add(task)
        task.add_done_callback(self._questions.discard)

    async def _answer(self, question: Question) -> None:
        if not isinstance(question, Read | Rank):
            self._put(await self._host.questions.ask(question))
            return
        request = self._requests.get(question.run)
        answer = await self._host.read(request, question) if request is not None else None
        answer = answer or Failure("request", _NOT_AT_WORK, command=str(question.__struct_config__.tag))
        self._put(replace(answer, run=question.run) if isinstance(answer, Reading | Failure) else answer)


def _runs_of(command: AnyCommand) -> list[str]:
    """The client's names of the runs that a command makes, or of its job."""
    if isinstance(command, Compare):
        return [lane.run for lane in command.lanes]
    return [command.run] if isinstance(command, Generate | ScoreTokens) else []
