"""A batch in parts that go through the model at the same time, each on a core of its own.

torch's own threads share each operation of a pass and wait for each other after it: where a core has something else to
do, a pass of a small model takes many times as long. Rows of a batch need nothing of each other, so parts of it wait
for each other once a pass. Python itself is free nearly all the time that a pass takes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from concurrent.futures import ThreadPoolExecutor
from itertools import accumulate, pairwise

from llada_tui.trace.events import StepData

Rows = list[StepData | None]
"""The step of each row in a forward pass; None for a row that had none to make."""

FEWEST_ROWS = 4
"""Rows that a part has at least: parts of fewer gain nothing, as each leads Python through all operations of a pass."""


def part_edges(rows: int, cores: int) -> list[tuple[int, int]]:
    """The first row, and the one behind the last, of each part of a batch of ``rows`` on so many ``cores``."""
    count = max(1, min(cores, rows // FEWEST_ROWS))
    return list(pairwise(accumulate((rows // count + (part < rows % count) for part in range(count)), initial=0)))


class RowsOfPart(Set[int]):
    """Those rows of a set that are rows ``begin`` to ``end`` of a batch, counted from ``begin``, as the set is now."""

    def __init__(self, rows: Set[int], begin: int, end: int) -> None:
        self._rows, self._begin, self._end = rows, begin, end

    def __contains__(self, row: object) -> bool:
        return isinstance(row, int) and 0 <= row < self._end - self._begin and row + self._begin in self._rows

    def __iter__(self) -> Iterator[int]:
        return (row - self._begin for row in self._rows if self._begin <= row < self._end)

    def __len__(self) -> int:
        return sum(1 for _ in self)


def side_by_side(parts: Sequence[Iterator[Rows]], sizes: Sequence[int]) -> Iterator[Rows]:
    """The passes of a batch whose ``parts``, of so many rows each, make their passes at the same time. An error of a
    part is raised when the others have made theirs."""
    with ThreadPoolExecutor(len(parts), thread_name_prefix="part of a batch") as threads:
        while True:
            passes = list(threads.map(lambda part: next(part, None), parts))
            if all(rows is None for rows in passes):
                return
            yield [
                row
                for rows, size in zip(passes, sizes, strict=True)
                for row in ([None] * size if rows is None else rows)
            ]
