"""At which frame of a run a lesson stops, and at which positions it points, as far as the run has come."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from llada_tui.trace.cell import State
from llada_tui.trace.run import Run
from llada_tui.trace.text import TokenBytes


class StopKind(Enum):
    """The event that a stop waits for; values are the words of the lesson format."""

    START = "start"
    STEP = "step"
    TEXT = "text"
    BLOCK = "block"
    TAKEN_BACK = "taken back"
    END = "end"


@dataclass(frozen=True, slots=True)
class LessonStop:
    """A frame at which a run is held. ``number`` is the step or the block, counted from 1; ``text`` the text that must
    stand."""

    kind: StopKind
    number: int = 0
    text: str = ""

    def reached(self, run: Run, frame: int) -> bool:
        """Whether a frame of the run is at this stop or after it."""
        if self.kind is StopKind.START:
            return True
        if self.kind is StopKind.STEP:
            return frame >= self.number
        if self.kind is StopKind.TEXT:
            return bool(positions_of_text(run.token_bytes, run.canvas(frame), self.text))
        if self.kind is StopKind.BLOCK:
            edges = run.blocks(frame)
            return (
                frame > 0 and self.number <= len(edges) and None not in run.canvas(frame)[: edges[self.number - 1][0]]
            )
        if self.kind is StopKind.TAKEN_BACK:
            return any(step.remasked for step in run.steps[:frame])
        return run.end is not None and frame == run.last

    def frame(self, run: Run) -> int | None:
        """The first frame at this stop; None if the run has not reached it."""
        return next((frame for frame in range(run.last + 1) if self.reached(run, frame)), None)


@dataclass(frozen=True, slots=True)
class Pointer:
    """Positions to mark: from ``first`` to ``last``, counted from 0, or those of a text, or those in a state."""

    first: int = -1
    last: int = -1
    text: str = ""
    state: State | None = None

    def positions(self, run: Run, frame: int) -> list[int]:
        """The places in a frame, predictions that are shown included; empty if nothing matches."""
        if self.text:
            return positions_of_text(run.token_bytes, [cell.token for cell in run.cells(frame)], self.text)
        if self.state is not None:
            return [place for place, cell in enumerate(run.cells(frame)) if cell.state is self.state]
        return list(range(self.first, min(self.last + 1, run.length_at(frame))))


def spans_of_text(token_bytes: TokenBytes, tokens: list[int | None], text: str) -> list[list[int]]:
    """The positions of each occurrence of a text, from left to right."""
    shown = token_bytes.texts(tokens)
    joined = "".join(shown)
    position_of = [position for position, part in enumerate(shown) for _ in part]
    spans = []
    at = joined.find(text)
    while at >= 0:
        spans.append(sorted(set(position_of[at : at + len(text)])))
        at = joined.find(text, at + 1)
    return spans


def positions_of_text(token_bytes: TokenBytes, tokens: list[int | None], text: str) -> list[int]:
    """The positions of all occurrences of a text."""
    return sorted({position for span in spans_of_text(token_bytes, tokens, text) for position in span})
