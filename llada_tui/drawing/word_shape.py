"""The shape of words on the canvas: text, or tiles with straight or round ends."""

from __future__ import annotations

from enum import Enum


class WordShape(Enum):
    """The shape of words on the canvas; values are the names in the configuration."""

    TEXT = "text"
    TILES = "tiles"
    PILLS = "pills"
    """With round ends, which are characters of Powerline fonts (U+E0B6, U+E0B4): other fonts have boxes there."""

    @property
    def ends(self) -> tuple[str, str]:
        """The characters at the left and the right end of a tile."""
        return ("\ue0b6", "\ue0b4") if self is WordShape.PILLS else ("▐", "▌")

    def next(self) -> WordShape:
        """The one after this, in a circle."""
        members = list(WordShape)
        return members[(members.index(self) + 1) % len(members)]
