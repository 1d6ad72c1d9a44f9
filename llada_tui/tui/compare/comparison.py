"""Lanes at work: one question in several runs, side by side in one worker, or one worker for each model. No widgets."""

from __future__ import annotations

from collections.abc import Callable, Collection, Coroutine, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from llada_tui.models.catalog import name_of
from llada_tui.settings.prompt import Message, Prompt, has_holes, typed_prompt
from llada_tui.settings.sampler_settings import SamplerSettings
from llada_tui.settings.vary import Lane
from llada_tui.trace.comparison_groups import free_group
from llada_tui.trace.events import FAILED, FINISHED, NameEvent
from llada_tui.trace.model_blocks import in_blocks_of
from llada_tui.trace.run import Run
from llada_tui.tui.model_link.session_changes import (
    RunChanged,
    SessionChange,
    WorkerChanged,
    WorkerProblem,
    WorkerSilence,
)
from llada_tui.tui.model_link.worker_link import Phase, WorkerLink
from llada_tui.tui.model_link.worker_session import WorkerSession
from llada_tui.worker.protocol import Generate, Load

_SAMPLES = 32
"""Ways to mask an answer that are tried to tell how likely it is: enough for one decimal."""


@dataclass
class LaneState:
    """A lane as a screen shows it: the run, once it has begun, and what went wrong."""

    label: str
    settings: SamplerSettings
    model: str = ""
    run: Run | None = None
    waits: str = ""
    """The reason for which it waits while it has no run."""
    problem: str = ""
    name: str = ""
    """The name of its run."""
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
    """The question of every lane: ``text``, after the messages ``before``, which a model that only continues text is
    not told."""

    text: str
    before: list[Message] = field(default_factory=list)
    raw_tokens: bool = False
    images: tuple[str, ...] = ()
    """The names of the pictures that it is about; the session has them."""

    def prompt(self, *, chat: bool) -> Prompt:
        """It as a prompt, for a model that chats or one that continues texts."""
        return typed_prompt(self.text, chat=chat, before=self.before, raw_tokens=self.raw_tokens, images=self.images)


class Comparison:
    """Asks a question in lanes, and observes the sessions in which their runs are. ``main`` is the session of the
    model at hand; ``open_session`` makes one on a worker of its own for another model. ``on_change(much)`` is called
    after every change; ``much`` is False for a mere step. ``later`` runs a coroutine in the background."""

    def __init__(
        self,
        question: Question,
        lanes: Sequence[Lane],
        main: WorkerSession,
        open_session: Callable[[Load], WorkerSession],
        on_change: Callable[[bool], None],
        later: Callable[[Coroutine[Any, Any, None]], object],
        named: Collection[str] = ("block_length",),
    ) -> None:
        """``named``: the settings of the model at hand that were chosen by a person, and stay."""
        self.question = question
        self.lanes = list(lanes)
        self.named = frozenset(named)
        self.main = main
        self._open_session, self._on_change, self._later = open_session, on_change, later
        self._others: dict[str, WorkerSession] = {}
        """Sessions on further workers, by their model."""
        self._unsubscribe = [main.subscribe(partial(self._take, main))]
        self._asked = False
        self.lane_states: list[LaneState] = []
        self.runs: list[Run] = []
        """Every run that has begun, also those of earlier rounds."""
        self.last_problem = ""

    @property
    def sessions(self) -> list[WorkerSession]:
        """The sessions in use, each on its own worker."""
        return list(dict.fromkeys(self._session_of(lane) for lane in self.lanes))

    def _session_of(self, lane: Lane) -> WorkerSession:
        return self._others.get(lane.model, self.main)

    @property
    def busy(self) -> bool:
        """Whether something is at work, or about to be."""
        return not self._asked or self.at_work

    @property
    def at_work(self) -> bool:
        """Whether lanes were asked for, begun or not, that are not over."""
        return any(session.busy for session in self.sessions)

    @property
    def held(self) -> bool:
        return any(session.link.phase is Phase.HELD for session in self.sessions)

    # -- asking -------------------------------------------------------------------------------------------------------

    async def begin(self, lanes: Sequence[Lane] | None = None) -> None:
        """Ask in every lane, once every model is there or is known not to come: they are to have the same start."""
        self.lanes = list(lanes or self.lanes)
        self._asked = False
        names = self.main.free_names(len(self.lanes))
        here = self.main.link.checkpoint.source
        whole = not has_holes(self.question.text)
        self.lane_states = [
            LaneState(lane.label, lane.settings, lane.model or here, waits="waiting", name=name, expected=whole)
            for lane, name in zip(self.lanes, names, strict=True)
        ]
        self._on_change(True)
        for lane in self.lanes:
            if lane.model and name_of(lane.model) != name_of(here) and lane.model not in self._others:
                main = self.main.link.checkpoint
                other = self._open_session(Load(lane.model, main.dtype, main.device))
                self._others[lane.model] = other
                self._unsubscribe.append(other.subscribe(partial(self._take, other)))
        for session in self.sessions:
            if session.link.phase in (Phase.OFF, Phase.FAILED):
                await session.link.load()
        await self._ask()

    async def _ask(self) -> None:
        """Ask if every model is there."""
        if self._asked or not all(session.link.phase in (Phase.READY, Phase.FAILED) for session in self.sessions):
            return
        self._asked = True
        group = free_group(self.main.session)
        for session in self.sessions:
            model = session.link.model
            if model is not None:
                lane_states = self._lane_states_of(session)
                prompt = self.question.prompt(chat=model.chat)
                named = self.named if session is self.main else frozenset[str]()
                for lane_state in lane_states:
                    varied = self.lanes[self.lane_states.index(lane_state)].varied.keys()
                    lane_state.settings = in_blocks_of(model, lane_state.settings, (named | varied) - {"steps"})
                lanes = [
                    Generate(lane_state.name, lane_state.settings, prompt, group=group) for lane_state in lane_states
                ]
                await session.compare(lanes)

    async def cancel(self) -> None:
        """End what is at work, keeping what it has."""
        for session in self.sessions:
            await session.cancel()

    async def hold(self) -> None:
        """Hold every lane before its next step, or let them go on."""
        held = self.held
        for session in self.sessions:
            if session.busy and (session.link.phase is Phase.HELD) == held:
                await session.hold()

    async def advance(self) -> None:
        """One step of every lane that is held."""
        for session in self.sessions:
            await session.advance()

    async def close(self) -> None:
        """Observe nothing any more, and end the workers that only this needed."""
        for unsubscribe in self._unsubscribe:
            unsubscribe()
        for session in self._others.values():
            await session.link.close()

    # -- what the sessions say ----------------------------------------------------------------------------------------

    def _take(self, session: WorkerSession, change: SessionChange) -> None:
        match change:
            case RunChanged(run):
                self._run_changed(session, run)
            case WorkerChanged():
                self._worker_changed(session)
            case WorkerProblem(message, details):
                self._problem(session, message, details)
            case WorkerSilence():
                self._on_change(True)
            case _:  # that a checkpoint does not fit is a problem, which was told
                pass

    def _worker_changed(self, session: WorkerSession) -> None:
        for lane_state in self._lane_states_of(session):
            if lane_state.run is None:
                lane_state.waits = _waiting(session.link)
        if not self._asked:
            self._later(self._ask())
        self._on_change(True)

    def _run_changed(self, session: WorkerSession, run: Run) -> None:
        lane_state = next((lane_state for lane_state in self.lane_states if lane_state.name == run.id), None)
        if lane_state is None:
            self._worker_changed(session)
        elif lane_state.run is None:
            lane_state.run, lane_state.settings, lane_state.model = run, run.start.settings, run.start.model.id
            self.runs.append(run)
            self.main.recorder.add(NameEvent(run.id, lane_state.label))
            self._on_change(True)
        else:
            if run.end is not None and run.end.reason != FINISHED:
                lane_state.expected = False
            self._on_change(run.end is not None)
            if run.end is not None and not session.busy:
                self._later(self._weigh(session))

    async def _weigh(self, session: WorkerSession) -> None:
        """Ask a worker that is done how likely its model finds each answer after the question, as a whole."""
        model = session.link.model
        if model is None or has_holes(self.question.text):
            return
        for lane_state in self._lane_states_of(session):
            if (
                lane_state.run is None
                or lane_state.run.end is None
                or lane_state.run.end.reason != FINISHED
                or lane_state.likelihood
            ):
                continue
            lane_state.expected = True
            await session.link.queries.score(
                lane_state.run.answer(),
                partial(self._weighed, lane_state),
                session.session.with_pictures(self.question.prompt(chat=model.chat)),
                samples=_SAMPLES,
                on_failure=partial(self._not_weighed, lane_state),
            )

    def _weighed(self, lane_state: LaneState, likelihood: float, error: float) -> None:
        lane_state.likelihood, lane_state.expected = (likelihood, error), False
        self._on_change(True)

    def _not_weighed(self, lane_state: LaneState) -> None:
        lane_state.expected = False
        self._on_change(True)

    def _problem(self, session: WorkerSession, message: str, details: str) -> None:
        """The lanes that cannot begin for a problem say so, and what was asked of the answers that are there may never
        come."""
        self.last_problem = f"{message}\n\n{details}".strip()
        for lane_state in self._lane_states_of(session):
            if lane_state.run is None and lane_state.name not in session.asked:
                lane_state.problem = message
            if lane_state.problem or (
                lane_state.run is not None and lane_state.run.end is not None and not session.busy
            ):
                lane_state.expected = False
        self._on_change(True)

    def _lane_states_of(self, session: WorkerSession) -> list[LaneState]:
        pairs = zip(self.lane_states, self.lanes, strict=False)
        return [lane_state for lane_state, lane in pairs if self._session_of(lane) is session]


def _waiting(link: WorkerLink) -> str:
    """The reason for which a lane waits."""
    if link.progress is not None and link.progress.total:
        return f"loading, {link.progress.done / link.progress.total:.0%}"
    return link.phase.value if link.phase in (Phase.STARTING, Phase.LOADING) else "waiting for the other models"
