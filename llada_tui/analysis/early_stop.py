"""The masks that an early stop left over: those after the end of text, which nothing needs."""

from __future__ import annotations

from llada_tui.trace.events import FINISHED
from llada_tui.trace.run import Run


def not_needed(run: Run, frame: int) -> list[int]:
    """The positions after the end of text that are masks in the last frame of a finished run; none in other frames."""
    if run.end is None or run.end.reason != FINISHED or frame != run.last or not run.masks_left(frame):
        return []
    tokens = run.canvas(frame)
    end = run.text_end(tokens).at
    return [position for position in range(end, len(tokens)) if tokens[position] is None]
