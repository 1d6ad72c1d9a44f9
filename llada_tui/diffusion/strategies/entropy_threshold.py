"""Parallel decoding above a certainty (d3LLM, arXiv 2601.07568, ``get_transfer_index_entropy``)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llada_tui.diffusion.strategy import Parameter, Strategy

if TYPE_CHECKING:
    from torch import Tensor

    from llada_tui.diffusion.predictions import Predictions


class EntropyThreshold(Strategy):
    """Commits every prediction whose distribution has an entropy of at most ``threshold`` nats (published: 0.5), one at
    least.

    Use it as ``threshold``, where the whole distribution should count, and not the likeliest token alone. The schedule
    plays no part.
    """

    name = "entropy_threshold"
    title = "all with little spread"
    summary = "Commits every prediction whose entropy is below a threshold, at least one a step."
    parameters = (Parameter("threshold", 0.5, 0, 8, 0.1, "Entropy in nats up to which a prediction is committed."),)

    def score(self, predictions: Predictions) -> Tensor:
        return -predictions.entropy

    def count(self, scores: Tensor, quota: int) -> int:
        return int((-scores <= self.values["threshold"]).sum())
