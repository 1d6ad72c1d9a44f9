"""Words as tiles: a ground of the state's colour under each word, with straight or round ends."""

from __future__ import annotations

from collections.abc import Iterable

from rich.color import Color
from rich.segment import Segment
from rich.style import Style

from llada_tui.drawing.row_segments import POINTED, SELECTED, tint_of
from llada_tui.drawing.token_styles import Look, TokenStyles, state_of
from llada_tui.trace.cell import State
from llada_tui.trace.text import MASK


def draw_tiles(
    spans: Iterable[tuple[str, Look, int]], token_styles: TokenStyles, ends: tuple[str, str], margin: int
) -> list[Segment]:
    """The segments of a row of tiles, after ``margin`` blanks. Spans are those of `draw_row`; the ends of a tile stand
    on the blanks beside it, where there are two between it and the next. The tokens of a word touch."""
    base = token_styles.base
    segments: list[Segment] = []
    blanks, before = margin, None
    for words, look, mark in spans:
        bare = words.strip(" ")
        blanks += len(words) - len(words.lstrip(" ")) if bare else len(words)
        if not bare:
            continue
        style = _style(token_styles, look, mark)
        segments += _gap(blanks, before, style.bgcolor, ends, base)
        if state_of(look) is State.MASKED and style.bgcolor is not None:
            bare = bare.replace(MASK, " ")
        segments.append(Segment(bare, base + style))
        blanks, before = len(words) - len(words.rstrip(" ")), style.bgcolor
    return [*segments, *_gap(blanks + 1, before, None, ends, base)]


def _style(token_styles: TokenStyles, look: Look, mark: int) -> Style:
    """The style of a word's tile, with what tells its state without colours."""
    shape = token_styles.style(look)
    tile = token_styles.tile(look, selected=mark == SELECTED, pointed=mark == POINTED, tint=tint_of(mark))
    return tile + Style(italic=shape.italic, strike=shape.strike, underline=shape.underline)


def _gap(blanks: int, left: Color | None, right: Color | None, ends: tuple[str, str], base: Style) -> list[Segment]:
    """The blanks between two tiles, of the grounds ``left`` and ``right`` if they have any, with the tiles' ends."""
    opening, closing = ends
    has_left, has_right = left is not None and blanks > 0, right is not None and blanks > 0
    if has_left and has_right and blanks == 1:
        has_left = has_right = False
    return [
        *([Segment(closing, base + Style(color=left))] if has_left else []),
        Segment(" " * (blanks - has_left - has_right), base),
        *([Segment(opening, base + Style(color=right))] if has_right else []),
    ]
