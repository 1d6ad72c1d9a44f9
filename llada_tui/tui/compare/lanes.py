"""Lanes: several runs on one question side by side, with one timeline and a table; what differs is marked."""

from __future__ import annotations

import time
from collections.abc import Sequence

from rich.style import Style
from textual.app import ComposeResult
from textual.containers import Grid
from textual.message import Message

from llada_tui.analysis.differences import words_missing_in, words_of
from llada_tui.drawing.run_states import run_state
from llada_tui.settings.vary import columns
from llada_tui.trace.cell import State
from llada_tui.trace.run import Run
from llada_tui.trace.text import clean
from llada_tui.tui.compare.comparison import LaneState
from llada_tui.tui.compare.lane_box import LaneBox, steps_of
from llada_tui.tui.compare.lane_player import LanePlayer
from llada_tui.tui.compare.lane_table import Column, LaneTable
from llada_tui.tui.player.legend import Legend
from llada_tui.tui.player.player_view import PlayerView
from llada_tui.tui.shell.bar import BarText

_KEPT = {State.COMMITTED, State.COMMITTED_NOW, State.EDITED}
COMING = "…"
"""The sign for a figure that is still to come; ``-`` is one that there is none of."""
_WIDE = 160
"""Columns from which on all lanes stand in one row."""
_LOW = 12
"""Rows under which two rows of lanes are too low to be read."""


class LanesLegend(Legend):
    """Says what is marked, too."""

    def __init__(self, lanes: Lanes) -> None:
        super().__init__(lanes.canvas, id="legend")
        self._lanes = lanes
        self._marked = (False, 0)

    def follow(self) -> None:
        """Say what is marked now."""
        marked = (self._lanes.marking, self._lanes.current)
        if marked != self._marked:
            self._marked = marked
            self.refresh()

    def right_parts(self, width: int) -> list[BarText]:
        words = f"not in lane {self._lanes.current + 1}"
        return [BarText("marked", "pointed"), BarText(f" {words} ", "dim")] if self._lanes.marking else []

    def style_of(self, part: BarText) -> Style:
        if part.kind == "pointed":
            return self.canvas.token_styles.style(0, pointed=True)
        return super().style_of(part)


class Lanes(PlayerView):
    """Shows lanes. The current lane is the one that keys act on, and that the others are compared with."""

    DEFAULT_CSS = """
    Lanes { layout: vertical; height: 1fr; width: 1fr; }
    Lanes Grid { height: 1fr; }
    Lanes LaneTable { border: round $pane-border; border-title-color: $foreground; }
    Lanes.-whole LaneBox { display: none; }
    Lanes.-whole LaneBox.-current { display: block; }
    """

    class MomentShown(Message):
        """Another moment is on show."""

    def __init__(self, count: int, *, dwell: float, id: str | None = None) -> None:
        self.boxes = [LaneBox(number) for number in range(count)]
        self.player: LanePlayer = LanePlayer(dwell)
        super().__init__(self.player, [box.canvas for box in self.boxes], id=id)
        self.lane_states: list[LaneState] = []
        self.table = LaneTable(count, id="lanes-table")
        self.table.border_title = "Lanes"
        self.legend = LanesLegend(self)
        self.legends = [self.legend]

    @property
    def shown(self) -> tuple[Run | None, int]:
        run = self.lane_states[self.current].run if self.lane_states else None
        return run, self._frame_of(run)

    @property
    def marking(self) -> bool:
        """Whether anything is marked as different."""
        return any(box.differs for box in self.boxes)

    def compose(self) -> ComposeResult:
        with Grid():
            yield from self.boxes
        yield self.legend
        yield self.timeline
        yield self.table

    def on_resize(self) -> None:
        """As many lanes side by side as can be read."""
        count, (width, height) = len(self.boxes), self.size
        across = count if count < 3 or width >= _WIDE or (count == 3 and width >= 100) else 2
        down = -(-count // across)
        if down > 1 and height - count - 4 < _LOW:
            across, down = count, 1
        grid = self.query_one(Grid)
        grid.styles.grid_size_columns, grid.styles.grid_size_rows = across, down
        if self.whole:
            grid.styles.grid_size_columns = grid.styles.grid_size_rows = 1

    # -- showing ------------------------------------------------------------------------------------------------------

    def show_lane_states(self, lane_states: Sequence[LaneState]) -> None:
        """Put lanes on show from their beginning, as many as there are boxes."""
        self.lane_states = list(lane_states)
        self.player.show_runs([], time.monotonic())
        self.take_runs()

    def take_runs(self) -> None:
        """Show the runs that the lanes have by now, from where the playhead is."""
        runs = [lane.run for lane in self.lane_states if lane.run is not None]
        player = self.player
        if runs != player.runs:
            going_on = bool(player.runs)
            player.show_runs(
                runs, time.monotonic(), play=player.playing or not going_on, frame=player.frame if going_on else 0
            )
        self.redraw()
        self.wake()

    def _frame_of(self, run: Run | None) -> int:
        if run is None or run not in self.player.runs:
            return 0
        return self.player.frames[self.player.runs.index(run)]

    def redraw(self) -> None:
        if not self.lane_states or not self.is_mounted:
            return
        frames = dict(zip((run.id for run in self.player.runs), self.player.frames, strict=True))
        shown_frames = [frames.get(lane.run.id, 0) if lane.run is not None else 0 for lane in self.lane_states]
        for box, lane, frame in zip(self.boxes, self.lane_states, shown_frames, strict=True):
            box.canvas.show(lane.run, frame, follow=self.player.playing)
            box.words = words_of(lane.run, frame) if lane.run is not None else []
        base = self.boxes[self.current]
        for box, lane, frame in zip(self.boxes, self.lane_states, shown_frames, strict=True):
            missing = words_missing_in(box.words, base.words) if box is not base and base.words else []
            box.differs = len(missing)
            box.canvas.pointed = frozenset(place for word in missing for place in word.positions)
            box.say(lane, frame, self.current)
        self._tabulate(shown_frames)
        canvases = [box.canvas for box in self.boxes]
        present = frozenset[State]().union(*(canvas.states for canvas in canvases))
        has_end = any(canvas.frame_rows.has_end for canvas in canvases)
        self.legend.note(present, has_end, self.is_recomputed_known)
        self.legend.follow()
        super().redraw()
        self.post_message(self.MomentShown())

    def _tabulate(self, frames: Sequence[int]) -> None:
        lane_states, runs = self.lane_states, [lane.run for lane in self.lane_states]
        varied = columns([lane.settings for lane in lane_states], [lane.model for lane in lane_states])
        pairs = list(zip(runs, frames, strict=True))
        base = self.current
        log_p = [Column("log p", [_weight(lane) for lane in lane_states], rank=2)]
        table = [Column("lane", [str(number + 1) for number in range(len(lane_states))])]
        table += [
            Column(name, [clean(cell)[-28:] for cell in cells], all(_is_number(cell) for cell in cells), 1)
            for name, cells in varied.items()
        ]
        table += [
            Column("passes", [f"{frame}/{steps_of(run)}" if run else "-" for run, frame in pairs], rank=1),
            Column("time", [f"{run.seconds(frame):.2f} s" if run else "-" for run, frame in pairs], rank=1),
            Column("tokens/s", [f"{run.rate(frame):.0f}" if run else "-" for run, frame in pairs], rank=3),
            Column("confidence", [self._sureness(box) for box in self.boxes], rank=2),
            *(log_p if any(map(_weighed, lane_states)) else []),
            Column(f"words not in {base + 1}", ["-" if n == base else str(box.differs)
                                                   for n, box in enumerate(self.boxes)], rank=4),
            Column("", [self._state(lane, frame) for lane, frame in zip(lane_states, frames, strict=True)], False, 2),
        ]  # fmt: skip
        self.table.show(table, base)

    def _state(self, lane: LaneState, frame: int) -> str:
        """The state of a lane of which a frame is on show, in a word."""
        run = lane.run
        if lane.failure or run is None:
            return "failed" if lane.failure else "waiting"
        return run_state(run, frame, held=self.player.held, playing=self.player.playing)

    @staticmethod
    def _sureness(box: LaneBox) -> str:
        """The mean probability of the tokens that were kept, when they were."""
        confidences = [cell.confidence for cell in box.canvas.cells if cell.state in _KEPT]
        return f"{sum(confidences) / len(confidences):.2f}" if confidences else "-"

    # -- lanes --------------------------------------------------------------------------------------------------------

    def choose(self, number: int) -> None:
        """Make a lane the current one."""
        self.current = number % len(self.boxes)
        self.legend.canvas = self.canvas
        self.redraw()

    def on_descendant_focus(self) -> None:
        for box in self.boxes:
            if box.canvas.has_focus and box.number != self.current:
                self.choose(box.number)

    @property
    def whole(self) -> bool:
        """Whether the current lane has all the room."""
        return self.has_class("-whole")

    @whole.setter
    def whole(self, whole: bool) -> None:
        self.set_class(whole, "-whole")
        self.on_resize()


def _weighed(lane: LaneState) -> bool:
    """Whether it is known how likely the answer is, or will be."""
    return lane.expected or lane.likelihood is not None


def _weight(lane: LaneState) -> str:
    """The log-likelihood of the whole answer in words, with the standard error of the estimate."""
    if lane.likelihood is None:
        return COMING if lane.expected else "-"
    value, error = lane.likelihood
    value = round(value, 1) + 0.0  # no -0.0
    return f"{value:.1f} ± {error:.1f}" if error else f"{value:.1f}"


def _is_number(cell: str) -> bool:
    return cell.replace(".", "", 1).replace("-", "", 1).isdigit() or cell == "-"
