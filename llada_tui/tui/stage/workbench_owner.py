"""The interface of the chat or the lesson to its workbench."""

from __future__ import annotations

from typing import ClassVar, Protocol

from textual.screen import Screen

from llada_tui.trace.run import Run
from llada_tui.tui.shell.action import Screens


class WorkbenchOwner(Protocol):
    """The screen of a workbench."""

    kind: ClassVar[Screens]

    @property
    def screen(self) -> Screen[object]:
        """The screen itself, as Textual has it."""

    def home(self) -> None:
        """Put the focus where it goes when nothing else asks for it."""

    def update_keys(self) -> None:
        """List the keys that matter now."""

    def run_shown(self, run: Run | None, before: Run | None) -> None:
        """A run was put on the stage, where ``before`` was: the rest of the screen follows."""
