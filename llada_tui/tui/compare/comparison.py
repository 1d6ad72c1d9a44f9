"""Lanes at work: one question in several runs, side by side in one worker, or one worker for each model. No widgets."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from llada_tui.models.catalog import name_of
from llada_tui.settings.prompt_template import has_holes, split
from llada_tui.settings.sampler_settings import SamplerSettings
from llada_tui.settings.vary import Lane
from llada_tui.trace.comparison_groups import free_group
from llada_tui.trace.events import FAILED, FINISHED, Message, NameEvent
from llada_tui.trace.run import Run
from llada_tui.tui.model_link.worker_session import Phase, WorkerSession
from llada_tui.worker.protocol import Generate, Load

_SAMPLES = 32
"""Ways to mask an answer that are tried to tell how likely it is: enough for one decimal."""


@dataclass
class Slot:
    """A lane as a screen shows it: the run, once it has begun, and what went wrong."""

    label: str
    settings: SamplerSettings
    model: str = ""
    run: Run | None = None
    waits: str = ""
    """What it waits for while it has no run."""
    problem: str = ""
    name: str = ""
    """What its run is called."""
    likelihood: tuple[float, float] | None = None
    """The log-likelihood of its answer, in nats, and the standard error, once they were estimated."""
    expected: bool = False
    """Whether ``likelihood`` is still to come."""

    @property
    def failure(self) -> str:
        """Why it is over before its end, in a sentence."""
        end = self.run.end if self.run is not None else None
        return self.problem or (end.message if end is not None and end.reason == FAILED else "")


@dataclass(frozen=True)
class Question:
    """What every lane is asked: ``text``, after ``before``, which a model that only continues text is not told."""

    text: str
    before: list[Message] = field(default_factory=list)

    def command(self, run: str, settings: SamplerSettings, group: str, *, chat: bool) -> Generate:
        """A run of it."""
        text, template = self.text, None
        if has_holes(text):
            text, template = split(text, chat=chat)
        if chat:
            messages = [*self.before, Message("user", text)]
            return Generate(run, settings, messages=messages, template=template, group=group)
        return Generate(run, settings, text=text, template=template, group=group)


class Comparison:
    """Asks a question in lanes. ``spawn`` makes a worker for a model that ``main`` has not; ``on_change`` is called
    after anything changed, with whether that was more than a step; ``later`` sees to what takes its time."""

    def __init__(
        self,
        question: Question,
        lanes: Sequence[Lane],
        main: WorkerSession,
        spawn: Callable[[Load], WorkerSession],
        on_change: Callable[[bool], None],
        later: Callable[[Coroutine[Any, Any, None]], object],
    ) -> None:
        self.question = question
        self.lanes = list(lanes)
        self.main = main
        self._spawn, self._on_change, self._later = spawn, on_change, later
        self._others: dict[str, WorkerSession] = {}
        self._asked = False
        self.slots: list[Slot] = []
        self.made: list[Run] = []
        """Every run that has begun, also those of earlier rounds."""
        self.last_problem = ""

    @property
    def lives(self) -> list[WorkerSession]:
        """The workers in use."""
        return list(dict.fromkeys(self._live(lane) for lane in self.lanes))

    def _live(self, lane: Lane) -> WorkerSession:
        return self._others.get(lane.model, self.main)

    @property
    def busy(self) -> bool:
        """Whether something is at work, or about to be."""
        return not self._asked or any(live.busy for live in self.lives)

    @property
    def held(self) -> bool:
        return any(live.phase is Phase.HELD for live in self.lives)

    # -- asking -------------------------------------------------------------------------------------------------------

    async def begin(self, lanes: Sequence[Lane] | None = None) -> None:
        """Ask in every lane, once every model is there or is known not to come: they are to have the same start."""
        self.lanes = list(lanes or self.lanes)
        self._asked = False
        names = self.main.book.free_names(len(self.lanes))
        here = self.main.wanted.source
        whole = not has_holes(self.question.text)
        self.slots = [
            Slot(lane.label, lane.settings, lane.model or here, waits="waiting", name=name, expected=whole)
            for lane, name in zip(self.lanes, names, strict=True)
        ]
        self._on_change(True)
        for lane in self.lanes:
            if lane.model and name_of(lane.model) != name_of(here) and lane.model not in self._others:
                wanted = self.main.wanted
                self._others[lane.model] = self._spawn(Load(lane.model, wanted.dtype, wanted.device))
        for live in self.lives:
            if live.phase in (Phase.OFF, Phase.FAILED):
                await live.load()
        await self._ask()

    async def _ask(self) -> None:
        """Ask if every model is there."""
        if self._asked or not all(live.phase in (Phase.READY, Phase.FAILED) for live in self.lives):
            return
        self._asked = True
        group = free_group(self.main.session)
        for live in self.lives:
            if live.model is None:
                continue
            pairs = zip(self.slots, self.lanes, strict=True)
            own = [slot for slot, lane in pairs if self._live(lane) is live]
            chat = live.model.chat
            await live.compare([self.question.command(slot.name, slot.settings, group, chat=chat) for slot in own])

    async def cancel(self) -> None:
        """End what is at work, keeping what it has."""
        for live in self.lives:
            await live.cancel()

    async def hold(self) -> None:
        """Hold every lane before its next step, or let them go on."""
        held = self.held
        for live in self.lives:
            if live.busy and (live.phase is Phase.HELD) == held:
                await live.hold()

    async def advance(self) -> None:
        """One step of every lane that is held."""
        for live in self.lives:
            await live.advance()

    async def close(self) -> None:
        """End the workers that only this needed."""
        for live in self._others.values():
            await live.close()

    # -- what the workers say -----------------------------------------------------------------------------------------

    def changed(self, live: WorkerSession, run: Run | None) -> None:
        """A worker has something new: a run that grew, or itself."""
        slot = next((slot for slot in self.slots if run is not None and slot.name == run.id), None)
        if run is None or slot is None:
            for slot in self._slots_of(live):
                if slot.run is None:
                    slot.waits = _waiting(live)
            if not self._asked:
                self._later(self._ask())
            self._on_change(True)
        elif slot.run is None:
            slot.run, slot.settings, slot.model = run, run.start.settings, run.start.model.id
            self.made.append(run)
            self.main.book.add(NameEvent(run.id, slot.label))
            self._on_change(True)
        else:
            if run.end is not None and run.end.reason != FINISHED:
                slot.expected = False
            self._on_change(run.end is not None)
            if run.end is not None and not live.busy:
                self._later(self._weigh(live))

    async def _weigh(self, live: WorkerSession) -> None:
        """Ask a worker that is done how likely its model finds each answer after the question, as a whole."""
        if live.model is None or has_holes(self.question.text):
            return
        for slot in self._slots_of(live):
            if slot.run is None or slot.run.end is None or slot.run.end.reason != FINISHED or slot.likelihood:
                continue
            slot.expected = True
            asked = self.question.command(slot.name, slot.settings, "", chat=live.model.chat)
            await live.questions.score(
                slot.run.answer(),
                partial(self._weighed, slot),
                messages=asked.messages,
                text=asked.text,
                samples=_SAMPLES,
            )

    def _weighed(self, slot: Slot, likelihood: float, error: float) -> None:
        slot.likelihood, slot.expected = (likelihood, error), False
        self._on_change(True)

    def problem(self, live: WorkerSession, message: str, details: str) -> None:
        """Something went wrong in a worker: the lanes that cannot begin for it say so, and what was asked of the
        answers that are there may never come."""
        self.last_problem = f"{message}\n\n{details}".strip()
        for slot in self._slots_of(live):
            if slot.run is None and slot.name not in live.asked:
                slot.problem = message
            if slot.problem or (slot.run is not None and slot.run.end is not None and not live.busy):
                slot.expected = False
        self._on_change(True)

    def _slots_of(self, live: WorkerSession) -> list[Slot]:
        return [slot for slot, lane in zip(self.slots, self.lanes, strict=False) if self._live(lane) is live]


def _waiting(live: WorkerSession) -> str:
    """What a lane waits for."""
    if live.progress is not None and live.progress.total:
        return f"loading, {live.progress.done / live.progress.total:.0%}"
    return live.phase.value if live.phase in (Phase.STARTING, Phase.LOADING) else "waiting for the other models"
