"""Remasking diffusion (ReMDM, arXiv 2503.00307): what its variants under ``strategies/`` have in common.

A step from time t to s, at which fractions alpha_t and alpha_s of the block are written, masks each written token again
with a probability sigma, and writes so many masks that alpha_s holds (equation 5). sigma is at most
min(1, (1 - alpha_s) / alpha_t); the variants say how much of that. At the last step alpha_s is 1 and sigma 0. With more
steps than tokens a step may write nothing, or no more than it takes back.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

from llada_tui.diffusion.strategy import Decision, Strategy, Turn

if TYPE_CHECKING:
    from torch import Tensor

    from llada_tui.diffusion.predictions import Predictions


class ReMDM(Strategy):
    """Takes written tokens back at random, and keeps as many more of the most confident predictions.

    The paper draws the positions to write at random too; here they are the most confident, as LLaDA has it.
    """

    takes_back = True
    draws = True

    def score(self, predictions: Predictions) -> Tensor:
        return predictions.confidence

    @abstractmethod
    def sigma(self, turn: Turn, sigma_max: float) -> float | Tensor:
        """The probability with which each of the K written tokens is masked again: one number, or K."""

    def alpha(self, turn: Turn) -> float:
        """The part of the block that is written after this step."""
        return turn.alpha

    def decide(self, turn: Turn) -> Decision:
        written = len(turn.written)
        block = written + len(turn.scores)
        wanted = max(written, int(self.alpha(turn) * block + 1e-9))
        masks = block - wanted
        sigma_max = min(1.0, masks / written) if written else 1.0
        chance = turn.uniform() / turn.written.new_ones(written).mul(self.sigma(turn, sigma_max)).clamp(min=1e-12)
        taken = chance < 1
        if int(taken.sum()) > masks:  # More by chance than there are to be masks: the least likely stay.
            taken[chance.argsort()[masks:]] = False
        return Decision(wanted - written + int(taken.sum()), taken)
