"""A frame of a run as rows of text and looks. Showing another frame costs what changed. No screen."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import zip_longest
from math import inf

from llada_tui.analysis.colour_scale import ColourBy, EntropyScale, guess_level
from llada_tui.analysis.early_stop import not_needed
from llada_tui.analysis.recomputed import Recomputed
from llada_tui.analysis.revisions import Revisions
from llada_tui.drawing.state_labels import NOT_NEEDED
from llada_tui.drawing.steady_rows import update_rows
from llada_tui.drawing.text_flow import NEWLINE, Row, TextFlow, first_rows, row_of
from llada_tui.drawing.token_styles import Look, look_of, state_of
from llada_tui.trace.cell import Cell, State
from llada_tui.trace.run import Run
from llada_tui.trace.text import END_MARK, MASK, SLOT

_GRADES: dict[ColourBy, Callable[[float], int]] = {ColourBy.STATE: guess_level, ColourBy.REVISIONS: lambda _: 0}
"""The grade of a prediction's confidence that a look shows, where that is not all of it."""
_OF_ALL = (ColourBy.ORDER, ColourBy.RECOMPUTED)
"""Colours that change with the frame wherever a position stands, whatever happened there."""
_MANY = 1000
"""Positions that look different from which on it is quicker to draw all rows that are in sight."""


class FrameRows:
    """One frame of a run: cells, their texts and looks by place, and the rows that they flow into. The positions of the
    rows' spans are places."""

    def __init__(self) -> None:
        self.run: Run | None = None
        self.frame = 0
        self.cells: list[Cell] = []
        """By place. While tokens are coloured by state or revisions, confidences may be those of an earlier frame.
        Where a token was taken back, it is the cell's token for this frame."""
        self.texts: list[str] = []
        self.looks: list[Look] = []
        self.rows: list[Row] = []
        self._separate: list[bool] = []
        self._open: list[bool] = []
        """By place: whether no token is kept there."""
        self.positions: Sequence[int] = ()
        """By place: the position."""
        self._place_of: Mapping[int, int] = {}
        """By position: the place; empty while the two are the same."""
        self.is_last = False
        """Whether this is the last frame of a run that has ended."""
        self._mask_tail = 0
        self._mode: tuple[ColourBy, bool, int, bool] = (ColourBy.STATE, True, 0, False)
        self.entropy_scale: EntropyScale | None = None
        """The scale of the entropies of the run on show."""
        self._revisions: Revisions | None = None
        self._recomputed: Recomputed | None = None
        self._unknown: set[int] = set()
        """Tokens shown by their ids, because their text has not arrived yet."""
        self.spread = False
        """Whether two blanks stand before a word, where tiles have their ends."""
        self.folds = True
        """Whether masks that a finished run left after the end of text are one text: ``34 not needed``."""
        self.folded: dict[int, str] = {}
        """The text of each of these masks: all of it is the first one's."""
        self.changes: dict[int, int] = {}
        """Tokens by position that somebody is about to set, drawn as if they were set; the mask id masks a position."""

    @property
    def colour_by(self) -> ColourBy:
        """The measure that colours the frame on show."""
        return self._mode[0]

    @property
    def shows_guesses(self) -> bool:
        """Whether masked positions show what the model predicted for them."""
        return self._mode[1]

    @property
    def states(self) -> frozenset[State]:
        """The states that a legend explains: those of the frame, and in every frame those of what is undecided in the
        run: noise where it has some, else masks and guesses."""
        states = frozenset(state_of(look) for look in set(self.looks))
        if self.run is None:
            return states
        return states | ({State.NOISE} if self.run.has_noise else {State.MASKED, State.PREDICTED})

    @property
    def has_end(self) -> bool:
        """Whether an end of text stands in the frame, or is guessed."""
        return END_MARK in self.texts

    def is_special(self, place: int) -> bool:
        """Whether a token without text, such as an end of text, stands at a place, or is guessed there."""
        return self.run is not None and self.cells[place].token in self.run.token_bytes.special

    @property
    def has_late_texts(self) -> bool:
        """Whether the text of a token has arrived since the token was shown."""
        return self.run is not None and any(token in self.run.token_bytes for token in self._unknown)

    def change(self, changes: dict[int, int]) -> set[int] | None:
        """Draw other changes. Returns the rows that look different now, or None for all of them."""
        before, self.changes = self.changes, dict(changes)
        changed = {at for at in before.keys() | changes.keys() if before.get(at) != changes.get(at)}
        if self.run is None:
            return None
        return self._update(self.run, self._places(changed)) if changed else set()

    def _places(self, positions: Iterable[int]) -> list[int]:
        """The places of those positions that stand in the frame, in order."""
        if self._place_of:
            return sorted(self._place_of[at] for at in positions if at in self._place_of)
        return sorted(at for at in positions if at < len(self.positions))

    def _cell(self, run: Run, position: int) -> Cell:
        """A position of the frame, with the change that somebody is about to make."""
        if position in self.folded:
            return Cell(position, State.MASKED, None, 0.0, self.frame)
        token = self.changes.get(position)
        cell = run.cell(position, self.frame)
        if token is None:
            taken_back = cell.state is State.REMASKED
            return cell._replace(token=run.taken_back(position, self.frame)) if taken_back else cell
        if token == run.start.model.mask_id:
            return Cell(position, State.REMASKED, None if cell.is_open else cell.token, 0.0, self.frame)
        return Cell(position, State.PINNED, token, 1.0, self.frame)

    def show(self, run: Run | None, frame: int, by: ColourBy, guesses: bool, width: int) -> set[int] | None:
        """Show a frame in a width. Returns the rows that look different now, or None for all of them."""
        mode = (by, guesses, width, self.spread)
        touched = None
        if run is not None and run is self.run and mode == self._mode and by not in _OF_ALL:
            touched = run.touched(self.frame, frame, _GRADES.get(by))
        positions = run.positions.of(run.clamp(frame)) if run is not None else ()
        folded = fold(not_needed(run, run.clamp(frame)), len(positions)) if run is not None and self.folds else {}
        folded = {positions[place]: text for place, text in folded.items()}
        is_last = run is not None and run.end is not None and frame >= run.last
        fresh = run is not self.run or mode != self._mode or folded != self.folded or self.has_late_texts
        fresh = fresh or is_last != self.is_last or frame < self.frame - 1 or positions is not self.positions
        if run is not None and (self.entropy_scale is None or self.entropy_scale.run is not run):
            self.entropy_scale, self._recomputed = EntropyScale(run), Recomputed(run)
        if run is not None and by is ColourBy.REVISIONS:
            self.read_revisions(run, frame)
        self.run, self.frame, self._mode, self.folded, self.is_last = run, frame, mode, folded, is_last
        if run is None:
            self.cells, self.texts, self.looks, self.rows, self._separate, self._open = [], [], [], [], [], []
            self.positions, self._place_of = (), {}
            self.entropy_scale = self._recomputed = self._revisions = None
            return None
        if fresh:
            self.positions = positions
            is_same = not run.positions.has_changed
            self._place_of = {} if is_same else {position: place for place, position in enumerate(positions)}
            self.cells = [self._cell(run, position) for position in positions]
            self.looks = [self._look(cell) for cell in self.cells]
            self.texts = self._texts(run)
            tokens = {cell.token for cell in self.cells if cell.token is not None}
            self._unknown = {token for token in tokens if token not in run.token_bytes}
            self._separate = [self._is_separate(run, cell) for cell in self.cells]
            self._open = [cell.is_open for cell in self.cells]
            self._mask_tail = self._find_mask_tail()
            self.rows = self._text_flow().flow()
            return None
        return self._update(run, range(len(positions)) if touched is None else self._places(touched))

    def read_revisions(self, run: Run, frame: int, seconds: float = inf) -> bool:
        """Read what colours by revisions need up to a frame of a run, for at most so many processor seconds; whether
        all is read."""
        if self._revisions is None or self._revisions.run is not run:
            self._revisions = Revisions(run)
        return self._revisions.read(frame, seconds)

    def _look(self, cell: Cell) -> Look:
        by, frame = self._mode[0], self.frame
        place = None
        if by is ColourBy.ENTROPY and self.entropy_scale is not None:
            place = self.entropy_scale.of(cell, frame)
        elif by is ColourBy.REVISIONS and self._revisions is not None:
            place = self._revisions.share(cell, frame)
        elif by is ColourBy.RECOMPUTED and self._recomputed is not None and self.run is not None:
            place = self._recomputed.share(cell.position, self.run.clamp(frame))
        return look_of(cell, by, frame, place)

    def _update(self, run: Run, places: Iterable[int]) -> set[int] | None:
        """Bring some places up to date. Returns the rows that differ, or None for all of them."""
        cells, looks, texts, separate = self.cells, self.looks, self.texts, self._separate
        is_open = self._open
        painted: list[int] = []
        moved: list[int] = []
        newlines: set[int] = set()
        alone = run.token_bytes.alone
        partial = False
        for place in places:
            cell = self._cell(run, self.positions[place])
            look = self._look(cell)
            if look != looks[place]:
                looks[place] = look
                painted.append(place)
            before = cells[place]
            cells[place] = cell
            if cell.token == before.token and cell.is_open == is_open[place]:
                continue
            if (cell.token is not None and alone(cell.token) is None) or (
                before.token is not None and alone(before.token) is None
            ):
                partial = True
            text, is_separate = self._text(run, cell), self._is_separate(run, cell)
            now_open = cell.is_open
            if text != texts[place] or is_separate != separate[place] or now_open != is_open[place]:
                if "\n" in text or "\n" in texts[place]:
                    newlines.add(place)
                texts[place], separate[place], is_open[place] = text, is_separate, now_open
                moved.append(place)
        if partial:  # a character spread over tokens: what its neighbours show depends on it
            new = self._texts(run)
            changed = {at for at, text in enumerate(new) if text != texts[at]}
            newlines |= {at for at in changed if "\n" in new[at] or "\n" in texts[at]}
            moved = sorted({*moved, *changed})
            self.texts = new
        dirty = self._flow(moved, newlines) if moved else set()
        if len(painted) > _MANY:
            return None
        for at, place in zip(first_rows(self.rows, painted), painted, strict=True):
            dirty.update(self._rows_from(at, place))
        return dirty

    def _text_flow(self) -> TextFlow:
        return TextFlow(self.texts, self._separate, self._mode[2], self._mask_tail, is_open=self._open)

    def _flow(self, moved: list[int], newlines: set[int]) -> set[int]:
        """Bring the rows up to date after some texts changed. Returns those that differ."""
        before, tail = self.rows, self._mask_tail
        if moved[-1] >= tail - 1:
            self._mask_tail = self._find_mask_tail()
        flow = self._text_flow()
        # where the block at work is another one, all rows are laid out anew
        self.rows = update_rows(flow, before, moved, newlines) if self._mask_tail == tail else flow.flow()
        pairs = enumerate(zip_longest(before, self.rows))
        return {at for at, (old, new) in pairs if old is not new and old != new}

    def _find_mask_tail(self) -> int:
        """The position at which the masks without predictions at the end of the canvas begin."""
        tail = len(self.texts)
        slot = self._apart(SLOT)
        while tail and self.texts[tail - 1] == slot:
            tail -= 1
        return tail

    def rows_of(self, place: int) -> Iterable[int]:
        """The indices of the rows in which a place stands."""
        return self._rows_from(row_of(self.rows, place), place)

    def _rows_from(self, at: int, place: int) -> Iterator[int]:
        """The indices of the rows in which a place stands; ``at`` is the first."""
        yield at
        while at + 1 < len(self.rows) and self.rows[at + 1] and self.rows[at + 1][0].position == place:
            at += 1
            yield at

    # -- texts --------------------------------------------------------------------------------------------------------

    @staticmethod
    def _is_separate(run: Run, cell: Cell) -> bool:
        """Whether a position is a word of its own: a mask, or a token without text, such as an end of text."""
        return cell.token is None or cell.token in run.token_bytes.special

    def _texts(self, run: Run) -> list[str]:
        """The text that each position shows."""
        words = run.token_bytes.texts([cell.token for cell in self.cells])
        return [self._apart(self._fit(cell, word)) for cell, word in zip(self.cells, words, strict=True)]

    def _apart(self, text: str) -> str:
        return f" {text}" if self._mode[3] and text.startswith(" ") else text

    def _text(self, run: Run, cell: Cell) -> str:
        """The text that one position shows, where its token is text by itself."""
        return self._apart(
            self._fit(cell, (run.token_bytes.alone(cell.token) or "") if cell.token is not None else MASK)
        )

    def _fit(self, cell: Cell, text: str) -> str:
        """A mask takes the width of its prediction, so that committing it moves nothing; one whose token was taken back
        keeps the token's width for a frame."""
        if cell.position in self.folded:
            return self.folded[cell.position]
        if _may_be_hidden(cell):
            text = text.replace("\n", NEWLINE)
            if not self._mode[1]:
                bare = text.lstrip(" ")
                text = text[: len(text) - len(bare)] + MASK * max(len(bare), 1)
            return text or MASK
        return SLOT if cell.token is None else text


def fold(positions: list[int], length: int) -> dict[int, str]:
    """Texts for masks that are not needed, on a canvas of ``length`` places: the first one's tells how many there are.
    A blank parts it from what was kept behind them."""
    blank = " " if positions and len(positions) < length - positions[0] else ""
    words = f" {len(positions)} {NOT_NEEDED}{blank}"
    return {position: "" if index else words for index, position in enumerate(positions)}


def _may_be_hidden(cell: Cell) -> bool:
    """Whether a position is undecided and a token is known there: a prediction, noise, or what was taken back."""
    return cell.is_open and cell.token is not None
