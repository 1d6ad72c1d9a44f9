"""The legend: what the looks on the canvas mean, drawn in those very looks."""

from __future__ import annotations

from rich.style import Style

from llada_tui.drawing.paint import look
from llada_tui.trace.run import State
from llada_tui.trace.shades import LEVELS, ColourBy
from llada_tui.trace.text import END_MARK, MASK
from llada_tui.tui.widgets.bar import Bar, Part
from llada_tui.tui.widgets.canvas import TokenCanvas

_SAMPLES = {
    State.MASKED: (f"{MASK * 3} masked", f"{MASK} masked"),
    State.PREDICTED: ("guessed, masked again", "guess"),
    State.COMMITTED_NOW: (" kept now ", "now"),
    State.COMMITTED: ("kept before", "before"),
    State.REMASKED: ("taken back", "back"),
    State.GIVEN: ("given", "given"),
    State.PINNED: ("pinned", "pinned"),
}
_END = f"{END_MARK} end of text"
_ALWAYS = (State.MASKED, State.PREDICTED, State.COMMITTED_NOW, State.COMMITTED)


class Legend(Bar):
    """Explains the canvas it is given; states that the frame does not hold and that are rare are left out."""

    DEFAULT_CSS = "Legend { padding: 0 1; }"

    def __init__(self, canvas: TokenCanvas, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.canvas = canvas
        self.present: frozenset[State] = frozenset()

    def note(self, present: frozenset[State]) -> None:
        """Say which states the frame on show holds."""
        rare = present - frozenset(_ALWAYS)
        if rare != self.present - frozenset(_ALWAYS):
            self.present = present
            self.refresh()

    def parts(self, width: int) -> list[Part]:
        if self.canvas.colour_by is ColourBy.STATE:
            states = [state for state in _SAMPLES if state in _ALWAYS or state in self.present]
            size = sum(len(_SAMPLES[state][0]) + 3 for state in states)
            short = width < size
            parts = []
            for state in states:
                parts += [Part(_SAMPLES[state][1 if short else 0], state.value), Part("   " if not short else "  ")]
            if width >= size + len(_END):
                parts.append(Part(_END, State.COMMITTED.value))
            return parts
        first, last = ("first", "latest") if self.canvas.colour_by is ColourBy.ORDER else ("unsure", "sure")
        scale = [Part("■", f"level {level}") for level in range(LEVELS)]
        return [Part(f"{self.canvas.colour_by.value}: ", "dim"), Part(f"{first} "), *scale, Part(f" {last}")]

    def style_of(self, part: Part) -> Style:
        if part.kind.startswith("level "):
            return self.canvas.painter.style(look(State.COMMITTED, int(part.kind[6:])))
        for state in State:
            if part.kind == state.value:
                return self.canvas.painter.style(look(state))
        return super().style_of(part)
