"""Lessons in the program: which there are, and how one is opened, left, and given a worker."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llada_tui.lessons.lesson import Lesson
from llada_tui.lessons.lesson_files import list_lessons
from llada_tui.lessons.progress import ReadingPlace, read_progress
from llada_tui.models.catalog import DEMO
from llada_tui.paths import lessons_folders
from llada_tui.tui.chat.chat import Chat
from llada_tui.tui.lesson.contents import Chosen, Contents
from llada_tui.tui.lesson.lesson_screen import LessonScreen
from llada_tui.tui.shell.footer import key_of
from llada_tui.tui.shell.options import ChatOptions, LessonOptions

if TYPE_CHECKING:
    from llada_tui.tui.app import LladaApp


class Classroom:
    """``named``: the program was opened for a lesson, on a model that was named for it; else it is the embedded one."""

    def __init__(self, app: LladaApp, *, named: bool) -> None:
        self.app, self._named = app, named

    @staticmethod
    def lessons() -> tuple[list[Lesson], list[str]]:
        """The lessons in their order, and a sentence for each file that is none."""
        lessons, wrong = list_lessons(lessons_folders())
        return lessons, [f"{path.name}, {problems[0]}" for path, problems in wrong.items()]

    @property
    def reading(self) -> LessonScreen | None:
        """The lesson that is open, on show or not."""
        return next((screen for screen in self.app.screen_stack if isinstance(screen, LessonScreen)), None)

    async def enter(self, wanted: LessonOptions) -> None:
        """Open what the program was opened for."""
        if wanted.lesson is not None:
            await self.open(wanted.lesson, wanted.page, present=wanted.present)
        else:
            self.show_contents()

    def show_contents(self) -> None:
        """List the tour and the lessons, and open what is chosen."""
        lessons, problems = self.lessons()
        opened = (self.reading.lesson, self.reading.page) if self.reading is not None else None
        contents = Contents(lessons, read_progress(self.app.sessions_folder), problems, opened)

        def chosen(row: Chosen | None) -> None:
            self.app.call_later(self._open_chosen, row)

        self.app.push_screen(contents, chosen)

    async def _open_chosen(self, chosen: Chosen | None) -> None:
        if chosen is not None and chosen.lesson is not None:
            await self.open(chosen.lesson, chosen.page)
        elif chosen is not None:
            await self._open_tour()

    async def open(self, lesson: Lesson, page: int | None = None, *, present: bool = False) -> None:
        """Begin a lesson, or go on where it was left. The chat shares its worker, if it has the model."""
        if page is None:
            page = read_progress(self.app.sessions_folder).lessons.get(lesson.name, ReadingPlace()).page
        if (reading := self.reading) is not None:
            await self._go_to(reading)
            reading.begin(lesson, page)
            return
        chat = self.app.chat
        shares = chat is not None and (self._named or chat.link.wanted.source == DEMO)
        if chat is not None and shares and chat.occupied:
            key = key_of(self.app, "leave", typing=True)
            self.app.notify(f"A run is going on: {key} cancels it, then the lesson can begin.")
            return
        options = ChatOptions(DEMO, worker=self.app.options.worker, theme=self.app.options.theme)
        link = chat.link if chat is not None and shares else None
        screen = LessonScreen(lesson, options, link, page=page, present=present)
        await self.app.push_screen(screen)

    def leave_soon(self, screen: LessonScreen) -> None:
        """Leave a lesson once whoever asks for it, which may be a part of its screen, has done so."""
        self.app.call_later(self._leave, screen)

    async def _leave(self, screen: LessonScreen) -> None:
        """Back to where the lesson was opened."""
        if self.reading is not screen:
            return
        await self._go_to(screen)
        await screen.close()
        await self.app.pop_screen()

    async def _open_tour(self) -> None:
        """Take the tour, which is the chat's."""
        if (reading := self.reading) is not None:
            await self._leave(reading)
        if (chat := self.app.chat) is None:
            chat = Chat(ChatOptions(theme=self.app.options.theme))
            await self.app.push_screen(chat)
        await self._go_to(chat)
        await chat.run_action("tour")

    async def _go_to(self, screen: Chat) -> None:
        while self.app.screen is not screen:
            await self.app.pop_screen()
