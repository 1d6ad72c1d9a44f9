"""A screen without colours, for ``NO_COLOR``: what colours tell is told by reverse and dim."""

from __future__ import annotations

from functools import lru_cache

from rich.color import Color as RichColor
from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.filter import LineFilter

_APART = 0.12
"""Least difference of brightness, of 1, that a ground has to the screen's to be shown reversed."""
_MUTED = 0.4
"""Difference of brightness of a text to its ground below which it is shown dim."""


class Colourless(LineFilter):
    """Takes all colours from a line. A ground that stands out becomes reverse, a text that steps back dim."""

    def __init__(self, ground: Color) -> None:
        """``ground``: what the screen stands on, so far as the theme says."""
        super().__init__()
        self._ground = ground

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        return [
            Segment(text, style and colourless(style, self._ground, background), control)
            for text, style, control in segments
        ]


@lru_cache(4096)
def colourless(style: Style, ground: Color, background: Color) -> Style:
    """A style without colours, as it looks on a screen whose ground is ``ground``; a widget's is ``background``."""
    back, text = _brightness(style.bgcolor), _brightness(style.color)
    if style.reverse:
        back, text = text, back
        reverse = back is None or abs(back - ground.brightness) > _APART
    else:
        reverse = abs((background.brightness if back is None else back) - ground.brightness) > _APART
    muted = not reverse and text is not None and abs((back or ground.brightness) - text) < _MUTED
    dim = (bool(style.dim) or muted) and not reverse
    return style.without_color + Style(reverse=reverse, dim=dim, meta=style.meta or None)


def _brightness(color: RichColor | None) -> float | None:
    """The brightness of a colour, from 0 to 1; None for the terminal's own."""
    return None if color is None or color.is_default else Color.from_rich_color(color).brightness
