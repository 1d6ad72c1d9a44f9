"""The facts about one position of a run, in words: what stands there in a frame, and what happened there."""

from __future__ import annotations

from rich.cells import cell_len

from llada_tui.analysis.recomputed import Recomputed, recomputed_words
from llada_tui.analysis.token_history import TokenHistory
from llada_tui.drawing.state_labels import LABELS
from llada_tui.trace.cell import Cell, State
from llada_tui.trace.run import Run
from llada_tui.tui.shell.styled_lines import HARD, Line

COMMITTED, CHANGED, REMASKED, EDITED, PINNED = "●◆✕↻▲"
"""Signs of what happened: a token was committed, the prediction changed, and so on."""


def step_number(run: Run, frame: int) -> int:
    """The number of a frame's step on the screen: a branch goes on counting where it left its parent."""
    return run.start.step + frame


def facts(run: Run, cell: Cell) -> Line:
    """The words on what stands at a position in the frame on show."""
    token_bytes = run.token_bytes
    line: Line = [(f"position {cell.position}", "strong"), (f"  {LABELS[cell.state].with_term()}", "text")]
    if cell.token is not None:
        line.append((f"  “{token_bytes.label(cell.token)}”", "strong"))
        line.append((f"  id{HARD}{cell.token}", "dim"))
        data = token_bytes.bytes_of(cell.token)
        if data and not data.isascii():
            line.append((f"  bytes {data[:12].hex(' ')}", "dim"))
    if cell.state is State.PREDICTED:
        line += [("  confidence ", "dim"), (f"{cell.confidence:.1%}", "text")]
    elif cell.state is State.AHEAD:
        line += [("  confidence ", "dim"), (f"{cell.confidence:.1%}", "text"), ("; its block has yet to come", "dim")]
    elif cell.state is State.NOISE:
        guess = run.cell(cell.position, cell.since, noise=False)
        words = f"  guess “{token_bytes.label(guess.token)}” " if guess.token is not None else ""
        line += [(words, "dim"), (f"{guess.confidence:.1%}", "text")] if words else []
    elif cell.state is State.GIVEN:
        line.append(("  It was there before the run began.", "dim"))
    elif cell.token is not None and cell.state is not State.PINNED:
        step = step_number(run, cell.since)
        line += [("  confidence ", "dim"), (f"{cell.confidence:.1%}", "text"), (f" in step {step}", "dim")]
    return line


def computed(run: Run, position: int, frame: int) -> Line:
    """The words on whether the step before a frame computed a position anew, where that is recorded."""
    share = Recomputed(run).share(position, frame)
    return [] if share is None else [(f"  {recomputed_words(share)}", "dim")]


def past(history: TokenHistory, cell: Cell, frame: int, width: int) -> Line:
    """The words on what happened at a position in the whole run, as far as it has come; the signs are those of the line
    over time. That nothing was remasked is said if it fits into ``width`` cells."""
    run = history.run
    if cell.state is State.GIVEN:
        return []
    if history.guess(frame) is None:
        words = "its block is not at work" if frame else "no step has been made"
        return [(f"Nothing was guessed here yet: {words}.", "dim")]
    line: Line = []
    if history.committed:
        line += [(f"{COMMITTED}{HARD}kept in {_steps(run, history.committed)}", "text"), ("   ", "dim")]
    if history.remasked:
        line += [(f"{REMASKED}{HARD}taken back {_times(run, history.remasked)}", "back"), ("   ", "dim")]
    if history.edited:
        line += [(f"{EDITED}{HARD}edited in {_steps(run, history.edited)}", "text"), ("   ", "dim")]
    if history.flips:
        line += [(f"{CHANGED}{HARD}guess changed {_times(run, history.flips)}", "text"), ("   ", "dim")]
    else:
        line += [(f"{CHANGED}{HARD}guess never changed", "dim"), ("   ", "dim")]
    never = f"{REMASKED}{HARD}never taken back"
    used = sum(cell_len(text) for text, _ in line)
    if history.committed and not history.remasked and used + cell_len(never) <= width:
        line.append((never, "dim"))
    return line


def _times(run: Run, frames: list[int]) -> str:
    """The number of times, and the steps."""
    count = {1: "once", 2: "twice"}.get(len(frames), f"{len(frames)} times")
    return f"{count}: {_steps(run, frames)}"


def _steps(run: Run, frames: list[int]) -> str:
    """Steps in words, the last few of them."""
    shown = [str(step_number(run, frame)) for frame in frames[-4:]]
    word = "step" if len(frames) == 1 else "steps"
    return f"{word} {'… ' if len(frames) > 4 else ''}{', '.join(shown)}"
