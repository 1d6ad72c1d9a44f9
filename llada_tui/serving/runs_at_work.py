"""The requests whose runs the worker makes, what it says of them, and the runs whose client has left."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Iterable, Iterator
from itertools import zip_longest
from time import monotonic

from msgspec.structs import replace

from llada_tui.serving.metrics import Metrics
from llada_tui.serving.run_request import RunItem, RunRequest
from llada_tui.trace.events import CANCELLED, FAILED, FINISHED, EndEvent, InterveneEvent, RunEvent, StepEvent
from llada_tui.trace.run import Run, TraceError
from llada_tui.trace.text import TokenBytes
from llada_tui.worker.job_messages import ScoreTokens, TokensScored
from llada_tui.worker.protocol import Compare, Failure, Generate, Held

_log = logging.getLogger(__name__)


class RunsAtWork:
    """The batch of requests that the worker was given. It is over when the worker has ended every run of it."""

    def __init__(self, token_bytes: TokenBytes, metrics: Metrics) -> None:
        self.requests: list[RunRequest] = []
        """Those that are still told of their runs."""
        self.again: deque[RunRequest] = deque()
        """Requests to be begun one by one: of a batch that could not begin, or that left theirs."""
        self._was_again = False
        """Whether the last request that was begun was one of those."""
        self._token_bytes = token_bytes
        self._metrics = metrics
        self._by_run: dict[str, RunRequest] = {}
        """The request of each run that the worker has not ended, by the server's name of it."""
        self._count = 0
        self.idle = asyncio.Event()
        """Set while the worker makes no run."""
        self.idle.set()

    @property
    def unfinished(self) -> tuple[RunRequest, str] | None:
        """A run that the worker has not ended, and its request, which may have left; None where there is none."""
        return next(((request, name) for name, request in self._by_run.items()), None)

    @property
    def has_begun(self) -> bool:
        """Whether every run has begun."""
        return bool(self.requests) and all(len(request.runs) == len(request.names) for request in self.requests)

    def knows(self, name: str | None) -> bool:
        """Whether the worker has not ended a run of this name."""
        return name in self._by_run

    def begin(self, batch: list[RunRequest]) -> Generate | Compare | ScoreTokens:
        """Take requests in. Gives the command for the worker."""
        commands = []
        for request in batch:
            request.batch = batch
            self._count += 1
            commands.append(request.renamed(f"r{self._count}"))
            request.began = monotonic()
            self._by_run.update(dict.fromkeys(request.names, request))
        self.requests = list(batch)
        self.idle.clear()
        lanes = [command for command in commands if isinstance(command, Generate)]
        return Compare(lanes, "batched") if len(batch) > 1 else commands[0]

    def shares_pass(self, request: RunRequest) -> bool:
        """Whether others go through the model together with a request."""
        return any(other is not request for other in self.requests)

    def take_again(self, *, others_wait: bool) -> RunRequest | None:
        """The next request to be begun by itself. Where others wait in the queue, every second turn is theirs."""
        self._was_again = bool(self.again) and not (others_wait and self._was_again)
        return self.again.popleft() if self._was_again else None

    def in_turn(self, queued: Iterable[RunRequest]) -> Iterator[RunRequest]:
        """Those to be begun by themselves and those of the queue, in the order in which they would be begun."""
        turns = (queued, self.again) if self._was_again else (self.again, queued)
        return (request for turn in zip_longest(*turns) for request in turn if request is not None)

    def forget(self, request: RunRequest) -> bool:
        """Take out a request that was to be begun by itself. False for any other."""
        if request not in self.again:
            return False
        self.again.remove(request)
        return True

    def leave(self, request: RunRequest) -> None:
        """End one of several requests that go through the model together: what its rows still do is not told."""
        for name, own_name in list(request.names.items()):
            run = request.runs.get(name)
            item: EndEvent | Failure
            if run is not None:
                item = replace(run.end_event(CANCELLED), run=own_name)
            else:
                item = Failure("request", "This run was cancelled before it began.", run=own_name, command="generate")
            self._close(request, name)
            self._metrics.count_end(CANCELLED)
            request.deliver(item)

    def break_off(self, message: str, code: str, *, goes_on: bool = False) -> None:
        """Tell every request that its runs failed. ``goes_on``: the worker may be making them nevertheless."""
        if not goes_on:
            self._by_run.clear()
            self.idle.set()
        for request in list(self.requests):
            for name, own_name in list(request.names.items()):
                failure = Failure(code, message, run=own_name, command=request.kind)
                self._close(request, name)
                self._metrics.count_end(FAILED)
                try:
                    request.deliver(failure)
                except Exception:  # a defect in one request must not keep the others from hearing it
                    _log.exception("A request could not be told that its run failed.")

    def take(self, name: str, item: RunItem) -> RunRequest | None:
        """Take in what the worker says of a run, and tell its request. Gives the request, None where it has left."""
        request = self._by_run.get(name)
        if request is None:
            return None
        is_refusal = (
            isinstance(item, Failure) and item.command in ("generate", "score_tokens") and name not in request.runs
        )
        is_over = is_refusal or isinstance(item, EndEvent | TokensScored)
        if is_over:
            del self._by_run[name]
            if not self._by_run:
                self.idle.set()
        if (own_name := request.names.get(name)) is None:
            return None
        if is_refusal and len(request.batch) > 1:
            # one that cannot begin keeps all of its batch from it: each is tried by itself, and hears its own reason
            self._close(request, name)
            request.batch = [request]
            self.again.append(request)
            return None
        self._note(request, name, item)
        if is_over:
            if request.lone is None or not request.lone.goes_on_after(item):
                reason = item.reason if isinstance(item, EndEvent) else FAILED if is_refusal else FINISHED
                self._metrics.count_end(reason)
            self._close(request, name)
        request.deliver(replace(item, run=own_name))
        return request

    def _note(self, request: RunRequest, name: str, item: RunItem) -> None:
        match item:
            case Held():  # said of the first of several lanes
                request.held_since = monotonic() if item.held else None
            case RunEvent():
                with contextlib.suppress(TraceError):
                    request.runs[name] = Run(item, self._token_bytes)
                if request.lone is None:  # else it began before, as a row of a batch
                    self._metrics.count_wait(monotonic() - request.asked)
            case StepEvent() | InterveneEvent() if (run := request.runs.get(name)) is not None:
                with contextlib.suppress(TraceError):
                    is_step = isinstance(item, StepEvent)
                    run.add(replace(item, predictions=[], alternatives=[], ahead=[]) if is_step else item)
                self._metrics.steps += isinstance(item, StepEvent)
            case _:
                pass

    def _close(self, request: RunRequest, name: str) -> None:
        """A request is told no more of a run. The run is kept where the worker goes on with it."""
        del request.names[name]
        if name not in self._by_run:
            request.runs.pop(name, None)
        if not request.names and request in self.requests:
            self.requests.remove(request)
