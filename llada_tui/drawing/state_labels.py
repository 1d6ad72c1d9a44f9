"""The words for token states on the screen and in exports, each with the field's term."""

from __future__ import annotations

from collections.abc import Set
from typing import NamedTuple

from rich.cells import cell_len

from llada_tui.trace.cell import State
from llada_tui.trace.text import END_MARK, MASK


class Label(NamedTuple):
    """A state in words. ``long`` and ``short`` are how it stands in wide and in narrow legends; ``word`` is what a
    sentence calls it, and ``term`` what the papers do, where that is another word."""

    long: str
    short: str
    word: str
    term: str = ""

    def with_term(self) -> str:
        """The word, with the papers' term behind it: ``kept (committed)``."""
        return f"{self.word} ({self.term})" if self.term else self.word


LABELS = {
    State.MASKED: Label(f"{MASK * 3} masked", f"{MASK} masked", "masked"),
    State.PREDICTED: Label("guessed, masked again", "guess", "guessed", "predicted"),
    State.AHEAD: Label(f"{MASK}looked{MASK}ahead", f"{MASK}ahead", "looked ahead"),
    State.COMMITTED_NOW: Label(" kept now ", "kept now", "kept now", "committed"),
    State.COMMITTED: Label("kept before", "kept", "kept", "committed"),
    State.REMASKED: Label("taken back", "back", "taken back", "remasked"),
    State.EDITED: Label("edited", "edited", "edited"),
    State.GIVEN: Label("given", "given", "given"),
    State.PINNED: Label("pinned", "pinned", "pinned"),
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
