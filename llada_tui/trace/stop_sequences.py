"""Stop sequences: tokens, or texts, before which a text ends."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import NamedTuple

Stops = Sequence[Sequence[int] | str]
"""Stop sequences: token ids, one or more, which are compared as ids, or texts, which are compared as bytes."""
BytesOf = Callable[[int], bytes]
"""The bytes that a token adds to a text; none for a special token."""


class TextEnd(NamedTuple):
    """The end of a text among tokens: before token ``at``, but for ``head``, the first bytes of that token, which still
    belong to the text. Of two ends the lesser comes first."""

    at: int
    head: bytes = b""


def end_before(tokens: Sequence[int | None], stops: Stops, bytes_of: BytesOf) -> TextEnd:
    """The end of the text before the first of ``stops`` among tokens, where None is a mask; that of all tokens where
    none of them is there."""
    ids = [stop for stop in stops if not isinstance(stop, str)]
    texts = [stop.encode("utf-8", "replace") for stop in stops if stop and isinstance(stop, str)]
    end = TextEnd(first_stop(tokens, ids))
    return min(end, _end_before_texts(tokens, texts, bytes_of)) if texts else end


def first_stop(tokens: Sequence[int | None], stops: Sequence[Sequence[int]]) -> int:
    """The index at which the first of ``stops`` begins among tokens; how many tokens there are where none does."""
    first = len(tokens)
    for stop in filter(None, stops):  # a session file may hold an empty one
        size = len(stop)
        for at in range(min(first, len(tokens) - size + 1)):
            if tokens[at] == stop[0] and list(tokens[at : at + size]) == list(stop):
                first = at
                break
    return first


def _end_before_texts(tokens: Sequence[int | None], texts: Sequence[bytes], bytes_of: BytesOf) -> TextEnd:
    """The end before the first of texts: none of them goes on across a mask."""
    begin = 0
    while begin < len(tokens):
        masks = (at for at in range(begin, len(tokens)) if tokens[at] is None)
        end = next(masks, len(tokens))
        pieces = [bytes_of(token) for token in tokens[begin:end] if token is not None]
        data = b"".join(pieces)
        if places := [place for text in texts if (place := data.find(text)) >= 0]:
            edges = [0, *accumulate(map(len, pieces))]
            piece = bisect_right(edges, min(places)) - 1
            return TextEnd(begin + piece, data[edges[piece] : min(places)])
        begin = end + 1
    return TextEnd(len(tokens))
