"""The pictures of the runs that are marked in the statistics: their curves, or two texts with what differs in them."""

from __future__ import annotations

from typing import NamedTuple

from textual.app import ComposeResult
from textual.containers import Container, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from llada_tui.analysis.differences import marked_differences
from llada_tui.analysis.metrics import METRICS, RunMetrics
from llada_tui.analysis.statistics import RunRow
from llada_tui.trace.run import Run
from llada_tui.trace.text import clean
from llada_tui.tui.replay.run_plot import PlottedRun, RunPlot

_MOST_TEXT = 20_000
"""Most characters of a text that are compared."""
_SIDE_BY_SIDE = 100
"""Columns from which on two texts stand side by side."""


class MarkedRun(NamedTuple):
    """A marked run: its letter, its row, and what pictures are drawn from."""

    letter: str
    row: RunRow
    metrics: RunMetrics
    text: str

    @classmethod
    def of(cls, letter: str, row: RunRow, run: Run) -> MarkedRun:
        """A run that was read."""
        return cls(letter, row, RunMetrics(run), clean(run.answer()[:_MOST_TEXT]))

    @property
    def name(self) -> str:
        """A few words that tell it from others."""
        settings = self.row.settings
        words = f"{settings.steps} steps · {settings.remasking}"
        return f"{clean(self.row.session)[:30]} · {clean(self.row.run)[:12]} · {words}"


class MarkedRuns(Vertical):
    """Shows the marked runs; nothing, and no room, without any."""

    DEFAULT_CSS = """
    MarkedRuns { height: 45%; min-height: 7; border: round $pane-border; border-title-color: $foreground;
        border-subtitle-color: $text-muted; padding: 0 1; }
    MarkedRuns #legend { height: auto; max-height: 6; text-wrap: nowrap; text-overflow: ellipsis; }
    MarkedRuns Container { layout: vertical; height: 1fr; }
    MarkedRuns Container.-beside { layout: horizontal; }
    MarkedRuns VerticalScroll { height: 1fr; width: 1fr; margin-right: 2; scrollbar-size-vertical: 1; }
    MarkedRuns VerticalScroll Static { height: auto; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._runs: list[MarkedRun] = []
        self._metric = 2
        self.texts = False
        """Whether the texts of the last two runs are shown, not the curves of all."""

    def compose(self) -> ComposeResult:
        yield Static(id="legend", markup=False)
        yield RunPlot()
        with Container():
            for name in ("first", "second"):
                with VerticalScroll():
                    yield Static(id=name, markup=False)

    def on_mount(self) -> None:
        self.show([])

    def on_resize(self) -> None:
        self.query_one(Container).set_class(self.size.width >= _SIDE_BY_SIDE, "-beside")

    def show(self, runs: list[MarkedRun]) -> None:
        """Show these runs."""
        self._runs = runs
        self.display = bool(runs)
        texts = self.texts and len(runs) > 1
        self.query_one(RunPlot).display = self.query_one("#legend").display = not texts
        self.query_one(Container).display = texts
        if texts:
            self._show_texts(*runs[-2:])
        elif runs:
            self._show_curves()

    def turn(self) -> None:
        """Show texts in place of curves, or curves in place of texts."""
        self.texts = not self.texts
        self.show(self._runs)

    def next_metric(self) -> None:
        """Show the next metric."""
        self._metric = (self._metric + 1) % len(METRICS)
        self.texts = False
        self.show(self._runs)

    def _show_curves(self) -> None:
        metric, plot = METRICS[self._metric], self.query_one(RunPlot)
        of_runs = (measure for marked in self._runs for measure in marked.metrics.metrics)
        labels = dict.fromkeys(measure.label for measure in of_runs if measure.name == metric.name)
        self.border_title = f"Curves · {' / '.join(labels)}"
        self.border_subtitle = "m next metric · t texts"
        curves = [PlottedRun(marked.letter, marked.name, marked.metrics) for marked in self._runs]
        plot.show(curves, metric)
        parts: list[Content] = []
        for curve in curves:
            colour = plot.style_of(curve.letter).color
            style = f"bold {colour.name}" if colour is not None and colour.triplet is not None else "bold"
            parts.append(Content.assemble((f"{curve.letter} ", style), curve.name))
        self.query_one("#legend", Static).update(Content("\n").join(parts))

    def _show_texts(self, first: MarkedRun, second: MarkedRun) -> None:
        self.border_title = f"Texts of {first.letter} and {second.letter} · what differs is marked"
        self.border_subtitle = "t curves"
        for id, marked, other in (("#first", first, second), ("#second", second, first)):
            parts: list[str | tuple[str, str]] = [(f"{marked.letter} ", "bold $accent"), (f"{marked.name}\n", "dim")]
            for text, differs in marked_differences(marked.text, other.text):
                parts.append((text, "bold underline $warning") if differs else text)
            self.query_one(id, Static).update(Content.assemble(*parts))
