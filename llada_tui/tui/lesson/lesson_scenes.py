"""What a lesson shows beside its text: the run of a page, played to the step that the page is about."""

from __future__ import annotations

from functools import partial

import msgspec

from llada_tui.lessons.lesson import Lesson, Scene
from llada_tui.lessons.stops import StopKind
from llada_tui.settings.prompt import Prompt, typed_prompt
from llada_tui.settings.sampler_settings import SamplerSettings
from llada_tui.trace.events import FINISHED
from llada_tui.trace.run import Run
from llada_tui.trace.session import title_of
from llada_tui.tui.chat.chat import Chat
from llada_tui.tui.lesson.lesson_bars import PageBar
from llada_tui.tui.lesson.prose import Prose, point_words
from llada_tui.tui.model_link.worker_link import Phase
from llada_tui.tui.shell.presence import is_there
from llada_tui.tui.stage.knob_rows import turned

_UNHURRIED = 48
"""Steps at which a run is played as fast as in the chat; shorter ones are slower, so that they can be watched."""
_SLOWEST = 4
QUESTION, TURNED, MARKED, SCORE = "Question", "Turned", "Marked", "log p"
"""What a page tells of its run."""


class LessonScenes(Chat):
    """The part of a lesson's screen that shows runs. What a reader does on the stage between two pages stays possible:
    the next page, or `rejoin`, shows the lesson's own run again."""

    lesson: Lesson
    page: int
    pane: Prose
    bar: PageBar
    _runs: dict[str, Run]
    """The runs of the lesson's scenes, by what they were asked with."""
    _asked = ""
    """The scene's run that was asked for and has not begun."""
    _refused = ""
    """What was asked for in vain: only the reader asks again."""
    _playing = False
    """Whether the stage is on its way to where the page stops."""
    _checked = -1
    """The last frame on that way that was looked at."""
    _at: int | None = None
    """The frame where the page stopped."""
    _draws = 0
    """How often answers were scored: each time is another draw."""

    @property
    def scene(self) -> Scene | None:
        """What the open page shows: its own scene, or the last one before it; behind the last page none."""
        if self.page >= len(self.lesson.pages):
            return None
        pages = self.lesson.pages[: self.page + 1]
        return next((page.scene for page in reversed(pages) if page.scene is not None), None)

    @property
    def _run(self) -> Run | None:
        """The run of the open page, once it has begun."""
        return self._runs.get(self.scene.key) if self.scene is not None else None

    @property
    def away(self) -> bool:
        """Whether the stage shows something else than the page is about."""
        player = self.stage.player
        if self.scene is None or player.run is None or self._playing or self._run is None:
            return False
        return self.draft is not None or player.run is not self._run or player.frame != self._at

    # -- the way to a page's step -------------------------------------------------------------------------------------

    def show_scene(self, *, forward: bool) -> None:
        """Show the page's run at its step: on the way forward it plays there, on the way back it is there at once."""
        scene, run = self.scene, self._run
        self._at, self._playing, self._checked = None, False, -1
        self.pane.say("")
        self.mark()
        if scene is None:
            return
        self.settings = scene.settings
        self.stage.knobs.set_settings(scene.settings)
        if (before := self._settings_before(scene)) is not None:
            changes = scene.settings.changes_from(before)
            self.stage.knobs.go_to([*changes, *changes.get("remasking_params", ())])
        if run is None:
            self._refused = ""
            if self.link.phase is Phase.FAILED:
                self.run_worker(self.link.load())
            self._ask_scene()
            return
        frame = self.stage.player.frame if self.stage.player.run is run else 0
        stop = scene.stop.frame(run)
        if stop is None and run.end is not None:
            stop = run.last
        if stop is not None and (not forward or stop <= frame):
            self.show_run(run, play=False, frame=stop)
            self._arrive(run, stop)
        else:
            self._play(run, frame)

    def _ask_scene(self) -> None:
        """Have the page's run made, as soon as there is a model that is free for it."""
        scene = self.scene
        if scene is None or self.link.model is None or self._asked or self._run is not None:
            return
        if scene.key == self._refused:
            return
        if self.worker.busy:
            self.run_worker(self.worker.cancel())
            return
        self._asked = scene.key
        prompt = msgspec.structs.replace(self._prompt(scene), template=scene.template or None)
        self.run_worker(self.worker.ask(scene.settings, prompt))

    def _prompt(self, scene: Scene) -> Prompt:
        """The scene's prompt as messages or as raw text, whichever the model takes."""
        return typed_prompt(scene.prompt, chat=self.link.model is not None and self.link.model.chat)

    def _play(self, run: Run, frame: int) -> None:
        slow = max(1.0, min(_UNHURRIED / run.start.settings.steps, _SLOWEST))
        self.stage.player.dwell = self.llada.config.dwell * slow
        self.show_run(run, frame=frame)
        self._playing = True
        self._look()

    def _look(self) -> None:
        """Hold the picture if it has come to where the page stops."""
        scene, run, player = self.scene, self._run, self.stage.player
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
        self._playing, self._at = False, frame
        if scene is None:
            return
        if self.stage.player.playing or self.stage.player.frame != frame:
            self.stage.seek(frame)
        if not scene.stop.reached(run, frame):
            self.pane.say("This run has ended, and never came to the step that this page is about.")
        else:
            facts = [(QUESTION, scene.prompt)]
            before = self._settings_before(scene)
            facts += [(TURNED, ", ".join(words))] if before and (words := turned(scene.settings, before)) else []
            facts += [(MARKED, point_words(scene.points))] if scene.points else []
            self.pane.tell(facts)
            self._score(scene, facts)
        self.mark()

    def _score(self, scene: Scene, facts: list[tuple[str, str]]) -> None:
        """Have the page's answers scored, and say how likely they are."""
        self._draws += 1
        draw, prompt = self._draws, self._prompt(scene)
        found: dict[str, str] = {}

        def tell(answer: str, total: float, error: float) -> None:
            found[answer] = f"{total:7.2f}, exact" if error == 0 else f"{total:7.2f} ± {error:.2f}"
            if is_there(self) and draw == self._draws and self.scene is scene:
                self.pane.tell([*facts, *((SCORE, f"{found.get(one, '…')}  “{one}”") for one in scene.scores)])

        for answer in scene.scores:
            self.run_worker(self.link.queries.score(answer, partial(tell, answer), prompt, seed=draw))

    def _settings_before(self, scene: Scene) -> SamplerSettings | None:
        """The settings of the scene before, if the page itself goes on from it."""
        before = [page.scene for page in self.lesson.pages[: self.page] if page.scene is not None]
        own = self.lesson.pages[self.page].scene is scene
        return before[-1].settings if own and before and before[-1].prompt == scene.prompt else None

    def mark(self) -> None:
        """Point at what the page points at, while its step is on show; else say that it is not."""
        scene, player, away = self.scene, self.stage.player, self.away
        if away != self.bar.away:
            self.bar.away = away
            self.bar.refresh()
        there = scene is not None and self._at == player.frame and not away
        points, run = scene.points if scene is not None and there else (), player.run
        self.stage.canvas.pointed = frozenset(
            position for point in points if run is not None for position in point.positions(run, player.frame)
        )

    def action_rejoin(self) -> None:
        """Back to what the page is about."""
        if self.draft is not None:
            self.leave_draft()
        self.show_scene(forward=False)
        self.home()

    # -- what the session and the stage say -------------------------------------------------------------------------

    def show_run(self, run: Run | None, *, play: bool = True, frame: int = 0) -> None:
        super().show_run(run, play=play, frame=frame)
        if run is not None:
            self.stage.title = run.question

    def _worker_changed(self) -> None:
        if not is_there(self):
            return
        self.stage.knobs.strategies, self.stage.knobs.caches = self.link.strategies, self.link.caches
        self.stage.knobs.refresh()
        if self.link.phase is Phase.READY:
            self._ask_scene()
        self._show_state()

    def _run_changed(self, run: Run) -> None:
        if not is_there(self):
            return
        known = run is self.stage.player.run or run in self._runs.values()
        if run.last == 0 and run is self.worker.run and not known:
            self._began(run)
        if run is self.stage.player.run:
            self.stage.wake()
        if run.end is not None:
            self._ended(run)
        self._look()
        self._show_state()

    def _began(self, run: Run) -> None:
        self.pending = None
        asked, self._asked = self._asked, ""
        if not asked:  # a branch, or the same once more: a run of the reader's own
            if not self.worker.recording:
                self.worker.session.title = title_of(f"Lesson: {self.lesson.title}")
                self.worker.recorder.begin_recording()
            self._playing = False
            self.show_run(run)
            self.mark()
            return
        self._runs[asked] = run
        if self.scene is not None and self._run is run:
            if self.scene.stop.kind is StopKind.START:
                self.show_run(run, play=False)
                self._arrive(run, 0)
            else:
                self._play(run, 0)

    def _ended(self, run: Run) -> None:
        if run.end is not None and run.end.reason != FINISHED:  # of such a run no page can be sure
            self._runs = {key: other for key, other in self._runs.items() if other is not run}
        self._ask_scene()

    def on_stage_frame_shown(self) -> None:
        self._look()
        self.mark()
