"""The forward process run backwards as it is (LLaDA, arXiv 2502.09992, algorithm 4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llada_tui.diffusion.strategy import Strategy

if TYPE_CHECKING:
    from torch import Tensor

    from llada_tui.diffusion.predictions import Predictions


class Random(Strategy):
    """Commits the schedule's quota of predictions at places drawn by chance, whatever is predicted there.

    It is the reverse process as the theory has it. Use it to see what choosing the places is worth.
    """

    name = "random"
    title = "random places"
    summary = "Commits predictions at random places, however sure the model is."
    comparison_place = 2
    draws = True

    def score(self, predictions: Predictions) -> Tensor:
        return predictions.uniform
