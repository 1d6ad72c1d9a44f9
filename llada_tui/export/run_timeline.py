"""A run in order, from the first step of the run that it branched from to its own last step."""

from __future__ import annotations

from functools import cached_property
from typing import NamedTuple

from llada_tui.drawing.pace import DWELL, least_stay
from llada_tui.export import ExportError
from llada_tui.export.small_pictures import SmallPicture, small_pictures
from llada_tui.trace.cell import Cell, State
from llada_tui.trace.run import Run
from llada_tui.trace.session import Session, title_of

LONGEST_DWELL = 1.0
"""Most seconds that a step stays on show, however long it took to make."""


class Frame(NamedTuple):
    """The canvas after ``step`` steps of a timeline: the frame ``run_frame`` of ``run``."""

    step: int
    run: Run
    run_frame: int
    by_hand: bool = False
    """Whether somebody changed tokens here: the canvas at which a branch begins."""


class RunTimeline:
    """The frames of a run in order, after those of the runs that it branched from."""

    def __init__(self, session: Session, run: Run) -> None:
        self.run = run
        self._pictures = session.pictures
        self.lineage = lineage(session, run)
        self.frames: list[Frame] = []
        for number, ancestor in enumerate(self.lineage):
            begin = ancestor.start.step
            is_last = number + 1 == len(self.lineage)
            last = ancestor.last if is_last else self.lineage[number + 1].start.step - begin
            changed = number > 0 and ancestor.ids(0) != self.frames[-1].run.ids(self.frames[-1].run_frame)
            if not number or changed:
                self.frames.append(Frame(begin, ancestor, 0, changed))
            self.frames += (Frame(begin + index, ancestor, index) for index in range(1, last + 1))

    @cached_property
    def small_pictures(self) -> tuple[list[SmallPicture], list[str]]:
        """Small versions of the pictures that the run is about, and a sentence about each that cannot be shown. To make
        them takes long; it may be done in another thread."""
        return small_pictures(self.run.start.prompt.picture_names, self._pictures)

    @property
    def title(self) -> str:
        """One line that says what the run is."""
        return title_of(self.run.question) or "llada-tui"

    @property
    def steps(self) -> tuple[int, int]:
        """The first and the last step that can be shown."""
        return self.frames[0].step, self.frames[-1].step

    @property
    def total(self) -> int:
        """The number of steps once the run has ended; until then the number that its settings give."""
        last = self.steps[1]
        return last if self.run.end is not None else max(last, self.run.expected_steps)

    @property
    def longest(self) -> int:
        """The positions of the longest canvas."""
        return max(run.positions.longest for run in self.lineage)

    def between(self, first: int | None, last: int | None) -> list[Frame]:
        """The frames from one step to another, both included. Raises `ExportError` for steps that do not exist."""
        begin, end = self.steps
        first, last = begin if first is None else first, end if last is None else last
        for step in (first, last):
            if not begin <= step <= end:
                raise ExportError(f"There is no step {step} in the run: its steps are {begin} to {end}.")
        if first > last:
            raise ExportError(f"Steps {first} to {last} are none: the first has to come before the last.")
        return [frame for frame in self.frames if first <= frame.step <= last]

    def cells(self, frame: Frame) -> list[Cell]:
        """The canvas of a frame; ``since`` counts the steps of the whole timeline.

        Tokens that a branch took over keep the confidence and the step at which the earlier run committed them.
        """
        cells = frame.run.cells(frame.run_frame)
        if frame.run is self.lineage[0] and not frame.run.start.step:
            return cells
        return [self._cell(cell, frame.run) for cell in cells]

    def _cell(self, cell: Cell, run: Run) -> Cell:
        number = self.lineage.index(run)
        if cell.state is not State.COMMITTED or cell.since or not number:
            return cell._replace(since=cell.since + run.start.step)
        before = self.lineage[number - 1]
        inherited = self._cell(before.cell_at(cell.position, run.start.step - before.start.step), before)
        if inherited.token != cell.token:
            return cell._replace(since=run.start.step)
        return cell._replace(confidence=inherited.confidence, since=inherited.since)

    def seconds(self, frame: Frame) -> float:
        """The time that a frame stays on show at speed 1, in seconds."""
        run, index = frame.run, frame.run_frame
        step_seconds = run.seconds(index) - run.seconds(index - 1) if index else 0.0
        least = least_stay(run, run.steps[index - 1]) if index else DWELL
        return min(max(least, step_seconds), LONGEST_DWELL)


def lineage(session: Session, run: Run) -> list[Run]:
    """The run, after the runs that it branched from: as far back as the session holds them and they fit."""
    line = [run]
    while (parent := session.runs.get(line[0].start.parent or "")) is not None and parent not in line:
        shared_steps = line[0].start.step - parent.start.step
        if not 0 <= shared_steps <= parent.last or parent.length_at(shared_steps) != line[0].length_at(0):
            break
        line.insert(0, parent)
    return line
