"""The session's tree of runs, over the screen."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen

from llada_tui.trace.events import DeleteEvent, NameEvent
from llada_tui.trace.run import Run
from llada_tui.trace.session import Session
from llada_tui.tui.stage.run_tree import RunTree


class RunsDialog(ModalScreen[list[Run] | None]):
    """Lists the runs as a tree; gives the one to show, or those to show side by side."""

    DEFAULT_CSS = """
    RunsDialog { align: center middle; }
    RunsDialog > Vertical { width: 100; max-width: 96%; height: 80%; border: round $accent; background: $surface;
        padding: 0 1; }
    RunsDialog RunTree:focus { border: none; }
    RunsDialog RunTree { height: 1fr; border: none; background: $surface; padding: 0; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q,t", "dismiss(None)", "close")]

    def __init__(self, session: Session, shown: Run | None, change: Callable[[NameEvent | DeleteEvent], None]) -> None:
        super().__init__()
        self._change = change
        self.runs = RunTree(session, shown)

    def compose(self) -> ComposeResult:
        with Vertical() as box:
            box.border_title = "Runs"
            box.border_subtitle = "enter shows · r name · d delete · u undo · esc close"
            yield self.runs

    def on_mount(self) -> None:
        self.runs.focus()

    def on_run_tree_picked(self, message: RunTree.Picked) -> None:
        self.dismiss([message.run])

    def on_run_tree_picked_lanes(self, message: RunTree.PickedLanes) -> None:
        self.dismiss(message.runs)

    def on_run_tree_tree_changed(self, message: RunTree.TreeChanged) -> None:
        message.stop()
        self._change(message.event)
        self.runs.fill()
