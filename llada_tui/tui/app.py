"""The application: themes, keys, and which screen is on show. What the screens do is in the screens."""

from __future__ import annotations

import gc
import os
import re
import time
from collections.abc import Iterable, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from textual import events
from textual.app import ComposeResult, SystemCommand
from textual.binding import Binding
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Static

from llada_tui.drawing.palette import default_palette, default_tokens, token_variables
from llada_tui.paths import config_folder, pictures_folder, sessions_folder, themes_folders
from llada_tui.server_address import is_server_address
from llada_tui.trace.text import clean, take_in
from llada_tui.tui.shell.options import ChatOptions, FollowOptions, LessonOptions, ReplayOptions, ShareOptions
from llada_tui.tui.shell.terminal_app import TerminalApp
from llada_tui.tui.shell.themes import load_themes
from llada_tui.tui.shell.threads import in_thread
from llada_tui.user_config import load_config

if TYPE_CHECKING:
    from llada_tui.trace.run import Run
    from llada_tui.trace.session import Session
    from llada_tui.tui.navigation import Navigation
    from llada_tui.tui.shell.action import Action
    from llada_tui.tui.shell.app_interface import AppApi
    from llada_tui.tui.shell.terminal_driver import DeviceAttributes
    from llada_tui.tui.shell.terminal_pictures import TerminalPictures


OPENING = "opening"
"""Name of the worker that opens the first screen."""
_READ = 0.7
"""Seconds that a notification stays at least: one that comes while somebody types is seen all the same."""


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
        follow: FollowOptions | None = None,
    ) -> None:
        super().__init__()
        self._early = ""
        self._notified = 0.0
        """When something was said last."""
        self._opened = False
        self.options = options or ChatOptions()
        self._replay, self._lesson, self._follow = replay, lesson, follow
        first = (self.options, replay, lesson, follow)
        self.presenting = any(options.present for options in first if options is not None)
        self.config, self.problems = load_config(config_folder() / "config.toml")
        self.sessions_folder = sessions_folder()
        self.pictures_folder = pictures_folder()
        themes, problems = load_themes(themes_folders())
        self.problems += problems
        for loaded in themes.values():
            self.register_theme(loaded)
        theme = self.options.theme or self.config.theme
        if theme is not None and theme not in self.available_themes and f"llada-{theme}" in themes:
            theme = f"llada-{theme}"
        if theme is not None and theme not in self.available_themes:
            self.problems.append(f"There is no theme {theme}; there are {', '.join(sorted(themes))}.")
            theme = None
        theme = theme or default_palette(self.console, plain=self.no_color)
        if theme in self.available_themes:
            self.theme = theme

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
        self.call_after_refresh(self.run_worker, self._open, name=OPENING)

    async def _open(self) -> None:
        """Open the first screen. What is there then stays: Python searches for garbage from then on, and not in that,
        which would cost frames again and again."""
        try:
            await self._open_first()
        finally:
            from llada_tui.tui.shell.reading import pass_over_all

            pass_over_all()
            gc.enable()

    async def _open_first(self) -> None:
        """Open the first screen. The terminal has been painted by now: what takes time to import is imported here,
        beside the screen. Keys are answered meanwhile: a session may take a second to be read."""
        await in_thread(self._import_screen)
        from llada_tui.tui.shell.key_problems import key_problems
        from llada_tui.tui.stage.pages import all_actions

        self.problems += key_problems(config_folder() / "config.toml", self.config, all_actions())
        if self._replay is not None:
            from llada_tui.trace.session import SessionError

            try:
                await self.navigation.open_replay(self._replay)
            except SessionError as error:
                self.exit(1, return_code=1, message=str(error))
                return
        elif self._follow is not None:
            await self.navigation.follow(self._follow)
        else:
            chat = await self.navigation.open_chat(self.options)
            self._opened = True
            if (lanes := self.options.lanes) is not None:
                await chat.comparing.compare(lanes)
            await chat.submitter.take_early(self._early)
            if self._lesson is not None:
                await self.navigation.open_lesson_options(self._lesson)
        for problem in self.problems:
            self.notify(problem, severity="warning", timeout=12, markup=False)

    def _import_screen(self) -> None:
        """Import the first screen."""
        if self._replay is not None or self._follow is not None:
            import llada_tui.tui.replay.replay
        else:
            import llada_tui.tui.chat.chat  # noqa: F401

    async def on_event(self, event: events.Event) -> None:
        if isinstance(event, events.Key) and not event.is_forwarded and time.monotonic() - self._notified >= _READ:
            for notification in [*self._notifications]:
                if notification.severity == "information":  # what went wrong stays for its time
                    self._unnotify(notification)
        if isinstance(event, events.Paste) and self._opened:
            from llada_tui.tui.shell.text_fields import LineText, LongText

            if not isinstance(self.focused, (LineText, LongText)):  # Textual's own fields draw what they hold
                event.text = clean(take_in(event.text))
        await super().on_event(event)

    def notify(self, message: str, **options: Any) -> None:
        """Say something: for its time, and what is no warning until the next key at most. Nothing in it is markup, nor
        reaches the terminal raw."""
        self._notified = time.monotonic()
        super().notify(clean(message), **{**options, "markup": False})

    def on_key(self, event: events.Key) -> None:
        """Keep what is typed before the prompt is there."""
        if not self._opened and (event.character or event.key == "enter"):
            self._early += "\n" if event.key == "enter" else take_in(event.character or "")

    def on_paste(self, event: events.Paste) -> None:
        if not self._opened:
            self._early += take_in(event.text)

    # -- keys and commands --------------------------------------------------------------------------------------------

    @cached_property
    def actions(self) -> Mapping[str, Action]:
        """All actions by their ids, with their keys as configured, in the order of help."""
        from llada_tui.tui.shell.action import with_keys
        from llada_tui.tui.stage.pages import all_actions

        return with_keys(all_actions(), self.config.keys)

    @property
    def page_help(self) -> list[str]:
        """A sentence on each page of the panel that has keys of its own."""
        from llada_tui.tui.stage import pages

        return [page.help for page in pages.PAGES if page.help]

    def easy_keys(self) -> dict[str, str]:
        """Keys that act on the player while the prompt is empty, and their actions."""
        return {key: action.id for action in self.actions.values() if action.easy for key in action.key_names}

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        from llada_tui.tui.player.run_screen import RunScreen
        from llada_tui.tui.shell.footer import key_names

        yield SystemCommand("theme", "Choose another theme.", self.action_change_theme)
        for action in self.actions.values():
            if isinstance(screen, RunScreen) and screen.can(action.id):
                keys = key_names(action)
                help_text = f"{keys} · {action.help}" if keys else action.help
                yield SystemCommand(action.label, help_text, self._runner(screen, action.id))

    def _runner(self, screen: Screen[Any], id: str) -> Any:
        async def run() -> None:
            await screen.run_action(id)

        return run

    @property
    def terminal_draws(self) -> bool:
        """Whether the terminal's names are those of one that draws pictures itself, and it is to."""
        from llada_tui.drawing.kitty_graphics import can_draw

        return not self.no_color and self.config.pictures == "auto" and can_draw(os.environ)

    @cached_property
    def real_pictures(self) -> TerminalPictures | None:
        """The pictures that the terminal draws, or may draw; None where it does not."""
        from llada_tui.tui.shell.real_pictures import RealPictures
        from llada_tui.tui.shell.sixel_pictures import SixelPictures
        from llada_tui.tui.shell.terminal_pictures import pictures_of

        if self.no_color or self.config.pictures != "auto":
            return None
        pictures = pictures_of(os.environ, self._driver, self.send_to_terminal, self._draw_pictures_again)
        if isinstance(pictures, RealPictures):
            self.app_resume_signal.subscribe(self, lambda _: pictures.send_again())
        if isinstance(pictures, SixelPictures):
            self.sixel_pictures = pictures
        return pictures

    def _draw_pictures_again(self) -> None:
        from llada_tui.tui.player.picture_drawing import ShowsPictures

        for screen in self.screen_stack if self.is_running else ():
            screen.query(ShowsPictures).refresh()

    def on_device_attributes(self, message: DeviceAttributes) -> None:
        if self.real_pictures is not None:
            self.real_pictures.answered(message.numbers, secondary=message.secondary)

    def on_cell_size(self) -> None:
        self._draw_pictures_again()

    async def close_down(self) -> None:
        """End the workers: a run that is going on gets its end, in its file too. The terminal forgets its pictures."""
        if self.real_pictures is not None:
            self.real_pictures.delete_all()
        await self.navigation.close_workers()

    def keep_files(self) -> None:
        self.navigation.finish_recordings()

    async def action_quit_safely(self) -> None:
        await self.leave(0)

    async def action_quit(self) -> None:
        await self.action_quit_safely()

    def action_hint_quit(self) -> None:
        from llada_tui.tui.shell.footer import key_here

        self.notify(f"Press {key_here(self, 'quit_safely')} to quit; everything is saved.")

    # -- shared by the screens ----------------------------------------------------------------------------------------

    async def copy_text(self, text: str) -> None:
        """Copy to the terminal's clipboard (OSC 52) and to the system's; in a browser's tab to the browser's alone."""
        from llada_tui.tui.shell.clipboard import copy_to_system

        self.copy_to_clipboard(text)
        if self.is_web:
            self.notify("Copied.")
            return
        system = await copy_to_system(text)
        self.notify("Copied." if system else "Copied through the terminal (OSC 52).")

    @property
    def share(self) -> ShareOptions:
        """The way in which sessions are shown to others: where nothing else is named, at the server whose model it is,
        else at this machine's own address."""
        share, worker = self.options.share, (self.options.worker or self.config.worker or "").strip()
        where = share.where or (worker if is_server_address([worker]) else "127.0.0.1")
        return msgspec.structs.replace(share, where=where)

    @staticmethod
    def slug(title: str) -> str:
        """A file name from a title."""
        return "-".join(re.findall(r"[a-z0-9]+", title.lower())[:6]) or "session"

    @cached_property
    def navigation(self) -> Navigation:
        """The ways from screen to screen."""
        from llada_tui.tui.navigation import Navigation

        return Navigation(self, self, self.options, lesson_model_named=self._lesson is not None)


if TYPE_CHECKING:
    _: type[AppApi] = LladaApp


def run_chat(options: ChatOptions | None = None) -> int:
    """Open the chat; returns the exit code."""
    return LladaApp(options).run_to_its_end()


def run_lesson(lesson: LessonOptions, options: ChatOptions) -> int:
    """Open a lesson, or their contents, on top of a chat; returns the exit code."""
    return LladaApp(options, lesson=lesson).run_to_its_end()


def run_replay(
    session: Session, path: Path, *, run: Run | None = None, frame: int | None = None, present: bool = False
) -> int:
    """Open a recorded session, at a run and frame; returns the exit code."""
    return LladaApp(replay=ReplayOptions(path, session, run, frame, present)).run_to_its_end()


def run_follow(follow: FollowOptions, options: ChatOptions) -> int:
    """Follow a session on show; ``options`` are those of the reader's own chat. Returns the exit code."""
    return LladaApp(options, follow=follow).run_to_its_end()


def run_replay_file(path: str) -> int:
    """Open a session file, which is read behind the first paint; returns the exit code."""
    return LladaApp(replay=ReplayOptions(Path(path))).run_to_its_end()
