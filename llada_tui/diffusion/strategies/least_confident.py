"""The published order, turned round (the opposite of LLaDA, arXiv 2502.09992, algorithm 5)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llada_tui.diffusion.strategy import Strategy

if TYPE_CHECKING:
    from torch import Tensor

    from llada_tui.diffusion.predictions import Predictions


class LeastConfident(Strategy):
    """Commits the schedule's quota of predictions, those that the model is least sure of.

    Use it to see why the order matters: it commits what should have waited, and the rest has to agree with that.
    """

    name = "least_confident"
    title = "least sure first"
    summary = "Commits the predictions with the lowest probability first: how not to do it."

    def score(self, predictions: Predictions) -> Tensor:
        return -predictions.confidence
