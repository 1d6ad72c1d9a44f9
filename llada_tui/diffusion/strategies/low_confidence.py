"""The published default (LLaDA, arXiv 2502.09992, algorithm 5)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llada_tui.diffusion.strategy import Strategy

if TYPE_CHECKING:
    from torch import Tensor

    from llada_tui.diffusion.predictions import Predictions


class LowConfidence(Strategy):
    """Commits the schedule's quota of predictions, those whose token is likeliest. A committed token stays: what the
    name calls remasking is that the other predictions of the step are masked again at once.

    Use it first: it is what the authors' results were made with. One step a token gives the best text.
    """

    name = "low_confidence"
    title = "surest first"
    summary = "Commits the predictions with the highest probability and masks the others again."
    comparison_place = 1

    def score(self, predictions: Predictions) -> Tensor:
        return predictions.confidence
