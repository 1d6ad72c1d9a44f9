"""Parallel decoding around anchors (LocalLeap, arXiv 2510.07081)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llada_tui.diffusion.strategy import Decision, Parameter, StepView, Strategy

if TYPE_CHECKING:
    from torch import Tensor

    from llada_tui.diffusion.predictions import Predictions


class LocalLeap(Strategy):
    """Commits every prediction of probability ``threshold`` or more, one at least. Such a prediction is an anchor: near
    it, ``radius`` positions to either side, ``relaxed_threshold`` is enough.

    Published: 0.9, 0.75 and 4. Use it in place of ``threshold`` where text is local: what stands beside a sure token is
    mostly right too. The schedule plays no part.
    """

    name = "localleap"
    title = "bold beside the sure"
    summary = "Commits above a threshold, and above a lower one beside what is sure."
    parameters = (
        Parameter("threshold", 0.9, 0, 1, 0.05, "Probability from which a prediction is an anchor."),
        Parameter("relaxed_threshold", 0.75, 0, 1, 0.05, "Probability from which one beside an anchor is committed."),
        Parameter("radius", 4, 0, 64, 1, "Positions to either side of an anchor that count as beside it."),
    )

    def score(self, predictions: Predictions) -> Tensor:
        return predictions.confidence

    def decide(self, view: StepView) -> Decision:
        import torch

        masks, radius = view.places.masks, int(self.values["radius"])
        anchors = view.scores >= self.values["threshold"]
        # Each anchor opens a stretch of 2 radius + 1 positions: the sum is above 0 inside any.
        edges = torch.zeros(len(view.places.written) + 2 * radius + 1, dtype=torch.long)
        edges[masks[anchors]] += 1
        edges[masks[anchors] + 2 * radius + 1] -= 1
        beside = edges.cumsum(0)[masks + radius] > 0
        return Decision(anchors | beside & (view.scores >= self.values["relaxed_threshold"]))
