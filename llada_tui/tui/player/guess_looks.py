"""Two more looks of guesses, which the canvas draws by: candidates in turn, and fading in with the confidence."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from enum import Enum

from rich.cells import set_cell_size
from textual.timer import Timer
from textual.widget import Widget

from llada_tui.analysis.colour_scale import ColourBy, level
from llada_tui.drawing.frame_rows import FrameRows
from llada_tui.drawing.text_flow import NEWLINE, Row, Span
from llada_tui.drawing.token_styles import Look, look
from llada_tui.trace.cell import State
from llada_tui.trace.text import MASK, clean
from llada_tui.tui.shell.drawable import is_displayed

_TURN = 0.25
"""Seconds for which a candidate is seen."""
_NEXT, _BESIDE = 0.6180339887, 0.3819660113
"""Steps through a share of time that leave no gaps, from one turn to the next, and from one place to another."""


class GuessLook(Enum):
    """The look of a place whose token is not decided; values are words for it."""

    GUESSED = "the likeliest guess"
    IN_TURN = "candidates in turn, each for its share of the time"
    FADING = "guesses fade in with their confidence"

    def next(self) -> GuessLook:
        """The one after this, in a circle."""
        members = list(GuessLook)
        return members[(members.index(self) + 1) % len(members)]


class GuessLooks:
    """The look of guesses on one canvas. Candidates take turns where they were recorded, and where the terminal is to
    show motion; what is not recorded of the probability is the mask's."""

    def __init__(self, canvas: Widget, rows: FrameRows, refresh_rows: Callable[[Iterable[int] | None], None]) -> None:
        """``refresh_rows`` draws some of the ``rows`` again, which are those of the ``canvas``."""
        self._canvas, self._rows, self._refresh_rows = canvas, rows, refresh_rows
        self.look = GuessLook.GUESSED
        self._turn = 0
        self._timer: Timer | None = None
        self._candidates: dict[int, tuple[Sequence[int], Sequence[float]]] = {}
        self._looks: Sequence[Look] = ()
        self._made_for: tuple[object, ...] = ()

    def set(self, guess_look: GuessLook) -> None:
        """Draw guesses so from now on."""
        self.look, self._turn, self._made_for = guess_look, 0, ()
        if self._timer is not None:
            self._timer.stop()
        self._timer = self._canvas.set_interval(_TURN, self.tick) if self.moves else None
        self._canvas.notify_style_update()
        self._canvas.refresh()

    @property
    def moves(self) -> bool:
        """Whether candidates take turns."""
        return self.look is GuessLook.IN_TURN and self._canvas.app.animation_level != "none"

    def tick(self) -> None:
        """The next candidates have their turn."""
        self._turn += 1
        if is_displayed(self._canvas) and self._rows.rows:
            self._make()
            self._refresh_rows({at for place in self._candidates for at in self._rows.rows_of(place)})

    def row(self, row: Row) -> Row:
        """A row of the canvas with the candidates whose turn it is, in the room of the guesses."""
        if self.look is not GuessLook.IN_TURN or not self._turn:
            return row
        self._make()
        return [span if span.position not in self._candidates else self._in_turn(span) for span in row]

    @property
    def looks(self) -> Sequence[Look]:
        """The looks of the frame on show, by place."""
        if self.look is not GuessLook.FADING or self._rows.colour_by is not ColourBy.STATE:
            return self._rows.looks
        self._make()
        return self._looks

    def _in_turn(self, span: Span) -> Span:
        tokens, chances = self._candidates[span.position]
        run = self._rows.run
        share = (self._turn * _NEXT + span.position * _BESIDE) % 1
        for token, chance in zip(tokens, chances, strict=False):
            share -= chance
            if share < 0 and run is not None:
                text = clean(run.token_bytes.label(token)).replace("\n", NEWLINE)
                return span._replace(text=set_cell_size(text, span.width))
        return span._replace(text=set_cell_size(MASK * span.width, span.width))

    def _make(self) -> None:
        """Look up what the frame on show has of guesses."""
        rows = self._rows
        run, frame = rows.run, rows.frame
        made_for = run, frame, rows.positions, rows.looks, rows.shows_guesses
        if made_for == self._made_for or run is None:
            return
        self._made_for, self._candidates = made_for, {}
        looks = list(rows.looks)
        frame = run.clamp(frame)
        step = run.steps[frame - 1] if frame else None
        places = {position: place for place, position in enumerate(rows.positions)}
        for choice in step.predictions if step is not None else ():
            place = places.get(choice.position)
            if place is not None and rows.cells[place].state is State.PREDICTED:
                looks[place] = look(State.PREDICTED, level(choice.confidence))
        for entry in step.alternatives if step is not None and rows.shows_guesses else ():
            place = places.get(entry.position)
            if place is not None and rows.cells[place].state is State.PREDICTED:
                self._candidates[place] = entry.tokens, entry.confidences
        self._looks = looks
