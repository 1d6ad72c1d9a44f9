"""The interface of the application to its screens and widgets: they know this, and the application knows them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, cast

if TYPE_CHECKING:
    from llada_tui.lessons.lesson import Lesson
    from llada_tui.trace.events import DeleteEvent, NameEvent
    from llada_tui.trace.run import Run
    from llada_tui.tui.shell.action import Action
    from llada_tui.tui.shell.options import ShareOptions
    from llada_tui.tui.shell.terminal_pictures import TerminalPictures
    from llada_tui.user_config import Config


class NavigationApi(Protocol):
    """The ways from screen to screen."""

    @property
    def has_chat(self) -> bool:
        """Whether a chat is open, on show or not."""

    async def open_session(self, path: Path, run_id: str = "") -> None:
        """Replay a session file, from a run on where one is named. What cannot be opened is said."""

    async def continue_session(self, path: Path) -> None:
        """Go on with a recorded session: in the chat that is open, or in a new one."""

    async def branch_session(self, path: Path, run: Run, frame: int, position: int | None) -> None:
        """Begin a branch of a recorded run in the chat."""

    async def show_followed(self) -> bool:
        """Show the session of somebody else that is followed; False where none is."""

    async def branch_followed(self, run: Run, frame: int, position: int | None) -> None:
        """Begin a branch of a run of the session that is followed, in the chat and in a file of one's own."""

    def show_sessions(self) -> None:
        """List the recorded sessions."""

    def show_statistics(self) -> None:
        """Show the statistics over all recorded runs."""

    def is_open(self, path: Path) -> bool:
        """Whether the chat is recording into a session file."""

    def arrange(self, path: Path, event: NameEvent | DeleteEvent) -> None:
        """Name or delete runs of a session file, and of the chat that records into it. Raises as writing does."""

    async def rename(self, path: Path, title: str) -> None:
        """Give a session another title. Raises OSError, or `SessionError`."""

    def lessons(self) -> tuple[list[Lesson], list[str]]:
        """The lessons in their order, and a sentence for each file that is none."""

    def show_contents(self) -> None:
        """List the tour and the lessons, and open what is chosen."""

    async def open_first_lesson(self) -> None:
        """Begin the first lesson, if there is one."""

    def leave_lesson(self) -> None:
        """Leave the lesson that is open, once whoever asks for it has done so."""


class Keymap(Protocol):
    """The keys of each action, as configured."""

    @property
    def actions(self) -> Mapping[str, Action]:
        """All actions by their ids, with their keys as configured, in the order of help."""

    def easy_keys(self) -> dict[str, str]:
        """Keys that act on the player while the prompt is empty, and their actions."""


class AppApi(Keymap, Protocol):
    """The application, as its screens see it."""

    config: Config
    sessions_folder: Path
    pictures_folder: Path
    presenting: bool
    """Whether it is shown to a class: large words, and little else."""

    @property
    def share(self) -> ShareOptions:
        """The way in which sessions are shown to others."""

    @property
    def real_pictures(self) -> TerminalPictures | None:
        """The pictures that the terminal draws, or may draw; None where it cannot, or is not to."""

    @property
    def navigation(self) -> NavigationApi:
        """The ways to other screens."""

    @property
    def page_help(self) -> Sequence[str]:
        """A sentence on each page of the panel that has keys of its own."""

    def slug(self, title: str) -> str:
        """A file name from a title."""

    async def copy_text(self, text: str) -> None:
        """Copy to the terminal's clipboard and to the system's."""

    async def action_quit_safely(self) -> None:
        """End the workers, and the program."""


def app_of(node: Any) -> AppApi:
    """The application of a screen or widget that is in it."""
    return cast("AppApi", node.app)
