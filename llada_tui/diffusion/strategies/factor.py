"""Parallel decoding by a factor (Fast-dLLM, arXiv 2505.22618, section 3.3, after theorem 1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llada_tui.diffusion.strategy import Parameter, Strategy

if TYPE_CHECKING:
    from torch import Tensor

    from llada_tui.diffusion.predictions import Predictions


class Factor(Strategy):
    """Commits the n likeliest predictions, for the largest n with (n + 1)(1 - c_n) < ``factor`` (published: 1.0).

    c_n is the probability of the n-th likeliest: the more are committed at once, the surer each has to be, so that
    drawing them independently gives what drawing them together would. Use it as ``threshold``, with one number for any
    length.
    """

    name = "factor"
    title = "sure together"
    summary = "Commits as many predictions as are sure enough to be committed together."
    parameters = (Parameter("factor", 1.0, 0, 4, 0.1, "Larger commits more at once, at more risk."),)

    def score(self, predictions: Predictions) -> Tensor:
        return predictions.confidence

    def count(self, scores: Tensor, quota: int) -> int:
        commit = 0
        for confidence in scores.tolist():
            if (commit + 2) * (1 - confidence) >= self.values["factor"]:
                break
            commit += 1
        return commit
