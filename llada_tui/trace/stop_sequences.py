"""Stop sequences: tokens before which a text ends."""

from __future__ import annotations

from collections.abc import Sequence

Stops = Sequence[Sequence[int]]
"""Stop sequences, each one token or more."""


def first_stop(tokens: Sequence[int | None], stops: Stops) -> int:
    """The index at which the first of ``stops`` begins among tokens; how many tokens there are where none does."""
    first = len(tokens)
    for stop in stops:
        size = len(stop)
        for at in range(min(first, len(tokens) - size + 1)):
            if tokens[at] == stop[0] and list(tokens[at : at + size]) == list(stop):
                first = at
                break
    return first
