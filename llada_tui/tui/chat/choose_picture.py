"""The dialog for a picture's file: its path, typed and completed, or chosen from the folder's list."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from llada_tui.trace.text import clean
from llada_tui.tui.chat.picture_paths import PathMatch, completed, matches, written_path
from llada_tui.tui.shell.text_fields import LineText
from llada_tui.tui.shell.threads import in_thread


class ChoosePicture(ModalScreen[Path | None]):
    """Asks for a picture's file; None if it was left."""

    DEFAULT_CSS = """
    ChoosePicture { align: center middle; }
    ChoosePicture > Vertical { width: 76; max-width: 94%; height: auto; max-height: 94%; border: round $accent;
        background: $surface; padding: 0 1; }
    ChoosePicture Input { border: round $pane-border; background: $surface; padding: 0 1; }
    ChoosePicture Input:focus { border: round $accent; }
    ChoosePicture Static { height: 1; color: $text-muted; padding: 0 1; }
    ChoosePicture OptionList { height: auto; max-height: 12; text-wrap: nowrap; text-overflow: ellipsis;
        background: $surface; border: none; padding: 0 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "cancel"),
        Binding("tab", "complete", "complete", show=False, priority=True),
        Binding("down", "list", "the list", show=False),
    ]

    def __init__(self, folder: Path) -> None:
        """``folder``: where to begin."""
        super().__init__()
        self._folder = folder
        self._offered: list[PathMatch] = []
        self._listed: str | None = None
        """The text that the list is about."""
        self._in_turn = asyncio.Lock()
        """One folder is looked at at a time, however slow its disk is, and keys wait for the list in their order."""

    def compose(self) -> ComposeResult:
        with Vertical() as box:
            box.border_title = "Attach a picture"
            box.border_subtitle = "tab completes · enter accepts · ↓ the list · esc leaves"
            yield LineText(os.path.join(self._folder, ""), select_on_focus=False)
            yield Static("", id="words", markup=False)
            yield OptionList(markup=False)

    def on_mount(self) -> None:
        self.run_worker(self._list())

    @property
    def _typed(self) -> str:
        return self.query_one(LineText).text

    def _put(self, text: str) -> None:
        field = self.query_one(LineText)
        field.text = text
        field.cursor_position = len(field.value)
        field.focus()

    async def _list(self, then: Callable[[], str] | None = None) -> None:
        """List what may be meant, and then take what ``then`` returns, if that is any text."""
        async with self._in_turn:
            if (typed := self._typed) != self._listed:
                self._offer(await in_thread(lambda: matches(typed)))
                self._listed = typed
            if then is not None and (text := then()):
                await self._take(text)

    def _offer(self, offered: list[PathMatch]) -> None:
        self._offered = offered
        options = self.query_one(OptionList)
        options.clear_options()
        options.add_options(
            Option(Content.assemble((clean(match.name) + "/" * match.is_folder, "bold" if match.is_folder else "")))
            for match in self._offered
        )
        pictures = sum(not match.is_folder for match in self._offered)
        self.query_one("#words", Static).update(
            f"{pictures} picture{'s' * (pictures != 1)}, {len(self._offered) - pictures} folders"
            if self._offered
            else "No picture begins like this."
        )

    async def _take(self, text: str) -> None:
        """Take a picture, or look into a folder."""
        path = written_path(text)
        if await in_thread(lambda: os.path.isdir(path)):
            self._put(os.path.join(text, ""))
        else:
            self.dismiss(path)

    def action_complete(self) -> None:
        self.run_worker(self._list(self._complete))

    def _complete(self) -> str:
        self._put(completed(self._typed, self._offered))
        return ""

    def action_list(self) -> None:
        options = self.query_one(OptionList)
        if options.option_count and self.focused is not options:
            options.focus()
            options.highlighted = 0

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        self.run_worker(self._take(self._offered[event.option_index].text))

    def on_input_changed(self) -> None:
        self.run_worker(self._list())

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.run_worker(self._list(self._meant))

    def _meant(self) -> str:
        """The text of the only picture that is offered, or what was typed."""
        pictures = [match for match in self._offered if not match.is_folder]
        only = len(self._offered) == len(pictures) == 1
        return pictures[0].text if only else self._typed.strip()
