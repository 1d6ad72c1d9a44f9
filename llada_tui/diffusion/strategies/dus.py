"""The dilated schedule (dilated unmasking, DUS, arXiv 2506.19037)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llada_tui.diffusion.strategy import HELD_BACK, Decision, Parameter, StepView, Strategy

if TYPE_CHECKING:
    from torch import Tensor

    from llada_tui.diffusion.predictions import Predictions


def dilated_levels(block: int, base: int = 2, skip: int = 1) -> list[list[int]]:
    """The positions of a block, as the steps commit them: every ``block // base**skip``-th, then those between, each
    time ``base`` times as dense; a last level smaller than the one before goes with it."""
    stride = max(1, block // base**skip)
    levels, placed = [], set[int]()
    while True:
        levels.append([place for place in range(0, block, stride) if place not in placed])
        placed.update(levels[-1])
        if stride == 1:
            return _merged(levels)
        stride = max(1, stride // base)


def binary_levels(block: int) -> list[list[int]]:
    """The positions of a block in the order of a binary search: the middle, the middles of both halves, and so on."""
    levels, spans = [], [(0, block - 1)]
    while spans:
        levels.append([(first + last) // 2 for first, last in spans])
        halves = [
            half
            for (first, last), middle in zip(spans, levels[-1], strict=True)
            for half in ((first, middle - 1), (middle + 1, last))
        ]
        spans = [(first, last) for first, last in halves if first <= last]
    return _merged(levels)


def _merged(levels: list[list[int]]) -> list[list[int]]:
    levels = [level for level in levels if level]
    if len(levels) > 1 and len(levels[-1]) < len(levels[-2]):
        levels[-2:] = [sorted([*levels[-2], *levels[-1]])]
    return levels


class DUS(Strategy):
    """Commits a block's positions in a fixed order, whatever is predicted there: every half block, then every quarter,
    and so on, so that a step commits tokens that are far from each other. A block of B tokens takes log2(B) steps.

    Published: the dilated order with ``base_skip`` 1; ``binary`` 1 is the order of a binary search. The published code
    may also take back what it was not sure of, which leaves masks in the text; that is left out. Use it where the
    number of steps has to be known beforehand. Its other part, a gap between the tokens of one step, every strategy
    takes as ``start_stride``. The schedule plays no part.
    """

    name = "dus"
    title = "far apart first"
    summary = "Commits places in a fixed order, far from each other in the early steps."
    parameters = (
        Parameter("base_skip", 1, 1, 8, 1, "The first step commits every (block / 2 to this power)-th position."),
        Parameter("binary", 0, 0, 1, 1, "1: in the order of a binary search."),
    )

    def score(self, predictions: Predictions) -> Tensor:
        return predictions.confidence

    def decide(self, view: StepView) -> Decision:
        begin, length = view.places.block.start, view.places.block.stop - view.places.block.start
        binary = self.values["binary"] >= 0.5
        levels = binary_levels(length) if binary else dilated_levels(length, skip=int(self.values["base_skip"]))
        free = view.scores > HELD_BACK
        place = (view.places.masks - begin).tolist()
        for level in map(set, levels):
            commit = free & free.new_tensor([each in level for each in place])
            if commit.any():
                return Decision(commit)
        return Decision(1)
