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
    State.NOISE: Label(f"{MASK}noise{MASK}", f"{MASK}noise", "noise", "random token"),
    State.PREDICTED: Label("guessed", "guessed", "guessed", "predicted"),
    State.AHEAD: Label(f"{MASK}looked{MASK}ahead", f"{MASK}ahead", "looked ahead"),
    State.COMMITTED_NOW: Label(" kept now ", "kept now", "kept now", "committed"),
    State.COMMITTED: Label("kept", "kept", "kept", "committed"),
    State.REMASKED: Label("taken back", "taken back", "taken back", "remasked"),
    State.EDITED: Label("edited", "edited", "edited"),
    State.GIVEN: Label("given", "given", "given"),
    State.PINNED: Label("pinned", "pinned", "pinned"),
}
"""In the order in which legends show them."""
_END = Label(f"{END_MARK} end of text", f"{END_MARK} end", "end of text")
NOT_NEEDED = "not needed"
"""The label of masks that an early stop left after the end of text."""
ALWAYS = frozenset({State.MASKED, State.PREDICTED, State.COMMITTED_NOW, State.COMMITTED})
"""The states that every legend explains; the others are rare."""


class Sample(NamedTuple):
    """A word of a legend, in the look of its state, and the number of blanks after it."""

    state: State
    text: str
    gap: int


def labels_for(present: Set[State], has_end: bool) -> list[tuple[State, Label]]:
    """The labels of the usual states, of the rare ones that are ``present``, and of an end of text if the canvas
    ``has_end``, which looks as what is kept. Where there is noise, masks and guesses are rare."""
    usual = ALWAYS - {State.MASKED, State.PREDICTED} if State.NOISE in present else ALWAYS
    labels = [(state, label) for state, label in LABELS.items() if state in usual or state in present]
    if has_end:
        labels.insert([state for state, _ in labels].index(State.COMMITTED) + 1, (State.COMMITTED, _END))
    return labels


def legend(present: Set[State], width: int, *, has_end: bool = False) -> list[Sample]:
    """The words and looks of `labels_for`; shorter words, then fewer blanks, where ``width`` columns are too few."""
    labels = labels_for(present, has_end)
    samples: list[Sample] = []
    for short, gap in ((0, 3), (1, 2), (1, 1)):
        samples = [Sample(state, label[short], gap) for state, label in labels]
        if sum(cell_len(sample.text) + gap for sample in samples) - gap <= width:
            break
    return samples
