"""A run that left the batch in which it began, and goes on by itself: for its client it is one unbroken run.

A row of a batch cannot be held, retuned or read. So the row is cancelled, and what it made is the beginning of a run by
itself (`llada_tui.trace.resume_from`), which makes the row's last step again: its pass is then there to be read. That
step is not told again.
"""

from __future__ import annotations

from asyncio import Event as Flag
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from time import monotonic
from typing import Protocol

from msgspec.structs import replace

from llada_tui.serving.run_request import Change, Delivery, QueuePlace, RunRequest
from llada_tui.settings.sampler_settings import SamplerSettings
from llada_tui.trace.events import CANCELLED, FAILED, EndEvent, InterveneEvent, RetuneEvent, RunEvent, StepEvent
from llada_tui.trace.resume import Resume
from llada_tui.trace.resume_from import branch_settings, resume_from
from llada_tui.worker.protocol import Advance, CancelLane, Failure, Generate, Held, Hold, Release, Retune

_MOST_ADVANCES = 1024
"""Most steps that may be asked for before the worker can make them."""


class RunHost(Protocol):
    """The part of a `llada_tui.serving.model_host.ModelHost` that a lone run needs."""

    def tell_worker(self, command: Change | CancelLane) -> None:
        """Send a command about a run at work."""

    def go_on(self, request: RunRequest) -> None:
        """Begin a request before all that wait in the queue, unless it has begun."""

    def take_back(self, request: RunRequest) -> None:
        """Have a request wait no more, unless it has begun."""


class LoneRun:
    """The run of a request that is at work as a row of a batch: it leaves the batch when this is made.

    While its client holds it, it waits outside the worker and is in nobody's way, until a step or a reading is asked
    for. Then it is in the worker, and leaves it again when `park` is called.
    """

    def __init__(self, row: RunRequest, host: RunHost) -> None:
        assert isinstance(row.command, Generate)
        (name,) = row.names
        self.has_left = False
        """Whether the worker has ended the row."""
        self.is_cancelled = False
        self.is_parked = False
        """Whether it waits outside the worker until its client asks for something."""
        self._is_leaving = True
        """Whether the worker is to end what it does of it, so that it can wait outside."""
        self._host = host
        self._command = row.command
        self._run = row.runs[name]
        """The run as its client knows it. The row's part of it is folded in `RunsAtWork`, as every request's runs."""
        self._deliver, row.deliver = row.deliver, self._take_of_row
        self._is_held = self._is_told_held = False
        """Whether its client wants it held; and knows that it is."""
        self._advances = 0
        """Steps asked for by Advance that were not made yet."""
        self._settings: SamplerSettings | None = None
        """Settings of a Retune that was not answered yet."""
        self._is_told_settings = False
        """Whether its client knows that they hold."""
        self._readers = 0
        self._worker_holds = False
        self._is_at_last_step = False
        """Whether the last step of the row was made again."""
        self._caught_up = Flag()
        """Set when it is in the worker as its client knows it; and when it is over."""
        self.request = row
        """The request that has what the worker does of it."""
        host.tell_worker(CancelLane(name))

    # -- what its client asks -----------------------------------------------------------------------------------------

    def change(self, change: Change) -> None:
        """Hold, release, advance or retune it."""
        match change:
            case Hold():
                self._is_held, self._advances = True, 0
            case Release():
                self._is_held, self._advances = False, 0
            case Advance():
                self._is_held, self._advances = True, min(self._advances + 1, _MOST_ADVANCES)
            case Retune(settings=settings):
                self._settings, self._is_told_settings = settings, False
        if self._caught_up.is_set():
            self._pass_on(change)
        elif self.has_left:
            self._settle()

    def park(self) -> bool:
        """Have it wait outside the worker. False for one that is not held, or of which something is due."""
        if self._is_due or not self._caught_up.is_set() or not self._is_told_held:
            return False
        self._is_leaving, self._worker_holds, self.request.held_since = True, False, None
        self._caught_up.clear()
        for name in self.request.names:
            self._host.tell_worker(CancelLane(name))
        return True

    @property
    def _is_due(self) -> bool:
        """Whether the worker is to do something of it."""
        is_retuned = self._settings is not None and not self._is_told_settings
        return not self._is_held or self._advances > 0 or is_retuned or self._readers > 0

    @asynccontextmanager
    async def being_read(self) -> AsyncIterator[RunRequest]:
        """Wait until its last pass can be read, or it is over. Gives the request that has the worker's name of it."""
        self._readers += 1
        try:
            if self.has_left:
                self._settle()
            await self._caught_up.wait()
            yield self.request
        finally:
            self._readers -= 1

    def goes_on_after(self, item: Delivery) -> bool:
        """Whether an end of what the worker did is not the run's."""
        return self._is_leaving and isinstance(item, EndEvent) and item.reason == CANCELLED and not self.is_cancelled

    # -- what the worker says -----------------------------------------------------------------------------------------

    def _take_of_row(self, item: Delivery) -> None:
        if self.goes_on_after(item):
            self._go_on_by_itself()
            return
        if isinstance(item, EndEvent | Failure):
            self._caught_up.set()
        self._deliver(item)

    def _take(self, item: Delivery) -> None:
        if self.goes_on_after(item):
            self._go_on_by_itself()
            return
        match item:
            case RunEvent() | InterveneEvent():
                pass
            case QueuePlace() if self._is_told_held:
                pass  # the screen says that it is held
            case Held(held=held):
                self._take_held(held)
            case StepEvent(index=index) if index < self._next_step:
                self._is_at_last_step = True
                self._catch_up()
            case StepEvent():
                self._run.add(replace(item, predictions=[], alternatives=[], ahead=[]))
                self._advances = max(self._advances - 1, 0)
                self._deliver(item)
            case RetuneEvent():
                is_news = not self._is_told_settings
                self._settings, self._is_told_settings = None, False
                if is_news:
                    self._run.add(item)
                    self._deliver(item)
            case EndEvent():
                self._end(item.reason, item.message, item.peak_memory, item.text)
            case Failure() if not self.request.names:  # it did not begin, or the worker is gone
                self._end(CANCELLED if self.is_cancelled else FAILED, "" if self.is_cancelled else item.message)
            case _:
                if isinstance(item, Failure) and item.command == "retune":
                    self._settings = None
                self._deliver(item)

    def _end(self, reason: str, message: str, peak_memory: int = 0, text: str | None = None) -> None:
        self._caught_up.set()
        end = self._run.end_event(reason, message, peak_memory, text=text)
        self._deliver(replace(end, run=self._command.run))

    def _take_held(self, held: bool) -> None:
        if held and not self._caught_up.is_set():
            self._worker_holds, self.request.held_since = True, None
            if not self._is_at_last_step:
                self._pass_on(Advance(""))
            self._catch_up()
        else:
            self._is_held = held
            self._tell_held()

    # -- from the batch to a run by itself ----------------------------------------------------------------------------

    @property
    def _next_step(self) -> int:
        """The number of the step that its client is told next."""
        return self._run.start.step + self._run.last

    def _go_on_by_itself(self) -> None:
        """Ask for what follows the step before the last, once the worker has ended what it did."""
        run, resume = self._run, Resume()
        self.has_left, self._is_leaving, self._is_at_last_step = True, False, not run.last
        if run.last:
            resume = resume_from(run, run.last - 1)
        settings, settings_now = branch_settings(run, run.last - 1), run.settings_at(run.last)
        if self._settings is None and settings_now != settings:  # retuned after its last step
            self._settings, self._is_told_settings = settings_now, True
        command = replace(self._command, settings=settings, resume=resume, hold=True)
        self.request = RunRequest(self.request.client, command, self._take, alone=True, lone=self)
        self._settle()

    def _settle(self) -> None:
        """Tell whether it is held, and have it wait where it is to wait."""
        self._tell_held()
        run = self._run
        can_go_on = run.masks_left(run.last) > 0 or (run.last > 0 and run.steps[-1].more)  # else it is not held
        self.is_parked = can_go_on and not self._is_due and not self.request.batch
        if self.is_parked:
            self._host.take_back(self.request)
        else:
            self._host.go_on(self.request)

    def _catch_up(self) -> None:
        """Pass on what was asked, once the worker holds it where it ended."""
        if not self._worker_holds or not self._is_at_last_step or self._caught_up.is_set():
            return
        self._caught_up.set()
        if self._settings is not None:
            self._pass_on(Retune("", self._settings))
        for _ in range(self._advances):
            self._pass_on(Advance(""))
        if self._is_held:
            self.request.held_since = monotonic()
        else:
            self._pass_on(Release(""))

    def _pass_on(self, change: Change) -> None:
        for name in self.request.names:
            self._host.tell_worker(replace(change, run=name))

    def _tell_held(self) -> None:
        if self._is_held != self._is_told_held:
            self._is_told_held = self._is_held
            self._deliver(Held(self._command.run, self._is_held))
