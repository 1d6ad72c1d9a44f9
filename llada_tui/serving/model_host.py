"""One worker for many clients: their requests wait in a fair queue, and each gets the events of its own runs."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Sequence
from time import monotonic

from msgspec.structs import replace

from llada_tui.diffusion.batches import SHARED
from llada_tui.serving.fair_queue import FairQueue
from llada_tui.serving.limits import ServeLimits
from llada_tui.serving.metrics import Metrics
from llada_tui.serving.run_request import Change, QueuePlace, RunItem, RunRequest
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
from llada_tui.trace.run import Run, TraceError
from llada_tui.trace.text import TokenBytes
from llada_tui.worker.client import Item, WorkerClient, WorkerDied, WorkerError, WorkerSilent, WorkerStill
from llada_tui.worker.job_messages import TokensScored
from llada_tui.worker.protocol import (
    Cancel,
    Compare,
    Failure,
    Generate,
    Held,
    Hello,
    Load,
    Loaded,
    Progress,
    Release,
)
from llada_tui.worker.sampler_parts import CacheInfo, StrategyInfo

_OF_A_RUN = RunEvent | StepEvent | InterveneEvent | RetuneEvent | EndEvent | Held
_TELL_AGAIN = 10.0
"""Seconds after which those who wait are told their places again."""
_TICK = 0.25
"""Seconds between two looks at the time limits, while something is at work."""


class ModelHost:
    """A worker with one checkpoint. Runs of several requests go through the model together where they may."""

    def __init__(self, command: str | None, load: Load, limits: ServeLimits) -> None:
        self.limits = limits
        self.metrics = Metrics()
        self.model: ModelInfo | None = None
        self.memory = 0
        self.strategies: Sequence[StrategyInfo] = ()
        self.caches: Sequence[CacheInfo] = ()
        self._load = load
        self._client = WorkerClient(command, on_item=self._take, cancel_grace=limits.cancel)
        self._vocabulary = TokenBytes()
        self._queue: FairQueue[RunRequest] = FairQueue(limits.queue, limits.queue_of_client)
        self._again: deque[RunRequest] = deque()
        """Requests of a batch that could not begin, to be tried one by one."""
        self._at_work: list[RunRequest] = []
        self._by_run: dict[str, RunRequest] = {}
        self._count = 0
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

    def _spawn(self, work: object) -> None:
        task = asyncio.ensure_future(work)  # type: ignore[call-overload]
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
        return len(self._queue)

    @property
    def at_work(self) -> int:
        """The number of requests whose runs are being made."""
        return len(self._at_work)

    @property
    def has_begun(self) -> bool:
        """Whether every run at work has begun."""
        return bool(self._at_work) and all(len(request.runs) == len(request.names) for request in self._at_work)

    def token_bytes(self, tokens: set[int]) -> PiecesEvent | None:
        """The bytes of those tokens that the worker has told; None where it has told of none of them."""
        event = self._vocabulary.event(self.model.id if self.model else "", tokens)
        return event if event.pieces else None

    # -- requests -----------------------------------------------------------------------------------------------------

    def ask(self, request: RunRequest) -> None:
        """Put a request into the queue. Raises `QueueFull`, and `SettingsError` for what is beyond the limits."""
        for lane in request.lanes:
            self.limits.check(lane)
        try:
            self._queue.add(request.client, request)
        except Exception:
            self.metrics.refused += 1
            raise
        self.metrics.requests += 1
        self._wake.set()
        if self._at_work:
            self._tell_places()

    def change(self, request: RunRequest, change: Change) -> None:
        """Hold, release or retune the runs of a request; where they have not begun, when they do."""
        name = next(iter(request.names), None)
        if name is None or not request.runs:
            request.changes.append(change)
            del request.changes[:-16]
        else:
            self._spawn(self._send(replace(change, run=name)))

    async def _send(self, command: Change | Cancel) -> None:
        with contextlib.suppress(WorkerError):
            await self._client.send(command)

    def cancel(self, request: RunRequest) -> None:
        """End the runs of a request, at work or waiting; each is told its end."""
        if request in self._again or self._queue.remove(request):
            if request in self._again:
                self._again.remove(request)
            for run in request.asked_runs:
                words = "This run was cancelled before it began."
                request.deliver(Failure("request", words, run=run, command=request.kind))
            self._tell_places()
        elif request in self._at_work:
            if self._shares_pass(request):
                self._end_row(request)
            elif names := list(request.names):
                self._spawn(self._cancel(names[0]))

    def _shares_pass(self, request: RunRequest) -> bool:
        return any(other is not request and other.names for other in self._at_work)

    def _end_row(self, request: RunRequest) -> None:
        """End one of several requests that go through the model together: what its rows still do is not told."""
        for name, own_name in list(request.names.items()):
            run = request.runs.get(name)
            item: EndEvent | Failure
            if run is not None:
                item = replace(run.end_event(CANCELLED), run=own_name)
            else:
                item = Failure("request", "This run was cancelled before it began.", run=own_name, command="generate")
            self._close_run(request, name)
            request.deliver(item)

    async def _cancel(self, name: str) -> None:
        with contextlib.suppress(WorkerError):
            await self._client.cancel(name)

    def _tell_places(self, *, again: bool = False) -> None:
        waiting = len(self._queue)
        for place, request in enumerate(self._queue.in_order()):
            if request.place != place or again:
                request.place = place
                request.deliver(QueuePlace(place + 1, waiting))

    # -- the queue ----------------------------------------------------------------------------------------------------

    async def _run_queue(self) -> None:
        """Give the worker the next requests whenever it has none, and look after those at work."""
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), _TICK if self._at_work else None)
            self._wake.clear()
            if self._at_work:
                self._watch_time()
            elif self._again:
                await self._begin([self._again.popleft()])
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
        commands = []
        for request in batch:
            request.batch = batch
            self._count += 1
            commands.append(request.renamed(f"r{self._count}"))
            request.began = monotonic()
            self._by_run.update(dict.fromkeys(request.names, request))
        self._at_work = list(batch)
        lanes = [command for command in commands if isinstance(command, Generate)]
        try:
            await self._client.send(Compare(lanes, "batched") if len(batch) > 1 else commands[0])
        except WorkerError as error:
            self._break_off(str(error))

    def _watch_time(self) -> None:
        now = monotonic()
        if now - self._places_told > _TELL_AGAIN:  # so that who waits knows that there is still somebody
            self._places_told = now
            self._tell_places(again=True)
        for request in self._at_work:
            if now - request.began > self.limits.seconds:
                request.began = now  # once
                self.cancel(request)
            elif self.waiting and request.held_since is not None and now - request.held_since > self.limits.hold:
                request.held_since = None
                self.change(request, Release(""))

    def _break_off(self, message: str) -> None:
        """The worker is gone, or could not be had: every request at work hears it."""
        for request in list(self._at_work):
            for name, own_name in list(request.names.items()):
                self._close_run(request, name)
                request.deliver(Failure("died", message, run=own_name, command=request.kind))

    # -- what the worker says -----------------------------------------------------------------------------------------

    def _take(self, item: Item) -> None:
        if self.questions.take(item):
            return
        match item:
            case TokensScored():
                self._take_of_run(item.run, item)
            case Progress(stage="score") if self._at_work:
                self._at_work[0].deliver(item)
            case PiecesEvent():
                self._vocabulary.add(item)
            case Failure(run=str(run)) if run in self._by_run:
                self._take_of_run(run, item)
            case RunEvent() | StepEvent() | InterveneEvent() | RetuneEvent() | EndEvent() | Held():
                self._take_of_run(item.run, item)
            case Hello():
                self.strategies, self.caches = item.strategies, item.caches
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
                self._break_off(item.message)
            case WorkerSilent(seconds) | WorkerStill(seconds) if seconds:
                self._spawn(self._client.end_hanging())
            case _:
                pass

    def _take_of_run(self, name: str, item: RunItem) -> None:
        request = self._by_run.get(name)
        if request is None:
            return
        if isinstance(item, Held):  # said of the first of several lanes
            request.held_since = monotonic() if item.held else None
        if isinstance(item, RunEvent):
            with contextlib.suppress(TraceError):
                request.runs[name] = Run(item, self._vocabulary)
            self.metrics.waited(monotonic() - request.asked)
        elif isinstance(item, StepEvent | InterveneEvent) and (run := request.runs.get(name)) is not None:
            with contextlib.suppress(TraceError):
                fold = replace(item, predictions=[], alternatives=[], ahead=[]) if isinstance(item, StepEvent) else item
                run.add(fold)
            self.metrics.steps += isinstance(item, StepEvent)
        if isinstance(item, Failure) and name not in request.runs and len(request.batch) > 1:
            # one that cannot begin keeps all of its batch from it: each is tried by itself, and hears its own reason
            self._close_run(request, name)
            request.batch = [request]
            self._again.append(request)
            return
        own_name = request.names[name]
        is_over = isinstance(item, EndEvent | TokensScored) or (
            isinstance(item, Failure) and item.command in ("generate", "score_tokens")
        )
        if isinstance(item, Failure) and name in request.runs:
            is_over = False
        if is_over:
            self.metrics.ended(item)
            self._close_run(request, name)
        request.deliver(replace(item, run=own_name))
        if isinstance(item, RunEvent):
            for change in request.changes:
                self.change(request, change)
            request.changes.clear()

    def _close_run(self, request: RunRequest, name: str) -> None:
        request.names.pop(name, None)
        request.runs.pop(name, None)
        self._by_run.pop(name, None)
        if not request.names and request in self._at_work:
            self._at_work.remove(request)
            self._wake.set()


def may_share(first: RunRequest, other: RunRequest) -> bool:
    """Whether two requests may go through the model together."""
    if first.alone or other.alone:
        return False
    lanes = [request.command for request in (first, other)]
    for lane in lanes:
        if not isinstance(lane, Generate):
            return False
        prompt = lane.prompt
        if prompt.picture_names or prompt.stop or prompt.suffix or prompt.template is not None:
            return False
    one_settings, other_settings = (lane.settings for request in (first, other) for lane in request.lanes)
    return all(getattr(one_settings, name) == getattr(other_settings, name) for name in SHARED)
