"""The workbench of a chat or a lesson: a stage, a session on a worker, the settings of the next run, and a draft."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import msgspec
from textual.screen import Screen

from llada_tui.analysis.look_ahead import announcement
from llada_tui.settings.sampler_settings import LIVE, SamplerSettings
from llada_tui.trace.events import DeleteEvent, NameEvent
from llada_tui.trace.resume_from import branch_settings, resume_from
from llada_tui.trace.run import Run
from llada_tui.trace.session import Session
from llada_tui.trace.text import clean
from llada_tui.tui.model_link.worker_link import Phase
from llada_tui.tui.model_link.worker_session import WorkerSession
from llada_tui.tui.player.run_files import RunFiles
from llada_tui.tui.shell.app_interface import app_of
from llada_tui.tui.shell.footer import key_here
from llada_tui.tui.stage.drafting import Drafting
from llada_tui.tui.stage.drafting_owner import Asker
from llada_tui.tui.stage.model_blocks import ModelBlocks
from llada_tui.tui.stage.pages.knobs_page import KnobsPage
from llada_tui.tui.stage.readings import Readings
from llada_tui.tui.stage.sharing import Sharing
from llada_tui.tui.stage.stage import Stage
from llada_tui.tui.stage.stage_controls import StageControls
from llada_tui.tui.stage.workbench_header import WorkbenchHeader
from llada_tui.tui.stage.workbench_owner import WorkbenchOwner
from llada_tui.worker.protocol import Influences


class Workbench:
    """The part of a screen on which runs are made: it asks again, holds, advances and ends them, shows them, and keeps
    the settings and the knobs in step. It knows no conversation."""

    def __init__(
        self, owner: WorkbenchOwner, worker: WorkerSession, settings: SamplerSettings, header: WorkbenchHeader
    ) -> None:
        self.screen: Screen[object] = owner.screen
        self._owner = owner
        self.worker, self.header = worker, header
        self._settings = settings
        self.asker: Asker | None = None
        """The part that asks questions that are typed, on a screen that has a prompt."""
        self.stage = Stage(settings, self, dwell=app_of(owner.screen).config.dwell, id="stage")
        self.blocks = ModelBlocks(self)
        self.drafting = Drafting(self)
        self.controls = StageControls(self.stage, self)
        self.sharing = Sharing(owner, worker, header)
        self.asked_again: Run | None = None
        """The run whose question was asked again or that goes on in a branch, until the new run begins."""
        self.last_problem = ""
        """The last problem, with details."""

    def parts(self) -> tuple[object, ...]:
        """The objects that carry actions out, itself among them."""
        return (
            self.drafting, self, self.controls, self.stage, *self.stage.panel.pages,
            RunFiles(self.stage, self), Readings(self), self.sharing,
        )  # fmt: skip

    async def load(self) -> None:
        """Start the worker with its checkpoint, unless that was done, and put the session on show if that was asked."""
        await self.sharing.begin_if_asked()
        if self.worker.link.phase is Phase.OFF:
            await self.worker.link.load()

    @property
    def session(self) -> Session:
        return self.worker.session

    def runs(self) -> list[Run]:
        return self.controls.runs()

    @property
    def occupied(self) -> bool:
        """Whether something was asked whose end has not come, or waits to be asked."""
        return self.busy or (self.asker is not None and self.asker.waiting)

    def is_free(self, *, then: str = "") -> bool:
        """Whether nothing is `occupied`; else a person is told how to cancel that, and what can be done ``then``."""
        if self.occupied:
            words = f"A run is going on: {key_here(self.screen, 'leave')} cancels it"
            self.screen.notify(f"{words}, then {then}." if then else f"{words}.", timeout=5)
        return not self.occupied

    def home(self) -> None:
        self._owner.home()

    def update_keys(self) -> None:
        self._owner.update_keys()

    @property
    def busy(self) -> bool:
        """Whether a run was asked for that is not over."""
        return self.worker.busy or self.asked_again is not None

    @property
    def settings(self) -> SamplerSettings:
        """The settings of the next run."""
        return self._settings

    @settings.setter
    def settings(self, settings: SamplerSettings) -> None:
        self._settings = settings
        self.stage.knobs.show(settings)

    async def take_knobs(self, settings: SamplerSettings) -> None:
        """A knob was turned: use the settings, in the run going on too as far as it can take them."""
        before, self._settings = self._settings, settings
        run = self.worker.run
        if run is not None and run.end is None and LIVE & before.changes_from(settings).keys():
            await self.worker.retune(settings)
        if settings.block_length != before.block_length:
            self.blocks.check(settings)
        self.drafting.show_draft()

    # -- showing ------------------------------------------------------------------------------------------------------

    def show_run(self, run: Run | None, *, play: bool = True, frame: int = 0) -> None:
        """Put a run on the stage and into the header. A draft of another run is left."""
        before = self.stage.player.run
        if self.drafting.draft is not None and self.drafting.draft.run is not run:
            self.drafting.leave_draft()
        self.screen.set_class(run is None, "-empty")
        self.stage.show_run(run, play=play, frame=frame)
        self.header.run = run
        self.header.refresh_changes()
        self._owner.run_shown(run, before)

    def show_frame(self) -> None:
        """Another frame is on the stage: the draft, the keys and the header are about it."""
        self.drafting.show_draft()
        self.update_keys()
        self.header.frame, self.header.playing = self.stage.player.frame, self.stage.player.playing
        self.header.refresh_changes()

    def show_worker(self) -> None:
        """Let the knobs have what the worker offers, and tell what the run going on was asked with."""
        knobs, link = self.stage.knobs, self.worker.link
        knobs.strategies, knobs.caches, knobs.lengths = link.strategies, link.caches, link.lengths
        knobs.model = link.model.id if link.model is not None else ""
        self.blocks.load(link.model)
        self.stage.player.held = link.phase is Phase.HELD
        self.stage.show_growth()  # the knobs may be others, and need other room
        self._mark_in_use()

    def _mark_in_use(self) -> None:
        run = self.worker.run
        self.stage.knobs.mark_in_use(run.settings_at(run.last) if run is not None else None)

    def follow(self, run: Run) -> None:
        """A run has begun, has grown or is over: show it, if it is the one on the stage."""
        if run.last == 0 or run.end is not None:
            self._mark_in_use()
        if run is self.stage.player.run:
            self.stage.wake()

    def change_tree(self, event: NameEvent | DeleteEvent) -> None:
        """Name runs or delete them; the last run is shown in place of one that was deleted."""
        self.worker.arrange(event)
        run, session = self.stage.player.run, self.session
        if run is not None and run.id in session.deleted and not self.occupied:
            last = session.last_run()
            self.show_run(last, play=False, frame=last.last if last is not None else 0)

    def copy_session(self, path: Path) -> None:
        """Write the session's events under another name. Raises `OSError`."""
        self.worker.recorder.copy(path)

    # -- asking again -------------------------------------------------------------------------------------------------

    def cannot_continue(self, run: Run) -> str:
        """Why a run cannot go on here, in a sentence; empty if it can."""
        run_model, link, key = run.start.model, self.worker.link, key_here(self.screen, "model")
        model = link.model
        if model is None:
            if link.phase in (Phase.STARTING, Phase.LOADING):
                return "The model is still being loaded."
            return f"To go on, {run_model.id} has to be loaded ({key}): without it the run can only be looked at."
        same = ("family", "mask_id", "vocab_size", "parameters")
        if run_model.id != model.id and any(getattr(run_model, name) != getattr(model, name) for name in same):
            return f"This run was made by {run_model.id}, and {model.id} is loaded: {key} loads the other."
        return ""

    def ask_influence(
        self, run: Run, frame: int, position: int, token: int, answered: Callable[[Influences], None], parts: int = 0
    ) -> str:
        """Ask the model what a token of a run's frame leans on, unless it cannot be asked: why is returned."""
        problem = self.cannot_continue(run)
        if not problem:
            queries = self.worker.link.queries
            pictures = self.worker.session.with_pictures(run.start.prompt).pictures
            self.screen.run_worker(queries.influence(run, frame, position, token, answered, pictures, parts))
            self.screen.call_after_refresh(self.update_keys)
        return problem

    async def branch(
        self,
        run: Run,
        frame: int,
        settings: SamplerSettings,
        changes: dict[int, int] | None,
        *,
        parent: str | None,
        one_step: bool = False,
    ) -> None:
        """Let a run go on from a frame in a new run, which with ``one_step`` is held after its first step."""
        self.asked_again = run
        settings = branch_settings(run, frame, settings)
        point = resume_from(run, frame, settings, changes)
        if not await self.worker.branch(run, settings, point, parent, one_step=one_step):
            self.asked_again = None

    async def ask_like(
        self, asked: Run, settings: SamplerSettings, changes: dict[int, int] | None = None, *, again: Run | None = None
    ) -> None:
        """Ask what a run was asked, on a canvas of masks of which ``changes`` set some. ``again``: the run that is
        tried again, if it is another."""
        self.asked_again = again or asked
        if not await self.worker.ask(settings, asked.start.prompt, changes):
            self.asked_again = None

    def action_again(self) -> None:
        """Ask the question of the run on the stage again, with the knobs as they are now."""
        run, settings = self.stage.player.run, self._settings
        if run is None:
            self.screen.notify("There is nothing to run again yet.")
            return
        if not self.is_free():
            return
        start = run.start
        if start.parent is None and run.ids(0) == [start.model.mask_id] * run.length_at(0):
            self.asked_again = run
            self.screen.run_worker(self.ask_like(run, settings))
        elif problem := self.cannot_continue(run):  # what stood on its canvas before the start is part of the question
            self.screen.notify(problem)
        else:
            self.asked_again = run
            self.screen.run_worker(self.branch(run, 0, settings, None, parent=start.parent))

    def action_reseed(self) -> None:
        """Ask again with another seed; without temperature only the random strategies differ."""
        if not self.is_free():
            return
        self.settings = self._settings.replace(seed=random.randrange(2**31))
        drawing = [info.name for info in self.worker.link.strategies if info.draws]
        if self._settings.temperature == 0 and self._settings.remasking not in drawing:
            key = key_here(self.screen, KnobsPage.opening.id)
            self.screen.notify(f"At temperature 0 every seed gives the same answer: {key} turns the temperature up.")
        self.action_again()

    def begin(self) -> Run | None:
        """A run has begun: returns the run whose question it answers again, or from which it branches, if any."""
        again, self.asked_again = self.asked_again, None
        self.drafting.begun()
        return again

    # -- what goes wrong ----------------------------------------------------------------------------------------------

    def take_problem(self, message: str, details: str) -> None:
        """Something went wrong: what was asked for does not begin, unless it has."""
        self.last_problem = clean(f"{message}\n\n{details}".strip())
        if not self.worker.busy:
            self.asked_again = None
            if self.asker is None or not self.asker.waiting:
                self.drafting.not_begun()

    def details(self) -> str:
        """The details of the last problem."""
        return self.last_problem or "There was no problem.\n\n" + "\n".join(self.worker.link.client.log)

    def offer_to_force(self, message: str) -> None:
        """Ask whether a checkpoint that does not fit is loaded all the same; ``message`` says what it needs."""
        from llada_tui.tui.shell.dialogs import AskYes

        link = self.worker.link

        def load(anyway: bool | None) -> None:
            if anyway:
                self.screen.run_worker(link.load(msgspec.structs.replace(link.checkpoint, force=True)))

        question = f"{clean(message)}\n\nLoaded all the same, it may end for want of memory, or be very slow."
        self.screen.app.push_screen(AskYes(question, "Load", "Leave it"), load)

    # -- the run going on ---------------------------------------------------------------------------------------------

    def leave_stage(self) -> bool:
        """Give up what the model is asked about a word, or what is being done on the stage; False if it is neither."""
        queries = self.worker.link.queries
        if not queries.influence_waits:
            return self.drafting.leave() or self.controls.leave()
        self.screen.run_worker(queries.give_up())
        self.screen.notify("The model is no longer asked what the word leans on.")
        self.screen.call_after_refresh(self.update_keys)
        return True

    def leave_stage_words(self) -> str:
        """The effect that `leave_stage` would have now, for the footer; empty if nothing."""
        if self.worker.link.queries.influence_waits:
            return "give up"
        return self.drafting.leave_words() or self.controls.leave_words()

    def leave(self) -> bool:
        """End the run going on, keeping what it has, or go to the end of what is playing; False if there is neither."""
        if self.worker.busy:
            self.screen.run_worker(self.worker.cancel())  # which waits for the end of the step at work
        elif self.stage.player.moving:
            self.stage.to_end()
        else:
            return False
        return True

    def leave_words(self) -> str:
        """The effect that `leave` would have now, for the footer; empty if nothing."""
        return "cancel" if self.worker.busy else "to the end" if self.stage.player.moving else ""

    async def action_hold(self) -> None:
        if self.worker.run is None:
            self.stage.say_no_run(is_asked=self.busy)
        await self.worker.hold()

    async def action_advance(self) -> None:
        if self.worker.run is None:
            self.stage.say_no_run(is_asked=self.busy)
        await self.worker.advance()
        self.stage.to_end()

    async def action_forward(self) -> None:
        """A step on; at the end of a held run, one step of the sampler."""
        player = self.stage.player
        if player.at_end and player.run is self.worker.run and self.worker.link.phase is Phase.HELD:
            await self.worker.advance()
            self.stage.to_end()
        else:
            self.stage.step(1)

    def action_look_ahead(self) -> None:
        """Look ahead from the next step on, or no longer."""
        settings = self._settings.replace(look_ahead=not self._settings.look_ahead)
        self.stage.knobs.propose(settings)
        once = any(info.looks_ahead_once for info in self.worker.link.caches if info.name == settings.cache)
        self.screen.notify(announcement(settings, first_steps_only=once), timeout=3)
