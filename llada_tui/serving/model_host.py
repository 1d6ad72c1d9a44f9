"""One worker for many clients: their requests wait in a fair queue, and each gets the events of its own runs."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import logging
from collections.abc import Coroutine, Sequence
from time import monotonic
from typing import Any

from msgspec.structs import replace

from llada_tui.serving.fair_queue import FairQueue
from llada_tui.serving.limits import ServeLimits
from llada_tui.serving.lone_run import LoneRun
from llada_tui.serving.metrics import Metrics
from llada_tui.serving.run_request import Change, Continuation, QueuePlace, RunItem, RunRequest
from llada_tui.serving.runs_at_work import RunsAtWork
from llada_tui.serving.shared_pass import may_share
from llada_tui.serving.worker_questions import WorkerQuestions
from llada_tui.trace.events import (
    CANCELLED,
    EndEvent,
    InterveneEvent,
    ModelInfo,
    PiecesEvent,
    RetuneEvent,
    RunEvent,
    StepEvent,
)
from llada_tui.trace.text import TokenBytes
from llada_tui.worker.client import Item, WorkerClient, WorkerDied, WorkerError, WorkerSilent, WorkerStill
from llada_tui.worker.job_messages import TokensScored
from llada_tui.worker.protocol import (
    AnyReply,
    Cancel,
    CancelLane,
    Failure,
    Held,
    Hello,
    Load,
    Loaded,
    Progress,
    Release,
)
from llada_tui.worker.reading_messages import Rank, Read
from llada_tui.worker.sampler_parts import CacheInfo, LengthInfo, StrategyInfo

_log = logging.getLogger(__name__)
_TELL_AGAIN = 10.0
"""Seconds after which those who wait are told their places again."""
_TICK = 0.25
"""Seconds between two looks at the time limits, while something is at work."""
_HOLD_OF_LONE = 5.0
"""Longest time for which a run that left its batch is held in the worker while others wait."""
SERVER_FAILED = "The server failed unexpectedly; its log tells where."
"""The words for a defect of the server itself."""


class ModelHost:
    """A worker with one checkpoint. Runs of several requests go through the model together where they may."""

    def __init__(self, command: str | None, load: Load, limits: ServeLimits) -> None:
        self.limits = limits
        self.metrics = Metrics()
        self.model: ModelInfo | None = None
        self.memory = 0
        self.strategies: Sequence[StrategyInfo] = ()
        self.caches, self.lengths = list[CacheInfo](), list[LengthInfo]()
        self._load = load
        self._client = WorkerClient(command, on_item=self._take, cancel_grace=limits.cancel)
        self._vocabulary = TokenBytes()
        self._queue: FairQueue[RunRequest] = FairQueue(limits.queue, limits.queue_of_client)
        self._runs = RunsAtWork(self._vocabulary, self.metrics)
        self._places_told = 0.0
        self._wake = asyncio.Event()
        self.questions = WorkerQuestions(self._client.send)
        self._opened: asyncio.Future[None] | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    # -- beginning and end --------------------------------------------------------------------------------------------

    async def open(self) -> None:
        """Start the worker and load the checkpoint. Raises `WorkerError`."""
        self._opened = asyncio.get_running_loop().create_future()
        await self._client.load(self._load)
        await self._opened
        self._spawn(self._run_queue())

    async def close(self) -> None:
        """End the worker; runs at work get their ends."""
        for task in self._tasks:
            task.cancel()
        await self._client.stop()
        self.questions.give_up("The server ended.")

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    @property
    def is_ready(self) -> bool:
        """Whether the worker is there and answers."""
        return self._client.running and self.model is not None and not self._client.silent

    @property
    def worker_pid(self) -> int:
        """The process of the worker; 0 where there is none. For one elsewhere it is a number there."""
        return self._client.hello.pid if self._client.hello is not None else 0

    @property
    def waiting(self) -> int:
        """The number of requests that wait."""
        return len(self._queue) + len(self._runs.again)

    @property
    def at_work(self) -> int:
        """The number of requests whose runs are being made."""
        return len(self._runs.requests)

    @property
    def has_begun(self) -> bool:
        """Whether every run at work has begun."""
        return self._runs.has_begun

    def counts(self) -> Metrics:
        """The counts, and how it is now."""
        return dataclasses.replace(self.metrics, waiting=self.waiting, at_work=self.at_work, ready=int(self.is_ready))

    def token_bytes(self, tokens: set[int]) -> PiecesEvent | None:
        """The bytes of those tokens that the worker has told; None where it has told of none of them."""
        event = self._vocabulary.event(self.model.id if self.model else "", tokens)
        return event if event.pieces else None

    # -- requests -----------------------------------------------------------------------------------------------------

    def ask(self, request: RunRequest) -> None:
        """Put a request into the queue. Raises `QueueFull`, and `SettingsError` for what is beyond the limits."""
        request.change_runs(lambda run: self.limits.bounded(run, self.model))
        self.limits.check(request.command)
        try:
            self._queue.add(request.client, request)
        except Exception:
            self.metrics.refused += 1
            raise
        self.metrics.requests += 1
        self._wake.set()
        if self._runs.requests:
            self._tell_places()

    def change(self, request: RunRequest, change: Change) -> None:
        """Hold, release or retune the runs of a request; where they have not begun, when they do."""
        name = next(iter(request.names), None)
        if isinstance(change, Release) and request.is_row:
            return  # a row is not held
        if (lone := self._lone(request)) is not None:
            lone.change(change)
        elif name is None or not request.runs:
            request.changes.append(change)
            del request.changes[:-16]
        else:
            self.tell_worker(replace(change, run=name))

    async def read(self, request: RunRequest, question: Read | Rank) -> AnyReply | None:
        """The answer to a question about the last pass of a run, which its client names; None if it is not at work."""
        lone = self._lone(request)
        async with contextlib.nullcontext(request) if lone is None else lone.being_read() as at_work:
            names = [name for name, client_name in at_work.names.items() if client_name == question.run]
            return await self.questions.ask(replace(question, run=names[0])) if names else None

    def _lone(self, request: RunRequest) -> Continuation | None:
        """The run by itself of a request that began in a batch, which it leaves; None for any other."""
        if request.is_row:
            request.lone = LoneRun(request, self)
        return request.lone

    def go_on(self, request: RunRequest) -> None:
        """Begin a request by itself, unless it has begun, and tell it its place where that was not told."""
        if not request.batch and request not in self._runs.again:
            self._runs.again.append(request)
            self._wake.set()
        if self._runs.requests:
            self._tell_places()

    def take_back(self, request: RunRequest) -> None:
        """Have a request wait no more, unless it has begun."""
        if self._runs.forget(request):
            self._tell_places()

    def cancel_lane(self, request: RunRequest, own_name: str) -> None:
        """End one of the runs of a request, which its client names so, and let the others go on."""
        if request.lone is not None:
            self.cancel(request)
        for name in [name for name, client_name in request.names.items() if client_name == own_name]:
            self.tell_worker(CancelLane(name))

    def tell_worker(self, command: Change | CancelLane) -> None:
        """Send a command about a run at work."""
        self._spawn(self._send(command))

    async def _send(self, command: Change | CancelLane) -> None:
        with contextlib.suppress(WorkerError):
            await self._client.send(command)

    def cancel(self, request: RunRequest) -> None:
        """End the runs of a request, at work or waiting; each is told its end."""
        if (lone := request.lone) is not None:
            lone.is_cancelled = True
            request = lone.request
        if self._runs.forget(request) or self._queue.remove(request) or (lone is not None and lone.is_outside):
            if lone is not None:
                self.metrics.count_end(CANCELLED)
            for run in request.asked_runs:
                words = "This run was cancelled before it began."
                request.deliver(Failure("request", words, run=run, command=request.kind))
            self._tell_places()
        elif request in self._runs.requests:
            if self._runs.shares_pass(request):
                names = list(request.names)
                self._runs.leave(request)
                for name in names:
                    self.tell_worker(CancelLane(name))
            elif names := list(request.names):
                self._spawn(self._end_in_worker(request, names[0]))

    async def _end_in_worker(self, request: RunRequest, name: str) -> None:
        """End what the worker does; where that takes too long, end the worker."""
        with contextlib.suppress(WorkerError):
            if request.lanes:
                await self._client.cancel(name)
                return
            await self._client.send(Cancel(name))
            try:
                await asyncio.wait_for(self._runs.idle.wait(), self.limits.cancel)
            except TimeoutError:
                words = f"The worker did not cancel within {self.limits.cancel:.0f} seconds and was ended."
                await self._client.end(words)

    def _tell_places(self, *, again: bool = False) -> None:
        for place, request in enumerate([*self._runs.in_turn(self._queue.in_order())]):
            if request.place != place or again:
                request.place = place
                request.deliver(QueuePlace(place + 1, self.waiting))

    # -- the queue ----------------------------------------------------------------------------------------------------

    async def _run_queue(self) -> None:
        """Give the worker the next requests whenever it has none, and look after those at work."""
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), None if self._runs.idle.is_set() else _TICK)
            self._wake.clear()
            try:
                await self._look_after()
            except Exception:  # a defect must not keep all others waiting for ever
                _log.exception("The queue failed.")
                self._runs.break_off(SERVER_FAILED, "internal", goes_on=True)

    async def _look_after(self) -> None:
        if self._runs.requests:
            self._watch_time()
        elif (unfinished := self._runs.unfinished) is not None:  # whose clients have left
            await self._end_in_worker(*unfinished)
        elif (request := self._runs.take_again(others_wait=len(self._queue) > 0)) is not None:
            await self._begin([request])
            self._tell_places()
        elif (first := self._queue.take()) is not None:
            await self._begin(self._batch(first))
            self._tell_places()

    def _batch(self, first: RunRequest) -> list[RunRequest]:
        """A request, and those that go through the model with it."""
        batch = [first]
        while len(batch) < self.limits.batch and (other := self._queue.take(lambda item: may_share(first, item))):
            batch.append(other)
        return batch

    async def _begin(self, batch: list[RunRequest]) -> None:
        try:
            await self._client.send(self._runs.begin(batch))
        except WorkerError as error:
            self._break_off(str(error), "died")

    def _watch_time(self) -> None:
        now = monotonic()
        if now - self._places_told > _TELL_AGAIN:  # so that who waits knows that there is still somebody
            self._places_told = now
            self._tell_places(again=True)
        for request in list(self._runs.requests):
            if now - request.began > self.limits.seconds:
                request.began = now  # once
                self.cancel(request)
            elif self.waiting and request.held_since is not None:
                held_for = now - request.held_since
                if request.lone is not None:
                    if held_for > min(_HOLD_OF_LONE, self.limits.hold):
                        request.lone.park()
                elif held_for > self.limits.hold:
                    request.held_since = None
                    self.change(request, Release(""))

    def _break_off(self, message: str, code: str) -> None:
        """The worker is gone, could not be had, or did not take the command: every request at work hears it."""
        self._runs.break_off(message, code)
        self._wake.set()

    # -- what the worker says -----------------------------------------------------------------------------------------

    def _take(self, item: Item) -> None:
        if self.questions.take(item):
            return
        match item:
            case Progress(stage="score") if self._runs.requests:
                self._runs.requests[0].deliver(item)
            case PiecesEvent():
                self._vocabulary.add(item)
            case Failure(run=str(run)) if self._runs.knows(run):
                self._take_of_run(run, item)
            case Failure(run=None, command="generate" | "compare" | "score_tokens"):
                self._break_off(item.message, item.code)
            case RunEvent() | StepEvent() | InterveneEvent() | RetuneEvent() | EndEvent() | Held() | TokensScored():
                self._take_of_run(item.run, item)
            case Hello():
                self.strategies, self.caches, self.lengths = item.strategies, item.caches, item.lengths
            case Loaded():
                self.model, self.memory = item.model, item.memory
                if self._opened is not None and not self._opened.done():
                    self._opened.set_result(None)
            case Failure() if self._opened is not None and not self._opened.done():
                self._opened.set_exception(WorkerError(item.message))
            case WorkerDied():
                self.metrics.deaths += 1
                if self._opened is not None and not self._opened.done():
                    self._opened.set_exception(WorkerError(item.message))
                self.questions.give_up(item.message)
                self._break_off(item.message, "died")
            case WorkerSilent(seconds) | WorkerStill(seconds) if seconds:
                self._spawn(self._client.end_hanging())

    def _take_of_run(self, name: str, item: RunItem) -> None:
        request = self._runs.take(name, item)
        if not self._runs.requests or self._runs.idle.is_set():
            self._wake.set()
        if request is not None and isinstance(item, RunEvent):
            for change in request.changes:
                self.change(request, change)
            request.changes.clear()
