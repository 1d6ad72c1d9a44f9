"""The runs in progress as the client's side knows them, so that each gets its end even if the worker does not."""

from __future__ import annotations

import contextlib
from asyncio import Event as Flag

from llada_tui.trace.events import AnyEvent, EndEvent, InterveneEvent, PiecesEvent, RetuneEvent, RunEvent, StepEvent
from llada_tui.trace.run import Run, TraceError
from llada_tui.trace.text import TokenBytes
from llada_tui.worker import heartbeat
from llada_tui.worker.protocol import AnyReply, Failure, Held, Loaded

STEPS_OF_GRACE = 3
"""The factor by which a run may take longer than its slowest step for a step, or for its end once it is cancelled."""


class OpenRun:
    """A run that was asked for, and what arrived of it so far."""

    def __init__(self) -> None:
        self.over = Flag()
        self.run: Run | None = None
        """The run as far as it was folded; None before the worker has begun it."""
        self.slowest = 0.0
        """Seconds that its slowest step took."""

    def add(self, event: StepEvent | InterveneEvent | RetuneEvent) -> None:
        """Something happened in it. What does not fit is left out here: whoever records it says so."""
        if self.run is not None:
            with contextlib.suppress(TraceError):
                self.run.add(event)
        if isinstance(event, StepEvent):
            self.slowest = max(self.slowest, event.seconds)


class OpenRuns:
    """The runs asked for and not over, by name, and the tokens' bytes."""

    def __init__(self) -> None:
        self.runs: dict[str, OpenRun] = {}
        self._token_bytes = TokenBytes()
        self._held = False

    @property
    def patience(self) -> int:
        """Seconds within which something should come of a run; 0 where none is to come."""
        begun = [run for run in self.runs.values() if run.run is not None]
        if not begun:
            return heartbeat.LOAD_PATIENCE if self.runs else 0
        slowest = max(run.slowest for run in begun)
        return 0 if self._held else max(heartbeat.STEP_PATIENCE, round(STEPS_OF_GRACE * slowest))

    def ask(self, name: str) -> None:
        """A run is asked for."""
        self.runs.setdefault(name, OpenRun())

    def note(self, item: AnyReply | AnyEvent) -> None:
        """Something came from the worker."""
        match item:
            case PiecesEvent():
                self._token_bytes.add(item)
            case Loaded():
                self._token_bytes = TokenBytes()
            case Held():
                self._held = item.held
            case RunEvent():
                self._held = False
                with contextlib.suppress(TraceError):
                    self.runs.setdefault(item.run, OpenRun()).run = Run(item, self._token_bytes)
            case StepEvent() | InterveneEvent() | RetuneEvent() if item.run in self.runs:
                self.runs[item.run].add(item)
            case EndEvent():
                self._close(item.run)
            case Failure(command="generate", run=str(name)) if name in self.runs and self.runs[name].run is None:
                self._close(name)
            case _:
                pass

    def is_late(self, item: AnyReply | AnyEvent) -> bool:
        """Whether this says only that a run had ended before the worker heard what was wanted of it."""
        return (
            isinstance(item, Failure)
            and item.command in ("cancel", "hold", "resume", "advance", "retune")
            and item.field is None
            and item.run not in self.runs
        )

    def break_off(self, reason: str, message: str) -> list[EndEvent | Failure]:
        """End every run that is open: what is to be told of each."""
        ends: list[EndEvent | Failure] = []
        for name, open_run in list(self.runs.items()):
            if open_run.run is not None:
                ends.append(open_run.run.end_event(reason, message))
            else:
                ends.append(Failure("died", message, run=name, command="generate"))
            self._close(name)
        return ends

    def _close(self, name: str) -> None:
        if open_run := self.runs.pop(name, None):
            open_run.over.set()
