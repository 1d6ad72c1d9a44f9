"""A lesson: its text on one side, and on the other the stage of the chat, live, held at the step of the page."""

from __future__ import annotations

import os

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widget import Widget

from llada_tui.lessons.lesson import Lesson, LessonPage, Paragraph
from llada_tui.lessons.progress import ReadingPlace, ShownPage, read_progress, write_progress, write_shown
from llada_tui.tui.lesson.lesson_bars import LessonHeader, PageBar
from llada_tui.tui.lesson.lesson_scenes import LessonScenes
from llada_tui.tui.lesson.prose import Prose
from llada_tui.tui.model_link.worker_link import WorkerLink
from llada_tui.tui.shell.actions import Screens
from llada_tui.tui.shell.footer import Keys, key_of
from llada_tui.tui.shell.options import ChatOptions
from llada_tui.tui.shell.presence import is_there
from llada_tui.tui.stage.knobs import Knobs


class LessonScreen(LessonScenes):
    """Shows a lesson. ``link``: the chat's worker, where it has the model; else there is a further one."""

    CSS_PATH = ["../stage/stage.tcss", "lesson.tcss"]  # type: ignore[assignment]  # noqa: RUF012 - Textual's own type
    kind = Screens.LESSON
    AUTO_FOCUS = "#prose"
    _is_over = False

    def __init__(
        self,
        lesson: Lesson,
        options: ChatOptions,
        link: WorkerLink | None = None,
        *,
        page: int = 0,
        present: bool = False,
    ) -> None:
        super().__init__(options, link)
        self._shares_worker = link is not None
        self.worker.recorder.recording = False  # until there is something of the reader's own
        self.header = self._head = LessonHeader(self.worker, id="header")
        self.pane = Prose(id="prose")
        self.bar = PageBar(id="pages")
        self.lesson, self.page = lesson, page
        self._present = present
        self._runs = {}

    def compose(self) -> ComposeResult:
        yield self.header
        with Horizontal(id="lesson-body"):
            with Vertical(id="lesson"):
                yield self.pane
                yield self.bar
            yield self.stage
        self.talk.display = self.prompt.display = False
        yield self.talk
        yield self.prompt
        yield Keys(id="keys")

    def open(self) -> None:
        self.greet()
        self.large = self._present
        self.begin(self.lesson, self.page)

    async def on_unmount(self) -> None:
        write_shown(self.llada.sessions_folder, None)
        await self.close()  # whatever it was that closed the lesson

    def can(self, id: str) -> bool:
        """Enter is the canvas' while it is being changed."""
        if id == "reveal":
            return self.draft is None and not self.stage.panel.has_focus_within and not self.stage.canvas.chosen
        return super().can(id)

    def greet(self) -> None:
        """What the stage says before the first run."""
        self.stage.greet(Content.styled("The model is being loaded; read on meanwhile.", "dim"))

    # -- pages --------------------------------------------------------------------------------------------------------

    def begin(self, lesson: Lesson, page: int = 0) -> None:
        """Open a lesson at a page, or at the nearest that there is."""
        self.lesson = lesson
        self.query_one("#lesson").border_title = Content(lesson.title)
        self._head.title = f"lesson: {lesson.title}"
        self._head.refresh()
        self._turn(max(0, min(page, len(lesson.pages) - 1)), forward=True)

    def _turn(self, page: int, *, forward: bool) -> None:
        if self.draft is not None:
            self.leave_draft()
        self.page = page
        self.bar.page, self.bar.pages = page, len(self.lesson.pages)
        self.bar.refresh()
        self.pane.show(self.lesson.pages[page] if page < len(self.lesson.pages) else self._last_page())
        self._remember()
        self._publish()
        self.show_scene(forward=forward)
        self.home()
        self.update_keys()

    def _last_page(self) -> LessonPage:
        """What stands behind the last page."""
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
        lessons, _ = self.llada.classroom.lessons()
        at = next((index for index, one in enumerate(lessons) if one.path == self.lesson.path), len(lessons))
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
        write_progress(folder, progress)

    def _publish(self) -> None:
        """Tell the presenter's notes which page is open."""
        path = str(self.lesson.path.absolute()) if self.lesson.path is not None else ""
        write_shown(self.llada.sessions_folder, ShownPage(path, self.page, self.pane.revealed, os.getpid()))

    # -- the worker ---------------------------------------------------------------------------------------------------

    def _problem(self, message: str, details: str) -> None:
        super()._problem(message, details)
        self._refused, self._asked = self._asked or self._refused, ""
        if is_there(self):
            self.pane.say(f"! {message}", "{key:details} shows the details." if details else "")

    async def close(self) -> None:
        """End the lesson's run, and its worker unless that is the chat's too."""
        if not self._shares_worker:
            await self.link.close()
        await self.worker.close()
        if self.worker.path is not None and self._shares_worker and not self._is_over:
            key = key_of(self.llada, "sessions", typing=True)
            self.notify(f"The runs of your own are recorded: {key} has them.", timeout=6)
        self._is_over = True

    # -- focus and keys -----------------------------------------------------------------------------------------------

    @on(Knobs.Changed)
    def _tell_of_knobs(self) -> None:
        if self.draft is None and self.worker.run is None:
            self.pane.say(
                "",
                "You turned a knob: {key:again} runs the same question with it, {key:branch} goes on with it from "
                "this step.",
            )

    def home(self) -> None:
        self.remove_class("-panel")
        self.stage.whole = False
        self.pane.focus()

    def action_next_focus(self) -> None:
        panes: list[Widget] = [self.pane, self.stage.canvas, self.stage.panel.front]
        shown = [pane for pane in panes if pane.focusable]
        at = shown.index(self.focused) if self.focused in shown else -1
        shown[(at + 1) % len(shown)].focus()

    @property
    def large(self) -> bool:
        """Whether there is nothing but text, for people who sit far away, and the canvas."""
        return self.pane.large

    @large.setter
    def large(self, large: bool) -> None:
        self.pane.large = large
        self.set_class(large, "-present")

    def action_present(self) -> None:
        """Large text, and back."""
        self.large = not self.large

    async def action_leave(self) -> None:
        """Escape: out of what is being done on the stage, then out of the lesson."""
        if self.focused is not self.pane or self.draft is not None or self.stage.whole:
            await super().action_leave()
        else:
            self.llada.classroom.leave_soon(self)

    def update_keys(self) -> None:
        """List the keys that matter where the focus is."""
        if self.draft is not None:
            super().update_keys()
            return
        items: list[tuple[str, str | None]] = []
        if self.focused is self.pane:
            following = "next page" if self.page < len(self.lesson.pages) else "next lesson"
            items += [("reveal", "answer" if self.pane.hides else following)]
            items += [("page_next", None)] if self.pane.hides else []
            items += [("page_back", None)] if self.page else []
            items += [("lessons", "contents"), ("leave", "leave")]
        else:
            items += [("leave", "back to the text")]
        items += [("rejoin", None)] if self.away else []
        items += [(id, None) for id in ("play", "back", "forward", "knobs", "branch", "again", "help", "present")]
        self.query_one(Keys).show(items, typing=False)
