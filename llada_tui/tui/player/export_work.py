"""A run exported in a thread, while the screen goes on and somebody may leave it."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Static

from llada_tui.export.export_format import ExportFormat, Rendering
from llada_tui.export.render import render
from llada_tui.export.render_options import RenderOptions
from llada_tui.export.run_timeline import Frame, RunTimeline
from llada_tui.trace.run import Run
from llada_tui.trace.session import Session

PATIENCE = 0.3
"""Seconds that an export may take before it is said that it goes on."""


class Exporting(ModalScreen[bool]):
    """Says that a file is being made. Gives True if it was left."""

    DEFAULT_CSS = """
    Exporting { align: center middle; }
    Exporting > Vertical { width: auto; max-width: 94%; height: auto; border: round $accent; background: $surface;
        padding: 1 2; }
    Exporting Static { width: auto; height: auto; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss(True)", "leave")]

    def __init__(self, name: str) -> None:
        super().__init__()
        self._file_name = name
        self._is_over = False

    def compose(self) -> ComposeResult:
        with Vertical() as box:
            box.border_subtitle = "esc leaves"
            yield Static(f"Drawing {self._file_name} …", markup=False)

    def end(self) -> None:
        """The file is made: close, at once or when nothing lies on this any more."""
        self._is_over = True
        if self.is_current:
            self.dismiss(False)

    def on_screen_resume(self) -> None:
        if self._is_over:
            self.dismiss(False)


def export_of(
    session: Session, run: Run, frame: int, format: ExportFormat, options: RenderOptions
) -> Callable[[], Rendering]:
    """A function that draws a run as it is now in a format: the frame on show for a picture, all of its frames else.

    It may be called in another thread: it works on a copy, so the run may grow meanwhile. Raises `ExportError`.
    """
    events = list(session.events())

    def draw() -> Rendering:
        copy = Session()
        for event in events:
            copy.add(event)
        copied = copy.runs[run.id]
        timeline = RunTimeline(copy, copied)
        step = Frame(copied.start.step + frame, copied, frame)
        return render(format, timeline, [step] if format.is_screen_picture else timeline.frames, options)

    return draw
