"""KL-adaptive stability sampling (KLASS, arXiv 2511.05664, algorithm 1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llada_tui.diffusion.strategy import Parameter, Strategy

if TYPE_CHECKING:
    from torch import Tensor

    from llada_tui.diffusion.predictions import Predictions


class Klass(Strategy):
    """Commits every prediction that is likely and has settled: its probability is above ``confidence``, and in each of
    the last two steps the KL divergence from the step before was below ``kl``. Where there is none, the most confident
    of the schedule's quota are committed.

    Published for LLaDA: confidence 0.6 and kl 0.015 (GSM8K), 0.9 and 0.01 (code). Use it where a threshold alone
    commits too early: a prediction that still moves is not committed, however likely. It looks back at two steps of the
    block, so that the first two of a block follow the schedule: the published code looks at the whole canvas in every
    step, of which only the block is asked for here, so that it needs a step less for every block but the first.
    """

    name = "klass"
    title = "likely and steady"
    summary = "Commits the likely predictions that no longer change from step to step."
    parameters = (
        Parameter("confidence", 0.9, 0, 1, 0.05, "Probability above which a settled prediction is committed."),
        Parameter("kl", 0.01, 0, 1, 0.005, "Divergence from the step before, in nats, below which it has settled."),
    )
    history = 2

    def score(self, predictions: Predictions) -> Tensor:
        settled = (predictions.divergences < self.values["kl"]).all(0)
        ready = settled & (predictions.confidence > self.values["confidence"])
        return predictions.confidence + 2 * ready

    def count(self, scores: Tensor, quota: int) -> int:
        return int((scores > 1.5).sum()) or quota
