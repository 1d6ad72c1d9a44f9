"""Parallel decoding above a confidence (Fast-dLLM, arXiv 2505.22618, section 3.3, threshold)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llada_tui.diffusion.strategy import Parameter, Strategy

if TYPE_CHECKING:
    from torch import Tensor

    from llada_tui.diffusion.predictions import Predictions


class Threshold(Strategy):
    """Commits every prediction whose probability is at least ``threshold`` (published: 0.9), and one in any case.

    Use it for speed: a step commits many tokens where the model is sure, and one where it is not. The schedule plays no
    part, unless ``at_least_quota`` is 1: a step then commits no fewer than the schedule asks for, so that a run has no
    more steps than were set (LLaDA2.0, and SDAR's dynamic strategy, with ``threshold`` 0.85 or 0.9).
    """

    name = "threshold"
    title = "all that are sure"
    summary = "Commits every prediction that is likelier than a threshold, at least one a step."
    parameters = (
        Parameter("threshold", 0.9, 0, 1, 0.05, "Probability from which a prediction is committed."),
        Parameter("at_least_quota", 0, 0, 1, 1, "1: no step commits fewer than the schedule asks for."),
    )

    def score(self, predictions: Predictions) -> Tensor:
        return predictions.confidence

    def count(self, scores: Tensor, quota: int) -> int:
        sure = int((scores >= self.values["threshold"]).sum())
        return max(sure, quota) if self.values["at_least_quota"] >= 0.5 else sure
