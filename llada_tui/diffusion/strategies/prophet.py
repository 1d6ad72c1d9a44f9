"""Early commit (Prophet, arXiv 2508.19982)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llada_tui.diffusion.strategy import HELD_BACK, Decision, Parameter, StepView, Strategy

if TYPE_CHECKING:
    from torch import Tensor

    from llada_tui.diffusion.predictions import Predictions


class Prophet(Strategy):
    """Commits the schedule's quota of the likeliest predictions, until the block is decided: when the gap between the
    logits of the two likeliest tokens, averaged over the masks that are left, is at least ``early``, ``middle`` or
    ``late`` (in the first, second and last third of the block's steps), it commits them all.

    Published: 7.5, 5 and 2.5. The published code averages over the five tokens after a fixed "The answer is"; here it
    is all that is left of the block. Use it for short answers, which a model often knows long before the last step.
    """

    name = "prophet"
    title = "stop when decided"
    summary = "Follows the schedule, and commits all that is left once the model has made up its mind."
    parameters = (
        Parameter("early", 7.5, 0, 50, 0.5, "Mean gap of logits to commit all in the first third of the steps."),
        Parameter("middle", 5.0, 0, 50, 0.5, "Mean gap of logits to commit all in the second third."),
        Parameter("late", 2.5, 0, 50, 0.5, "Mean gap of logits to commit all in the last third."),
    )

    def score(self, predictions: Predictions) -> Tensor:
        best, second = predictions.log_probabilities.topk(2).values.unbind(-1)
        return best - second

    def decide(self, view: StepView) -> Decision:
        free = view.scores > HELD_BACK
        third = ("early", "middle", "late")[min(2, 3 * view.step // view.steps)]
        if free.any() and float(view.scores[free].mean()) >= self.values[third]:
            return Decision(free)
        ranked = view.confidence.masked_fill(~free, -1).sort(descending=True, stable=True).indices
        return Decision((free & False).scatter(0, ranked[: view.quota], True) & free)
