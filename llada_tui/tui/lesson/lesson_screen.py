"""A lesson: its text on one side, and on the other the stage of the chat, live, held at the step of the page."""

from __future__ import annotations

import os

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content

from llada_tui.lessons.lesson import Lesson, LessonPage, Paragraph
from llada_tui.lessons.progress import ReadingPlace, ShownPage, read_progress, write_progress, write_shown
from llada_tui.models.catalog import DEMO
from llada_tui.settings.presets import first_settings
from llada_tui.trace.recorder import SessionRecorder
from llada_tui.trace.run import Run
from llada_tui.tui.lesson.lesson_bars import LessonHeader, PageBar
from llada_tui.tui.lesson.lesson_scenes import LessonScenes
from llada_tui.tui.lesson.prose import Prose
from llada_tui.tui.model_link.presented_page import PresentedPage
from llada_tui.tui.model_link.session_changes import (
    ModelUnfit,
    RunChanged,
    SessionChange,
    WorkerChanged,
    WorkerProblem,
    WorkerSilence,
)
from llada_tui.tui.model_link.worker_link import Phase, WorkerLink
from llada_tui.tui.model_link.worker_session import WorkerSession
from llada_tui.tui.player.run_screen import RunScreen
from llada_tui.tui.shell.action import Screens
from llada_tui.tui.shell.drawable import is_drawable
from llada_tui.tui.shell.footer import Footer, key_of
from llada_tui.tui.stage.knobs import Knobs
from llada_tui.tui.stage.page import Item
from llada_tui.tui.stage.stage import Stage
from llada_tui.tui.stage.workbench import Workbench
from llada_tui.version import __version__


class LessonScreen(RunScreen):
    """Shows a lesson on a workbench without a conversation. ``link`` is its worker, which ``shared`` says that the chat
    has too; else it ends with the lesson."""

    CSS_PATH = ["../stage/stage.tcss", "lesson.tcss"]  # noqa: RUF012 - Textual's own type
    AUTO_FOCUS = "#prose"
    kind = Screens.LESSON
    stage: Stage

    def __init__(self, lesson: Lesson, link: WorkerLink, *, shared: bool, page: int = 0) -> None:
        super().__init__(classes="-empty")
        recorder = SessionRecorder(self.llada.sessions_folder, f"llada-tui {__version__}", self.show_problem)
        self._warned = False
        recorder.recording = False  # until there is something of the reader's own
        self.worker = WorkerSession(link, recorder)
        self.worker.subscribe(self._observe)
        self._shared, self._left = shared, False
        self.header = LessonHeader(self.worker, id="header")
        self.workbench = Workbench(self, self.worker, first_settings(DEMO), self.header)
        self.stage = self.workbench.stage
        self.pane = Prose(id="prose")
        self.bar = PageBar(id="pages")
        self.lesson, self.page = lesson, page
        self.scenes = LessonScenes(self, self.workbench, self.pane, self.bar)
        self._parts = (self, self.scenes, *self.workbench.parts())

    def compose(self) -> ComposeResult:
        yield self.header
        with Horizontal(id="lesson-body"):
            with Vertical(id="lesson"):
                yield self.pane
                yield self.bar
            yield self.stage
        yield Footer(id="keys")

    def on_mount(self) -> None:
        self.stage.greet(Content.styled("The model is being loaded; read on meanwhile.", "dim"))
        self.begin(self.lesson, self.page)
        self.call_after_refresh(self.run_worker, self.workbench.load, exclusive=False)

    async def on_unmount(self) -> None:
        write_shown(self.llada.sessions_folder, None)
        await self.close()  # whatever it was that closed the lesson

    async def close(self) -> None:
        """End the lesson's run, and its worker unless it is the chat's too."""
        if not self._shared:
            await self.link.close()
        await self.worker.close()
        if self._shared and self.worker.path is not None and not self._left:
            key = key_of(self.llada, "sessions", typing=True)
            self.notify(f"The runs of your own are recorded: {key} has them.", timeout=6)
        self._left = True

    # -- what its parts ask of it -------------------------------------------------------------------------------------

    def parts(self) -> tuple[object, ...]:
        return self._parts

    def can(self, id: str) -> bool:
        """Enter is the canvas' while it is being changed."""
        if id == "reveal":
            busy = self.workbench.drafting.draft is not None or self.stage.panel.has_focus_within
            return not busy and not self.stage.canvas.chosen
        return super().can(id)

    @property
    def link(self) -> WorkerLink:
        return self.worker.link

    def details(self) -> str:
        return self.workbench.details()

    def run_shown(self, run: Run | None, before: Run | None) -> None:
        if run is not None:
            self.stage.title = run.question

    # -- what the session and the stage say ---------------------------------------------------------------------------

    def _observe(self, change: SessionChange) -> None:
        match change:
            case RunChanged(run=run) if is_drawable(self):
                self.scenes.follow(run)
                if run.last <= 1 or run.end is not None:  # the steps between are told by the frames on show
                    self._show_state()
            case WorkerChanged() if is_drawable(self):
                self.workbench.show_worker()
                if self.link.phase is Phase.READY:
                    self.scenes.ask()
                self._show_state()
            case WorkerProblem(message=message, details=details):
                self.show_problem(message, details)
            case WorkerSilence(seconds=seconds, message=message) if is_drawable(self):
                self.pane.say(message, "{key:restart} restarts it; what it wrote is kept." if seconds else "")
            case ModelUnfit(message=message) if is_drawable(self):
                self.workbench.offer_to_force(message)
            case _:  # nothing can be shown
                pass

    def _show_state(self) -> None:
        self.header.refresh_changes()
        self.update_keys()

    def show_problem(self, message: str, details: str) -> None:
        """Say on the page that something went wrong."""
        self.workbench.take_problem(message, details)
        self.scenes.refuse()
        if is_drawable(self):
            self.header.refresh()
            self.pane.say(f"! {message}", "{key:details} shows the details." if details else "")

    def on_stage_frame_shown(self) -> None:
        self.scenes.look()
        self.scenes.mark()
        self.workbench.show_frame()

    async def on_knobs_changed(self, message: Knobs.Changed) -> None:
        if self.workbench.drafting.draft is None and self.worker.run is None:
            words = "You turned a knob: {key:again} runs the same question with it, {key:branch} goes on with it from"
            self.pane.say("", f"{words} this step.")
        await self.workbench.take_knobs(message.settings)

    def on_descendant_focus(self) -> None:
        self.update_keys()

    # -- pages --------------------------------------------------------------------------------------------------------

    def begin(self, lesson: Lesson, page: int = 0) -> None:
        """Open a lesson at a page, or at the nearest that there is."""
        self.lesson = lesson
        self.query_one("#lesson").border_title = Content(lesson.title)
        self.header.title = f"lesson: {lesson.title}"
        self.header.refresh()
        self._turn(max(0, min(page, len(lesson.pages) - 1)), forward=True)

    def _turn(self, page: int, *, forward: bool) -> None:
        self.workbench.drafting.leave_draft()
        self.page = page
        self.bar.page, self.bar.pages = page, len(self.lesson.pages)
        self.bar.refresh()
        shown = self.lesson.pages[page] if page < len(self.lesson.pages) else self._last_page()
        self.pane.show(shown)
        self.worker.present(PresentedPage(self.lesson.title, page + 1, len(self.lesson.pages), shown.heading))
        self._remember()
        self._publish()
        self.scenes.show_scene(forward=forward)
        self.home()
        self.update_keys()

    def _last_page(self) -> LessonPage:
        """The page behind the last one."""
        following = self._following()
        words = [
            "That was this lesson. All that you saw is still here: go back ({key:page_back}), turn a knob "
            "({key:knobs}), run it again ({key:again})."
        ]
        if following is not None:
            title = following.title if following.title.endswith("?") else f"{following.title}:"
            words.append(f"Next comes **{title}** {following.summary}. {{key:reveal}} begins it.")
        words.append(
            "{key:leave} leads to the chat, where you can ask something of your own; {key:lessons} shows all lessons."
        )
        return LessonPage("What now?", tuple(Paragraph(text) for text in words), None, 0)

    def _following(self) -> Lesson | None:
        """The lesson after this one, if it is one of the shelf's."""
        lessons, _ = self.llada.navigation.lessons()
        at = next((index for index, lesson in enumerate(lessons) if lesson.path == self.lesson.path), len(lessons))
        return lessons[at + 1] if at + 1 < len(lessons) else None

    def action_page_next(self) -> None:
        if self.page < len(self.lesson.pages):
            self._turn(self.page + 1, forward=True)
        elif (following := self._following()) is not None:
            self.begin(following)
        else:
            keys = {id: key_of(self.llada, id) for id in ("leave", "lessons")}
            self.notify(f"No lesson comes after this: {keys['leave']} leads to the chat, {keys['lessons']} shows all.")

    def action_page_back(self) -> None:
        if self.page:
            self._turn(self.page - 1, forward=False)

    def action_reveal(self) -> None:
        if not self.pane.hides:
            self.action_page_next()
            return
        self.pane.reveal()
        self._publish()
        self.update_keys()

    def _remember(self) -> None:
        folder, done = self.llada.sessions_folder, self.page >= len(self.lesson.pages)
        progress = read_progress(folder)
        before = progress.lessons.get(self.lesson.name, ReadingPlace())
        progress.lessons[self.lesson.name] = ReadingPlace(0 if done else self.page, done or before.done)
        self._warn_unwritten(write_progress(folder, progress), "how far you have read is not kept")

    def _publish(self) -> None:
        """Tell the presenter's notes which page is open."""
        path = str(self.lesson.path.absolute()) if self.lesson.path is not None else ""
        shown = ShownPage(path, self.page, self.pane.revealed, os.getpid())
        self._warn_unwritten(write_shown(self.llada.sessions_folder, shown), "notes in another terminal cannot follow")

    def _warn_unwritten(self, written: bool, consequence: str) -> None:
        """Say once that a file beside the sessions cannot be written."""
        if not written and not self._warned:
            self._warned = True
            words = f"Nothing can be written in {self.llada.sessions_folder}: {consequence}."
            self.notify(words, severity="warning", markup=False)

    # -- focus and keys -----------------------------------------------------------------------------------------------

    def home(self) -> None:
        self.workbench.controls.fold_panel()
        self.pane.focus()

    def action_next_focus(self) -> None:
        self.focus_next_of([self.pane, self.stage.canvas, self.stage.panel.front])

    def present(self) -> None:
        super().present()
        self.pane.large = self.llada.presenting

    def action_leave(self) -> None:
        """Escape: out of what is being done on the stage, then out of the lesson."""
        if self.focused is self.pane and self.workbench.drafting.draft is None and not self.stage.whole:
            self.llada.navigation.leave_lesson()
        elif self.workbench.leave_stage():
            pass
        elif self.stage.panel.has_focus_within or not self.workbench.leave():
            self.home()

    def leave_words(self) -> str:
        """The effect of escape now, in the order of `action_leave`."""
        if self.focused is self.pane and self.workbench.drafting.draft is None and not self.stage.whole:
            return "leave"
        if words := self.workbench.leave_stage_words():
            return words
        return (not self.stage.panel.has_focus_within and self.workbench.leave_words()) or "back to the text"

    def update_keys(self) -> None:
        """List the keys that matter where the focus is."""
        if self.workbench.drafting.draft is not None and not self.stage.knobs.has_focus:
            self.query_one(Footer).show(self.workbench.drafting.footer_items(), typing=False)
            return
        items: list[Item] = [("restart", None)] if self.link.standstill else []
        if self.focused is self.pane:
            is_end = self.page >= len(self.lesson.pages)
            if not is_end or self._following() is not None:
                items += [("reveal", "answer" if self.pane.hides else "next lesson" if is_end else "next page")]
            items += [("page_next", None)] if self.pane.hides else []
            items += [("page_back", None)] if self.page else []
            items += [("leave", self.leave_words()), ("lessons", "contents")]
        else:
            items += [("leave", self.leave_words())]
        items += self.way_out
        items += [("rejoin", None)] if self.scenes.away else []
        panel = self.stage.panel
        items += [*panel.footer_items(), ("play", None), ("back", None), ("forward", None), *panel.footer_setup()]
        items += [(id, None) for id in ("branch", "again", "help")]
        items += [("present", None)] if not self.way_out else []
        items += panel.footer_pages()
        self.query_one(Footer).show(items, typing=self.stage.knobs.has_focus)
