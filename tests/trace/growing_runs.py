"""Random runs whose canvas changes its length, and what stands on it in each frame, replayed in the plainest way."""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import strategies as st
from msgspec.structs import replace

from llada_tui.trace.events import Choice, RunEvent, StepEvent, Stretch
from llada_tui.trace.run import Run
from llada_tui.trace.text import TokenBytes
from tests.trace.support import MASK, start, step


@dataclass
class Growing:
    """A run as events, and for each frame the positions on the canvas with the ids that stand there."""

    start: RunEvent
    steps: list[StepEvent] = field(default_factory=list)
    frames: list[list[tuple[int, int]]] = field(default_factory=list)

    def folded(self, steps: int | None = None) -> Run:
        run = Run(self.start, TokenBytes())
        for event in self.steps[:steps]:
            run.add(event)
        return run


@st.composite
def growing_runs(draw: st.DrawFn, *, most_steps: int = 8) -> Growing:
    """Valid runs with commits, predictions, tokens taken back, and positions inserted and removed anywhere."""
    canvas = [(position, MASK) for position in range(draw(st.integers(1, 6)))]
    begun, ever = start(len(canvas)), len(canvas)
    made = Growing(replace(begun, settings=begun.settings.replace(recomputed=draw(st.booleans()))))
    made.frames.append(list(canvas))
    for index in range(draw(st.integers(0, most_steps))):
        held = [position for position, token in canvas if token != MASK]
        masked = [position for position, token in canvas if token == MASK]
        chosen = draw(st.lists(st.sampled_from(masked), unique=True, max_size=3)) if masked else []
        taken = draw(st.lists(st.sampled_from(held), unique=True, max_size=1)) if held else []
        written = {position: draw(st.integers(0, 30)) for position in chosen}
        predictions = [Choice(position, 9, 0.125) for position in masked if position not in written]
        anew = draw(st.just([]) | st.just([position % 3 / 2 for position, _ in canvas]))
        inserted = removed = None
        after = [(at, MASK if at in taken else written.get(at, token)) for at, token in canvas]
        if draw(st.booleans()):
            inserted = Stretch(draw(st.integers(0, len(after))), draw(st.integers(1, 4)))
            new = range(ever, ever + inserted.count)
            ever += inserted.count
            if draw(st.booleans()):
                written |= dict.fromkeys(new, 1)
            after[inserted.place : inserted.place] = [(position, written.get(position, MASK)) for position in new]
        if draw(st.integers(0, 2)) == 0 and len(after) > 1:
            place = draw(st.integers(0, len(after) - 1))
            removed = Stretch(place, draw(st.integers(1, min(4, len(after) - place, len(after) - 1))))
            del after[removed.place : removed.place + removed.count]
        made.steps.append(
            step(
                index,
                written,
                remasked=taken,
                predictions=predictions,
                inserted=inserted,
                removed=removed,
                recomputed=anew,
            )
        )
        canvas = after
        made.frames.append(list(canvas))
    return made
