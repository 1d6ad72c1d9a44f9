"""The canvas keeps its length, as published (LLaDA, arXiv 2502.09992)."""

from __future__ import annotations

from llada_tui.diffusion.length_policy import LengthChange, LengthPolicy, LengthView
from llada_tui.settings.sampler_settings import FIXED_LENGTH


class Fixed(LengthPolicy):
    """Keeps the length that the canvas begins with.

    Use it where the length of the answer is known, and wherever steps are to be counted beforehand.
    """

    name = FIXED_LENGTH
    summary = "The canvas keeps the length that it begins with."

    def decide(self, view: LengthView) -> LengthChange:
        return LengthChange()
