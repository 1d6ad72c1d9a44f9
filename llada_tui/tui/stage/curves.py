"""Curves: a thin line for each figure of a run, with its axes, and with the playhead in all of them."""

from __future__ import annotations

from textwrap import wrap
from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from llada_tui.analysis.metrics import METRICS, Metric, RunMetrics
from llada_tui.drawing.braille import cell, curve
from llada_tui.trace.run import Run
from llada_tui.tui.shell.changed_cells import DrawnLines, changed_cells
from llada_tui.tui.shell.sliced_reading import SlicedReading
from llada_tui.tui.shell.steady_styles import SteadyStyles
from llada_tui.tui.stage.axis import Pointed, Pointing, ProportionalAxis

_NARROWEST, _GAP = 20, 2
_WITH_AXES = 18
"""Cells of a chart from which on it has the numbers of its axes."""


def _with_stop(words: str, value: float, stop: float | None) -> str:
    """The words for an entropy, and whether it is above or below that at which the strategy may end the block:
    ``0.013>0.005 nats``."""
    return words if stop is None else words.replace(" ", f"{'<' if value < stop else '>'}{stop:g} ", 1)


class Curves(SteadyStyles, Pointing, can_focus=True):
    """Shows the measures of a run; posts `Pointed` when someone points at a step."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "curves--label", "curves--value", "curves--dim", "curves--line", "curves--later", "curves--here",
    }  # fmt: skip
    DEFAULT_CSS = """
    Curves { height: 1fr; padding: 0 1; }
    Curves .curves--label { color: $foreground; text-style: bold; }
    Curves .curves--value { color: $accent; text-style: bold; }
    Curves .curves--dim { color: $text-muted; }
    Curves .curves--line { color: $token-committed; }
    Curves .curves--later { color: $token-masked; }
    Curves .curves--here { color: $accent; text-style: bold; }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._measures: RunMetrics | None = None
        self._frame = self._total = 0
        self._reading = SlicedReading(self, self._read, self.refresh)
        self._drawn = DrawnLines(self, self.render_line, changed_cells)
        self._lines: dict[str, tuple[tuple[object, ...], list[str]]] = {}
        """Each metric's line as rows of text, and what of the run it was drawn from."""

    def show(self, run: Run | None, frame: int, total: int) -> None:
        """Show a run of which ``total`` steps are to be expected, with the playhead at a frame."""
        if self._measures is not None and self._measures.run is not run:
            self._measures = None
            self._lines.clear()
        if run is not None:
            self._measures = self._measures or RunMetrics(run, seconds=0)
            self._reading.is_done()
        self._frame, self._total = frame, max(total, run.last if run is not None else 0)
        self._drawn.refresh()

    def _read(self, seconds: float) -> bool:
        return self._measures is None or self._measures.update(seconds)

    def on_resize(self) -> None:
        self.refresh()

    def _grid(self) -> tuple[int, int, int]:
        """Charts beside each other, their width without the gap, and their height with the line of words."""
        count = len(METRICS if self._measures is None else self._measures.metrics)
        width, height = self.size.width + _GAP, max(self.size.height, 1)
        most = max(1, min(count, width // (_NARROWEST + _GAP)))
        # as few beside each other as leave each a line of words and three of bars
        columns = next((few for few in range(min(2, most), most + 1) if -(-count // few) * 4 <= height), most)
        lines = max(1, min(-(-count // columns), height // 2))
        return columns, width // columns - _GAP, height // lines

    def render_line(self, y: int) -> Strip:
        return self._drawn.note(y, self._line(y))

    def _line(self, y: int) -> Strip:
        base, width = self._style(""), self.size.width
        measures = self._measures
        if measures is None:
            lines = wrap("Figures of each step: shown once something was asked.", max(width, 1))
            words = lines[y] if y < len(lines) else ""
            return Strip([Segment(words, self._style("dim"))]).extend_cell_length(width, base).crop(0, width)
        columns, room, height = self._grid()
        if room < 1:  # a terminal drawn to nothing
            return Strip.blank(width, base)
        line, inside = divmod(y, height)
        segments: list[Segment] = []
        for measure in measures.metrics[line * columns : (line + 1) * columns]:
            if inside:
                segments += self._chart(measures, measure, room, height - 1, inside - 1)
            else:
                segments += self._words(measures, measure, room)
            segments.append(Segment(" " * _GAP, base))
        return Strip(segments).extend_cell_length(width, base).crop(0, width)

    def _style(self, name: str) -> Style:
        """The style of a part of the charts, or of what is between them."""
        return self.base + self.get_component_rich_style(f"curves--{name}") if name else self.base

    def _words(self, measures: RunMetrics, measure: Metric, room: int) -> list[Segment]:
        """A chart's name, the value at the playhead, and the end of the scale."""
        values = measures.values[measure.name]
        at = self._frame - 1
        value = values[at] if 0 <= at < len(values) else None
        if measure.name == "masks" and at < 0:
            value = float(measures.run.masks_left(0))
        shown = measure.words(value)
        if measure.name == "entropy" and value is not None:
            shown = _with_stop(shown, value, measures.run.steps[at].stop_entropy)
            if cell_len(measure.label) + cell_len(shown) >= room:
                shown = shown.removesuffix(measure.unit)
        has_axes = self._margin(room) and self._grid()[2] > 1
        top = "" if measure.share or has_axes else f" of {self._number(measures, measure)}"
        if cell_len(measure.label) + cell_len(shown) + len(top) + 1 > room:
            top = ""
        label = measure.label[: max(room - cell_len(shown) - 1, 0)]
        gap = " " * max(room - cell_len(label) - cell_len(shown) - len(top), 1)
        return [
            Segment(label, self._style("label")),
            Segment(gap, self._style("")),
            Segment(shown, self._style("value")),
            Segment(top, self._style("dim")),
        ]

    def _chart(self, measures: RunMetrics, measure: Metric, room: int, rows: int, row: int) -> list[Segment]:
        """One row of a chart, the topmost first: the numbers of its axis, and its line."""
        margin = self._margin(room)
        room -= margin
        with_steps = margin > 0 and rows > 3
        if with_steps and row == rows - 1:
            last = f"step {max(self._total, 1)}"
            return [Segment(f"{'1':>{margin}}{last:>{room}}"[: margin + room], self._style("dim"))]
        rows -= with_steps
        line = self._line_of(measures, measure, room, rows)[row]
        segments = []
        if margin:
            number = self._number(measures, measure) if row == 0 else "0" if row == rows - 1 else ""
            segments.append(Segment(f"{number:>{margin - 1}}{'┤' if number else '│'}", self._style("dim")))
        here = self._axis(room).on(min(self._frame, self._total) - 1) if self._frame else range(0)
        at = here[-1] if here else -1
        mark = line[at : at + 1] if at >= 0 else ""
        return [
            *segments,
            Segment(line[: max(at, 0)], self._style("line")),
            Segment("┊" if mark == " " else mark, self._style("here")),
            Segment(line[at + 1 :], self._style("later")),
        ]

    def _line_of(self, measures: RunMetrics, measure: Metric, room: int, rows: int) -> list[str]:
        """The rows of a metric's line, drawn once for the steps that there are."""
        values, top = measures.values[measure.name], measures.top(measure)
        source = (len(values), top, self._total, room, rows)
        if measure.name not in self._lines or self._lines[measure.name][0] != source:
            steps = max(self._total - 1, 1)
            points = [
                None if value is None else (min(step / steps, 1.0), 1 - min(max(value / top, 0.0), 1.0) if top else 1.0)
                for step, value in enumerate(values)
            ]
            bits = curve(points, room, rows)
            self._lines[measure.name] = source, ["".join(cell(dots) if dots else " " for dots in row) for row in bits]
        return self._lines[measure.name][1]

    def _number(self, measures: RunMetrics, measure: Metric) -> str:
        """The end of a metric's scale, without its unit."""
        return measure.words(measures.top(measure)).split()[0]

    def _margin(self, room: int) -> int:
        """Cells for the numbers of the axes, the same for all charts; none where there is no room for them."""
        measures = self._measures
        if measures is None or room < _WITH_AXES:
            return 0
        return max(cell_len(self._number(measures, measure)) for measure in measures.metrics) + 1

    def _axis(self, room: int) -> ProportionalAxis:
        return ProportionalAxis(max(self._total, 1), room)

    # -- pointing -----------------------------------------------------------------------------------------------------

    def on_pointing_pointed_at(self, message: Pointing.PointedAt) -> None:
        message.stop()
        if self._measures is None:
            return
        _, room, _ = self._grid()
        margin = self._margin(room)
        axis = self._axis(max(room - margin, 1))
        column = min(max(max(message.cell.x, 0) % (room + _GAP) - margin, 0), axis.cells - 1)
        self.post_message(Pointed(self._measures.run.clamp(axis.last(column) + 1)))
