"""Styles as plain values that a file can hold."""

from __future__ import annotations

from typing import NamedTuple

from rich.color import Color
from rich.style import Style


class ResolvedStyle(NamedTuple):
    """The style of a segment, resolved; colours as ``#rrggbb``."""

    colour: str
    background: str
    bold: bool
    italic: bool
    underline: bool
    strike: bool


def resolve_style(style: Style | None, base: Style) -> ResolvedStyle:
    """A style with what it leaves open taken from ``base``; reversed colours are swapped here."""
    style = style or base
    colour, background = _hex(style.color or base.color), _hex(style.bgcolor or base.bgcolor)
    if style.reverse:
        colour, background = background, colour
    flags = (bool(flag) for flag in (style.bold, style.italic, style.underline, style.strike))
    return ResolvedStyle(colour, background, *flags)


def _hex(colour: Color | None) -> str:
    return (colour or Color.default()).get_truecolor().hex
