"""Drafting and token editing (LLaDA2.1, arXiv 2602.08676, joint threshold decoding)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llada_tui.diffusion.strategy import Decision, Parameter, StepView, Strategy

if TYPE_CHECKING:
    from torch import Tensor

    from llada_tui.diffusion.predictions import Predictions


class Editing(Strategy):
    """Commits every prediction that is likelier than ``threshold``, one at least, and replaces committed tokens of the
    block by what is predicted in their place now, where that is likelier than ``edit_threshold``. A block that is full
    is read over until a step edits nothing, ``post_steps`` times at most.

    For LLaDA2.1, which was trained to edit; others see a committed token and predict it again. Published: 0.7 and 0.5
    with 16 post steps (quality), 0.5 and 0 (speed). Give it as many steps as the canvas has tokens: it takes few.
    """

    name = "editing"
    title = "draft, then edit"
    summary = "Drafts above a threshold, and replaces committed tokens by better ones."
    parameters = (
        Parameter("threshold", 0.7, 0, 1, 0.05, "Probability above which a prediction is committed."),
        Parameter("edit_threshold", 0.5, 0, 1, 0.05, "Probability above which another token replaces a committed one."),
        Parameter("post_steps", 16, 0, 64, 1, "Most steps to read a full block over and edit it."),
    )
    rereads = True
    edits = True

    @property
    def post_steps(self) -> int:
        return int(self.values["post_steps"])

    def score(self, predictions: Predictions) -> Tensor:
        return predictions.confidence

    def decide(self, view: StepView) -> Decision:
        commit = int((view.scores > self.values["threshold"]).sum())
        return Decision(commit, edit=view.differs & (view.reread_confidence > self.values["edit_threshold"]))
