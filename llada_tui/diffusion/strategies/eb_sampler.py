"""The entropy-bounded sampler (EB-Sampler, arXiv 2505.24857, algorithm 1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llada_tui.diffusion.strategy import HELD_BACK, Parameter, Strategy

if TYPE_CHECKING:
    from torch import Tensor

    from llada_tui.diffusion.predictions import Predictions


class EBSampler(Strategy):
    """Commits the predictions of lowest entropy, the most for which sum(H) - max(H) <= ``gamma`` (published: 0.01 to
    0.1), and one in any case.

    sum(H) - max(H) bounds what is lost by drawing the committed tokens independently of each other. Use it for speed
    where a bound on that error says more than a threshold. The schedule plays no part.
    """

    name = "eb_sampler"
    title = "entropy budget"
    summary = "Commits the predictions of lowest entropy, as long as the entropies add up to little."
    parameters = (Parameter("gamma", 0.1, 0, 4, 0.05, "Nats of entropy that a step may commit besides its largest."),)

    def score(self, predictions: Predictions) -> Tensor:
        return -predictions.entropy

    def count(self, scores: Tensor, quota: int) -> int:
        entropy = -scores
        bounded = entropy.cumsum(0) - entropy <= self.values["gamma"]
        return int((bounded & (scores > HELD_BACK)).sum())
