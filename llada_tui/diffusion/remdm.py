"""Remasking diffusion (ReMDM, arXiv 2503.00307): what its variants under ``strategies/`` have in common.

A step goes from time t to s, at which fractions alpha_t and alpha_s of the block are committed. It masks each committed
token again with a probability sigma, and commits so many masks that alpha_s holds (equation 5). sigma is at most
min(1, (1 - alpha_s) / alpha_t); the variants say how much of that. At the last step alpha_s is 1 and sigma 0. With more
steps than tokens a step may commit nothing, or no more than it masks again.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

from llada_tui.diffusion.strategy import Decision, StepView, Strategy

if TYPE_CHECKING:
    from torch import Tensor

    from llada_tui.diffusion.predictions import Predictions


class ReMDM(Strategy):
    """Masks committed tokens again at random, and commits as many more of the most confident predictions.

    The paper draws the positions to commit at random too; here they are the most confident, as LLaDA has it.
    """

    remasks = True
    draws = True

    def score(self, predictions: Predictions) -> Tensor:
        return predictions.confidence

    @abstractmethod
    def sigma(self, view: StepView, sigma_max: float) -> float | Tensor:
        """The probability with which each of the K committed tokens is masked again: one number, or ``(K,)``."""

    def alpha(self, view: StepView) -> float:
        """The part of the block that is committed after this step."""
        return view.alpha

    def decide(self, view: StepView) -> Decision:
        committed = len(view.commit_confidence)
        block = committed + len(view.scores)
        goal = max(committed, int(self.alpha(view) * block + 1e-9))
        masks = block - goal
        sigma_max = min(1.0, masks / committed) if committed else 1.0
        sigma = view.commit_confidence.new_ones(committed).mul(self.sigma(view, sigma_max)).clamp(min=1e-12)
        chance = view.uniform() / sigma
        remask = chance < 1
        if int(remask.sum()) > masks:  # More by chance than there are to be masks: the least likely stay.
            remask[chance.argsort()[masks:]] = False
        return Decision(goal - committed + int(remask.sum()), remask)
