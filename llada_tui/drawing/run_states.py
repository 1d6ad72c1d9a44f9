"""The words for what a run does: the header, the conversation, the player and the lanes have the same."""

from __future__ import annotations

from llada_tui.analysis.early_stop import not_needed
from llada_tui.drawing.state_labels import NOT_NEEDED
from llada_tui.trace.events import FINISHED
from llada_tui.trace.run import Run
from llada_tui.trace.text import clean

SAMPLING = "sampling"
"""The sampler makes steps."""
HELD = "held"
"""The sampler waits before its next step."""
SHOWING = "showing"
"""The sampler has made its last step; the picture is not there yet, and moves on."""
PAUSED = "paused"
"""The same, of a picture that stands still."""
DONE = "done"
"""The last step is on show."""


def run_state(run: Run, frame: int, *, held: bool = False, playing: bool = True) -> str:
    """The state of a run of which a frame is on show; ``playing``: the picture moves on by itself. A run that did not
    come to its end says why: ``cancelled``, ``failed``, ``interrupted``."""
    if run.end is None:
        return HELD if held else SAMPLING
    if frame < run.last:
        return SHOWING if playing else PAUSED
    return DONE if run.end.reason == FINISHED else clean(run.end.reason)


def undecided(run: Run, frame: int, *, width: int = 0) -> str:
    """The number of positions without a kept token in a frame, and what they are: ``41 masks``, ``1 mask``, ``34 not
    needed``, or ``41 undecided`` where there is noise. ``width``: cells that the number takes at least."""
    left = run.masks_left(frame)
    word = run.undecided_word.removesuffix("s") if left == 1 else run.undecided_word
    return f"{left:>{width}} {NOT_NEEDED if not_needed(run, frame) else word}"
