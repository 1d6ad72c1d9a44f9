"""Curves: a small bar chart for each figure of a run, a column a step, with the playhead in all of them."""

from __future__ import annotations

from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from llada_tui.analysis.metrics import METRICS, Metric, RunMetrics
from llada_tui.trace.run import Run
from llada_tui.tui.shell.changed_cells import DrawnLines
from llada_tui.tui.stage.axis import Pointed, Pointing, ProportionalAxis

_BARS = " ▁▂▃▄▅▆▇█"
_NARROWEST, _GAP = 20, 2


class Curves(Pointing, can_focus=True):
    """Shows the measures of a run; posts `Pointed` when someone points at a step."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "curves--label", "curves--value", "curves--dim", "curves--bar", "curves--later", "curves--here",
    }  # fmt: skip
    DEFAULT_CSS = """
    Curves { height: 1fr; padding: 0 1; }
    Curves .curves--label { color: $foreground; text-style: bold; }
    Curves .curves--value { color: $accent; text-style: bold; }
    Curves .curves--dim { color: $text-muted; }
    Curves .curves--bar { color: $token-committed; }
    Curves .curves--later { color: $token-masked; }
    Curves .curves--here { color: $accent; text-style: bold; }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._measures: RunMetrics | None = None
        self._frame = self._total = 0
        self._drawn = DrawnLines(self)

    def show(self, run: Run | None, frame: int, total: int) -> None:
        """Show a run of which ``total`` steps are to be expected, with the playhead at a frame."""
        if run is None:
            self._measures = None
        elif self._measures is None or self._measures.run is not run:
            self._measures = RunMetrics(run)
        else:
            self._measures.update()
        self._frame, self._total = frame, max(total, run.last if run is not None else 0)
        self._drawn.refresh()

    def on_resize(self) -> None:
        self.refresh()

    def _grid(self) -> tuple[int, int, int]:
        """Charts beside each other, their width without the gap, and their height with the line of words."""
        count = len(METRICS)
        width, height = self.size.width + _GAP, max(self.size.height, 1)
        most = max(1, min(count, width // (_NARROWEST + _GAP)))
        # as few beside each other as leave each a line of words and three of bars
        columns = next((few for few in range(min(2, most), most + 1) if -(-count // few) * 4 <= height), most)
        lines = max(1, min(-(-count // columns), height // 2))
        return columns, width // columns - _GAP, height // lines

    def render_line(self, y: int) -> Strip:
        return self._drawn.note(y, self._line(y))

    def _line(self, y: int) -> Strip:
        base, width = self.rich_style, self.size.width
        measures = self._measures
        if measures is None:
            words = "Figures of each step: shown once something was asked." if y == 0 else ""
            return Strip([Segment(words, self._style("dim"))]).extend_cell_length(width, base).crop(0, width)
        columns, room, height = self._grid()
        if room < 1:  # a terminal drawn to nothing
            return Strip.blank(width, base)
        line, inside = divmod(y, height)
        segments: list[Segment] = []
        for measure in METRICS[line * columns : (line + 1) * columns]:
            if inside:
                segments += self._bars(measures, measure, room, height - 1, inside - 1)
            else:
                segments += self._words(measures, measure, room)
            segments.append(Segment(" " * _GAP, base))
        return Strip(segments).extend_cell_length(width, base).crop(0, width)

    def _style(self, name: str) -> Style:
        return self.rich_style + self.get_component_rich_style(f"curves--{name}")

    def _words(self, measures: RunMetrics, measure: Metric, room: int) -> list[Segment]:
        """A chart's name, the value at the playhead, and the end of the scale."""
        values = measures.values[measure.name]
        at = self._frame - 1
        value = values[at] if 0 <= at < len(values) else None
        if measure.name == "masks" and at < 0:
            value = float(measures.run.masks_left(0))
        shown = measure.words(value)
        top = "" if measure.share else f" of {measure.words(measures.top(measure)).split()[0]}"
        if cell_len(measure.label) + cell_len(shown) + len(top) + 1 > room:
            top = ""
        label = measure.label[: max(room - cell_len(shown) - 1, 0)]
        gap = " " * max(room - cell_len(label) - cell_len(shown) - len(top), 1)
        return [
            Segment(label, self._style("label")),
            Segment(gap, self.rich_style),
            Segment(shown, self._style("value")),
            Segment(top, self._style("dim")),
        ]

    def _bars(self, measures: RunMetrics, measure: Metric, room: int, rows: int, row: int) -> list[Segment]:
        """One row of a chart, the topmost first."""
        values, top = measures.values[measure.name], measures.top(measure)
        axis = self._axis(room)
        here = axis.on(min(self._frame, self._total) - 1) if self._frame else range(0)
        segments: list[Segment] = []
        kind, text = "", ""
        for cell in range(room):
            cell_values = [value for value in values[axis.first(cell) : axis.last(cell) + 1] if value is not None]
            mean = sum(cell_values) / len(cell_values) if cell_values else 0
            height = (mean / top if top > 0 else 0) * rows - (rows - 1 - row)
            eighths = max(0, min(8, round(height * 8)))
            if row == rows - 1 and cell_values:
                eighths = max(eighths, 1)
            cell_kind = "here" if cell in here else "bar" if axis.first(cell) < self._frame else "later"
            char = "┊" if cell_kind == "here" and not eighths else _BARS[eighths]
            if cell_kind != kind:
                if text:
                    segments.append(Segment(text, self._style(kind)))
                kind, text = cell_kind, ""
            text += char
        return [*segments, Segment(text, self._style(kind))]

    def _axis(self, room: int) -> ProportionalAxis:
        return ProportionalAxis(max(self._total, 1), room)

    # -- pointing -----------------------------------------------------------------------------------------------------

    def on_pointing_pointed_at(self, message: Pointing.PointedAt) -> None:
        message.stop()
        if self._measures is None:
            return
        _, room, _ = self._grid()
        axis = self._axis(room)
        cell = min(max(message.cell.x, 0) % (room + _GAP), axis.cells - 1)
        self.post_message(Pointed(self._measures.run.clamp(axis.last(cell) + 1)))
