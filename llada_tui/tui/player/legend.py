"""The legend: what the looks on the canvas mean, drawn in those very looks."""

from __future__ import annotations

from rich.style import Style

from llada_tui.analysis.colour_scale import LEVELS, ColourBy
from llada_tui.drawing.state_labels import labels_for, legend
from llada_tui.drawing.token_styles import look
from llada_tui.trace.cell import State
from llada_tui.tui.player.canvas import TokenCanvas
from llada_tui.tui.shell.bar import Bar, BarText


class Legend(Bar):
    """Explains the canvas it is given; states that the frame does not hold and that are rare are left out."""

    DEFAULT_CSS = "Legend { padding: 0 1; }"

    def __init__(self, canvas: TokenCanvas, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.canvas = canvas
        self.present: frozenset[State] = frozenset()
        self.has_end = False
        self.is_recorded = False
        """Whether a run on show records what was computed anew."""

    def note(self, present: frozenset[State], has_end: bool, is_recorded: bool) -> None:
        """Say which states the frame on show holds, whether an end of text stands in it, and whether it is recorded
        what was computed anew."""
        labels = labels_for(present, has_end)
        if (labels, is_recorded) != (labels_for(self.present, self.has_end), self.is_recorded):
            self.present, self.has_end, self.is_recorded = present, has_end, is_recorded
            self.refresh()

    def parts(self, width: int) -> list[BarText]:
        if self.canvas.colour_by is ColourBy.STATE:
            parts = []
            for sample in legend(self.present, width, has_end=self.has_end):
                parts += [BarText(sample.text, sample.state.value), BarText(" " * sample.gap)]
            return parts
        if self.canvas.colour_by is ColourBy.RECOMPUTED and not self.is_recorded:
            return [BarText("recomputed: this run does not record it", "dim")]
        return self._scale(width)

    def _scale(self, width: int) -> list[BarText]:
        """The scale between its ends: without its name, or its middle too, where all of it is too wide."""
        name = f"{self.canvas.colour_by.value}: "
        first, last = self.canvas.colour_by.ends
        room = width - len(f"{first}  {last}")
        levels = range(LEVELS) if room >= LEVELS else (0, LEVELS - 1)
        scale = [BarText("■", f"level {level}") for level in levels]
        parts = [BarText(f"{first} "), *scale, BarText(f" {last}")]
        return [BarText(name, "dim"), *parts] if room >= LEVELS + len(name) else parts

    def style_of(self, part: BarText) -> Style:
        if part.kind.startswith("level "):
            return self.canvas.token_styles.style(look(State.COMMITTED, int(part.kind[6:])))
        for state in State:
            if part.kind == state.value:
                return self.canvas.token_styles.style(look(state))
        return super().style_of(part)
