"""A recorded session of runs on a worker: what is asked for here, and who is told what becomes of it. No widgets."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import msgspec

from llada_tui.settings.prompt import Prompt
from llada_tui.settings.sampler_settings import KNOBS, LIVE, SamplerSettings
from llada_tui.trace.events import (
    DeleteEvent,
    EndEvent,
    InterveneEvent,
    NameEvent,
    PiecesEvent,
    RetuneEvent,
    RunEvent,
    StepEvent,
)
from llada_tui.trace.recorder import SessionRecorder
from llada_tui.trace.resume import Resume
from llada_tui.trace.run import Run, TraceError
from llada_tui.trace.session import Session
from llada_tui.tui.model_link.presented_page import PresentedPage
from llada_tui.tui.model_link.session_changes import (
    RunChanged,
    RunsArranged,
    SessionChange,
    WorkerChanged,
    WorkerProblem,
)
from llada_tui.tui.model_link.session_share import SessionShare
from llada_tui.tui.model_link.worker_link import Phase, WorkerLink
from llada_tui.worker.protocol import Advance, Compare, Generate, Hold, Release, Retune

_log = logging.getLogger(__name__)


class WorkerSession:
    """Asks a worker for runs, and folds and records what comes of them. Several sessions may share one `WorkerLink`:
    each has the runs that it asked for. Any number of observers watch a session."""

    def __init__(self, link: WorkerLink, recorder: SessionRecorder) -> None:
        self.link = link
        self.recorder = recorder
        self.share: SessionShare | None = None
        """The session on show for others, or the last that was."""
        self._page: PresentedPage | None = None
        self._observers: list[Callable[[SessionChange], None]] = []
        recorder.know(link.vocabulary)
        link.attach(self)

    def subscribe(self, observer: Callable[[SessionChange], None]) -> Callable[[], None]:
        """Call ``observer`` with everything that happens from now on; what is returned ends that."""
        self._observers.append(observer)

        def unsubscribe() -> None:
            if observer in self._observers:
                self._observers.remove(observer)

        return unsubscribe

    def tell(self, change: SessionChange) -> None:
        """Tell all observers. What one of them cannot take is logged, and the others are told all the same."""
        for observer in tuple(self._observers):
            try:
                observer(change)
            except Exception:
                _log.exception("An observer could not take %s", type(change).__name__)

    @property
    def session(self) -> Session:
        return self.recorder.session

    @property
    def path(self) -> Path | None:
        """The session's file, once there is one."""
        return self.recorder.path

    @property
    def recording(self) -> bool:
        return self.recorder.recording

    @property
    def asked(self) -> list[str]:
        """The runs asked for here, from the request to their ends: several if they are made side by side."""
        return self.link.asked_by(self)

    @property
    def busy(self) -> bool:
        return bool(self.asked)

    @property
    def run(self) -> Run | None:
        """The run going on; of several side by side the first."""
        return next((self.session.runs[name] for name in self.asked if name in self.session.runs), None)

    async def close(self) -> None:
        """End what is going on here, and close the file. The worker stays, for others."""
        await self.cancel()
        await self.take_off_show()
        self.link.detach(self)
        self.recorder.close()

    async def put_on_show(self, name: str, where: str, on_change: Callable[[], object]) -> None:
        """Let others follow the session, under a name, as `SessionShare` does."""
        self.share = SessionShare(self.recorder, on_change)
        if self._page is not None:
            self.share.present(self._page)
        await self.share.start(name, where)

    def present(self, page: PresentedPage) -> None:
        """Tell who follows the session, now or later, which page of a lesson is open."""
        self._page = page
        if self.share is not None:
            self.share.present(page)

    async def take_off_show(self) -> None:
        """Let nobody follow the session any more."""
        if self.share is not None:
            await self.share.stop()

    # -- requests -----------------------------------------------------------------------------------------------------

    def free_names(self, count: int) -> list[str]:
        """Names that no run of this session has, nor any that is going on for another session of the worker."""
        going_on = self.link.going_on
        names = self.recorder.free_names(count + len(going_on))
        return [name for name in names if name not in going_on][:count]

    async def ask(self, settings: SamplerSettings, prompt: Prompt, changes: Mapping[int, int] | None = None) -> bool:
        """Begin a run: on masks, of which ``changes`` set some, or on the prompt's template. False, with the problem
        told, if no worker can be had."""
        resume = Resume(changes=sorted((changes or {}).items()))
        prompt = self.session.with_pictures(prompt)
        return await self.link.generate(self, Generate(self.free_names(1)[0], settings, prompt, resume))

    async def branch(
        self, run: Run, settings: SamplerSettings, resume: Resume, parent: str | None, *, one_step: bool = False
    ) -> bool:
        """Begin a run that goes on where ``resume`` says: asked what ``run`` was asked, and a branch of ``parent``.
        ``one_step``: it makes one step and is held."""
        prompt = self.session.with_pictures(msgspec.structs.replace(run.start.prompt, ids=run.start.prompt_ids))
        command = Generate(self.free_names(1)[0], settings, prompt, resume, parent, hold=one_step)
        began = await self.link.generate(self, command)
        if began and one_step:
            await self.link.client.send(Advance(command.run))
        return began

    async def compare(self, lanes: Sequence[Generate]) -> bool:
        """Begin several runs, a step of each in turn. False, with the problem told, if no worker can be had."""
        lanes = [msgspec.structs.replace(lane, prompt=self.session.with_pictures(lane.prompt)) for lane in lanes]
        return await self.link.generate(self, Compare(lanes))

    def arrange(self, event: NameEvent | DeleteEvent) -> None:
        """Name a run, delete some or take them back."""
        self.recorder.add(event)
        self.recorder.record(self.session.summary())
        self.tell(RunsArranged(event))
        self.tell(WorkerChanged())

    async def cancel(self) -> None:
        """End what is going on, and wait for its end."""
        if asked := self.asked:
            await self.link.client.cancel(asked[0])

    async def hold(self) -> None:
        """Hold the run going on, or let it go on."""
        if (run := self.run) is not None:
            held = self.link.phase is Phase.HELD
            await self.link.client.send(Release(run.id) if held else Hold(run.id))

    async def advance(self) -> None:
        """One step of a held run; holds one that is not held."""
        if (run := self.run) is not None:
            held = self.link.phase is Phase.HELD
            await self.link.client.send(Advance(run.id) if held else Hold(run.id))

    async def retune(self, settings: SamplerSettings) -> None:
        """Use live settings from the next step on."""
        if (run := self.run) is not None:
            fixed = {name: getattr(run.start.settings, name) for name in KNOBS.keys() - LIVE}
            await self.link.client.send(Retune(run.id, settings.replace(**fixed)))

    # -- what the worker says -----------------------------------------------------------------------------------------

    def take_token_bytes(self, event: PiecesEvent) -> None:
        """Know the bytes of further tokens."""
        vocabulary = Session()
        vocabulary.add(event)
        self.recorder.know(vocabulary)

    def take(self, event: RunEvent | StepEvent | RetuneEvent | InterveneEvent | EndEvent) -> None:
        """Take an event of a run that was asked for here."""
        try:
            self.recorder.add(event)
        except TraceError as error:
            self.tell(WorkerProblem(f"The worker sent what cannot be: {error}", ""))
            return
        if isinstance(event, EndEvent):
            self.recorder.record(self.session.summary())
            if event.message and self.link.client.running:  # else WorkerDied says it
                self.tell(WorkerProblem(event.message, "\n".join(self.link.client.log)))
        self.tell(RunChanged(self.session.runs[event.run]))
