"""A run that left the batch in which it began, and goes on by itself: for its client it is one unbroken run.

A row of a batch cannot be held, retuned or read. So the row is cancelled, and what it made is the beginning of a run by
itself (`llada_tui.trace.resume_from`), which begins held and makes the row's last step again: its pass is then there to
be read. Neither that beginning nor that step is told again.

    LEAVING -> OUTSIDE <-> RETURNING -> AT_WORK -> OVER
       ^                                   |
       +---------------- park -------------+

A run that is not held goes from LEAVING to RETURNING at once.
"""

from __future__ import annotations

from asyncio import Event as Flag
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from enum import Enum, auto
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
        """Begin a request by itself, unless it has begun, and tell it its place where that was not told."""

    def take_back(self, request: RunRequest) -> None:
        """Have a request wait no more, unless it has begun."""


class LoneStage(Enum):
    """The stages of a run that left its batch."""

    LEAVING = auto()
    """The worker was told to end what it makes of the run, and has not ended it yet."""
    OUTSIDE = auto()
    """The run is held, and is not in the worker: it is in nobody's way."""
    RETURNING = auto()
    """The run waits for the worker, or the worker makes its last step again."""
    AT_WORK = auto()
    """The worker has the run as its client knows it: what the client asks is passed on."""
    OVER = auto()
    """The client was told the end."""


class LoneRun:
    """The run of a request that is at work as a row of a batch: it leaves the batch when this is made.

    What its client asks is noted as a wish (`change`). While the run is AT_WORK it is passed on as well; else the wish
    decides whether the run waits OUTSIDE or goes back to the worker, and the worker is told it there.
    """

    def __init__(self, row: RunRequest, host: RunHost) -> None:
        assert isinstance(row.command, Generate)
        (name,) = row.names
        self.stage = LoneStage.LEAVING
        self.is_cancelled = False
        """Whether the next end is the run's."""
        self.request = row
        """The request for what the worker makes of it: the row's, later that of the run by itself."""
        self._host = host
        self._command = row.command
        self._run = row.runs[name]
        """The run as its client knows it. Steps of the row are added to it by `RunsAtWork`, later ones here."""
        self._deliver, row.deliver = row.deliver, self._take_of_row
        self._readable = Flag()
        """Set while the run is AT_WORK or OVER."""
        # What its client wishes
        self._is_held = False
        self._advances = 0
        """Steps asked for by Advance that were not made yet."""
        self._settings: SamplerSettings | None = None
        """Settings of a Retune that was not answered yet."""
        self._readers = 0
        # What its client knows
        self._is_told_held = False
        self._waits_held = False
        """Whether the client knows that it is held and waits in the queue for what was asked of it."""
        self._told_settings: SamplerSettings | None = None
        """Settings that the client knows to hold, where the worker has to be told them again."""
        # What the worker has done since the run was RETURNING
        self._worker_holds = False
        self._is_at_last_step = False
        """Whether the last step that the client knows was made again."""
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
                self._settings = settings
        if self.stage is LoneStage.AT_WORK:
            self._pass_on(change)
        else:
            self._settle()

    @asynccontextmanager
    async def being_read(self) -> AsyncIterator[RunRequest]:
        """Wait until its last pass can be read, or it is over. Gives the request that has the worker's name of it."""
        self._readers += 1
        try:
            self._settle()
            await self._readable.wait()
            yield self.request
        finally:
            self._readers -= 1
            self._settle()

    def park(self) -> None:
        """Have it wait outside the worker, where it is held and nothing of it is due."""
        if self.stage is LoneStage.AT_WORK and self._is_told_held and not self._is_due:
            self._enter(LoneStage.LEAVING)
            for name in self.request.names:
                self._host.tell_worker(CancelLane(name))

    @property
    def is_outside(self) -> bool:
        """Whether it waits outside the worker until its client asks for something."""
        return self.stage is LoneStage.OUTSIDE

    @property
    def _is_due(self) -> bool:
        """Whether the worker is to do something of it."""
        return not self._is_held or self._advances > 0 or self._settings is not None or self._readers > 0

    def goes_on_after(self, item: Delivery) -> bool:
        """Whether an end of what the worker makes of it is not the run's end."""
        is_cancelled = isinstance(item, EndEvent) and item.reason == CANCELLED
        return self.stage is LoneStage.LEAVING and is_cancelled and not self.is_cancelled

    # -- out of the worker, and back ----------------------------------------------------------------------------------

    def _enter(self, stage: LoneStage) -> None:
        self.stage = stage
        if stage in (LoneStage.AT_WORK, LoneStage.OUTSIDE):
            self._tell_end_of_wait()
        if stage in (LoneStage.AT_WORK, LoneStage.OVER):
            self._readable.set()
        else:
            self._readable.clear()

    def _go_on(self) -> None:
        """Ask for what follows the step before the last, now that the worker has ended what it made."""
        run = self._run
        frame = max(run.last - 1, 0)
        settings, settings_now = branch_settings(run, frame), run.settings_at(run.last)
        self._told_settings = settings_now if settings_now != settings else None  # retuned after the last step
        self._worker_holds, self._is_at_last_step = False, not run.last
        resume = resume_from(run, frame) if run.last else Resume()
        command = replace(self._command, settings=settings, resume=resume, hold=True)
        self.request = RunRequest(self.request.client, command, self._take, alone=True, lone=self)
        self._enter(LoneStage.RETURNING)
        self._settle()

    def _settle(self) -> None:
        """Have a run that is not in the worker wait where it is to wait, and tell whether it is held."""
        if self.stage not in (LoneStage.OUTSIDE, LoneStage.RETURNING):
            return
        self._tell_held()
        if self.request.batch:  # it has begun
            return
        run = self._run
        can_be_held = run.masks_left(run.last) > 0 or (run.last > 0 and run.steps[-1].more)
        if can_be_held and not self._is_due:
            self._enter(LoneStage.OUTSIDE)
            self._host.take_back(self.request)
        else:
            self._enter(LoneStage.RETURNING)
            self._host.go_on(self.request)

    def _catch_up(self) -> None:
        """Pass on what its client wishes, once the worker holds the run where the client knows it to be."""
        if self.stage is not LoneStage.RETURNING or not self._worker_holds or not self._is_at_last_step:
            return
        self._enter(LoneStage.AT_WORK)
        if (settings := self._settings or self._told_settings) is not None:
            self._pass_on(Retune("", settings))
        for _ in range(self._advances):
            self._pass_on(Advance(""))
        if not self._is_held:
            self._pass_on(Release(""))

    def _pass_on(self, change: Change) -> None:
        for name in self.request.names:
            self._host.tell_worker(replace(change, run=name))

    # -- what the worker says -----------------------------------------------------------------------------------------

    def _take_of_row(self, item: Delivery) -> None:
        if self.goes_on_after(item):
            self._go_on()
            return
        if isinstance(item, EndEvent | Failure):
            self._enter(LoneStage.OVER)
        self._deliver(item)

    def _take(self, item: Delivery) -> None:
        match item:
            case RunEvent() | InterveneEvent():
                pass
            case QueuePlace() if self._is_told_held and not self._is_due:
                pass  # it waits for its client
            case QueuePlace():
                self._waits_held = self._is_told_held
                self._deliver(item)
            case Held(held=held):
                self._take_held(held)
            case StepEvent(index=index) if index < self._run.start.step + self._run.last:
                self._is_at_last_step = True
                self._catch_up()
            case StepEvent():
                self._run.add(replace(item, predictions=[], alternatives=[], ahead=[]))
                self._advances = max(self._advances - 1, 0)
                self._deliver(item)
            case RetuneEvent():
                self._take_retuned(item)
            case EndEvent() if self.goes_on_after(item):
                self._go_on()
            case EndEvent():
                self._end(item.reason, item.message, item.peak_memory, item.text)
            case Failure() if not self.request.names:  # it did not begin, or the worker is gone
                self._end(CANCELLED if self.is_cancelled else FAILED, "" if self.is_cancelled else item.message)
            case _:
                if isinstance(item, Failure) and item.command == "retune":
                    self._settings = None
                    if self._told_settings is not None:
                        self._pass_on(Retune("", self._told_settings))
                self._deliver(item)

    def _take_held(self, held: bool) -> None:
        if self.stage is LoneStage.RETURNING:
            self._worker_holds = held
            if held and not self._is_at_last_step:
                self._pass_on(Advance(""))
            self._catch_up()
        elif self.stage is LoneStage.AT_WORK and held == self._is_held:  # else another answer follows
            self._tell_held()

    def _take_retuned(self, event: RetuneEvent) -> None:
        is_told = event.settings == self._told_settings and event.settings != self._settings
        self._told_settings = None
        if not is_told:
            if event.settings == self._settings:  # else another answer follows
                self._settings = None
            self._run.add(event)
            self._deliver(event)

    def _tell_held(self) -> None:
        if self._is_held != self._is_told_held:
            self._is_told_held, self._waits_held = self._is_held, False
            self.request.place = -1  # while it is held it is told none
            self._deliver(Held(self._command.run, self._is_held))

    def _tell_end_of_wait(self) -> None:
        """Tell again that it is held, where its client was told its place meanwhile."""
        if self._waits_held:
            self._waits_held = False
            self._deliver(Held(self._command.run, True))

    def _end(self, reason: str, message: str, peak_memory: int = 0, text: str | None = None) -> None:
        self._enter(LoneStage.OVER)
        end = self._run.end_event(reason, message, peak_memory, text=text)
        self._deliver(replace(end, run=self._command.run))
