"""A whole run as one picture: the state of every position in every frame, a byte each, at any zoom.

Where a canvas grows or shrinks, columns open and close: there is one for every position that there ever was, in the
order of the canvas, and it is `BLANK` in the frames in which the position is not there.

A cell of the picture may stand for several positions and several frames. It then shows the state of most of these
positions in the last of these frames, unless something happened in them: a token committed, edited or remasked.
Only the parts of rows that are asked for are made: from what changed since the nearest of a few frames that are stored
whole, or since the row before it; or from the history of each position, where more than that changed.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from operator import attrgetter

from llada_tui.analysis.colour_scale import LEVELS, ColourBy, EntropyScale, level, within
from llada_tui.analysis.recomputed import Recomputed
from llada_tui.analysis.revisions import Revisions, revision_share
from llada_tui.trace.cell import Cell, State, TokenChange
from llada_tui.trace.events import Choice
from llada_tui.trace.run import Run

_ORDER = (
    State.MASKED, State.NOISE, State.AHEAD, State.PREDICTED, State.COMMITTED, State.GIVEN, State.PINNED,
    State.COMMITTED_NOW, State.EDITED, State.REMASKED,
)  # fmt: skip
"""By importance, the least first: of several states on one cell the most important one is shown."""
_RANK = {state: rank * (LEVELS + 1) for rank, state in enumerate(_ORDER)}
_EVENTS = _RANK[State.PINNED]
"""Codes from here on happened in the frame itself, or are pins, which are shown whatever most positions are."""
BLANK = 255
"""The code of a frame that the run has not reached, and of a position that is not on the canvas in a frame."""
_PART = 64
"""Cells that are made at once."""
_PARTS = 32768
"""Most parts of rows that are remembered."""

MOST_CODES = len(_ORDER) * (LEVELS + 1)
"""All codes but `BLANK` are below this."""
OF_GUESSES = frozenset({ColourBy.CONFIDENCE, ColourBy.ENTROPY, ColourBy.REVISIONS})
"""The colourings that tell something of guesses: they show those that noise hides on the canvas."""


def code_of(state: State, level: int | None = None) -> int:
    """The code of a state, at a level of the colour scale or in its own colour: one byte."""
    return _RANK[state] + (0 if level is None else level + 1)


def state_of(code: int) -> tuple[State, int | None]:
    """The state of a code, and its level or None."""
    rank, level = divmod(code, LEVELS + 1)
    return _ORDER[rank], level - 1 if level else None


def most_important(codes: bytes) -> int:
    """The code of a cell that stands for several positions: of what happened in them, else of most of them."""
    most = max(codes)
    if most == BLANK:
        most = max(codes.replace(bytes([BLANK]), b""), default=BLANK)
    return most if most >= _EVENTS and most != BLANK else _usual(codes)


def _usual(codes: bytes | bytearray) -> int:
    """The code in the middle of some."""
    return codes[0] if len(codes) == 1 else sorted(codes)[len(codes) // 2]


_FRAME = attrgetter("frame")
_MOST_IMPORTANT = code_of(State.REMASKED)
_MASKED, _NOISE, _AHEAD, _PREDICTED, _COMMITTED = map(
    code_of, (State.MASKED, State.NOISE, State.AHEAD, State.PREDICTED, State.COMMITTED)
)


class Spacetime:
    """The picture of a run in one colouring. ``frames``: how many there will be, for colouring by order."""

    every = 64
    """Frames between two that are stored whole."""

    def __init__(self, run: Run, by: ColourBy, frames: int) -> None:
        self.run, self.by, self.frames = run, by, max(frames, 1)
        self._entropy_scale = EntropyScale(run)
        self._revisions = Revisions(run)
        self._recomputed = Recomputed(run)
        self._whole: dict[int, bytes] = {}
        """The codes of the frames that are stored whole."""
        self._before = 0, b""
        self._changes = [0]
        """The number of tokens that steps changed up to each frame."""
        self._parts: dict[tuple[int, int, int, int], bytes] = {}
        self._order: Sequence[int] = ()
        self._made_for = 0, False
        """The positions that there ever were, and whether any came or went, when the columns were made."""
        self._columns: dict[int, int] = {}
        """By position: its column; empty while the two are the same."""

    def row(self, first: int, last: int, each: int, start: int = 0, stop: int | None = None) -> bytes:
        """The codes of a row of cells for the frames ``first`` to ``last``, both included; a byte a cell.

        A cell is ``each`` positions wide. ``start`` and ``stop`` choose some of the cells. All are `BLANK` where
        the run has not reached frame ``first``.
        """
        run = self.run
        if self._made_for != (run.positions.ever, run.positions.has_changed):
            self._new_columns()
        cells = -(-run.positions.ever // each)
        stop = cells if stop is None else min(stop, cells)
        if first > run.last:
            return bytes([BLANK]) * (stop - start)
        last = min(last, run.last)
        first_part = start // _PART
        keys = [(first, last, each, part) for part in range(first_part, -(-stop // _PART))]
        parts = [self._parts.get(key) for key in keys]
        begin = first_part * _PART
        if None in parts:
            codes = self._make(first, last, each, range(begin, min(begin + len(parts) * _PART, cells)))
            if self._done(last):
                if len(self._parts) >= _PARTS:
                    self._parts.clear()
                self._parts.update((key, codes[n * _PART : (n + 1) * _PART]) for n, key in enumerate(keys))
        else:
            codes = b"".join(part for part in parts if part is not None)
        return codes[start - begin : stop - begin]

    def cell(self, position: int, frame: int) -> Cell:
        """A position in a frame, as the picture shows it."""
        cell = self.run.cell(position, frame, noise=self.by not in OF_GUESSES)
        return cell if cell.guessed else self.run.cell(position, frame)

    def read(self, seconds: float) -> bool:
        """Read what the colours need of the whole run, for at most so many processor seconds; whether all is read."""
        return self.by is not ColourBy.REVISIONS or self._revisions.read(self.run.last, seconds)

    def _new_columns(self) -> None:
        """Positions came or went: what was made of earlier columns does not hold."""
        positions = self.run.positions
        self._order, self._made_for = positions.order, (positions.ever, positions.has_changed)
        self._columns = {at: column for column, at in enumerate(self._order)} if positions.has_changed else {}
        self._parts.clear()
        self._whole.clear()
        self._before = 0, b""

    def _done(self, frame: int) -> bool:
        """Whether a frame cannot change any more: the last one may still be changed by hand."""
        return frame < self.run.last or self.run.end is not None

    def _make(self, first: int, last: int, each: int, cells: range) -> bytes:
        run = self.run
        columns = range(cells.start * each, min(cells.stop * each, run.positions.ever))
        codes = self._predicted(last, columns)
        if each > 1:
            codes = bytearray(_usual(codes[at : at + each]) for at in range(0, len(codes), each))
        if self._changes_between(first - 1, last) > len(columns):
            for column in columns:
                at, code = column // each - cells.start, self._event(self._order[column], first, last)
                codes[at] = max(codes[at], code)
            return bytes(codes)
        for frame in range(first, last + 1):
            for cell in self._changed(frame):
                column = self._columns.get(cell.position, cell.position)
                if column in columns:
                    at, code = column // each - cells.start, self._code(cell)
                    if code >= _EVENTS and code > codes[at]:
                        codes[at] = code
        return bytes(codes)

    def _predicted(self, frame: int, columns: range) -> bytearray:
        """The codes of a frame in some columns, with its predictions, without what happened in it."""
        if not self._columns:
            codes = self._settled(frame)[columns.start : columns.stop]
            self._predict(codes, frame, columns)
            return codes
        codes = bytearray(self._settled(frame))
        self._predict(codes, frame, range(len(codes)))
        shown = (self._order[column] for column in columns)
        return bytearray(codes[at] if self.run.positions.has(at, frame) else BLANK for at in shown)

    def _event(self, position: int, first: int, last: int) -> int:
        """The code of the most important thing that happened at a position in some frames; 0 where nothing did."""
        changes, most, later = self.run.history(position), 0, last + 1
        at = bisect_right(changes, last, key=_FRAME) - 1
        while at >= 0 and (change := changes[at]).frame >= first and most < _MOST_IMPORTANT:
            if change.frame < later:  # of several in a frame the last one holds
                later = change.frame
                code = self._code(Cell(position, change.state, change.token, change.confidence, later))
                most = max(most, code if code >= _EVENTS else 0)
            at -= 1
        return most

    def _changes_between(self, before: int, frame: int) -> int:
        """The number of tokens that the steps after a frame changed, up to another."""
        changes = self._changes
        for step in self.run.steps[len(changes) - 1 :]:
            changes.append(changes[-1] + len(step.commits) + len(step.edits) + len(step.remasked))
        return changes[frame] - changes[max(before, 0)]

    # -- frames -------------------------------------------------------------------------------------------------------

    def _settled(self, frame: int) -> bytearray:
        """The codes of a frame without what happened in it: masks, and tokens with the level of their commit."""
        if not self.run.last:  # the first frame may still be changed by hand
            return self._settled_anew(0)
        nearest = min(frame, self.run.last - 1) // self.every * self.every
        if nearest < self._before[0] <= frame:
            nearest, whole = self._before
        elif (stored := self._whole.get(nearest)) is not None:
            whole = stored
        else:
            whole = self._whole[nearest] = bytes(self._settled_anew(nearest))
        if self._changes_between(nearest, frame) > self.run.positions.ever:
            codes = self._settled_anew(frame)
        else:
            codes = bytearray(whole)
            for at in range(nearest + 1, frame + 1):
                self._advance(codes, at)
        if self._done(frame):
            self._before = frame, bytes(codes)
        return codes

    def _settled_anew(self, frame: int) -> bytearray:
        return bytearray(
            self._settle(position, self.run.change(position, frame)) for position in range(self.run.positions.ever)
        )

    def _advance(self, codes: bytearray, frame: int) -> None:
        """Change the codes of the frame before into those of a frame."""
        for cell in self._changed(frame):
            codes[cell.position] = self._settle(cell.position, self.run.change(cell.position, frame))

    def _changed(self, frame: int) -> list[Cell]:
        """The positions that a step or a person changed in a frame."""
        run = self.run
        positions: set[int] = set()
        if frame:
            step = run.steps[frame - 1]
            positions.update(step.remasked)
            positions.update(choice.position for choice in step.commits)
            positions.update(choice.position for choice in step.edits)
        index = run.start.step + frame
        at = bisect_left(run.interventions, index, key=lambda event: event.step)
        while at < len(run.interventions) and run.interventions[at].step == index:
            positions.update(position for position, _ in run.interventions[at].tokens)
            at += 1
        return [run.cell(position, frame) for position in positions]

    # -- codes --------------------------------------------------------------------------------------------------------

    def _settle(self, position: int, change: TokenChange) -> int:
        frame, token, state, confidence = change
        if token is None:
            return _MASKED
        if state is State.GIVEN or state is State.PINNED:
            return code_of(state)
        if self.by is ColourBy.STATE or self.by is ColourBy.RECOMPUTED:  # the level of the latter is the frame's own
            return _COMMITTED
        return code_of(State.COMMITTED, self._level(Cell(position, State.COMMITTED, token, confidence, frame)))

    def _code(self, cell: Cell) -> int:
        """The code of a cell that changed in the frame on show."""
        if self.by is ColourBy.RECOMPUTED:
            return code_of(cell.state, self._level(cell))
        if cell.state is State.COMMITTED_NOW or cell.state is State.EDITED:
            return code_of(cell.state, self._level(cell))
        return code_of(cell.state)

    def _level(self, cell: Cell) -> int | None:
        """The level of a token."""
        if self.by is ColourBy.CONFIDENCE:
            return level(cell.confidence)
        if self.by is ColourBy.ORDER:
            return level(cell.since / self.frames)
        if self.by is ColourBy.REVISIONS:
            return level(self._revisions.share(cell, cell.since))
        if self.by is ColourBy.RECOMPUTED:
            share = self._recomputed.share(cell.position, cell.since)
            return None if share is None else level(share)
        if self.by is ColourBy.ENTROPY and (share := self._entropy_scale.committed(cell)) is not None:
            return level(share)
        return None

    def _shade(self, choice: Choice, frame: int) -> int:
        """The number that is added to the code of a prediction: 0, or its level and 1."""
        if self.by is ColourBy.REVISIONS:
            return 1 + level(revision_share(self._revisions.count(choice.position, frame)))
        return 1 + level(choice.confidence) if self.by is ColourBy.CONFIDENCE else 0

    def _predict(self, codes: bytearray, frame: int, positions: range) -> None:
        """Put the noise and the predictions of a frame in place of its masks; the codes are those of some positions."""
        shows_guesses = self.by in OF_GUESSES
        if not shows_guesses:
            self._put_noise(codes, frame, positions)
        if frame:
            self._predict_masks(codes, frame, positions)
            if self.by is ColourBy.RECOMPUTED:
                for at, position in enumerate(positions):
                    if (share := self._recomputed.share(position, frame)) is not None:
                        codes[at] += 1 + level(share)
        if shows_guesses:
            self._put_noise(codes, frame, positions)

    def _put_noise(self, codes: bytearray, frame: int, positions: range) -> None:
        for position, _ in self.run.noise(frame):
            if position in positions and codes[position - positions.start] == _MASKED:
                codes[position - positions.start] = _NOISE

    def _predict_masks(self, codes: bytearray, frame: int, positions: range) -> None:
        start, by = positions.start, self.by
        for choice in within(self.run.ahead(frame), positions):
            if codes[choice.position - start] == _MASKED:
                shade = self._shade(choice, frame)
                codes[choice.position - start] = _AHEAD + shade
        predictions = within(self.run.steps[frame - 1].predictions, positions)
        if by is ColourBy.CONFIDENCE or by is ColourBy.REVISIONS:
            for choice in predictions:
                if codes[choice.position - start] == _MASKED:
                    codes[choice.position - start] = _PREDICTED + self._shade(choice, frame)
            return
        sure = self._entropy_scale.predicted(frame, positions) if by is ColourBy.ENTROPY else {}
        for choice in predictions:
            if codes[choice.position - start] == _MASKED:
                share = sure.get(choice.position)
                codes[choice.position - start] = _PREDICTED if share is None else _PREDICTED + 1 + level(share)
