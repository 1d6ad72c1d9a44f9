"""The application: themes, keys, and which screen is on show. What the screens do is in the screens."""

from __future__ import annotations

import gc
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textual import events
from textual.app import ComposeResult, SystemCommand
from textual.binding import Binding
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Static

from llada_tui.drawing.palette import DEFAULT, default_tokens, token_variables
from llada_tui.paths import config_folder, pictures_folder, sessions_folder, themes_folders
from llada_tui.trace.text import clean
from llada_tui.tui.shell.config import key_problems, load_config
from llada_tui.tui.shell.options import ChatOptions, LessonOptions, ReplayOptions
from llada_tui.tui.shell.terminal_app import TerminalApp
from llada_tui.tui.shell.themes import load_themes

if TYPE_CHECKING:
    from llada_tui.trace.events import DeleteEvent, NameEvent
    from llada_tui.trace.run import Run
    from llada_tui.trace.session import Session
    from llada_tui.tui.chat.chat import Chat
    from llada_tui.tui.lesson.classroom import Classroom
    from llada_tui.tui.shell.actions import Action
    from llada_tui.tui.shell.services import Host


class LladaApp(TerminalApp):
    """Opens a chat, with a lesson on it if one is wanted, or a recorded session."""

    TITLE = "llada-tui"
    ENABLE_COMMAND_PALETTE = True
    BINDINGS = [  # noqa: RUF012 - Textual's own type
        Binding("ctrl+q", "quit_safely", "quit", show=False, priority=True),
        Binding("ctrl+c", "hint_quit", "", show=False),
    ]

    def __init__(
        self,
        options: ChatOptions | None = None,
        *,
        replay: ReplayOptions | None = None,
        lesson: LessonOptions | None = None,
    ) -> None:
        super().__init__()
        self._early = ""
        self._opened = False
        self.options = options or ChatOptions()
        self._replay, self._lesson = replay, lesson
        self.config, self.problems = load_config(config_folder() / "config.toml")
        self.sessions_folder = sessions_folder()
        self.pictures_folder = pictures_folder()
        themes, problems = load_themes(themes_folders())
        self.problems += problems
        for theme in themes.values():
            self.register_theme(theme)
        wanted = self.options.theme or self.config.theme
        if wanted is not None and wanted not in self.available_themes and f"llada-{wanted}" in themes:
            wanted = f"llada-{wanted}"
        if wanted is not None and wanted not in self.available_themes:
            self.problems.append(f"There is no theme {wanted}; there are {', '.join(sorted(themes))}.")
            wanted = None
        if wanted is not None or DEFAULT in themes:
            self.theme = wanted or DEFAULT

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """The colours of tokens and panes, for themes that bring none (Textual's own)."""
        dark = self.current_theme.dark
        tokens = token_variables(default_tokens(dark))
        return {"pane-border": "#3b4261" if dark else "#c2c2b8", **tokens}

    CSS = """
    #opening { background: $panel; width: 1fr; height: 1; }
    """

    def compose(self) -> ComposeResult:
        yield Static(Content.assemble((" llada-tui ", "bold"), (" opening …", "dim")), id="opening")

    def on_mount(self) -> None:
        self.call_after_refresh(self._open)

    async def _open(self) -> None:
        """Open the first screen. The terminal has been painted by now: what takes time to import is imported here."""
        self.problems += key_problems(config_folder() / "config.toml", self.config, self.actions)
        self.set_keymap({id: keys for id, keys in self.config.keys.items() if id in self.actions})
        if self._replay is not None:
            await self._open_replay(self._replay)
        else:
            from llada_tui.tui.chat.chat import Chat

            chat = Chat(self.options)
            await self.push_screen(chat)
            self._opened = True
            if (wanted := self.options.lanes) is not None:
                chat.compare(wanted)
            await chat.take_early(self._early)
            if self._lesson is not None:
                await self.classroom.enter(self._lesson)
        for problem in self.problems:
            self.notify(problem, severity="warning", timeout=12, markup=False)
        gc.freeze()  # what is there now stays: searching it for garbage again and again would cost frames

    async def _open_replay(self, wanted: ReplayOptions) -> None:
        from llada_tui.trace.session import SessionError, read_session
        from llada_tui.tui.replay.replay import Replay

        try:
            session = wanted.session or read_session(wanted.path)
        except SessionError as error:
            self.exit(1, return_code=1, message=str(error))
            return
        await self.push_screen(Replay(session, wanted.path, run=wanted.run, frame=wanted.frame))

    async def on_event(self, event: events.Event) -> None:
        if isinstance(event, events.Paste):  # a clipboard may hold anything
            event.text = clean(event.text.replace("\r\n", "\n").replace("\r", "\n"))
        await super().on_event(event)

    def notify(self, message: str, **options: Any) -> None:
        """Say something for a moment; nothing in it is markup, nor reaches the terminal raw."""
        super().notify(clean(message), **{**options, "markup": False})

    def on_key(self, event: events.Key) -> None:
        """What is typed before the prompt is there is kept for it."""
        if not self._opened and (event.character or event.key == "enter"):
            self._early += "\n" if event.key == "enter" else event.character or ""

    def on_paste(self, event: events.Paste) -> None:
        if not self._opened:
            self._early += event.text

    # -- keys and commands --------------------------------------------------------------------------------------------

    @cached_property
    def actions(self) -> Mapping[str, Action]:
        """All actions by their ids, in the order of help."""
        from llada_tui.tui.stage.pages import all_actions

        return all_actions()

    @property
    def page_help(self) -> list[str]:
        """A sentence on each page of the panel that has keys of its own."""
        from llada_tui.tui.stage import pages

        return [page.help for page in pages.PAGES if page.help]

    def keys_of(self, id: str) -> list[str]:
        """The keys that an action is bound to, as configured."""
        return self.actions[id].keys_in(self.config.keys)

    def easy_keys(self) -> dict[str, str]:
        """Keys that act on the player while the prompt is empty, and their actions."""
        return {key: action.id for action in self.actions.values() if action.easy for key in self.keys_of(action.id)}

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        from llada_tui.tui.player.run_screen import RunScreen

        yield SystemCommand("theme", "Choose another theme.", self.action_change_theme)
        for action in self.actions.values():
            if isinstance(screen, RunScreen) and screen.can(action.id):
                yield SystemCommand(action.label, action.help, self._runner(screen, action.id))

    def _runner(self, screen: Screen[Any], id: str) -> Any:
        async def run() -> None:
            await screen.run_action(id)

        return run

    async def close_down(self) -> None:
        """End the workers: a run that is going on gets its end, in its file too."""
        from llada_tui.tui.chat.chat import Chat

        if (reading := self.classroom.reading) is not None:
            await reading.close()
        for screen in self.screen_stack:
            if isinstance(screen, Chat):
                await screen.close_workers()

    async def action_quit_safely(self) -> None:
        await self.leave(0)

    async def action_quit(self) -> None:
        await self.action_quit_safely()

    def action_hint_quit(self) -> None:
        self.notify("Press ctrl+q to quit; everything is saved.")

    # -- shared by the screens ----------------------------------------------------------------------------------------

    async def copy_text(self, text: str) -> None:
        """Copy to the terminal's clipboard (OSC 52) and to the system's."""
        from llada_tui.tui.shell.clipboard import copy_to_system

        self.copy_to_clipboard(text)
        system = await copy_to_system(text)
        self.notify("Copied." if system else "Copied through the terminal (OSC 52).")

    @staticmethod
    def slug(title: str) -> str:
        """A file name from a title."""
        return "-".join(re.findall(r"[a-z0-9]+", title.lower())[:6]) or "session"

    async def open_session(self, path: Path) -> None:
        """Replay a session file. What cannot be opened is said."""
        from llada_tui.trace.session import SessionError, read_session
        from llada_tui.tui.replay.replay import Replay

        try:
            session = read_session(path)
        except SessionError as error:
            self.notify(str(error), severity="error", markup=False)
            return
        await self.push_screen(Replay(session, path))

    async def continue_session(self, path: Path) -> None:
        """Go on with a recorded session: in the chat that is open, or in a new one."""
        from llada_tui.tui.chat.chat import Chat

        chat = self.chat
        if chat is None:
            await self.push_screen(Chat(ChatOptions(resume=path)))
            return
        while self.screen is not chat:
            await self.pop_screen()
        chat.resume(path)

    async def branch_session(self, path: Path, run: Run, frame: int, position: int | None) -> None:
        """Begin a branch of a recorded run in the chat, with its session and, where it is here, its model."""
        from llada_tui.tui.chat.chat import Chat

        made = run.start.model
        here = made.demo or Path(made.id).is_dir()
        chat = self.chat
        if chat is None:
            chat = Chat(replace(self.options, resume=path, model=made.id if here else self.options.model))
            await self.push_screen(chat)
        else:
            while self.screen is not chat:
                await self.pop_screen()
            if chat.worker.path != path:
                chat.resume(path)
        chat.call_after_refresh(chat.branch_at, run.id, frame, position)

    # -- sessions -----------------------------------------------------------------------------------------------------

    def arrange(self, path: Path, event: NameEvent | DeleteEvent) -> None:
        """Name or delete runs of a session file, and of the chat that records into it. Raises as writing does."""
        from llada_tui.trace.session import append
        from llada_tui.version import __version__

        chat = self.chat
        if chat is not None and chat.worker.path == path:
            chat.change_tree(event)
        else:
            append(path, event, f"llada-tui {__version__}")

    def is_open(self, path: Path) -> bool:
        """Whether the chat is recording into a session file."""
        chat = self.chat
        return chat is not None and chat.worker.path == path

    def renamed(self, path: Path, title: str) -> None:
        """A session has another title, which the chat that is recording into it goes on with."""
        from llada_tui.trace.session import title_of

        if (chat := self.chat) is not None and chat.worker.path == path:
            chat.worker.session.title = title_of(title)

    @cached_property
    def classroom(self) -> Classroom:
        """The lessons."""
        from llada_tui.tui.lesson.classroom import Classroom

        return Classroom(self, named=self._lesson is not None)

    @property
    def has_chat(self) -> bool:
        """Whether a chat is open, on show or not."""
        return self.chat is not None

    @property
    def chat(self) -> Chat | None:
        """The chat that is open, on show or not."""
        from llada_tui.tui.chat.chat import Chat

        return next((screen for screen in self.screen_stack if type(screen) is Chat), None)  # no lesson


if TYPE_CHECKING:
    _: type[Host] = LladaApp


def run_chat(options: ChatOptions | None = None) -> int:
    """Open the chat; returns the exit code."""
    return LladaApp(options).run_to_its_end()


def run_lesson(wanted: LessonOptions, options: ChatOptions) -> int:
    """Open a lesson, or their contents, on top of a chat; returns the exit code."""
    return LladaApp(options, lesson=wanted).run_to_its_end()


def run_replay(session: Session, path: Path, *, run: Run | None = None, frame: int | None = None) -> int:
    """Open a recorded session, at a run and frame; returns the exit code."""
    return LladaApp(replay=ReplayOptions(path, session, run, frame)).run_to_its_end()


def run_replay_file(path: str) -> int:
    """Open a session file, which is read behind the first paint; returns the exit code."""
    return LladaApp(replay=ReplayOptions(Path(path))).run_to_its_end()
