"""The certainty prior (d2Cache, arXiv 2509.23094, certainty density)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from llada_tui.diffusion.strategy import HELD_BACK, Decision, Parameter, StepView, Strategy

if TYPE_CHECKING:
    from torch import Tensor

    from llada_tui.diffusion.predictions import Predictions


def density(written: Tensor, sigma: float) -> Tensor:
    """The density of tokens around each position, from 0 to 1: the share of written positions, each weighed by a
    Gaussian of its distance (``written``: bool, L; float64, L). As many positions as the canvas has count as written to
    its left; to its right too where its last position is written."""
    import torch

    length = len(written)
    beyond = written.new_ones(length)
    tokens = torch.cat([beyond, written, beyond & written[-1]])
    weights = (-(torch.arange(-3 * length, 3 * length, dtype=torch.float64) ** 2) / (2 * sigma**2)).exp()
    near = min(2 * length, math.ceil(40 * sigma))  # What is further off weighs 0, even in float64.
    around = weights[3 * length - near : 3 * length + near + 1]
    windows = torch.nn.functional.pad(tokens, (near, near)).unfold(0, 2 * near + 1, 1)[length : 2 * length]
    return torch.cat([part.double() @ around for part in torch.split(windows, 256)]) / weights.sum()


class CertaintyPrior(Strategy):
    """Scores each prediction by its probability times how much is written around it, and commits the schedule's quota
    of the highest. What lies left of the canvas counts as written, so that it writes softly from left to right.

    With a ``threshold`` above 0 it commits every score of that much instead, one at least. Published: ``sigma`` 10 and
    the quota. At that sigma the first place has a density of 0.5, so that a threshold has to be lower. Of the published
    code a ``factor`` and a rank by margin or entropy are left out, and its stop at an end of text, which leaves masks.
    Use it for long blocks, whose end a model likes to fill with ends of text before it knows what comes before.
    """

    name = "certainty_prior"
    title = "sure, near the text"
    summary = "Commits likely predictions beside what is written: softly from left to right."
    parameters = (
        Parameter("sigma", 10.0, 0.5, 64, 1, "How far around a position counts, in tokens."),
        Parameter("threshold", 0, 0, 1, 0.05, "Score from which a prediction is committed; 0: the schedule's quota."),
    )

    def score(self, predictions: Predictions) -> Tensor:
        return predictions.confidence

    def decide(self, view: StepView) -> Decision:
        near = density(view.places.written, self.values["sigma"])[view.places.masks]
        scores = view.scores * near
        ranked = scores.sort(descending=True, stable=True)
        count = view.quota
        if self.values["threshold"]:
            count = max(1, int((scores >= self.values["threshold"]).sum()))
        free = view.scores > HELD_BACK
        return Decision((free & False).scatter(0, ranked.indices[:count], True) & free)
