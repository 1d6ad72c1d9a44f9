"""The interface of the workbench or the replay to its stage, with the panel."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from textual.screen import Screen

from llada_tui.trace.events import DeleteEvent, NameEvent
from llada_tui.trace.run import Run
from llada_tui.trace.session import Session
from llada_tui.worker.protocol import Influences


class StageOwner(Protocol):
    """Has the session whose runs are on the stage."""

    @property
    def screen(self) -> Screen[object]:
        """The screen itself, as Textual has it."""

    @property
    def session(self) -> Session:
        """The session whose runs are on the stage."""

    def home(self) -> None:
        """Put the focus where it goes when nothing else asks for it."""

    def update_keys(self) -> None:
        """List the keys that matter now."""

    def show_run(self, run: Run | None, *, play: bool = True, frame: int = 0) -> None:
        """Put a run on the stage, from a frame on."""

    def change_tree(self, event: NameEvent | DeleteEvent) -> None:
        """Name a run, delete some or take them back, here and in the session's file."""

    def copy_session(self, path: Path) -> None:
        """Write the session's events under another name. Raises `OSError`."""

    def ask_influence(
        self, run: Run, frame: int, position: int, token: int, answered: Callable[[Influences], None], parts: int = 0
    ) -> str:
        """Ask the model what a token of a run's frame leans on, words or so many ``parts`` of pictures; ``answered`` is
        called with the answer. Returns why the model cannot be asked, in a sentence; empty if it is."""
