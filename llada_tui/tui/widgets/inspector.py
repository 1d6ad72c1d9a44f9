"""What is known of the selected token: what it is, when it came, how sure the model was, what else it considered."""

from __future__ import annotations

from typing import ClassVar

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from textual.strip import Strip
from textual.widget import Widget

from llada_tui.trace.run import Cell, Run, State

_Line = list[tuple[str, str]]


class Inspector(Widget):
    """Shows one position of a run in one frame."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"inspector--dim", "inspector--strong", "inspector--bar", "inspector--text"}
    DEFAULT_CSS = """
    Inspector { height: 1fr; padding: 0 1; }
    Inspector .inspector--dim { color: $text-muted; }
    Inspector .inspector--strong { color: $foreground; text-style: bold; }
    Inspector .inspector--bar { color: $accent; }
    Inspector .inspector--text { color: $foreground; }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._lines: list[_Line] = _nothing()

    def show(self, run: Run | None, cell: Cell | None, frame: int) -> None:
        """Show a cell of a run, or how to choose one."""
        lines = _nothing() if run is None or cell is None else _facts(run, cell, frame)
        if lines != self._lines:
            self._lines = lines
            self.refresh()

    def render_line(self, y: int) -> Strip:
        base = self.rich_style
        width = self.size.width
        if y >= len(self._lines):
            return Strip.blank(width, base)
        pieces = [
            Segment(text, base + self.get_component_rich_style(f"inspector--{kind}")) for text, kind in self._lines[y]
        ]
        return Strip(pieces).extend_cell_length(width, base).crop(0, width)


def _nothing() -> list[_Line]:
    return [
        [("No token is selected.", "strong")],
        [("Click one, or go to the canvas with tab and move with shift+arrows or ↑ ↓.", "dim")],
    ]


def _facts(run: Run, cell: Cell, frame: int) -> list[_Line]:
    pieces = run.pieces
    first: _Line = [(f"position {cell.position}", "strong"), (f"  {cell.state.value}", "text")]
    if cell.token is not None:
        first.append((f"  “{pieces.label(cell.token)}”", "strong"))
        first.append((f"  id {cell.token}", "dim"))
        data = pieces.bytes_of(cell.token)
        if data and not data.isascii():
            first.append((f"  bytes {data[:12].hex(' ')}", "dim"))
    second: _Line = []
    if cell.state is State.GIVEN:
        second = [("It was there before the run began.", "dim")]
    elif cell.state is State.PREDICTED:
        second = [("confidence ", "dim"), (f"{cell.confidence:.1%}", "text"), ("; surer ones were kept first", "dim")]
    elif cell.token is not None:
        second = [("confidence ", "dim"), (f"{cell.confidence:.1%}", "text"), (f"  kept in step {cell.since}", "dim")]
    else:
        words = "its block is not at work" if frame else "no step has been made"
        second = [(f"Nothing is known yet: {words}.", "dim")]
    back = sum(change.state is State.REMASKED for change in run.history(cell.position))
    if back:
        second.append((f"  taken back {back} times", "text"))
    step, bars = _alternatives(run, cell, frame)
    if bars:
        second.append((f"   candidates (step {step}):", "dim"))
    return [first, second, *bars]


def _alternatives(run: Run, cell: Cell, frame: int) -> tuple[int, list[_Line]]:
    """The candidates that were recorded for the position, in the step on show or the last before it, and which."""
    for at in range(min(frame, run.last), 0, -1):
        for alternative in run.steps[at - 1].alternatives:
            if alternative.position == cell.position:
                pairs = zip(alternative.tokens, alternative.confidences, strict=False)
                return at, [_bar(run, token, share) for token, share in pairs]
    return 0, []


def _bar(run: Run, token: int, share: float) -> _Line:
    label = run.pieces.label(token)
    label = set_cell_size(label, 16) if cell_len(label) <= 16 else set_cell_size(label, 15) + "…"
    share = max(0.0, min(share, 1.0))
    return [(f"{label} ", "text"), (f"{share:6.1%} ", "dim"), ("━" * max(round(share * 24), 1 if share else 0), "bar")]
