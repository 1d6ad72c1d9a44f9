"""The live side of a session: what the worker says is folded, recorded, and told to whoever listens. No widgets."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from pathlib import Path
from typing import Any

from llada_tui.settings.sampler_settings import KNOBS, LIVE, SamplerSettings
from llada_tui.trace.branches import Continuation
from llada_tui.trace.events import (
    DeleteEvent,
    EndEvent,
    InterveneEvent,
    Message,
    ModelInfo,
    NameEvent,
    PiecesEvent,
    RetuneEvent,
    RunEvent,
    StepEvent,
)
from llada_tui.trace.recorder import SessionRecorder
from llada_tui.trace.run import Run, TraceError
from llada_tui.trace.session import Session
from llada_tui.tui.model_link.worker_queries import WorkerQueries
from llada_tui.worker.client import Item, WorkerClient, WorkerDied, WorkerError
from llada_tui.worker.protocol import (
    FIRST_CACHES,
    Advance,
    CacheInfo,
    Compare,
    Failure,
    Generate,
    Held,
    Hello,
    Hold,
    Load,
    Loaded,
    Progress,
    Resume,
    Retune,
    StrategyInfo,
)

_log = logging.getLogger(__name__)
_RECORDED = RunEvent | PiecesEvent | StepEvent | RetuneEvent | InterveneEvent | EndEvent


class Phase(Enum):
    """What the worker does, in the words of the header."""

    OFF = "not started"
    STARTING = "starting"
    LOADING = "loading"
    READY = "ready"
    WRITING = "writing"
    HELD = "held"
    FAILED = "no model"


class WorkerSession:
    """A worker at work on a session. ``on_change`` is called after anything changed, with the run that grew, if any;
    ``on_problem`` with a sentence, and details, for what a person has to know; ``on_unfit`` with a sentence where the
    wanted checkpoint needs more memory than there is, and is only loaded with ``force``."""

    def __init__(
        self,
        worker: str | None,
        load: Load,
        book: SessionRecorder,
        *,
        on_change: Callable[[Run | None], None],
        on_problem: Callable[[str, str], None],
        on_unfit: Callable[[str], None],
    ) -> None:
        self.client = WorkerClient(worker, on_item=self._item)
        self.wanted = load
        self.book = book
        self.phase = Phase.OFF
        self.progress: Progress | None = None
        self.model: ModelInfo | None = None
        self.strategies: list[StrategyInfo] = []
        self.caches: Sequence[CacheInfo] = FIRST_CACHES
        self.memory = 0
        self.asked: list[str] = []
        """The runs asked for, from the request to their ends: several if they are made side by side."""
        self._closed = False
        self._on_change, self._on_problem, self._on_unfit = on_change, on_problem, on_unfit
        self.questions = WorkerQueries(self._can_ask, self.client.send)

    def _can_ask(self) -> bool:
        return not self._closed and self.model is not None and self.client.running

    @property
    def session(self) -> Session:
        return self.book.session

    @property
    def path(self) -> Path | None:
        """The session's file, once there is one."""
        return self.book.path

    @property
    def recording(self) -> bool:
        return self.book.recording

    @property
    def run(self) -> Run | None:
        """The run going on; of several side by side the first."""
        return next((self.session.runs[name] for name in self.asked if name in self.session.runs), None)

    def listen(
        self,
        on_change: Callable[[Run | None], None],
        on_problem: Callable[[str, str], None],
        on_unfit: Callable[[str], None],
    ) -> None:
        """Tell everything to somebody else from now on."""
        self._on_change, self._on_problem, self._on_unfit = on_change, on_problem, on_unfit

    # -- worker -------------------------------------------------------------------------------------------------------

    async def load(self, load: Load | None = None) -> None:
        """Start the worker if needed and load the wanted checkpoint, or another."""
        if self._closed:
            return
        self.wanted = load or self.wanted
        self.phase, self.progress = Phase.STARTING, None
        self._on_change(None)
        try:
            await self.client.load(self.wanted)
        except WorkerError as error:
            self._broken(error)

    def _broken(self, error: WorkerError) -> None:
        if self.model is None or not self.client.running:
            self.phase = Phase.FAILED
            self.model = None
        self.asked = []
        if error.died is None:  # else its death was told
            self._on_problem(str(error), "\n".join(error.log))
        self._on_change(None)

    async def close(self) -> None:
        """End the worker and close the file; a run going on gets its end. Nothing starts a worker here any more."""
        self._closed = True
        await self.client.stop()
        self.book.close()

    # -- requests -----------------------------------------------------------------------------------------------------

    @property
    def busy(self) -> bool:
        return bool(self.asked)

    async def ask(
        self,
        settings: SamplerSettings,
        *,
        messages: list[Message] | None = None,
        text: str | None = None,
        template: str | None = None,
        changes: Mapping[int, int] | None = None,
    ) -> bool:
        """Begin a run: on masks, of which ``changes`` set some, or on a template's text and masks. False, with the
        problem told, if no worker can be had."""
        changed = sorted((changes or {}).items())
        return await self._generate(
            Generate(
                self.book.free_names(1)[0], settings, messages=messages, text=text, template=template, changes=changed
            )
        )

    async def branch(self, run: Run, start: Continuation, parent: str | None) -> bool:
        """Begin a run that goes on where ``start`` says: like ``run`` in what was asked, and a branch of ``parent``."""
        asked = run.start
        return await self._generate(
            Generate(
                self.book.free_names(1)[0],
                start.settings,
                messages=asked.messages or None,
                text=None if asked.messages else asked.text,
                ids=asked.prompt_ids,
                canvas=start.canvas,
                origin=start.origin,
                step=start.step,
                block=start.block,
                block_step=start.block_step,
                parent=parent,
                opening=start.opening,
                confidences=start.confidences,
                kept=start.kept,
                read_over=start.read_over,
                changes=start.changes,
            )
        )

    async def compare(self, lanes: Sequence[Generate]) -> bool:
        """Begin several runs, a step of each in turn. False, with the problem told, if no worker can be had."""
        return await self._generate(Compare(list(lanes)))

    async def _generate(self, command: Generate | Compare) -> bool:
        if self._closed:
            return False
        self.asked = [lane.run for lane in command.lanes] if isinstance(command, Compare) else [command.run]
        self._on_change(None)
        try:
            await self.client.generate(command)
        except WorkerError as error:
            self._broken(error)
            return False
        return True

    def arrange(self, event: NameEvent | DeleteEvent) -> None:
        """Name a run, delete some or take them back."""
        self.book.add(event)
        self.book.record(self.session.summary())
        self._on_change(None)

    async def cancel(self) -> None:
        if self.asked:
            await self.client.cancel(self.asked[0])

    async def hold(self) -> None:
        """Hold the run going on, or let it go on."""
        if self.run is not None:
            await self.client.send(Resume(self.run.id) if self.phase is Phase.HELD else Hold(self.run.id))

    async def advance(self) -> None:
        """One step of a held run; holds one that is not held."""
        if self.run is not None:
            await self.client.send(Advance(self.run.id) if self.phase is Phase.HELD else Hold(self.run.id))

    async def retune(self, settings: SamplerSettings) -> None:
        """Use live settings from the next step on."""
        if self.run is not None:
            fixed = {name: getattr(self.run.start.settings, name) for name in KNOBS.keys() - LIVE}
            await self.client.send(Retune(self.run.id, settings.replace(**fixed)))

    # -- what the worker says -----------------------------------------------------------------------------------------

    def _item(self, item: Item) -> None:
        if isinstance(item, _RECORDED):
            self._event(item)
        elif not self.questions.answered(item):
            self._reply(item)
            self._on_change(None)

    def _event(self, event: Any) -> None:
        try:
            self.book.add(event)
        except TraceError as error:
            self._on_problem(f"The worker sent what cannot be: {error}", "")
            return
        if isinstance(event, PiecesEvent):
            return
        run = self.session.runs[event.run]
        if isinstance(event, RunEvent):
            self.phase, self.progress = Phase.WRITING, None
        elif isinstance(event, EndEvent):
            self.asked = [name for name in self.asked if name != event.run]
            if not self.asked:
                self.phase = Phase.READY if self.model is not None else Phase.FAILED
            self.memory = max(event.peak_memory, 0) or self.memory
            self.book.record(self.session.summary())
            if event.message and self.client.running:  # of a worker that died, its death will tell
                self._on_problem(event.message, "\n".join(self.client.log))
        self._on_change(run)

    def _reply(self, item: Any) -> None:
        if isinstance(item, Hello):
            self.strategies = list(item.strategies)
            self.caches = item.caches or FIRST_CACHES
            self.phase = Phase.STARTING
        elif isinstance(item, Progress):
            self.progress, self.phase = item, Phase.LOADING
        elif isinstance(item, Loaded):
            self.model, self.memory, self.progress = item.model, item.memory, None
            self.phase = Phase.WRITING if self.run is not None else Phase.READY
        elif isinstance(item, Held):
            self.phase = Phase.HELD if item.held else Phase.WRITING
        elif isinstance(item, WorkerDied):
            self.model, self.asked, self.progress = None, [], None
            self.phase = Phase.FAILED
            self.questions.forget()
            details = [f"exit code {item.exit_code}" if item.signal is None else item.signal, *item.log]
            self._on_problem(f"{item.message} The next question starts it again.", "\n".join(details))
        elif isinstance(item, Failure):
            self._failure(item)

    def _failure(self, failure: Failure) -> None:
        refused = self.asked if failure.command == "compare" else [failure.run]
        self.asked = [name for name in self.asked if name in self.session.runs or name not in refused]
        uncompiled = self.progress is not None and failure.command == "generate"
        if failure.code in ("model", "fit") or failure.command == "load" or uncompiled:
            self.progress = None
            self.phase = Phase.READY if self.model is not None else Phase.FAILED
        details = "\n".join([failure.details, *self.client.log]).strip()
        self._on_problem(failure.message, details)
        if failure.code == "fit" and failure.command == "load":
            self._on_unfit(failure.message)
