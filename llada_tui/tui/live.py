"""The live side of a session: what the worker says is folded, recorded, and told to whoever listens. No widgets."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from enum import Enum
from pathlib import Path
from typing import Any

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
from llada_tui.trace.run import Run, TraceError
from llada_tui.trace.session import Session, SessionError, SessionWriter
from llada_tui.trace.settings import KNOBS, LIVE, SamplerSettings
from llada_tui.trace.shelf import new_path
from llada_tui.worker.client import Item, WorkerClient, WorkerDied, WorkerError
from llada_tui.worker.protocol import (
    Advance,
    Count,
    Counted,
    Encode,
    Encoded,
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


class Live:
    """A session that grows. ``on_change`` is called after anything changed, with the run that grew, if one did;
    ``on_problem`` with a sentence, and details, for what a person has to know; ``on_unfit`` with a sentence where the
    wanted checkpoint needs more memory than there is, and is only loaded with ``force``."""

    def __init__(
        self,
        worker: str | None,
        load: Load,
        folder: Path,
        tool: str,
        *,
        session: Session | None = None,
        path: Path | None = None,
        on_change: Callable[[Run | None], None],
        on_problem: Callable[[str, str], None],
        on_unfit: Callable[[str], None],
    ) -> None:
        self.client = WorkerClient(worker, on_item=self._item)
        self.wanted = load
        self.folder, self.tool = folder, tool
        self.session = session or Session()
        self.path = path
        self.phase = Phase.OFF
        self.progress: Progress | None = None
        self.model: ModelInfo | None = None
        self.strategies: list[StrategyInfo] = []
        self.memory = 0
        self.run: Run | None = None
        """The run going on."""
        self.asked: str | None = None
        """The run asked for, from the request to its end."""
        self.recording = True
        self._closed = False
        self._writer: SessionWriter | None = None
        self._on_change, self._on_problem, self._on_unfit = on_change, on_problem, on_unfit
        self._counts: list[Callable[[int], None]] = []
        self._texts: dict[str, list[Callable[[list[int]], None]]] = {}

    # -- worker -------------------------------------------------------------------------------------------------------

    async def load(self, load: Load | None = None) -> None:
        """Start the worker if needed and load the wanted checkpoint, or another."""
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
        self.asked = self.run = None
        if error.died is None:  # else its death was told
            self._on_problem(str(error), "\n".join(error.log))
        self._on_change(None)

    async def close(self) -> None:
        """End the worker and close the file; a run going on gets its end."""
        self._closed = True  # counting starts a worker that is not there
        await self.client.stop()
        self._close_file()

    def renew(self, session: Session | None = None, path: Path | None = None) -> None:
        """Begin another session, or go on with a recorded one; the one so far stays in its file."""
        self._close_file()
        known = self.session.pieces
        self.session, self.path, self.recording = session or Session(), path, True
        for model, pieces in known.items():
            self.session.add(pieces.event(model))

    def _close_file(self) -> None:
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    # -- requests -----------------------------------------------------------------------------------------------------

    @property
    def busy(self) -> bool:
        return self.asked is not None

    def _name(self) -> str:
        number = len(self.session.runs) + 1
        while f"run-{number}" in self.session.runs:
            number += 1
        return f"run-{number}"

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
            Generate(self._name(), settings, messages=messages, text=text, template=template, changes=changed)
        )

    async def branch(self, run: Run, start: Continuation, parent: str | None) -> bool:
        """Begin a run that goes on where ``start`` says: like ``run`` in what was asked, and a branch of ``parent``."""
        asked = run.start
        return await self._generate(
            Generate(
                self._name(),
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
                changes=start.changes,
            )
        )

    async def _generate(self, command: Generate) -> bool:
        self.asked = command.run
        self._on_change(None)
        try:
            await self.client.generate(command)
        except WorkerError as error:
            self._broken(error)
            return False
        return True

    async def count(self, told: Callable[[int], None], messages: list[Message] | None, text: str | None) -> None:
        """Ask how many tokens a prompt makes; ``told`` is called with the answer, if one comes."""
        if self._closed or self.model is None or not self.client.running:
            return
        self._counts.append(told)
        try:
            await self.client.send(Count(messages=messages, text=text))
        except WorkerError:
            self._counts.clear()

    async def encode(self, text: str, told: Callable[[list[int]], None]) -> None:
        """Ask which tokens a text makes; ``told`` is called with them, if an answer comes."""
        if self._closed or self.model is None or not self.client.running:
            return
        self._texts.setdefault(text, []).append(told)
        try:
            await self.client.send(Encode(text))
        except WorkerError:
            self._texts.clear()

    def arrange(self, event: NameEvent | DeleteEvent) -> None:
        """Name a run, delete some or take them back."""
        self.session.add(event)
        self._record(event)
        self._record(self.session.summary())
        self._on_change(None)

    async def cancel(self) -> None:
        if self.asked is not None:
            await self.client.cancel(self.asked)

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
        elif isinstance(item, Counted):
            if self._counts:
                self._counts.pop(0)(item.tokens)
        elif isinstance(item, Encoded):
            for told in self._texts.pop(item.text, []):
                told(item.tokens)
        else:
            self._reply(item)
            self._on_change(None)

    def _event(self, event: Any) -> None:
        try:
            self.session.add(event)
        except TraceError as error:
            self._on_problem(f"The worker sent what cannot be: {error}", "")
            return
        self._record(event)
        if isinstance(event, PiecesEvent):
            return
        run = self.session.runs[event.run]
        if isinstance(event, RunEvent):
            self.run, self.phase = run, Phase.WRITING
        elif isinstance(event, EndEvent):
            self.run = self.asked = None
            self.phase = Phase.READY if self.model is not None else Phase.FAILED
            self.memory = max(event.peak_memory, 0) or self.memory
            self._record(self.session.summary())
            if event.message and self.client.running:  # of a worker that died, its death will tell
                self._on_problem(event.message, "\n".join(self.client.log))
        self._on_change(run)

    def _reply(self, item: Any) -> None:
        if isinstance(item, Hello):
            self.strategies = list(item.strategies)
            self.phase = Phase.STARTING
        elif isinstance(item, Progress):
            self.progress, self.phase = item, Phase.LOADING
        elif isinstance(item, Loaded):
            self.model, self.memory, self.progress = item.model, item.memory, None
            self.phase = Phase.WRITING if self.run is not None else Phase.READY
        elif isinstance(item, Held):
            self.phase = Phase.HELD if item.held else Phase.WRITING
        elif isinstance(item, WorkerDied):
            self.model, self.run, self.asked, self.progress = None, None, None, None
            self.phase = Phase.FAILED
            self._counts.clear()
            self._texts.clear()
            details = [f"exit code {item.exit_code}" if item.signal is None else item.signal, *item.log]
            self._on_problem(f"{item.message} The next question starts it again.", "\n".join(details))
        elif isinstance(item, Failure):
            self._failure(item)

    def _failure(self, failure: Failure) -> None:
        if failure.run is not None and failure.run == self.asked and failure.run not in self.session.runs:
            self.asked = None
        if failure.code in ("model", "fit") or failure.command == "load":
            self.progress = None
            self.phase = Phase.READY if self.model is not None else Phase.FAILED
        details = "\n".join([failure.details, *self.client.log]).strip()
        self._on_problem(failure.message, details)
        if failure.code == "fit" and failure.command == "load":
            self._on_unfit(failure.message)

    # -- recording ----------------------------------------------------------------------------------------------------

    def _record(self, event: Any) -> None:
        if not self.recording:
            return
        try:
            if self._writer is None:
                question = event.messages[-1].content if isinstance(event, RunEvent) and event.messages else ""
                if self.path is None:
                    self.path = new_path(self.folder, question or self.session.title, time.time())
                self._writer = SessionWriter(self.path, self.tool)
                # a worker names a token's bytes once, whichever file it was for
                for model, pieces in self.session.pieces.items():
                    if len(pieces):
                        self._writer.write(pieces.event(model))
            self._writer.write(event)
        except (OSError, SessionError) as error:
            self.recording = False
            reason = (getattr(error, "strerror", None) or str(error)).lower().removesuffix(".")
            self._on_problem(f"Recording stopped, since {self.path} cannot be written: {reason}.", str(error))
