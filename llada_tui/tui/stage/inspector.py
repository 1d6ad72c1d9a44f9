"""What is known of the selected token: what it is, when it came, what else the model considered, and how all of that
changed from step to step."""

from __future__ import annotations

from typing import ClassVar

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from textual import events
from textual.strip import Strip
from textual.widget import Widget

from llada_tui.analysis.token_history import TokenHistory
from llada_tui.trace.run import Cell, Run, State
from llada_tui.tui.shell.styled_lines import HARD, Line, wrapped
from llada_tui.tui.stage.axis import Course, Pointed
from llada_tui.tui.stage.influence_lines import influence_lines, strongest
from llada_tui.worker.protocol import Influences

_LABEL, _GAP = 14, 2
_BARS = "▁▂▃▄▅▆▇█"
_KEPT, _FLIP, _BACK, _EDIT, _PIN = "●◆✕↻▲"


class Inspector(Widget, can_focus=True):
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

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._history: TokenHistory | None = None
        self._frame = self._total = 0
        self._lines: list[Line] = []
        self._head = 0
        """Lines above those of the course of time."""
        self.influences: Influences | None = None
        """What the token on show leans on, until another token or frame is shown."""

    @property
    def leaning(self) -> frozenset[int]:
        """The positions in the canvas of what is shown to have an influence."""
        found = strongest(self.influences) if self.influences is not None else []
        return frozenset(lean.position for lean in found if lean.position >= 0)

    def show(self, run: Run | None, position: int | None, frame: int, total: int) -> None:
        """Show a position of a run of which ``total`` steps are to be expected, or how to choose one."""
        before = self._history
        if before is None or (before.run, before.position, self._frame) != (run, position, frame):
            self.influences = None
        if run is None or position is None:
            self._history = None
        elif self._history is None or self._history.run is not run or self._history.position != position:
            self._history = TokenHistory(run, position)
        else:
            self._history.update()
        self._frame, self._total = frame, max(total, 1)
        self._renew()

    def on_resize(self) -> None:
        self._renew()
        self.refresh()

    def _renew(self) -> None:
        lines = self._all()
        if lines != self._lines:
            self._lines = lines
            self.refresh()

    def render_line(self, y: int) -> Strip:
        base, width = self.rich_style, self.size.width
        pieces = [
            Segment(text, base + self.get_component_rich_style(f"inspector--{kind}"))
            for text, kind in (self._lines[y] if y < len(self._lines) else ())
        ]
        return Strip(pieces).extend_cell_length(width, base).crop(0, width)

    def _all(self) -> list[Line]:
        history, (width, height) = self._history, self.size
        if history is None:
            how = "Click one, or go to the canvas with tab and move with shift+arrows or ↑ ↓."
            return [[("No token is selected.", "strong")], *wrapped([(how, "dim")], width)]
        cell = history.run.cell(history.position, self._frame)
        lines = wrapped(_facts(history.run, cell), width)
        past = wrapped(_past(history, cell, self._frame, width), width)
        if self.influences is not None:
            lines = [*lines, *past][: max(height - 3, 1)]  # where there is little room, the past goes
            return lines + influence_lines(self.influences, history.run.pieces, width, height - len(lines))
        lines += past[: max(height - len(lines) - 3, 1)]
        self._head = len(lines)
        frame, rows, words = self._rows(history)
        if height >= 6:
            lines.append(self._heading(history, frame, bool(rows)))
        below = wrapped([(words, "dim")], width) if words else []
        rows = rows[: max(height - len(lines) - len(below), 1)]
        return [*lines, *(self._row(history, frame, token, chance) for token, chance in rows), *below]

    def _rows(self, history: TokenHistory) -> tuple[int, list[tuple[int, float]], str]:
        """A frame, the tokens that were considered in it, and what is to be said of them."""
        guess, found = history.guess(self._frame), history.candidates(self._frame)
        if found is not None:
            frame, alternatives = found
            rows = list(zip(alternatives.tokens, alternatives.confidences, strict=False))
            if guess is not None and guess.frame == frame and guess.token not in alternatives.tokens:
                rows.append((guess.token, guess.confidence))
            return frame, rows, ""
        seen = {one.token: one.confidence for one in history.guesses if one.frame <= self._frame}
        words = ""
        if history.guesses and not history.recorded:
            words = (
                "Only its own predictions were recorded. Other candidates are, from the next run on, with "
                "alternatives (top_k) above 0 in the knobs: 5 is usual, f2 goes there."
            )
        return guess.frame if guess else 0, list(reversed(seen.items()))[: 3 if words else 5], words

    # -- layout -------------------------------------------------------------------------------------------------------

    def _sizes(self) -> tuple[int, int]:
        """Cells of the bars, and of what shows the course of time; 0 where there is no room for it."""
        room = self.size.width - _LABEL - 2 - 7 - 1
        if room < 30:
            return max(room, 4), 0
        bar = min(24, room // 3)
        return bar, room - bar - _GAP

    def _axis(self) -> Course:
        return Course(self._total, self._sizes()[1])

    def _heading(self, history: TokenHistory, frame: int, rows: bool) -> Line:
        """What the bars are, and above the course of time what happened when."""
        bar, room = self._sizes()
        words = f"candidates in step {_step(history.run, frame)}" if rows else ""
        if rows and frame not in history.recorded:
            words = "predictions so far"
        line: Line = [(f"{words:<{_LABEL + 2 + 7 + 1 + bar}}", "dim")]
        if not room or not rows:
            return line
        axis = self._axis()
        signs = ["─"] * axis.cells
        pins = [change.frame for change in history.run.history(history.position) if change.state is State.PINNED]
        for sign, frames in (
            (_FLIP, history.flips), (_PIN, [max(pin, 1) for pin in pins]), (_KEPT, history.committed),
            (_EDIT, history.edited), (_BACK, history.remasked),
        ):  # fmt: skip
            for at in frames:
                signs[axis.on(min(at, self._total) - 1)[0]] = sign
        return [*line, (" " * _GAP, "dim"), *self._course("".join(signs), back=_BACK)]

    def _row(self, history: TokenHistory, frame: int, token: int, chance: float) -> Line:
        """One token: how likely it was, and over time."""
        label = history.run.pieces.label(token)
        label = set_cell_size(label, _LABEL) if cell_len(label) <= _LABEL else set_cell_size(label, _LABEL - 1) + "…"
        guess = history.guess(frame)
        chosen = guess is not None and guess.frame == frame and guess.token == token
        chance = max(0.0, min(chance, 1.0))
        bar, room = self._sizes()
        length = max(round(chance * bar), 1 if chance >= 0.0005 else 0)
        line: Line = [
            (f"{'›' if chosen else ' '} {label}", "strong" if chosen else "text"),
            (f"{chance:7.1%} ", "text" if chosen else "dim"),
            (f"{'━' * length:<{bar}}", "bar"),
        ]
        if not room:
            return line
        axis, chances = self._axis(), history.probabilities(token)
        marks = []
        for cell in range(axis.cells):
            known = (chances.get(at + 1) for at in range(axis.first(cell), axis.last(cell) + 1))
            found = [one for one in known if one is not None]
            marks.append(_BARS[max(0, min(7, int(sum(found) / len(found) * 8)))] if found else " ")
        return [*line, (" " * _GAP, "dim"), *self._course("".join(marks))]

    def _course(self, marks: str, back: str = "") -> Line:
        """Marks over time, the playhead among them and what comes after it paler."""
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
        """A click into the course of time goes there."""
        offset = event.get_content_offset(self)
        bar, room = self._sizes()
        if offset is None or self._history is None or not room or offset.y < self._head:
            return
        cell = offset.x - (_LABEL + 2 + 7 + 1 + bar + _GAP)
        axis = self._axis()
        if 0 <= cell < axis.cells:
            self.post_message(Pointed(self._history.run.clamp(axis.last(cell) + 1)))


def _step(run: Run, frame: int) -> int:
    """A frame as steps are counted on the screen: a branch goes on with its parent's."""
    return run.start.step + frame


def _facts(run: Run, cell: Cell) -> Line:
    """What stands there in the frame on show."""
    pieces = run.pieces
    line: Line = [(f"position {cell.position}", "strong"), (f"  {cell.state.value}", "text")]
    if cell.token is not None:
        line.append((f"  “{pieces.label(cell.token)}”", "strong"))
        line.append((f"  id{HARD}{cell.token}", "dim"))
        data = pieces.bytes_of(cell.token)
        if data and not data.isascii():
            line.append((f"  bytes {data[:12].hex(' ')}", "dim"))
    if cell.state is State.PREDICTED:
        line += [("  confidence ", "dim"), (f"{cell.confidence:.1%}", "text"), (", masked again", "dim")]
    elif cell.state is State.AHEAD:
        line += [("  confidence ", "dim"), (f"{cell.confidence:.1%}", "text"), ("; its block has yet to come", "dim")]
    elif cell.state is State.GIVEN:
        line.append(("  It was there before the run began.", "dim"))
    elif cell.token is not None and cell.state is not State.PINNED:
        kept = _step(run, cell.since)
        line += [("  confidence ", "dim"), (f"{cell.confidence:.1%}", "text"), (f" in step {kept}", "dim")]
    return line


def _past(history: TokenHistory, cell: Cell, frame: int, width: int) -> Line:
    """What happened there in the whole run, so far as it is known; the signs are those of the line over time. What
    did not happen is said if there is room for it."""
    run = history.run
    if cell.state is State.GIVEN:
        return []
    if history.guess(frame) is None:
        words = "its block is not at work" if frame else "no step has been made"
        return [(f"Nothing was predicted here yet: {words}.", "dim")]
    line: Line = []
    if history.committed:
        line += [(f"{_KEPT}{HARD}kept in {_steps(run, history.committed)}", "text"), ("   ", "dim")]
    if history.remasked:
        line += [(f"{_BACK}{HARD}taken back {_times(run, history.remasked)}", "back"), ("   ", "dim")]
    if history.edited:
        line += [(f"{_EDIT}{HARD}replaced in {_steps(run, history.edited)}", "text"), ("   ", "dim")]
    if history.flips:
        line += [(f"{_FLIP}{HARD}prediction changed {_times(run, history.flips)}", "text"), ("   ", "dim")]
    else:
        line += [(f"{_FLIP}{HARD}prediction never changed", "dim"), ("   ", "dim")]
    never = f"{_BACK}{HARD}never taken back"
    if (
        history.committed
        and not history.remasked
        and sum(cell_len(text) for text, _ in line) + cell_len(never) <= width
    ):
        line.append((never, "dim"))
    return line


def _times(run: Run, frames: list[int]) -> str:
    count = {1: "once", 2: "twice"}.get(len(frames), f"{len(frames)} times")
    return f"{count}: {_steps(run, frames)}"


def _steps(run: Run, frames: list[int]) -> str:
    """Steps in words, the last few of them."""
    shown = [str(_step(run, frame)) for frame in frames[-4:]]
    word = "step" if len(frames) == 1 else "steps"
    return f"{word} {'… ' if len(frames) > 4 else ''}{', '.join(shown)}"
