"""Entropy of the prediction, as a measure of how sure the model is (used by Dream, arXiv 2508.15487)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llada_tui.diffusion.strategy import Strategy

if TYPE_CHECKING:
    from torch import Tensor

    from llada_tui.diffusion.predictions import Predictions


class Entropy(Strategy):
    """Score: minus the entropy of the distribution over the vocabulary."""

    name = "entropy"
    summary = "Keeps the predictions whose distribution over the vocabulary has the lowest entropy."

    def score(self, predictions: Predictions) -> Tensor:
        return -predictions.entropy
