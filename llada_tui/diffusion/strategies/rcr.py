"""Running confidence remasking (RCR, published with MDPO, arXiv 2508.13148)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llada_tui.diffusion.strategy import Decision, Strategy, Turn

if TYPE_CHECKING:
    from torch import Tensor

    from llada_tui.diffusion.predictions import Predictions


class RCR(Strategy):
    """Every token of the block keeps the confidence with which it was last predicted. A step ranks the written tokens
    and the new predictions together, keeps as many of the most confident as the schedule has at its end, and masks the
    others again: a token that was committed for want of a better one makes room once there are better ones.

    What is taken back is of the block at work. The published code ranks the whole canvas, and may take back tokens of
    earlier blocks as well; with one block both are the same.

    Use it in place of ``low_confidence``, with the same steps: it takes as many forward passes. It has no parameters.
    Tokens that stand there when a run is continued count as certain.
    """

    name = "rcr"
    summary = "Ranks old and new tokens by confidence, and takes back those that fall behind."
    takes_back = True

    def score(self, predictions: Predictions) -> Tensor:
        return predictions.confidence

    def decide(self, turn: Turn) -> Decision:
        own = turn.written[:, None]
        surer = (turn.written > own).sum(1) + (turn.scores > own).sum(1)
        taken = surer >= len(own) + turn.quota
        return Decision(turn.quota + int(taken.sum()), taken)
