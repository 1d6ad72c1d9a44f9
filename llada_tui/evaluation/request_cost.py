"""The cost of each request of an evaluation: what tokens a pass and the seconds of a table are summed up from."""

from __future__ import annotations

import msgspec


class RequestCost(msgspec.Struct, frozen=True, omit_defaults=True):
    """One request: the task's name, the number of its document and of the request among those of the document.

    ``tokens`` were generated in ``passes`` forward passes of this row (0 for a likelihood); ``seconds`` is its share of
    the time. ``again``: how many with the same context came before it.
    """

    task: str
    document: int
    number: int
    seconds: float
    tokens: int = 0
    passes: int = 0
    again: int = 0
