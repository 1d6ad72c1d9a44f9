"""The words for what a run does: the header, the conversation, the player and the lanes have the same."""

from __future__ import annotations

from llada_tui.trace.events import CANCELLED, FAILED, FINISHED
from llada_tui.trace.run import Run
from llada_tui.trace.text import clean

SAMPLING = "sampling"
"""The sampler makes steps."""
HELD = "held"
"""The sampler waits before its next step."""
SHOWING = "showing"
"""The sampler has made its last step; the picture is not there yet."""
DONE = "done"
"""The last step is on show."""


def run_state(run: Run, frame: int, *, held: bool = False) -> str:
    """The state of a run of which a frame is on show. One that did not come to its end says why: ``cancelled``,
    ``failed``, ``interrupted``."""
    if run.end is None:
        return HELD if held else SAMPLING
    if frame < run.last:
        return SHOWING
    return DONE if run.end.reason == FINISHED else clean(run.end.reason)


KINDS = {SAMPLING: "accent", HELD: "warn", SHOWING: "accent", DONE: "good", CANCELLED: "warn", FAILED: "error"}
"""The kind of text of a state in a bar."""
