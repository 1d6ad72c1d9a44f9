"""A row of spans as segments of text and style."""

from __future__ import annotations

from collections.abc import Iterable

from rich.segment import Segment

from llada_tui.drawing.painter import Look, Painter, state_of
from llada_tui.trace.run import State
from llada_tui.trace.text import MASK

PLAIN, POINTED, SELECTED = range(3)
"""How a token is marked: not at all, as what a lesson points at, or as what a person selected."""


def draw_row(spans: Iterable[tuple[str, Look, int]], painter: Painter, margin: int = 0) -> list[Segment]:
    """The segments of a row, from texts, looks and how they are marked, after ``margin`` blanks.

    Neighbours of one style share a segment; a bright ground, an underline or a strike begins at the word, not at the
    blank before it, which belongs to no state. What was seen by looking ahead has shade for its blanks: it is words
    behind masks.
    """
    segments: list[Segment] = []
    text, style = " " * margin, painter.base
    for words, look, mark in spans:
        own = painter.style(look, selected=mark == SELECTED, pointed=mark == POINTED)
        if state_of(look) is State.AHEAD:
            words = words.replace(" ", MASK)
        if own is style:
            text += words
            continue
        bare = words.lstrip(" ")
        if bare and len(bare) != len(words) and (own.reverse or own.underline or own.strike or mark):
            segments += (Segment(text, style), Segment(words[: len(words) - len(bare)], painter.base))
            words, text = bare, ""
        elif text:
            segments.append(Segment(text, style))
        text, style = words, own
    segments.append(Segment(text, style))
    return segments
