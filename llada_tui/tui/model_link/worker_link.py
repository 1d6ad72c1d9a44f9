"""One worker: its process, the checkpoint in it and what it does. Any number of sessions share it. No widgets."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import Any, Protocol

import msgspec

from llada_tui.drawing import run_states
from llada_tui.trace.events import (
    EndEvent,
    InterveneEvent,
    ModelInfo,
    PiecesEvent,
    RetuneEvent,
    RunEvent,
    StepEvent,
)
from llada_tui.trace.model_info import MASK_NOISE
from llada_tui.trace.session import Session
from llada_tui.tui.model_link.session_changes import (
    ModelUnfit,
    SessionChange,
    WorkerChanged,
    WorkerProblem,
    WorkerSilence,
)
from llada_tui.tui.model_link.worker_queries import WorkerQueries
from llada_tui.worker.client import Item, WorkerClient, WorkerDied, WorkerError, WorkerSilent, WorkerStill
from llada_tui.worker.protocol import Compare, Failure, Generate, Held, Hello, Load, Loaded, Progress
from llada_tui.worker.sampler_parts import FIRST_CACHES, FIRST_LENGTHS, CacheInfo, LengthInfo, StrategyInfo
from llada_tui.worker.worker_errors import Standstills

_OF_A_RUN = RunEvent | StepEvent | RetuneEvent | InterveneEvent | EndEvent


class Phase(Enum):
    """The state of the worker, in the words of the header."""

    OFF = "not started"
    STARTING = "starting"
    LOADING = "loading"
    WAITING = "waiting"
    """For other clients of a server."""
    READY = "ready"
    WRITING = run_states.SAMPLING
    HELD = run_states.HELD
    FAILED = "no model"


class LinkedSession(Protocol):
    """A session on the worker, as the link sees it."""

    @property
    def session(self) -> Session:
        """The runs that were asked for."""

    def take(self, event: RunEvent | StepEvent | RetuneEvent | InterveneEvent | EndEvent) -> None:
        """Fold and record an event of a run that was asked for."""

    def take_token_bytes(self, event: PiecesEvent) -> None:
        """Know the bytes of further tokens."""

    def tell(self, change: SessionChange) -> None:
        """Tell the session's observers."""


class WorkerLink:
    """A worker, started when it is first needed. The events of a run go to the session that asked for it, the bytes of
    tokens to all sessions; all are told what the worker does and what goes wrong with it."""

    def __init__(self, command: str | None, load: Load) -> None:
        """``command`` starts the worker; ``load`` is the checkpoint that is wanted."""
        self.client = WorkerClient(command, on_item=self.take)
        self.checkpoint = load
        """The checkpoint that is wanted, loaded or not."""
        self.phase = Phase.OFF
        self.progress: Progress | None = None
        self.model: ModelInfo | None = None
        self._strategies: list[StrategyInfo] = []
        """Those of the worker, for any model."""
        self.caches: Sequence[CacheInfo] = FIRST_CACHES
        self.lengths: Sequence[LengthInfo] = FIRST_LENGTHS
        self.memory = 0
        self.queries = WorkerQueries(self._can_ask, self.client.send, self._problem)
        self.vocabulary = Session()
        """The bytes of the tokens that the worker has told: it tells them once."""
        self._sessions: list[LinkedSession] = []
        self._askers: dict[str, LinkedSession] = {}
        """For each run, from the request to its end, the session that asked for it."""
        self._restarting = False
        self._standstills = Standstills()
        """Those that were told in the conversation; how long one lasts the header tells."""
        self._closed = False

    @property
    def strategies(self) -> list[StrategyInfo]:
        """The strategies that the worker offers for the noise that the model knows; for masks until it is loaded."""
        knows = self.model.knows_noise if self.model is not None else MASK_NOISE.__eq__
        return [info for info in self._strategies if knows(info.noise)]

    @property
    def silent(self) -> bool:
        """Whether the worker does not answer."""
        return self.client.silent > 0

    @property
    def standstill(self) -> str:
        """Why nothing comes of the worker, in a few words; empty where all is well. It can be restarted then."""
        if self.silent:
            return "not answering"
        what = "progress" if self.phase in (Phase.STARTING, Phase.LOADING) else "step"
        return f"no {what} for {self.client.still} s" if self.client.still else ""

    def _can_ask(self) -> bool:
        return not self._closed and self.model is not None and self.client.running

    # -- sessions -----------------------------------------------------------------------------------------------------

    def attach(self, session: LinkedSession) -> None:
        """Tell a session what happens from now on."""
        self._sessions.append(session)

    def detach(self, session: LinkedSession) -> None:
        """Tell a session nothing any more."""
        if session in self._sessions:
            self._sessions.remove(session)

    def asked_by(self, session: LinkedSession) -> list[str]:
        """The runs that a session asked for and that are not over."""
        return [run for run, asker in self._askers.items() if asker is session]

    @property
    def going_on(self) -> frozenset[str]:
        """The runs that any session asked for and that are not over."""
        return frozenset(self._askers)

    def _tell(self, change: SessionChange) -> None:
        for session in tuple(self._sessions):
            session.tell(change)

    def _problem(self, message: str, details: str) -> None:
        self._tell(WorkerProblem(message, details))

    # -- requests -----------------------------------------------------------------------------------------------------

    async def load(self, load: Load | None = None) -> None:
        """Start the worker if needed and load the wanted checkpoint, or another."""
        if self._closed:
            return
        self.checkpoint = load or self.checkpoint
        self.phase, self.progress = Phase.STARTING, None
        self._tell(WorkerChanged())
        try:
            await self.client.load(self.checkpoint)
        except WorkerError as error:
            self._broken(error)

    async def generate(self, session: LinkedSession, command: Generate | Compare) -> bool:
        """Ask for runs whose events are a session's. False, with the problem told, if no worker can be had."""
        if self._closed:
            return False
        lanes = command.lanes if isinstance(command, Compare) else [command]
        self._askers.update((lane.run, session) for lane in lanes)
        self._tell(WorkerChanged())
        try:
            await self.client.generate(command)
        except WorkerError as error:
            for lane in lanes:
                self._askers.pop(lane.run, None)
            self._broken(error)
            return False
        return True

    def _broken(self, error: WorkerError) -> None:
        if not self.client.running:
            self.model = None
        if self.model is None or self.phase is Phase.STARTING:  # else it is what the worker still does
            self.phase = self._at_rest
        if error.died is None:  # else WorkerDied was sent
            self._problem(str(error), "\n".join(error.log))
        self._tell(WorkerChanged())

    async def restart(self) -> None:
        """End a worker that nothing comes of, and start it again with its checkpoint. Runs going on get their ends."""
        if not self.standstill:
            return
        self._restarting = True
        try:
            await self.client.end_hanging()
        finally:
            self._restarting = False
        await self.load()

    async def close(self) -> None:
        """End the worker; runs going on get their ends. Nothing starts it any more."""
        self._closed = True
        await self.client.stop()

    # -- what the worker says -----------------------------------------------------------------------------------------

    def take(self, item: Item) -> None:
        """Take a reply or an event of the worker."""
        if not self.client.running:  # its runs end before `WorkerDied` comes: whoever sees the end asks nothing more
            self.model, self.progress = None, None
        if isinstance(item, PiecesEvent):
            self._take_token_bytes(item)
        elif isinstance(item, _OF_A_RUN):
            self._take_event(item)
        elif isinstance(item, WorkerSilent | WorkerStill):
            if self._standstills.is_news(item):
                self._tell(WorkerSilence(item.seconds, item.message))
            self._tell(WorkerChanged())
        elif not self.queries.answered(item):
            self._take_reply(item)
            self._tell(WorkerChanged())

    def _take_token_bytes(self, event: PiecesEvent) -> None:
        if not event.model and self.model is not None:
            event = msgspec.structs.replace(event, model=self.model.id)
        self.vocabulary.add(event)
        for session in self._sessions:
            session.take_token_bytes(event)

    def _take_event(self, event: RunEvent | StepEvent | RetuneEvent | InterveneEvent | EndEvent) -> None:
        session = self._askers.get(event.run)
        if session is None:
            self._problem(f"The worker sent what cannot be: nobody asked for the run {event.run!r}.", "")
            return
        waited = self.phase is Phase.WAITING and isinstance(event, StepEvent)  # a server's run may wait in its middle
        if isinstance(event, RunEvent) or waited:
            self.phase, self.progress = Phase.WRITING, None
        elif isinstance(event, EndEvent):
            del self._askers[event.run]
            if not self._askers:
                self.phase = self._at_rest
            self.memory = max(event.peak_memory, 0) or self.memory
        session.take(event)

    @property
    def _at_rest(self) -> Phase:
        return Phase.READY if self.model is not None else Phase.FAILED

    def _take_reply(self, item: Any) -> None:
        if isinstance(item, Hello):
            self._strategies = list(item.strategies)
            self.caches, self.lengths = item.caches or FIRST_CACHES, item.lengths or FIRST_LENGTHS
            self.queries.can_give_up = item.gives_up
            self.phase = Phase.STARTING
        elif isinstance(item, Progress):
            self.progress = item
            if item.stage != "queue":
                self.phase = Phase.LOADING
            elif self.phase is not Phase.HELD:  # a held run waits for what is asked of it, and stays held
                self.phase = Phase.WAITING
        elif isinstance(item, Loaded):
            self.model, self.memory, self.progress = item.model, item.memory, None
            begun = any(run in session.session.runs for run, session in self._askers.items())
            self.phase = Phase.WRITING if begun else Phase.READY
        elif isinstance(item, Held):
            self.phase, self.progress = Phase.HELD if item.held else Phase.WRITING, None
        elif isinstance(item, WorkerDied):
            self.model, self.progress, self.phase = None, None, Phase.FAILED
            self._askers.clear()
            self._standstills.forget()
            self.queries.forget()
            details = [f"exit code {item.exit_code}" if item.signal is None else item.signal, *item.log]
            follows = "It is started again." if self._restarting else "The next question starts it again."
            self._problem(f"{item.message} {follows}", "\n".join(details))
        elif isinstance(item, Failure):
            self._take_failure(item)

    def _take_failure(self, failure: Failure) -> None:
        for run, session in tuple(self._askers.items()):
            if run not in session.session.runs and (failure.command == "compare" or run == failure.run):
                del self._askers[run]
        uncompiled = self.progress is not None and failure.command == "generate"
        if failure.code in ("model", "fit") or failure.command == "load" or uncompiled:
            self.progress = None
            self.phase = self._at_rest
        self._problem(failure.message, "\n".join([failure.details, *self.client.log]).strip())
        if failure.code == "fit" and failure.command == "load":
            self._tell(ModelUnfit(failure.message))
