"""A screen with a stage, as the objects that it is made of see it."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from textual.screen import Screen

from llada_tui.trace.events import DeleteEvent, NameEvent
from llada_tui.trace.run import Run
from llada_tui.trace.session import Session
from llada_tui.tui.stage.page import PanelOwner


class StageOwner(PanelOwner, Protocol):
    """Shows the runs of a session."""

    @property
    def screen(self) -> Screen[object]:
        """The screen itself, as Textual has it."""

    @property
    def session(self) -> Session:
        """The session whose runs are on the stage."""

    def show_run(self, run: Run | None, *, play: bool = True, frame: int = 0) -> None:
        """Put a run on the stage, from a frame on."""

    def change_tree(self, event: NameEvent | DeleteEvent) -> None:
        """Name a run, delete some or take them back, here and in the session's file."""

    def copy_session(self, path: Path) -> None:
        """Write the session's events under another name. Raises `OSError`."""
