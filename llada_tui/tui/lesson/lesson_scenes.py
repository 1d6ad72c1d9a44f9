"""The scenes that a lesson shows beside its text: the run of a page, played to the step that the page is about."""

from __future__ import annotations

from functools import partial
from typing import Protocol

import msgspec

from llada_tui.lessons.lesson import Lesson, Scene
from llada_tui.lessons.stops import StopKind
from llada_tui.settings.prompt import Prompt, typed_prompt
from llada_tui.settings.sampler_settings import SamplerSettings
from llada_tui.trace.events import FINISHED
from llada_tui.trace.run import Run
from llada_tui.trace.session import title_of
from llada_tui.tui.lesson.lesson_bars import PageBar
from llada_tui.tui.lesson.prose import Prose, point_words
from llada_tui.tui.model_link.worker_link import Phase
from llada_tui.tui.shell.app_interface import app_of
from llada_tui.tui.shell.drawable import is_drawable
from llada_tui.tui.stage.knob_rows import turned
from llada_tui.tui.stage.workbench import Workbench
from llada_tui.tui.stage.workbench_owner import WorkbenchOwner

_UNHURRIED = 48
"""Steps at which a run is played as fast as in the chat; shorter ones are slower, so that they can be watched."""
_SLOWEST = 4
QUESTION, TURNED, MARKED, SCORE = "Question", "Turned", "Marked", "log p"
"""The parts of what a page tells of its run."""


class SceneOwner(WorkbenchOwner, Protocol):
    """The screen of a lesson."""

    @property
    def lesson(self) -> Lesson:
        """The lesson that is open."""

    @property
    def page(self) -> int:
        """The page that is open, counted from 0; behind the last there is one more."""


class LessonScenes:
    """The part of a lesson's screen that shows runs. What a reader does on the stage between two pages stays possible:
    the next page, or `rejoin`, shows the lesson's own run again."""

    def __init__(
        self,
        owner: SceneOwner,
        workbench: Workbench,
        pane: Prose,
        bar: PageBar,
    ) -> None:
        self._screen, self._owner, self._workbench = owner.screen, owner, workbench
        self._pane, self._bar = pane, bar
        self._stage, self._worker = workbench.stage, workbench.worker
        self._runs: dict[str, Run] = {}
        """The runs of the lesson's scenes, by what they were asked with."""
        self._asked = ""
        """The scene's run that was asked for and has not begun."""
        self._refused = ""
        """The scene whose run could not begin or did not finish: only the reader asks for it again."""
        self._broken: Run | None = None
        """The scene's run that did not finish."""
        self._makes_room: Run | None = None
        """The run that is being ended for another page's."""
        self._playing = False
        """Whether the stage is on its way to where the page stops."""
        self._checked = -1
        """The last frame on that way that was looked at."""
        self.stopped_at: int | None = None
        """The frame where the page stopped."""
        self._draws = 0
        """The number of times that answers were scored: each time is another draw."""

    @property
    def scene(self) -> Scene | None:
        """The scene of the open page: its own scene, or the last one before it; behind the last page none."""
        if self._owner.page >= len(self._owner.lesson.pages):
            return None
        pages = self._owner.lesson.pages[: self._owner.page + 1]
        return next((page.scene for page in reversed(pages) if page.scene is not None), None)

    @property
    def run(self) -> Run | None:
        """The run of the open page, once it has begun."""
        return self._runs.get(self.scene.key) if self.scene is not None else None

    @property
    def away(self) -> bool:
        """Whether the stage shows something else than the page is about."""
        player, scene = self._stage.player, self.scene
        if scene is not None and player.run is not None and self._refused == scene.key:
            return True
        if scene is None or player.run is None or self._playing or self.run is None:
            return False
        return (
            self._workbench.drafting.draft is not None or player.run is not self.run or player.frame != self.stopped_at
        )

    # -- the way to a page's step -------------------------------------------------------------------------------------

    def show_scene(self, *, forward: bool) -> None:
        """Show the page's run at its step: on the way forward it plays there, on the way back it is there at once."""
        scene, run = self.scene, self.run
        self.stopped_at, self._playing, self._checked = None, False, -1
        if run is None:
            self._refused = ""
        self._pane.say("")
        self.mark()
        if scene is None:
            return
        self._workbench.settings = scene.settings
        if (before := self._settings_before(scene)) is not None:
            changes = scene.settings.changes_from(before)
            self._stage.knobs.go_to([*changes, *changes.get("remasking_params", ())])
        if run is None:
            if self._worker.link.phase is Phase.FAILED:
                self._screen.run_worker(self._worker.link.load())
            self.ask()
            return
        frame = self._stage.player.frame if self._stage.player.run is run else 0
        stop = scene.stop.frame(run)
        if stop is None and run.end is not None:
            stop = run.last
        if stop is not None and (not forward or stop <= frame):
            self._workbench.show_run(run, play=False, frame=stop)
            self._arrive(run, stop)
        else:
            self._play(run, frame)

    def ask(self) -> None:
        """Have the page's run made, as soon as there is a model that is free for it."""
        scene = self.scene
        if scene is None or self._worker.link.model is None or self._asked or self.run is not None:
            return
        if scene.key == self._refused:
            return
        if self._worker.busy:
            self._makes_room = self._worker.run
            self._screen.run_worker(self._worker.cancel())
            return
        self._asked = scene.key
        prompt = msgspec.structs.replace(self._prompt(scene), template=scene.template or None)
        self._screen.run_worker(self._worker.ask(scene.settings, prompt))

    def _prompt(self, scene: Scene) -> Prompt:
        """The scene's prompt as messages or as raw text, whichever the model takes."""
        model = self._worker.link.model
        return typed_prompt(scene.prompt, chat=model is not None and model.chat)

    def _play(self, run: Run, frame: int) -> None:
        slow = max(1.0, min(_UNHURRIED / run.start.settings.steps, _SLOWEST))
        self._stage.player.dwell = app_of(self._screen).config.dwell * slow
        self._workbench.show_run(run, frame=frame)
        self._playing = True
        self.look()

    def look(self) -> None:
        """Hold the picture if it has come to where the page stops."""
        scene, run, player = self.scene, self.run, self._stage.player
        if not self._playing or scene is None or run is None or player.run is not run:
            return
        while self._checked < player.frame:
            self._checked += 1
            if scene.stop.kind is not StopKind.END and scene.stop.reached(run, self._checked):
                self._arrive(run, self._checked)
                return
        if player.over:
            self._arrive(run, run.last)

    def _arrive(self, run: Run, frame: int) -> None:
        scene = self.scene
        self._playing, self.stopped_at = False, frame
        if scene is None:
            return
        if self._stage.player.playing or self._stage.player.frame != frame:
            self._stage.seek(frame)
        if not scene.stop.reached(run, frame):
            self._pane.say("This run has ended, and never came to the step that this page is about.")
        else:
            facts = [(QUESTION, scene.prompt)]
            before = self._settings_before(scene)
            facts += [(TURNED, ", ".join(words))] if before and (words := turned(scene.settings, before)) else []
            facts += [(MARKED, point_words(scene.points))] if scene.points else []
            self._pane.tell(facts)
            self._score(scene, facts)
        self.mark()

    def _score(self, scene: Scene, facts: list[tuple[str, str]]) -> None:
        """Have the page's answers scored, and say how likely they are."""
        self._draws += 1
        draw, prompt = self._draws, self._prompt(scene)
        likelihoods: dict[str, str] = {}

        def tell(answer: str, total: float, error: float) -> None:
            put(answer, f"{total:7.2f}, exact" if error == 0 else f"{total:7.2f} ± {error:.2f}")

        def put(answer: str, likelihood: str) -> None:
            likelihoods[answer] = likelihood
            if is_drawable(self._screen) and draw == self._draws and self.scene is scene:
                scores = [(SCORE, f"{likelihoods.get(other, '…')}  “{other}”") for other in scene.scores]
                self._pane.tell([*facts, *scores])

        for answer in scene.scores:
            score, failed = self._worker.link.queries.score, partial(put, answer, "not known")
            self._screen.run_worker(score(answer, partial(tell, answer), prompt, seed=draw, on_failure=failed))

    def _settings_before(self, scene: Scene) -> SamplerSettings | None:
        """The settings of the scene before, if the page itself goes on from it."""
        before = [page.scene for page in self._owner.lesson.pages[: self._owner.page] if page.scene is not None]
        has_scene = self._owner.lesson.pages[self._owner.page].scene is scene
        return before[-1].settings if has_scene and before and before[-1].prompt == scene.prompt else None

    def mark(self) -> None:
        """Point at what the page points at, while its step is on show; else say that it is not."""
        scene, player, away = self.scene, self._stage.player, self.away
        if away != self._bar.away:
            self._bar.away = away
            self._bar.refresh()
        there = scene is not None and self.stopped_at == player.frame and not away
        points, run = scene.points if scene is not None and there else (), player.run
        self._stage.canvas.pointed = frozenset(
            position for point in points if run is not None for position in point.positions(run, player.frame)
        )

    def action_rejoin(self) -> None:
        """Back to what the page is about."""
        self._workbench.drafting.leave_draft()
        self.show_scene(forward=False)
        self._owner.home()

    def action_again(self) -> None:
        """Ask again. If it is the page's run that did not finish, and no knob was turned, it is the page's again."""
        scene, workbench = self.scene, self._workbench
        if (
            scene is None
            or self._refused != scene.key
            or workbench.busy
            or workbench.settings != scene.settings
            or self._stage.player.run not in (None, self._broken)
        ):
            workbench.action_again()
        else:
            self._workbench.drafting.leave_draft()
            self.show_scene(forward=True)

    # -- what the session and the stage say ---------------------------------------------------------------------------

    def follow(self, run: Run) -> None:
        """A run of the session has begun, has grown or is over."""
        is_known = run is self._stage.player.run or run in self._runs.values()
        if run.last == 0 and run is self._worker.run and not is_known:
            self._begin(run)
        self._workbench.follow(run)
        if run.end is not None:
            if run.end.reason != FINISHED:
                self._drop(run)
            self.ask()
        self.look()

    def _drop(self, run: Run) -> None:
        """A run did not finish: no page can be sure of it, and its own page does not ask again by itself."""
        key = next((key for key, other in self._runs.items() if other is run), None)
        if key is None:
            return
        del self._runs[key]
        if run is self._makes_room:
            self._makes_room = None
        elif self.scene is not None and self.scene.key == key:
            self._refused, self._broken, self._playing = key, run, False

    def _begin(self, run: Run) -> None:
        self._workbench.begin()
        asked, self._asked = self._asked, ""
        if not asked:  # a branch, or the same once more: a run of the reader's own
            if not self._worker.recording:
                self._worker.session.title = title_of(f"Lesson: {self._owner.lesson.title}")
                self._worker.recorder.begin_recording()
            self._playing = False
            self._workbench.show_run(run)
            self.mark()
            return
        self._runs[asked] = run
        if self.scene is not None and self.run is run:
            if self.scene.stop.kind is StopKind.START:
                self._workbench.show_run(run, play=False)
                self._arrive(run, 0)
            else:
                self._play(run, 0)

    def refuse(self) -> None:
        """Something went wrong: what was asked for is not asked again by itself."""
        self._refused, self._asked = self._asked or self._refused, ""
        self.mark()
