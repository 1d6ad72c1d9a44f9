"""The ways from screen to screen: the chat, replays, lessons and their contents, sessions, and back."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from textual.app import App

from llada_tui.lessons.progress import ReadingPlace, read_progress
from llada_tui.models.catalog import DEMO, name_of
from llada_tui.paths import lessons_folders, reason
from llada_tui.trace.recorder import SessionRecorder
from llada_tui.trace.session import SessionError, read_session
from llada_tui.trace.session_writer import append
from llada_tui.tui.model_link.worker_link import WorkerLink
from llada_tui.tui.shell.app_interface import AppApi, NavigationApi
from llada_tui.tui.shell.footer import key_here
from llada_tui.tui.shell.options import ChatOptions, FollowOptions, LessonOptions, ReplayOptions
from llada_tui.tui.shell.reading import read_beside
from llada_tui.version import __version__
from llada_tui.worker.protocol import Load

if TYPE_CHECKING:
    from textual.screen import Screen

    from llada_tui.lessons.lesson import Lesson
    from llada_tui.trace.events import DeleteEvent, NameEvent
    from llada_tui.trace.run import Run
    from llada_tui.tui.chat.chat import Chat
    from llada_tui.tui.lesson.contents import Chosen
    from llada_tui.tui.lesson.lesson_screen import LessonScreen
    from llada_tui.tui.replay.followed_session import FollowedSession


class Navigation:
    """Opens screens, and finds those that are open. What a screen needs is imported when it is opened first."""

    def __init__(self, app: App[int], app_api: AppApi, options: ChatOptions, *, lesson_model_named: bool) -> None:
        """``lesson_model_named``: the program was opened for a lesson, on a model that was named for it; else lessons
        have the embedded one."""
        self._app, self._app_api, self._options = app, app_api, options
        self._lesson_model_named = lesson_model_named
        self._reading = False
        """Whether a session is read to go on with: a second key that asks for it is passed over."""
        self._followed: FollowedSession | None = None
        self._follow_options: FollowOptions | None = None

    # -- what is open -------------------------------------------------------------------------------------------------

    @property
    def chat(self) -> Chat | None:
        """The chat that is open, on show or not."""
        from llada_tui.tui.chat.chat import Chat

        return next((screen for screen in self._app.screen_stack if isinstance(screen, Chat)), None)

    @property
    def has_chat(self) -> bool:
        """Whether a chat is open, on show or not."""
        return self.chat is not None

    @property
    def lesson_screen(self) -> LessonScreen | None:
        """The lesson that is open, on show or not."""
        from llada_tui.tui.lesson.lesson_screen import LessonScreen

        return next((screen for screen in self._app.screen_stack if isinstance(screen, LessonScreen)), None)

    async def close_workers(self) -> None:
        """End every worker, and the runs that go on."""
        if (lesson := self.lesson_screen) is not None:
            await lesson.close()
        if (chat := self.chat) is not None:
            await chat.close()
        if self._followed is not None:
            await self._followed.stop()

    def finish_recordings(self) -> None:
        """Give every run that is going on its end in its file, without waiting for a worker."""
        for screen in (self.lesson_screen, self.chat):
            if screen is not None:
                screen.worker.recorder.finish()

    async def _go_back_to(self, screen: Screen[Any]) -> None:
        while self._app.screen is not screen:
            await self._app.pop_screen()

    # -- chat and replay ----------------------------------------------------------------------------------------------

    async def open_chat(self, options: ChatOptions) -> Chat:
        """Open a chat, with a recorded session if one is named, which is read beside the screen."""
        from llada_tui.tui.chat.chat import Chat
        from llada_tui.tui.chat.conversation import Conversation, read_conversation

        recorder = SessionRecorder(self._app_api.sessions_folder, f"llada-tui {__version__}")
        conversation, trouble = Conversation(), list[str]()
        if (path := options.resume) is not None:
            try:
                recorded, conversation = await read_beside(self._app, path, lambda: read_conversation(recorder, path))
                warning = recorder.go_on(recorded)
                trouble = [*recorder.session.problems, *filter(None, [warning])]
            except SessionError as error:
                trouble = [str(error)]
        chat = Chat(options, recorder, conversation, trouble)
        await self._app.push_screen(chat)
        return chat

    async def open_replay(self, options: ReplayOptions) -> None:
        """Replay a session file. Raises `SessionError` for one that cannot be read."""
        from llada_tui.tui.replay.replay import Replay

        session = options.session
        if session is None:  # beside the screen, which answers meanwhile
            session = await read_beside(self._app, options.path, lambda: read_session(options.path))
        await self._app.push_screen(Replay(session, options.path, run=options.run, frame=options.frame))

    async def open_session(self, path: Path, run_id: str = "") -> None:
        """Replay a session file, from a run on where one is named. What cannot be opened is said."""
        try:
            session = await read_beside(self._app, path, lambda: read_session(path)) if run_id else None
            run = session.runs.get(run_id) if session is not None else None
            await self.open_replay(ReplayOptions(path, session, run))
        except SessionError as error:
            self._app.notify(str(error), severity="error", markup=False)

    async def continue_session(self, path: Path) -> None:
        """Go on with a recorded session: in the chat that is open, or in a new one."""
        await self._chat_with(path, ChatOptions(resume=path))

    async def _chat_with(self, path: Path, options: ChatOptions) -> Chat | None:
        """The chat, going on with a session: the one that is open, or a new one with ``options``. None where that
        cannot be, which is said."""
        if self._reading:
            return None
        self._reading = True
        try:
            if (chat := self.chat) is None:
                return await self.open_chat(options)
            await self._go_back_to(chat)
            return chat if await chat.chat_sessions.resume(path) else None
        finally:
            self._reading = False

    async def branch_session(
        self, path: Path, run: Run, frame: int, position: int | None, options: ChatOptions | None = None
    ) -> None:
        """Begin a branch of a recorded run in the chat, with its session. ``options`` are those of a chat that is
        opened for it; without them they are the program's, with the run's model where that is here."""
        options = options or self._with_model_of(run)
        if (chat := self._chat_recording(path)) is not None:
            await self._go_back_to(chat)
        else:
            chat = await self._chat_with(path, msgspec.structs.replace(options, resume=path))
        if chat is not None:
            chat.call_after_refresh(chat.workbench.drafting.branch_at, run.id, frame, position)
            self._say_which_model(chat, run)

    def _with_model_of(self, run: Run) -> ChatOptions:
        """The program's options, with the model of a recorded run where it is the embedded one or a folder here.
        Nothing else that a file says is loaded: it may name any model of the hub, or a folder of another machine."""
        model = run.start.model.id
        is_here = model == DEMO or (not model.startswith(("//", "\\\\")) and os.path.isdir(model))
        return msgspec.structs.replace(self._options, model=model) if is_here else self._options

    @staticmethod
    def _say_which_model(chat: Chat, run: Run) -> None:
        """Say which model a branch needs, where the chat has another."""
        link, needed = chat.link, name_of(run.start.model.id)
        has = link.model.id if link.model is not None else name_of(link.checkpoint.source)
        if needed != has and (link.model is None or chat.workbench.cannot_continue(run)):
            words = (
                f"This run was made by {needed[:80]}, and this chat has {has}. To go on with the run, load its model: "
            )
            words += f"{key_here(chat, 'model')} lists models, --model names one. Nothing is downloaded until you do."
            chat.notify(words, severity="warning", timeout=20)

    # -- a session of somebody else -----------------------------------------------------------------------------------

    async def follow(self, options: FollowOptions) -> None:
        """Follow a session on show."""
        from llada_tui.tui.replay.followed_session import FollowedSession

        self._follow_options = options
        self._followed = FollowedSession(options.url, options.name)
        await self._followed.start()
        await self.show_followed()

    async def show_followed(self) -> bool:
        """Show the session that is followed; False where none is."""
        from llada_tui.tui.replay.replay import Replay

        if self._followed is None:
            return False
        await self._app.push_screen(Replay(self._followed.session, self._followed))
        return True

    async def branch_followed(self, run: Run, frame: int, position: int | None) -> None:
        """Begin a branch of a run of the session that is followed, in a file of the reader's own: with the reader's
        worker, where one or a model is named, else at the server, where it has the run's model."""
        followed, follow = self._followed, self._follow_options
        if followed is None or follow is None:
            return
        try:
            path = followed.file_for_branch(self._app_api.sessions_folder)
        except OSError as error:
            words = f"Nothing can be written in {self._app_api.sessions_folder}: {reason(error)}."
            self._app.notify(words, severity="error", markup=False)
            return
        options, model = self._options, follow.model
        if not (options.worker or options.model) and model and name_of(model) == name_of(run.start.model.id):
            options = msgspec.structs.replace(options, worker=follow.url, model=model)
        elif not options.model:
            options = self._with_model_of(run)
        await self._app.pop_screen()  # F in the chat leads back
        await self.branch_session(path, run, frame, position, options)

    # -- session files ------------------------------------------------------------------------------------------------

    def show_sessions(self) -> None:
        """List the recorded sessions."""
        from llada_tui.tui.replay.sessions_dialog import SessionsDialog

        self._app.push_screen(SessionsDialog(self._app_api.sessions_folder))

    def show_statistics(self) -> None:
        """Show the statistics over all recorded runs."""
        from llada_tui.tui.replay.statistics_screen import StatisticsScreen

        self._app.push_screen(StatisticsScreen(self._app_api.sessions_folder))

    def _chat_recording(self, path: Path) -> Chat | None:
        """The chat, if it records into a session file."""
        chat = self.chat
        return chat if chat is not None and chat.worker.recorder.records_into(path) else None

    def is_open(self, path: Path) -> bool:
        """Whether the chat is recording into a session file."""
        return self._chat_recording(path) is not None

    def arrange(self, path: Path, event: NameEvent | DeleteEvent) -> None:
        """Name or delete runs of a session file, and of the chat that records into it. Raises as writing does."""
        if (chat := self._chat_recording(path)) is not None:
            chat.workbench.change_tree(event)
        else:
            append(path, event, f"llada-tui {__version__}")

    async def rename(self, path: Path, title: str) -> None:
        """Give a session another title. Raises OSError, or `SessionError`."""
        if (chat := self._chat_recording(path)) is not None:
            chat.worker.recorder.rename(title)
        else:  # all of it is read
            from llada_tui.trace.session_folder import rename_session

            await read_beside(self._app, path, lambda: rename_session(path, title, f"llada-tui {__version__}"))

    # -- lessons ------------------------------------------------------------------------------------------------------

    @staticmethod
    def lessons() -> tuple[list[Lesson], list[str]]:
        """The lessons in their order, and a sentence for each file that is none."""
        from llada_tui.lessons.lesson_files import list_lessons

        lessons, wrong = list_lessons(lessons_folders())
        return lessons, [f"{path.name}, {problems[0]}" for path, problems in wrong.items()]

    async def open_lesson_options(self, options: LessonOptions) -> None:
        """Open what the program was opened for: a lesson, or the contents."""
        if options.lesson is not None:
            await self.open_lesson(options.lesson, options.page)
        else:
            self.show_contents()

    def show_contents(self) -> None:
        """List the tour and the lessons, and open what is chosen."""
        from llada_tui.tui.lesson.contents import Contents

        lessons, problems = self.lessons()
        screen = self.lesson_screen
        opened = (screen.lesson, screen.page) if screen is not None else None
        contents = Contents(lessons, read_progress(self._app_api.sessions_folder), problems, opened)

        def choose(chosen: Chosen | None) -> None:
            self._app.call_later(self._open_chosen, chosen)

        self._app.push_screen(contents, choose)

    async def _open_chosen(self, chosen: Chosen | None) -> None:
        if chosen is not None and chosen.lesson is not None:
            await self.open_lesson(chosen.lesson, chosen.page)
        elif chosen is not None:
            await self._open_tour()

    async def open_first_lesson(self) -> None:
        """Begin the first lesson, if there is one."""
        lessons, _ = self.lessons()
        if lessons:
            await self.open_lesson(lessons[0])

    async def open_lesson(self, lesson: Lesson, page: int | None = None) -> None:
        """Begin a lesson, or go on where it was left; for a class at its first page. It shares the chat's worker, if
        that has the model."""
        from llada_tui.tui.lesson.lesson_screen import LessonScreen

        if page is None and self._app_api.presenting:
            page = 0
        elif page is None:
            page = read_progress(self._app_api.sessions_folder).lessons.get(lesson.name, ReadingPlace()).page
        if (screen := self.lesson_screen) is not None:
            await self._go_back_to(screen)
            screen.begin(lesson, page)
            return
        chat = self.chat
        if chat is None or not (self._lesson_model_named or chat.link.checkpoint.source == DEMO):
            link = WorkerLink(self._options.worker or self._app_api.config.worker, Load(DEMO))
            screen = LessonScreen(lesson, link, shared=False, page=page)
        elif not chat.workbench.is_free(then="the lesson can begin"):
            return
        else:
            screen = LessonScreen(lesson, chat.link, shared=True, page=page)
        await self._app.push_screen(screen)

    def leave_lesson(self) -> None:
        """Leave the lesson once whoever asks for it, which may be a part of its screen, has done so."""
        self._app.call_later(self._leave_lesson)

    async def _leave_lesson(self) -> None:
        """Back to where the lesson was opened."""
        if (screen := self.lesson_screen) is not None:
            await self._go_back_to(screen)
            await screen.close()
            await self._app.pop_screen()

    async def _open_tour(self) -> None:
        """Take the tour, which is the chat's."""
        await self._leave_lesson()
        chat = self.chat or await self.open_chat(ChatOptions(theme=self._options.theme))
        await self._go_back_to(chat)
        await chat.run_action("tour")


if TYPE_CHECKING:
    _: type[NavigationApi] = Navigation
