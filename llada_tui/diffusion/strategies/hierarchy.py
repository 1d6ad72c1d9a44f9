"""Hierarchical decoding (dInfer, arXiv 2510.08666, ``HierarchyDecoder``)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llada_tui.diffusion.strategy import Decision, Parameter, StepView, Strategy

if TYPE_CHECKING:
    from torch import Tensor

    from llada_tui.diffusion.predictions import Predictions


class Hierarchy(Strategy):
    """Commits the likeliest prediction of each run of masks, if its probability is above ``low_threshold``, besides
    every prediction above ``threshold`` (1: none), one at least. Each step so cuts the runs of masks in two.

    Published: 0.9 and 0.3 (benchmarks of dInfer), 0.92 and 0.62 (LLaDA-MoE); without a second number 0.4. Use it for
    speed where ``threshold`` commits side by side what depends on each other: tokens of different runs depend less. The
    schedule plays no part.
    """

    name = "hierarchy"
    title = "one from each gap"
    summary = "Commits the likeliest prediction of each run of masks, and all above a threshold."
    parameters = (
        Parameter("threshold", 0.9, 0, 1, 0.05, "Probability above which any prediction is committed."),
        Parameter("low_threshold", 0.4, 0, 1, 0.05, "Probability above which the best of a run is committed."),
    )

    def score(self, predictions: Predictions) -> Tensor:
        return predictions.confidence

    def decide(self, view: StepView) -> Decision:
        import torch

        commit = view.scores > self.values["threshold"]
        ends = (view.places.masks.diff() != 1).nonzero()[:, 0] + 1
        for run in torch.arange(len(commit)).tensor_split(ends):
            if len(run):
                best = run[view.scores[run].argmax()]
                commit[best] |= bool(view.scores[best] > self.values["low_threshold"])
        return Decision(commit)
