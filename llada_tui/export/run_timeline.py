"""A run as a person tells it: from the first step of the run that it branched from, to its own last."""

from __future__ import annotations

from typing import NamedTuple

from llada_tui.export import ExportError
from llada_tui.trace.run import Cell, Run, State
from llada_tui.trace.session import Session

DWELL = 0.08
"""Least seconds that a step stays, as on the screen at speed 1."""
PATIENCE = 1.0
"""Most seconds that a step stays, however long it took to make."""


class Moment(NamedTuple):
    """The canvas after ``step`` steps, which is ``frame`` of ``run``; ``by_hand``: as somebody changed it there."""

    step: int
    run: Run
    frame: int
    by_hand: bool = False


class Story:
    """The moments of a run in order, those of the runs that it branched from first."""

    def __init__(self, session: Session, run: Run) -> None:
        self.run = run
        self.line = lineage(session, run)
        self.moments: list[Moment] = []
        for index, one in enumerate(self.line):
            begin = one.start.step
            last = one.last if index + 1 == len(self.line) else self.line[index + 1].start.step - begin
            changed = index > 0 and one.ids(0) != self.moments[-1].run.ids(self.moments[-1].frame)
            if not index or changed:
                self.moments.append(Moment(begin, one, 0, changed))
            self.moments += (Moment(begin + frame, one, frame) for frame in range(1, last + 1))

    @property
    def steps(self) -> tuple[int, int]:
        """The first and the last step that can be shown."""
        return self.moments[0].step, self.moments[-1].step

    @property
    def total(self) -> int:
        """The steps that there will have been, as far as that is known."""
        last = self.steps[1]
        return last if self.run.end is not None else max(last, self.run.settings_at(0).steps)

    def between(self, first: int | None, last: int | None) -> list[Moment]:
        """The moments from a step to another, both included. Raises `ExportError` for steps that there are not."""
        begin, end = self.steps
        first, last = begin if first is None else first, end if last is None else last
        for step in (first, last):
            if not begin <= step <= end:
                raise ExportError(f"There is no step {step} in the run: its steps are {begin} to {end}.")
        if first > last:
            raise ExportError(f"Steps {first} to {last} are none: the first has to come before the last.")
        return [moment for moment in self.moments if first <= moment.step <= last]

    def cells(self, moment: Moment) -> list[Cell]:
        """The canvas of a moment; ``since`` counts the steps of the whole story.

        What a branch took over keeps the confidence and the step that it had in the run where it was written.
        """
        cells = moment.run.cells(moment.frame)
        if moment.run is self.line[0] and not moment.run.start.step:
            return cells
        return [self._cell(cell, moment.run) for cell in cells]

    def _cell(self, cell: Cell, run: Run) -> Cell:
        at = self.line.index(run)
        if cell.state is not State.COMMITTED or cell.since or not at:
            return cell._replace(since=cell.since + run.start.step)
        before = self.line[at - 1]
        found = self._cell(before.cell(cell.position, run.start.step - before.start.step), before)
        if found.token != cell.token:
            return cell._replace(since=run.start.step)
        return cell._replace(confidence=found.confidence, since=found.since)

    def seconds(self, moment: Moment) -> float:
        """How long a moment stays on show at speed 1."""
        own = moment.run.seconds(moment.frame) - moment.run.seconds(moment.frame - 1) if moment.frame else 0.0
        return min(max(DWELL, own), PATIENCE)


def lineage(session: Session, run: Run) -> list[Run]:
    """The run, after the runs that it branched from: as far back as the session holds them and they fit."""
    line = [run]
    while (parent := session.runs.get(line[0].start.parent or "")) is not None and parent not in line:
        kept = line[0].start.step - parent.start.step
        if parent.length != run.length or not 0 <= kept <= parent.last:
            break
        line.insert(0, parent)
    return line
