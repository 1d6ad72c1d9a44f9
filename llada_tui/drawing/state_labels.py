"""The words for token states in legends."""

from __future__ import annotations

from collections.abc import Set
from typing import NamedTuple

from rich.cells import cell_len

from llada_tui.trace.cell import State
from llada_tui.trace.text import END_MARK, MASK


class Label(NamedTuple):
    """A state in words; ``short`` is for narrow legends."""

    long: str
    short: str


LABELS = {
    State.MASKED: Label(f"{MASK * 3} masked", f"{MASK} masked"),
    State.PREDICTED: Label("guessed, masked again", "guess"),
    State.AHEAD: Label(f"{MASK}looked{MASK}ahead", f"{MASK}ahead"),
    State.COMMITTED_NOW: Label(" kept now ", "kept now"),
    State.COMMITTED: Label("kept before", "kept"),
    State.REMASKED: Label("taken back", "back"),
    State.EDITED: Label("replaced", "replaced"),
    State.GIVEN: Label("given", "given"),
    State.PINNED: Label("pinned", "pinned"),
}
"""In the order in which legends show them."""
END = f"{END_MARK} end of text"
ALWAYS = frozenset({State.MASKED, State.PREDICTED, State.COMMITTED_NOW, State.COMMITTED})
"""The states that every legend explains; the others are rare."""


class Sample(NamedTuple):
    """A word of a legend, in the look of its state, and the number of blanks after it."""

    state: State
    text: str
    gap: int


def legend(present: Set[State], width: int) -> list[Sample]:
    """The samples that fit ``width`` columns: the usual states, and the rare ones that are ``present``."""
    states = [state for state in LABELS if state in ALWAYS or state in present]
    size = sum(cell_len(LABELS[state].long) + 3 for state in states)
    short = width < size
    samples = [Sample(state, LABELS[state][short], 2 if short else 3) for state in states]
    if width >= size + cell_len(END):
        samples.append(Sample(State.COMMITTED, END, 0))
    return samples
