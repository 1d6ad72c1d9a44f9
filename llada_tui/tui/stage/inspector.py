"""The widget of the token page: what the selected token is, when it was committed, what else the model considered, and
how all of that changed from step to step."""

from __future__ import annotations

from typing import ClassVar

from rich.segment import Segment
from textual import events
from textual.strip import Strip

from llada_tui.analysis.token_history import TokenHistory
from llada_tui.trace.cell import State
from llada_tui.trace.run import Run
from llada_tui.tui.shell.app_interface import app_of
from llada_tui.tui.shell.footer import key_of
from llada_tui.tui.shell.steady_styles import SteadyStyles
from llada_tui.tui.shell.styled_lines import Line, fitted, wrapped
from llada_tui.tui.stage.axis import Pointed, ProportionalAxis
from llada_tui.tui.stage.influence_lines import influence_lines, strongest
from llada_tui.tui.stage.token_facts import (
    CHANGED,
    COMMITTED,
    EDITED,
    PINNED,
    REMASKED,
    computed,
    facts,
    past,
    step_number,
)
from llada_tui.worker.protocol import Influences

_LABEL, _GAP = 14, 2
_BARS = "▁▂▃▄▅▆▇█"
_ALL = 1000
"""Lines in which all that is known of a token has room."""


class Inspector(SteadyStyles, can_focus=True):
    """Shows one position of a run: on the left in one frame, on the right over time; posts `Pointed`."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "inspector--dim", "inspector--strong", "inspector--bar", "inspector--text", "inspector--here",
        "inspector--later", "inspector--back", "inspector--against",
    }  # fmt: skip
    DEFAULT_CSS = """
    Inspector { height: 1fr; padding: 0 1; }
    Inspector .inspector--dim { color: $text-muted; }
    Inspector .inspector--strong { color: $foreground; text-style: bold; }
    Inspector .inspector--bar { color: $accent; }
    Inspector .inspector--text { color: $foreground; }
    Inspector .inspector--here { color: $accent; text-style: bold; }
    Inspector .inspector--later { color: $token-masked; }
    Inspector .inspector--against { color: $token-taken-back; }
    Inspector .inspector--back { color: $token-taken-back; text-style: bold; }
    """

    def __init__(self, *, knobs: str, id: str | None = None) -> None:
        """``knobs``: the id of the action that opens the page with the knobs."""
        super().__init__(id=id)
        self._knobs = knobs
        self._history: TokenHistory | None = None
        self._frame = self._total = 0
        self._lines: list[Line] = []
        self._head = 0
        """Lines above those that show something over time."""
        self.influences: Influences | None = None
        """The influences on the token on show, until another token or frame is shown."""
        self._subject: object = None
        """The token on show, the influences on it and the width, of which the most lines are."""
        self._most_lines = 0

    @property
    def leaning(self) -> frozenset[int]:
        """The positions in the canvas of what is shown to have an influence."""
        leans = strongest(self.influences) if self.influences is not None else []
        return frozenset(lean.position for lean in leans if lean.position >= 0)

    @property
    def most_lines(self) -> int | None:
        """The lines beyond which it would be blank, if that is known. While a token is on show they become more and not
        fewer, so that nothing moves from step to step."""
        return self._most_lines or None

    def show(self, run: Run | None, place: int | None, frame: int, total: int) -> None:
        """Show the position at a place of a run's frame, ``total`` steps being expected, or how to choose one."""
        shown = self._history
        position = None if run is None or place is None else run.positions.of(frame)[place]
        if shown is None or (shown.run, shown.position, self._frame) != (run, position, frame):
            self.influences = None
        if run is None or position is None:
            self._history = None
        elif self._history is None or self._history.run is not run or self._history.position != position:
            self._history = TokenHistory(run, position)
        else:
            self._history.update()
        self._frame, self._total = frame, max(total, 1)
        self._update_lines()

    def on_resize(self) -> None:
        self._update_lines()
        self.refresh()

    def _update_lines(self) -> None:
        subject = self._history, self.influences, self.size.width
        if subject != self._subject:
            self._subject, self._most_lines = subject, 0
        lines = self._make_lines(_ALL)
        self._most_lines = max(self._most_lines, len(lines))
        if len(lines) > self.size.height:
            lines = self._make_lines(self.size.height)
        if lines != self._lines:
            self._lines = lines
            self.refresh()

    def render_line(self, y: int) -> Strip:
        base, width = self.base, self.size.width
        pieces = [
            Segment(text, base + self.get_component_rich_style(f"inspector--{kind}"))
            for text, kind in (self._lines[y] if y < len(self._lines) else ())
        ]
        return Strip(pieces).extend_cell_length(width, base).crop(0, width)

    def _make_lines(self, height: int) -> list[Line]:
        """The lines that have room in a height."""
        history, width = self._history, self.size.width
        if history is None:
            how = "Click one, or go to the canvas with tab and move with shift+arrows or ↑ ↓."
            return [[("No token is selected.", "strong")], *wrapped([(how, "dim")], width)]
        cell = history.run.cell(history.position, self._frame)
        place = history.run.positions.place_of(history.position, self._frame) or 0
        facts_line = facts(history.run, cell._replace(position=place))
        lines = wrapped([*facts_line, *computed(history.run, history.position, self._frame)], width)
        past_lines = wrapped(past(history, cell, self._frame, width), width)
        if self.influences is not None:
            lines = [*lines, *past_lines][: max(height - 3, 1)]  # where there is little room, the past goes
            return lines + influence_lines(self.influences, history.run.token_bytes, width, height - len(lines))
        lines += past_lines[: max(height - len(lines) - 3, 1)]
        self._head = len(lines)
        frame, rows, words = self._rows(history)
        if height >= 6:
            lines.append(self._heading(history, frame, bool(rows)))
        below = wrapped([(words, "dim")], width) if words else []
        rows = rows[: max(height - len(lines) - len(below), 1)]
        return [*lines, *(self._row(history, frame, *row) for row in rows), *below]

    def _rows(self, history: TokenHistory) -> tuple[int, list[tuple[int, float]], str]:
        """A frame, the tokens that were considered in it with their probabilities, and a sentence about them."""
        guess, candidates = history.guess(self._frame), history.candidates(self._frame)
        if candidates is not None:
            frame, alternatives = candidates
            rows = list(zip(alternatives.tokens, alternatives.confidences, strict=False))
            if guess is not None and guess.frame == frame and guess.token not in alternatives.tokens:
                rows.append((guess.token, guess.confidence))
            return frame, rows, ""
        last_seen = {earlier.token: earlier.confidence for earlier in history.guesses if earlier.frame <= self._frame}
        words = ""
        if history.guesses and not history.recorded:
            key = key_of(app_of(self), self._knobs, typing=True)
            words = (
                "Only its own guesses were recorded. Other candidates are, from the next run on, with "
                f"alternatives (top_k) above 0 in the knobs: 5 is usual, {key} goes there."
            )
        return guess.frame if guess else 0, list(reversed(last_seen.items()))[: 3 if words else 5], words

    # -- layout -------------------------------------------------------------------------------------------------------

    def _sizes(self) -> tuple[int, int]:
        """Cells of the bars, and of what is shown over time; 0 where there is no room for it."""
        room = self.size.width - _LABEL - 2 - 7 - 1
        if room < 30:
            return max(room, 4), 0
        bar = min(24, room // 3)
        return bar, room - bar - _GAP

    def _axis(self) -> ProportionalAxis:
        return ProportionalAxis(self._total, self._sizes()[1])

    def _heading(self, history: TokenHistory, frame: int, rows: bool) -> Line:
        """The heading: what the bars are, and at the right what happened in which step."""
        bar, room = self._sizes()
        words = f"candidates in step {step_number(history.run, frame)}" if rows else ""
        if rows and frame not in history.recorded:
            words = "guesses so far"
        line: Line = [(f"{words:<{_LABEL + 2 + 7 + 1 + bar}}", "dim")]
        if not room or not rows:
            return line
        axis = self._axis()
        signs = ["─"] * axis.cells
        pins = [change.frame for change in history.run.history(history.position) if change.state is State.PINNED]
        for sign, frames in (
            (CHANGED, history.flips), (PINNED, [max(pin, 1) for pin in pins]), (COMMITTED, history.committed),
            (EDITED, history.edited), (REMASKED, history.remasked),
        ):  # fmt: skip
            for at in frames:
                signs[axis.on(min(at, self._total) - 1)[0]] = sign
        return [*line, (" " * _GAP, "dim"), *self._over_time("".join(signs), back=REMASKED)]

    def _row(self, history: TokenHistory, frame: int, token: int, probability: float) -> Line:
        """One token: its probability in a frame, and over time."""
        label = fitted(history.run.token_bytes.label(token), _LABEL)
        guess = history.guess(frame)
        chosen = guess is not None and guess.frame == frame and guess.token == token
        probability = max(0.0, min(probability, 1.0))
        bar, room = self._sizes()
        length = max(round(probability * bar), 1 if probability >= 0.0005 else 0)
        line: Line = [
            (f"{'›' if chosen else ' '} {label}", "strong" if chosen else "text"),
            (f"{probability:7.1%} ", "text" if chosen else "dim"),
            (f"{'━' * length:<{bar}}", "bar"),
        ]
        if not room:
            return line
        axis, probabilities = self._axis(), history.probabilities(token)
        marks = []
        for cell in range(axis.cells):
            frames = range(axis.first(cell) + 1, axis.last(cell) + 2)
            recorded = [probabilities[at] for at in frames if at in probabilities]
            mean = sum(recorded) / len(recorded) if recorded else 0.0
            marks.append(_BARS[max(0, min(7, int(mean * 8)))] if recorded else " ")
        return [*line, (" " * _GAP, "dim"), *self._over_time("".join(marks))]

    def _over_time(self, marks: str, back: str = "") -> Line:
        """Marks in order of time: the playhead is among them, and what comes after it is paler. The sign ``back``, if
        given, has a look of its own."""
        axis = self._axis()
        if not self._frame:
            return [(marks, "later")]
        on = axis.on(min(self._frame, self._total) - 1)
        here = marks[on.start : on.stop].replace(" ", "┊").replace("─", "┼")
        line = [(marks[: on.start], "text"), (here, "here"), (marks[on.stop :], "later")]
        if not back:
            return line
        return [
            (text, "back" if text == back else kind)
            for part, kind in line
            for text in part.replace(back, f"\0{back}\0").split("\0")
            if text
        ]

    # -- pointing -----------------------------------------------------------------------------------------------------

    def on_click(self, event: events.Click) -> None:
        """A click on what is shown over time goes to that step."""
        offset = event.get_content_offset(self)
        bar, room = self._sizes()
        if offset is None or self._history is None or not room or offset.y < self._head:
            return
        cell = offset.x - (_LABEL + 2 + 7 + 1 + bar + _GAP)
        axis = self._axis()
        if 0 <= cell < axis.cells:
            self.post_message(Pointed(self._history.run.clamp(axis.last(cell) + 1)))
