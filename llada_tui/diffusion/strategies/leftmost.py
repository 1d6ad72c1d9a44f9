"""From left to right, as an autoregressive model writes (the baseline of LLaDA, arXiv 2502.09992, appendix B.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llada_tui.diffusion.strategy import HELD_BACK, Decision, StepView, Strategy

if TYPE_CHECKING:
    from torch import Tensor

    from llada_tui.diffusion.predictions import Predictions


class Leftmost(Strategy):
    """Commits the schedule's quota of predictions, those furthest left, however sure the model is of them.

    Use it to compare: it is the order of an autoregressive model, and shows what a free order is worth.
    """

    name = "leftmost"
    title = "left to right"
    summary = "Commits predictions from left to right, however sure the model is."
    by_schedule = True

    def score(self, predictions: Predictions) -> Tensor:
        return predictions.confidence

    def decide(self, view: StepView) -> Decision:
        free = view.scores > HELD_BACK
        return Decision(free & (free.cumsum(0) <= view.quota))
