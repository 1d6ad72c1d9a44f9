"""One lane of a comparison: its canvas in a frame."""

from __future__ import annotations

from typing import ClassVar

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from llada_tui.analysis.differences import Word
from llada_tui.drawing.run_states import DONE, run_state, undecided
from llada_tui.trace.run import Run
from llada_tui.trace.text import clean
from llada_tui.tui.compare.comparison import LaneState
from llada_tui.tui.player.canvas import TokenCanvas
from llada_tui.tui.shell.bar import Bar, BarText


class _Edge(Bar):
    """The upper or the lower edge of a lane's frame, with words in it. A border's own words, which change with every
    frame, would have all that it surrounds drawn again."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {*Bar.COMPONENT_CLASSES, "bar--frame", "bar--current"}
    DEFAULT_CSS = """
    _Edge .bar--frame { color: $pane-border; }
    _Edge .bar--current { color: $accent; }
    """

    def __init__(self, *, lower: bool = False) -> None:
        super().__init__()
        self._lower = lower
        self._words, self._current = "", False

    def say(self, words: str, current: bool) -> None:
        """Have other words, and be of the current lane or not."""
        if (words, current) != (self._words, self._current):
            self._words, self._current = words, current
            self.refresh()

    def parts(self, width: int) -> list[BarText]:
        words = f" {self._words[: width - 5]} " if self._words else ""
        kind = "current" if self._current else "frame"
        line = BarText("─" * (width - 3 - cell_len(words)), kind)
        if self._lower:
            return [BarText("╰", kind), line, BarText(words, "dim"), BarText("─╯", kind)]
        return [BarText("╭─", kind), BarText(words), line, BarText("╮", kind)]


class LaneBox(Vertical):
    """One lane: its canvas in a frame, or what it waits for, and why it ended early."""

    DEFAULT_CSS = """
    LaneBox TokenCanvas, LaneBox Static { border-left: round $pane-border; border-right: round $pane-border; }
    LaneBox.-current TokenCanvas, LaneBox.-current Static { border-left: round $accent; border-right: round $accent; }
    LaneBox Static { height: auto; padding: 0 1; color: $text-muted; }
    LaneBox.-empty Static { height: 1fr; }
    LaneBox.-failed Static { color: $error; }
    """

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number
        self.canvas = TokenCanvas()
        self.canvas.display = False
        self._head, self._foot = _Edge(), _Edge(lower=True)
        self._words = Static(markup=False)
        self._shown_words = ""
        self.words: list[Word] = []
        self.differs = 0

    def compose(self) -> ComposeResult:
        yield self._head
        yield self.canvas
        yield self._words
        yield self._foot

    def say(self, lane: LaneState, frame: int, base: int) -> None:
        """Tell the lane's name, how far it is, how it differs from the lane ``base``, and what went wrong."""
        run, current = lane.run, base == self.number
        self.set_class(current, "-current")
        name = f"{self.number + 1} · {lane.label}"
        self._head.say(name if cell_len(name) <= self.size.width - 5 else name.replace(" ", ""), current)
        self.set_class(bool(lane.failure), "-failed")
        self.canvas.display = run is not None
        self.set_class(run is None, "-empty")
        words = clean(lane.failure) or (f"{lane.waits} …" if run is None else "")
        if words != self._shown_words:
            self._shown_words = words
            self._words.update(Content(words))
        self._words.display = bool(words) or run is None
        if run is None:
            self._foot.say("", current)
            return
        masks = run.masks_left(frame)
        over = run.end is not None and frame == run.last
        facts = [f"step {frame}/{steps_of(run)}", _ended(run, masks) if over else undecided(run, frame)]
        if self.differs:
            facts.append(f"{self.differs} not in {base + 1}")
        if cell_len(" · ".join(facts)) > self.size.width - 5 and len(facts) > 2:
            del facts[1]  # the table has it too
        self._foot.say(" · ".join(facts), current)


def steps_of(run: Run) -> int:
    """The number of steps that a run has made, or is to make."""
    return run.last if run.end is not None else max(run.last, run.expected_steps)


def _ended(run: Run, masks: int) -> str:
    state = run_state(run, run.last)[:12]
    return "stopped early" if state == DONE and masks else state
