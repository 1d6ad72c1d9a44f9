"""The reverse process of the theory, each mask by itself (SMDM, arXiv 2410.18514, ``diff_sample``, ``alg`` origin)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llada_tui.diffusion.schedule import share_of_time
from llada_tui.diffusion.strategy import Decision, StepView, Strategy

if TYPE_CHECKING:
    from torch import Tensor

    from llada_tui.diffusion.predictions import Predictions


class Origin(Strategy):
    """Commits each prediction with the chance 1 - s / t, by itself, where t is the time before the step and s the time
    after it: no quota, so that a step may commit none. The last step commits what is left.

    Use it to see the process that the theory describes (MDLM, RADD and Dream sample with it too): `random` commits as
    many a step, but always the same number.
    """

    name = "origin"
    title = "each by chance"
    summary = "Commits each prediction with the same chance, so that a step may commit none or many."
    draws = True
    by_schedule = True
    may_wait = True

    def score(self, predictions: Predictions) -> Tensor:
        return predictions.uniform

    def decide(self, view: StepView) -> Decision:
        share = share_of_time(view.step, view.steps)
        return Decision((view.scores >= 0) & (view.scores < share))
