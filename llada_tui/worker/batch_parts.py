"""A batch in parts that go through the model at the same time, each on a core of its own.

torch's own threads share each operation of a pass and wait for each other after it: where a core has something else to
do, a pass of a small model takes many times as long. Rows of a batch do not depend on each other, nor do parts of it.
Python itself is free nearly all the time that a pass takes.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator, Sequence, Set
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait

from llada_tui.trace.events import StepData

Rows = list[StepData | None]
"""The step of each row in a forward pass; None for a row that had none to make."""

FEWEST_ROWS = 4
"""Rows that a part has at least: parts of fewer gain nothing, as each leads Python through all operations of a pass."""


def rows_of_parts(steps: Sequence[int], cores: int) -> list[list[int]]:
    """The numbers of the rows in each part of a batch on so many ``cores``, by the most steps of each row: parts have
    as many rows as each other, or one more, and nearly as many steps, so that they end at about the same time."""
    count = max(1, min(cores, len(steps) // FEWEST_ROWS))
    longest_first = sorted(range(len(steps)), key=lambda row: -steps[row])
    there_and_back = [*range(count), *reversed(range(count))]
    parts: list[list[int]] = [[] for _ in range(count)]
    for place, row in enumerate(longest_first):
        parts[there_and_back[place % len(there_and_back)]].append(row)
    return [sorted(part) for part in parts]


class RowsOfPart(Set[int]):
    """Those rows of a set that are in a part, by their places in it, as the set is now. ``part``: the part's rows."""

    def __init__(self, rows: Set[int], part: Sequence[int]) -> None:
        self._rows, self._part = rows, part

    def __contains__(self, place: object) -> bool:
        return isinstance(place, int) and 0 <= place < len(self._part) and self._part[place] in self._rows

    def __iter__(self) -> Iterator[int]:
        return (place for place, row in enumerate(self._part) if row in self._rows)

    def __len__(self) -> int:
        return sum(1 for _ in self)


class SideBySide(Iterator[Rows]):
    """The passes of a batch whose ``parts``, of these ``rows`` each, go through the model at the same time. An item is
    the pass of one part: rows of the other parts have None in it.

    No part waits for another, and each makes its next pass while its last one is told. An error of a part is raised
    when the passes at work in other parts are made.
    """

    def __init__(self, parts: Sequence[Iterator[Rows]], rows: Sequence[Sequence[int]]) -> None:
        self.seconds = 0.0
        """The time that the last pass took, shared among the parts that were at work."""
        self._passes = self._make(parts, rows)

    def __next__(self) -> Rows:
        return next(self._passes)

    def close(self) -> None:
        """Wait for the passes at work, and make no more."""
        self._passes.close()

    def _make(self, parts: Sequence[Iterator[Rows]], rows: Sequence[Sequence[int]]) -> Generator[Rows]:
        count = sum(map(len, rows))
        with ThreadPoolExecutor(len(parts), thread_name_prefix="part of a batch") as threads:
            at_work = {threads.submit(_timed, part): number for number, part in enumerate(parts)}
            while at_work:
                for future in wait(at_work, return_when=FIRST_COMPLETED).done:
                    steps, seconds = future.result()
                    self.seconds = seconds / len(at_work)
                    number = at_work.pop(future)
                    if steps is not None:
                        at_work[threads.submit(_timed, parts[number])] = number
                        of_row = dict(zip(rows[number], steps, strict=True))
                        yield [of_row.get(row) for row in range(count)]


def _timed(part: Iterator[Rows]) -> tuple[Rows | None, float]:
    """The next pass of a part, None where it is over, and its seconds."""
    began = time.perf_counter()
    return next(part, None), time.perf_counter() - began
