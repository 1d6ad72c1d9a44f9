"""Entropy of the prediction, as a measure of how sure the model is (used by Dream, arXiv 2508.15487)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llada_tui.diffusion.strategy import Strategy

if TYPE_CHECKING:
    from torch import Tensor

    from llada_tui.diffusion.predictions import Predictions


class Entropy(Strategy):
    """Commits the schedule's quota of predictions, those whose distribution over the vocabulary has the lowest entropy.

    Use it in place of ``low_confidence`` where several tokens would do: it looks at the whole distribution, not at the
    likeliest token alone.
    """

    name = "entropy"
    title = "least spread first"
    summary = "Commits the predictions whose distribution over the vocabulary has the lowest entropy."
    comparison_place = 3

    def score(self, predictions: Predictions) -> Tensor:
        return -predictions.entropy
