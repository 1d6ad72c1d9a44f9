"""Curves of several runs over one another: one metric, a line a run, in dots of braille."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, NamedTuple

from rich.cells import set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

from llada_tui.analysis.metrics import Metric, RunMetrics
from llada_tui.drawing.braille import cell, dot, straight_line

MOST_CURVES = 6
"""Most runs in one picture: each has a colour of its own."""


class PlottedRun(NamedTuple):
    """A curve: the letter that marks it, which also gives its colour, and what it is drawn from."""

    letter: str
    name: str
    metrics: RunMetrics


class RunPlot(Widget):
    """Shows one metric of several runs by step. A curve ends in its letter, so that it is known without colours."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"run-plot--dim", *(f"run-plot--{at}" for at in range(MOST_CURVES))}
    DEFAULT_CSS = """
    RunPlot { height: 1fr; }
    RunPlot .run-plot--dim { color: $text-muted; }
    RunPlot .run-plot--0 { color: $accent; }
    RunPlot .run-plot--1 { color: $warning; }
    RunPlot .run-plot--2 { color: $success; }
    RunPlot .run-plot--3 { color: $error; }
    RunPlot .run-plot--4 { color: $secondary; }
    RunPlot .run-plot--5 { color: $foreground; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._curves: tuple[PlottedRun, ...] = ()
        self._metric: Metric | None = None
        self._lines: list[Strip] = []

    def show(self, curves: Sequence[PlottedRun], metric: Metric) -> None:
        """Show a metric of at most `MOST_CURVES` runs."""
        self._curves, self._metric = tuple(curves), metric
        self._draw()

    def on_resize(self) -> None:
        self._draw()

    def style_of(self, letter: str) -> Style:
        """The colour of a curve."""
        return self.get_component_rich_style(f"run-plot--{ord(letter) - ord('a')}")

    def _draw(self) -> None:
        metric, (width, height) = self._metric, self.size
        self._lines = []
        if metric is not None and self._curves and width > 12 and height > 2:
            top = max(curve.metrics.top(metric) for curve in self._curves) or 1.0
            steps = max(len(curve.metrics.values[metric.name]) for curve in self._curves)
            labels = [metric.words(top), "0%" if metric.share else "0"]
            margin = max(map(len, labels))
            rows, room = height - 1, width - margin - 1
            grid = self._grid(metric, top, max(steps, 1), room, rows)
            dim = self.get_component_rich_style("run-plot--dim")
            for row, cells in enumerate(grid):
                label = labels[0] if row == 0 else labels[1] if row == rows - 1 else ""
                self._lines.append(Strip([Segment(f"{label:>{margin}}│", dim), *cells]))
            axis = f"{'':>{margin}} step 1{f'step {steps}':>{max(room - 6, 1)}}"
            self._lines.append(Strip([Segment(set_cell_size(axis, width), dim)]))
        self.refresh()

    def _grid(self, metric: Metric, top: float, steps: int, room: int, rows: int) -> list[list[Segment]]:
        """The cells of the plot, row by row. Where curves meet, the later one is seen."""
        dots = [[0] * room for _ in range(rows)]
        owners = [[""] * room for _ in range(rows)]
        ends: dict[tuple[int, int], str] = {}
        for curve in self._curves:
            before: tuple[int, int] | None = None
            for step, value in enumerate(curve.metrics.values[metric.name]):
                if value is None:
                    continue
                x = step * (room * 2 - 1) // max(steps - 1, 1)
                y = round((1 - min(max(value / top, 0.0), 1.0)) * (rows * 4 - 1))
                for dot_x, dot_y in straight_line(before or (x, y), (x, y)):
                    row, column = dot_y // 4, dot_x // 2
                    if owners[row][column] != curve.letter:
                        dots[row][column], owners[row][column] = 0, curve.letter
                    dots[row][column] |= dot(dot_x, dot_y)
                before = x, y
            if before is not None:
                row, column = before[1] // 4, before[0] // 2
                while (row, column) in ends and column > 0:  # letters of curves that end together stand side by side
                    column -= 1
                ends[row, column] = curve.letter
        blank = self.rich_style
        return [
            [
                Segment(ends[row, column], self.style_of(ends[row, column]) + Style(bold=True))
                if (row, column) in ends
                else Segment(cell(dots[row][column]), self.style_of(owners[row][column]))
                if dots[row][column]
                else Segment(" ", blank)
                for column in range(room)
            ]
            for row in range(rows)
        ]

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        strip = self._lines[y] if y < len(self._lines) else Strip.blank(width, self.rich_style)
        return strip.extend_cell_length(width, self.rich_style).crop(0, width).apply_style(self.rich_style)
