"""A row of tokens as segments of text and style."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence

from rich.segment import Segment

from llada_tui.drawing.text_flow import Row
from llada_tui.drawing.token_styles import Look, TokenStyles, state_of
from llada_tui.trace.cell import State
from llada_tui.trace.text import MASK

PLAIN, POINTED, SELECTED = range(3)
"""The marks of a token: none, because a lesson points at it, or because it is selected; else `tint_mark`."""
_TINTED = 100


Placed = tuple[tuple[int, int, tuple[str, Look, int], bool], ...]
"""The tokens of a row, with all that their picture depends on: first cell, cells, text, look and mark, and whether the
token before looks alike, so that a blank between them does."""


def place_row(
    row: Row,
    looks: Sequence[Look],
    chosen: Container[int],
    tints: Mapping[int, int],
    pointed: Container[int],
    margin: int = 0,
) -> Placed:
    """A row's tokens with their looks, and marked as `mark_of` tells, after ``margin`` cells."""
    placed = []
    style_before = None
    for position, column, text, width in row:
        look, mark = style = looks[position], mark_of(position, chosen, tints, pointed)
        placed.append((margin + column, width, (text, look, mark), style == style_before))
        style_before = style
    return tuple(placed)


def mark_of(position: int, chosen: Container[int], tints: Mapping[int, int], pointed: Container[int]) -> int:
    """The mark of a token: of the chosen ones, of those with a tint as `TokenStyles.style` takes it, of those that are
    pointed at, or none."""
    if position in chosen:
        return SELECTED
    return _TINTED + tints[position] if position in tints else POINTED if position in pointed else PLAIN


def tint_of(mark: int) -> int:
    """The tint that a mark stands for; 0 for other marks."""
    return mark - _TINTED if mark > SELECTED else 0


def draw_row(spans: Iterable[tuple[str, Look, int]], token_styles: TokenStyles, margin: int = 0) -> list[Segment]:
    """The segments of a row, after ``margin`` blanks. A span is a text, its look and how it is marked.

    Neighbours of one style share a segment. A bright background, an underline or a strike begins at the word, not at
    the blank before it, which belongs to no state. Predictions beyond the block have shade for their blanks.
    """
    segments: list[Segment] = []
    text, style = " " * margin, token_styles.base
    for words, look, mark in spans:
        tint = tint_of(mark)
        token_style = token_styles.style(look, selected=mark == SELECTED, pointed=mark == POINTED, tint=tint)
        if state_of(look) is State.AHEAD:
            words = words.replace(" ", MASK)
        if token_style is style:
            text += words
            continue
        bare = words.lstrip(" ")
        if (
            bare
            and len(bare) != len(words)
            and (token_style.reverse or token_style.underline or token_style.strike or mark)
        ):
            segments += (Segment(text, style), Segment(words[: len(words) - len(bare)], token_styles.base))
            words, text = bare, ""
        elif text:
            segments.append(Segment(text, style))
        text, style = words, token_style
    segments.append(Segment(text, style))
    return segments
