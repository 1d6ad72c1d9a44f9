"""Where a lesson stops in a run, and what it points at. Both are looked up in the run as it is so far."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from llada_tui.trace.run import Run, State
from llada_tui.trace.text import Pieces


class When(Enum):
    """Kinds of moments, by the word that a lesson has for them."""

    START = "start"
    STEP = "step"
    TEXT = "text"
    BLOCK = "block"
    TAKEN_BACK = "taken back"
    END = "end"


@dataclass(frozen=True, slots=True)
class Stop:
    """A moment of a run. ``number`` is the step or the block, counted from 1; ``text`` what is written by then."""

    when: When
    number: int = 0
    text: str = ""

    def reached(self, run: Run, frame: int) -> bool:
        """Whether a frame of the run is this moment or after it."""
        if self.when is When.START:
            return True
        if self.when is When.STEP:
            return frame >= self.number
        if self.when is When.TEXT:
            return bool(places(run.pieces, run.canvas(frame), self.text))
        if self.when is When.BLOCK:
            edges = run.blocks()
            return (
                frame > 0 and self.number <= len(edges) and None not in run.canvas(frame)[: edges[self.number - 1][0]]
            )
        if self.when is When.TAKEN_BACK:
            return any(step.remasked for step in run.steps[:frame])
        return run.end is not None and frame == run.last

    def frame(self, run: Run) -> int | None:
        """The first frame of this moment; None if the run has not come to it, or never will."""
        return next((frame for frame in range(run.last + 1) if self.reached(run, frame)), None)


@dataclass(frozen=True, slots=True)
class Point:
    """Positions to mark: from ``first`` to ``last``, counted from 0, or those of a text, or those in a state."""

    first: int = -1
    last: int = -1
    text: str = ""
    state: State | None = None

    def positions(self, run: Run, frame: int) -> list[int]:
        """The positions in a frame; predictions on show count as text too. None, if it is not there."""
        if self.text:
            return places(run.pieces, [cell.token for cell in run.cells(frame)], self.text)
        if self.state is not None:
            return [cell.position for cell in run.cells(frame) if cell.state is self.state]
        return list(range(self.first, min(self.last + 1, run.length)))


def spans(pieces: Pieces, tokens: list[int | None], text: str) -> list[list[int]]:
    """The positions of every place at which a text stands whole, left to right."""
    shown = pieces.texts(tokens)
    joined = "".join(shown)
    owner = [position for position, part in enumerate(shown) for _ in part]
    found = []
    at = joined.find(text)
    while at >= 0:
        found.append(sorted(set(owner[at : at + len(text)])))
        at = joined.find(text, at + 1)
    return found


def places(pieces: Pieces, tokens: list[int | None], text: str) -> list[int]:
    """All positions at which a text stands."""
    return sorted({position for span in spans(pieces, tokens, text) for position in span})
