"""Styles as colours that can be written down."""

from __future__ import annotations

from typing import NamedTuple

from rich.color import Color
from rich.style import Style


class Ink(NamedTuple):
    """How a segment is drawn: colours as ``#rrggbb``, and what else a style says."""

    colour: str
    ground: str
    bold: bool
    italic: bool
    underline: bool
    strike: bool


def ink(style: Style | None, base: Style) -> Ink:
    """What a style says, with what it leaves open taken from ``base``."""
    style = style or base
    colour, ground = _hex(style.color or base.color), _hex(style.bgcolor or base.bgcolor)
    if style.reverse:
        colour, ground = ground, colour
    return Ink(colour, ground, bool(style.bold), bool(style.italic), bool(style.underline), bool(style.strike))


def _hex(colour: Color | None) -> str:
    return (colour or Color.default()).get_truecolor().hex
