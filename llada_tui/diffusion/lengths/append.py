"""Blocks are appended until the text ends (block diffusion; BD3-LM, arXiv 2503.09573)."""

from __future__ import annotations

from llada_tui.diffusion.length_policy import LONGEST, LengthChange, LengthPolicy, LengthView


class Append(LengthPolicy):
    """Appends a block of masks once the canvas is full and no end of text, of turn, or stop sequence stands on it.

    Use it with every model and every cache: it reads no prediction. It is the only length that models know which are
    trained block by block.
    """

    name = "append"
    summary = "Blocks are appended until an end of text stands on the canvas."
    parameters = (LONGEST,)

    def decide(self, view: LengthView) -> LengthChange:
        return LengthChange(len(view.tokens), 0 if view.has_ended else view.next_block)
