"""Running confidence remasking (RCR, published with MDPO, arXiv 2508.13148)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llada_tui.diffusion.strategy import Decision, StepView, Strategy

if TYPE_CHECKING:
    from torch import Tensor

    from llada_tui.diffusion.predictions import Predictions


class RCR(Strategy):
    """Every token of the block keeps the confidence with which it was last predicted. A step ranks the committed tokens
    and the new predictions together, commits as many of the most confident as the schedule has at its end, and masks
    the others again: a token that was committed for want of a better one makes room once there are better ones.

    Only tokens of the block at work are masked again. The published code ranks the whole canvas, and may mask tokens of
    earlier blocks as well; with one block both are the same.

    Use it in place of ``low_confidence``, with the same steps: it takes as many forward passes. It has no parameters.
    Tokens that stand there when a run is continued count as certain.
    """

    name = "rcr"
    title = "ranked anew each step"
    summary = "Ranks old and new tokens by confidence, and takes back those that fall behind."
    remasks = True

    def score(self, predictions: Predictions) -> Tensor:
        return predictions.confidence

    def decide(self, view: StepView) -> Decision:
        confidence = view.commit_confidence[:, None]
        surer = (view.commit_confidence > confidence).sum(1) + (view.scores > confidence).sum(1)
        remask = surer >= len(confidence) + view.quota
        return Decision(view.quota + int(remask.sum()), remask)
