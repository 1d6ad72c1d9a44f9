"""An application that leaves in order when it is told to, says a sentence when it fails, and sends no colour where
``NO_COLOR`` is set. What Textual (8.2.8) has no public way for is here and in `terminal_driver`."""

from __future__ import annotations

import asyncio
import logging
import os
import platform
import sys
import traceback
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import textual
from rich.console import RenderableType
from textual import events
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.app import App
from textual.await_complete import AwaitComplete
from textual.color import Color
from textual.css.query import NoMatches
from textual.dom import DOMNode
from textual.driver import Driver
from textual.filter import LineFilter, Monochrome, NoColor
from textual.message import Message
from textual.notifications import Notification, Notify, SeverityLevel
from textual.screen import Screen
from textual.widget import Widget
from textual.worker import NoActiveWorker, WorkerFailed, get_current_worker

from llada_tui.paths import TRACEBACK, crash_file
from llada_tui.trace.text import clean
from llada_tui.tui.shell.caching_stylesheet import CachingStylesheet
from llada_tui.tui.shell.changed_cells import CroppedUpdate
from llada_tui.tui.shell.colourless import Colourless

if TYPE_CHECKING:
    from llada_tui.tui.shell.sixel_pictures import SixelPictures


@runtime_checkable
class LimitsLeaving(Protocol):
    """A driver that ends the process where leaving takes too long."""

    def limit_leaving(self, code: int) -> None:
        """The program leaves, and has a few seconds for it; ``code`` is the exit code where they do not suffice."""


_log = logging.getLogger(__name__)
_SHORTEST = 0.1
"""Seconds for which a notification is shown at least."""


class Notice(Notification):
    """A notification whose time never runs out before it is shown: a timer of less than nothing never ends, and keeps
    the whole program."""

    @property
    def time_left(self) -> float:
        return max(super().time_left, _SHORTEST)

    @property
    def has_expired(self) -> bool:
        return super().time_left <= 0


class TerminalApp(App[int]):
    """An application in a terminal that may go away, or send anything."""

    failure = ""
    """A sentence about the error that ended the application."""
    _left = False
    """Whether the application was told to end: what then fails in a part that is being closed is no failure."""
    _leaving: asyncio.Task[None] | None = None
    sixel_pictures: SixelPictures | None = None
    """The pictures that the terminal may draw by sixels, over what is on the screen."""

    def get_driver_class(self) -> type[Driver]:
        """The driver for a terminal, or a browser's tab, is ours; another that the environment names, or another
        system's, stays."""
        driver = super().get_driver_class()
        if driver.__name__ == "LinuxDriver":
            from llada_tui.tui.shell.terminal_driver import TerminalDriver

            return TerminalDriver
        if driver.__name__ == "WebDriver" and os.name == "posix":
            from llada_tui.tui.shell.browser_driver import BrowserDriver

            return BrowserDriver
        return driver

    def __init__(self) -> None:
        super().__init__()
        self.stylesheet = CachingStylesheet(variables=self.get_css_variables())
        self.no_color = bool(os.environ.get("NO_COLOR"))  # set to nothing, it is not set (https://no-color.org)

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Textual's filters for ``NO_COLOR`` send greys."""
        if self.no_color:
            return [Colourless(Color.parse(self.theme_variables["background"]))]
        return [item for item in super().get_line_filters() if not isinstance(item, (Monochrome, NoColor))]

    def notify(
        self,
        message: str,
        *,
        title: str = "",
        severity: SeverityLevel = "information",
        timeout: float | None = None,
        markup: bool = True,
    ) -> None:
        seconds = self.NOTIFICATION_TIMEOUT if timeout is None else timeout
        self.post_message(Notify(Notice(message, title, severity, seconds, markup=markup)))

    def push_screen(self, screen: Any, *arguments: Any, **options: Any) -> Any:
        """Show a screen, which can be dismissed once: `Screen.dismiss` closes whatever screen is on top, so that a
        second enter, or a click, that was on its way closed the chat under a dialog.

        A screen tells itself its new size after it has taken it. Of two sizes that came quickly each made it tell
        itself the other, for ever: a size that is not the application's any more is passed over.
        """
        if isinstance(screen, Screen):
            dismiss = screen.dismiss

            def dismiss_once(result: Any = None) -> AwaitComplete:
                return dismiss(result) if screen.is_active else AwaitComplete()

            is_enabled = screen.check_message_enabled

            def is_of_now(message: Message) -> bool:
                return is_enabled(message) and not (isinstance(message, events.Resize) and message.size != self.size)

            self._guard(screen)
            screen.dismiss = dismiss_once  # type: ignore[method-assign]
            screen.check_message_enabled = is_of_now  # type: ignore[method-assign]
        return super().push_screen(screen, *arguments, **options)

    def _register_child(self, parent: DOMNode, child: Widget, *place: int | None) -> None:
        self._guard(child)
        super()._register_child(parent, child, *place)

    def _guard(self, widget: Widget) -> None:
        """Have a widget pass over an event at which Textual fails by itself: a palette at a click beside all widgets,
        after another size; a list at a click on an entry that is gone. A screen that is closed while it opens passes
        over whatever fails in it."""
        on_event = widget.on_event

        async def take_event(event: events.Event) -> None:
            try:
                await on_event(event)
            except Exception as error:
                if isinstance(widget, Screen) and widget not in self.screen_stack:
                    _log.warning("A screen was closed meanwhile", exc_info=True)
                else:
                    _pass_over(error)

        widget.on_event = take_event  # type: ignore[method-assign]

    def _display(self, screen: Screen[Any], renderable: RenderableType | None) -> None:
        """Send no more of the screen than is to be drawn, and the sixels of the pictures on it."""
        if isinstance(renderable, ChopsUpdate):
            renderable = CroppedUpdate(renderable.chops, renderable.spans, renderable.chop_ends, self.sixel_pictures)
        elif isinstance(renderable, LayoutUpdate) and self.sixel_pictures is not None:
            from llada_tui.tui.shell.sixel_pictures import WholeUpdate

            renderable = WholeUpdate(renderable, self.sixel_pictures)
        super()._display(screen, renderable)

    def send_to_terminal(self, text: str) -> None:
        """Send a text that is no part of the screen, in order with what is drawn."""
        if self._driver is not None and self._driver.is_headless is False:
            self._driver.write(text)

    # -- leaving ------------------------------------------------------------------------------------------------------

    def exit(self, *arguments: Any, **options: Any) -> None:
        self._left = True
        super().exit(*arguments, **options)

    async def close_down(self) -> None:
        """End what the application has started."""

    def keep_files(self) -> None:
        """Write the ends of what is recorded, at once: the application fails."""

    def leave_soon(self, code: int) -> None:
        """Leave in order, with an exit code: a signal came, or the terminal is gone."""
        if self._leaving is None:
            self._leaving = asyncio.create_task(self.leave(code))

    async def leave(self, code: int) -> None:
        """End what is running, and then the application, whatever goes wrong with the former, or waits for ever."""
        if isinstance(driver := self._driver, LimitsLeaving):
            driver.limit_leaving(code or 1)
        try:
            await self.close_down()
        except Exception:
            _log.exception("What was running could not be ended in order")
            code = code or 1
        self.exit(code, return_code=code)

    def run_to_its_end(self) -> int:
        """Run; returns the exit code, which is 0 only if the application was left on purpose."""
        try:
            code = self.run()
        except KeyboardInterrupt:
            return 130
        except Exception as error:
            self._fail(error)
            self._print_error_renderables()
        if self.failure:
            return self.return_code or 1
        return code if code is not None else self.return_code or 1

    # -- failing ------------------------------------------------------------------------------------------------------

    def _fail(self, error: BaseException) -> None:
        """Keep what went wrong first: its details in a file, a sentence for the person; and the files that are open."""
        if self.failure:
            return
        error = error.error if isinstance(error, WorkerFailed) else error
        what = clean(f"{type(error).__name__}: {error}").replace("\n", " ")[:300]
        where = save_details(error)
        self.failure = f"llada-tui: Something unexpected happened, and the program had to end: {what} " + (
            f"(The details are in {where}.)" if where else f"({TRACEBACK}=1 shows where.)"
        )
        try:
            self.keep_files()
        except Exception:
            _log.exception("What was recorded could not be ended in order")

    async def on_event(self, event: events.Event) -> None:
        """Take an event; what fails in Textual alone is passed over."""
        try:
            await super().on_event(event)
        except Exception as error:
            _pass_over(error)

    async def run_action(self, *arguments: Any, **options: Any) -> bool:
        """Do what a key or a click asks for. What fails in it is told; the program goes on."""
        try:
            return await super().run_action(*arguments, **options)
        except Exception as error:
            # a key on its way when the program was left, or a page up in a list that is not drawn yet
            if self._left or _is_of_textual(error):
                _log.warning("An action failed, and nothing is lost", exc_info=True)
                return True
            _log.exception("An action failed: %s", arguments[:1])
            where = save_details(error)
            message = f"That failed: {type(error).__name__}: {error}"
            self.notify(clean(message)[:300] + (f" (The details are in {where}.)" if where else ""), severity="error")
            return True

    def _handle_exception(self, error: Exception) -> None:
        if self._left or _is_too_late(error) or self._is_of_closed_screen():
            _log.warning("It was too late", exc_info=error)
            return
        self._fail(error)
        super()._handle_exception(error)

    def _is_of_closed_screen(self) -> bool:
        """Whether what fails now is the work of a screen that has been closed meanwhile: its parts go before its work
        is cancelled."""
        try:
            node = get_current_worker().node
        except NoActiveWorker:
            return False
        screens = [part for part in node.ancestors_with_self if isinstance(part, Screen)]
        return node is not self and not any(screen in self.screen_stack for screen in screens)

    def _fatal_error(self) -> None:
        if os.environ.get(TRACEBACK):
            super()._fatal_error()
        else:
            self._close_messages_no_wait()

    def panic(self, *renderables: RenderableType) -> None:
        """End, because something went wrong that nobody can mend."""
        self._fail(sys.exc_info()[1] or self._exception or RuntimeError("an error without a name"))
        super().panic(*(renderables if os.environ.get(TRACEBACK) else ()))

    def _print_error_renderables(self) -> None:
        if self.failure and sys.__stderr__ is not None:
            try:
                print(self.failure, file=sys.__stderr__, flush=True)
            except OSError:
                return
        super()._print_error_renderables()


def _pass_over(error: Exception) -> None:
    """Go on after an error of Textual's alone; raises any other."""
    if not _is_of_textual(error):
        raise error
    _log.warning("An event was more than Textual can take", exc_info=error)


def _is_too_late(error: Exception) -> bool:
    """Whether an error is Textual's alone, after a message or in a worker: a part of a screen, such as the list of the
    command palette, has been closed meanwhile. Messages are still taken by everything."""
    inner = error.error if isinstance(error, WorkerFailed) else error
    frames = [frame for frame, _ in traceback.walk_tb(inner.__traceback__)]
    return (
        isinstance(inner, NoMatches)
        and (inner is not error or any(frame.f_code.co_name == "_flush_next_callbacks" for frame in frames[:1]))
        and _is_of_textual(inner)
    )


def _is_of_textual(error: BaseException) -> bool:
    """Whether an error came up in Textual, and nothing but Textual and this file had a part in it."""
    files = [frame.f_code.co_filename for frame, _ in traceback.walk_tb(error.__traceback__)]
    folder = str(Path(textual.__file__).parent)
    return bool(files) and all(file == __file__ or file.startswith(folder) for file in files)


def save_details(error: BaseException) -> Path | None:
    """Write where an error came from into a file that replaces the last one; None if that cannot be."""
    from llada_tui.version import __version__

    path = crash_file()
    lines = [
        f"llada-tui {__version__}, Python {platform.python_version()}, {platform.platform()}, "
        f"TERM={os.environ.get('TERM', '')}, {datetime.now().isoformat(timespec='seconds')}\n\n",
        *traceback.format_exception(error),
    ]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(lines), "utf-8", errors="replace")
    except OSError:
        return None
    return path
