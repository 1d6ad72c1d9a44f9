"""A row of tokens as segments of text and style."""

from __future__ import annotations

from collections.abc import Collection, Container, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from rich.segment import Segment
from rich.style import Style

from llada_tui.drawing.text_flow import Row
from llada_tui.drawing.token_styles import SHADED, Look, TokenStyles, state_of
from llada_tui.trace.text import MASK

PLAIN, POINTED, SELECTED = range(3)
"""The marks of a token: none, because a lesson points at it, or because it is selected; else `tint_mark`."""
_TINTED = 100


class PlacedRow(NamedTuple):
    """The tokens of a row, each with its look and mark: all that the row's picture depends on. A frame makes many of
    them, so they are few objects, through which a search for garbage need not go."""

    row: Row
    looks: tuple[Look, ...]
    marks: tuple[int, ...]

    @property
    def spans(self) -> Iterator[tuple[str, Look, int]]:
        """The text, look and mark of each token."""
        return zip(self.texts, self.looks, self.marks, strict=True)

    @property
    def texts(self) -> list[str]:
        """The text of each token, with the blanks up to the next."""
        return [span[2] for span in self.row]

    def token(self, index: int) -> tuple[int, int, str, Look, int, bool]:
        """All that the picture of one token depends on: first cell, the cell behind it, text, look, mark, and whether
        the token before looks alike, so that a blank between them does."""
        _, column, text, width = self.row[index]
        look, mark = self.looks[index], self.marks[index]
        is_alike = index > 0 and self.looks[index - 1] == look and self.marks[index - 1] == mark
        return column, column + width, text, look, mark, is_alike


NO_TOKENS = PlacedRow([], (), ())
"""A blank row."""


def place_row(
    row: Row, looks: Sequence[Look], chosen: Collection[int], tints: Mapping[int, int], pointed: Collection[int]
) -> PlacedRow:
    """A row's tokens with their looks, and marked as `mark_of` tells."""
    if chosen or tints or pointed:
        marks = tuple([mark_of(span[0], chosen, tints, pointed) for span in row])
    else:
        marks = (PLAIN,) * len(row)
    return PlacedRow(row, tuple([looks[span[0]] for span in row]), marks)


def differing_tokens(before: PlacedRow, after: PlacedRow) -> list[tuple[int, int]]:
    """The first cell, and the one behind the last, of each token of two rows that the other row does not show alike."""
    indices = {at for at, (old, new) in enumerate(zip(before.row, after.row, strict=False)) if old is not new}
    for old_styles, new_styles in ((before.looks, after.looks), (before.marks, after.marks)):
        if old_styles != new_styles:
            pairs = enumerate(zip(old_styles, new_styles, strict=False))
            indices.update(near for at, (old, new) in pairs if old != new for near in (at, at + 1))
    sides = [
        {placed.token(at) for at in indices if at < length} | {placed.token(at) for at in range(shared, length)}
        for placed, length, shared in (
            (before, len(before.row), len(after.row)),
            (after, len(after.row), len(before.row)),
        )
    ]
    return sorted([token[:2] for token in sides[0] ^ sides[1]])


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
    the blank before it, which belongs to no state. Noise and predictions beyond the block have shade for their blanks.
    """
    segments: list[Segment] = []
    text, style = " " * margin, token_styles.base
    of_spans = token_styles.of_spans
    for words, look, mark in spans:
        style_key = look, mark
        span_style = of_spans.get(style_key) or of_spans.setdefault(style_key, _span_style(look, mark, token_styles))
        token_style, is_shaded, begins_at_word = span_style
        if is_shaded:
            words = words.replace(" ", MASK)
        if token_style is style:
            text += words
            continue
        if begins_at_word and (bare := words.lstrip(" ")) and len(bare) != len(words):
            segments += (Segment(text, style), Segment(words[: len(words) - len(bare)], token_styles.base))
            words, text = bare, ""
        elif text:
            segments.append(Segment(text, style))
        text, style = words, token_style
    segments.append(Segment(text, style))
    return segments


def _span_style(look: Look, mark: int, token_styles: TokenStyles) -> tuple[Style, bool, bool]:
    """The style of a span, whether its blanks are shade, and whether its style begins at the word."""
    style = token_styles.style(look, selected=mark == SELECTED, pointed=mark == POINTED, tint=tint_of(mark))
    is_set_off = bool(style.reverse or style.underline or style.strike or mark)
    return style, state_of(look) in SHADED, is_set_off
