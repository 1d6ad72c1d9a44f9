"""Wide-in, narrow-out: draft and verify (WINO, arXiv 2507.18578, algorithm 1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llada_tui.diffusion.strategy import Decision, Parameter, StepView, Strategy

if TYPE_CHECKING:
    from torch import Tensor

    from llada_tui.diffusion.predictions import Predictions


class WINO(Strategy):
    """Drafts every prediction that is likelier than ``draft``, and masks committed tokens of the block again that are
    less likely than ``verify`` now that more is known.

    The verification needs no pass of its own: a shadow of the block, all masks, follows the sequence with the block's
    positions. Nothing else sees it, and each of its masks sees everything but the token that it stands for. As in the
    published code a step drafts at most 20 tokens and at most 70% of the masks (but up to 5), one at least; a step that
    drafts one masks nothing again, and no step masks as many again as the one before drafted, so that the block fills.

    Published: draft 0.6, verify 0.9. Use it for speed in long blocks: it drafts more boldly than ``threshold``, and
    mends what goes wrong.
    """

    name = "wino"
    title = "draft, then verify"
    summary = "Drafts boldly, verifies each token against the others, and takes back what fails."
    comparison_place = 4
    parameters = (
        Parameter("draft", 0.6, 0, 1, 0.05, "Probability above which a prediction is committed."),
        Parameter("verify", 0.9, 0, 1, 0.05, "Probability below which a committed token is taken back."),
    )
    verifies = True
    remasks = True

    def score(self, predictions: Predictions) -> Tensor:
        return predictions.confidence

    def decide(self, view: StepView) -> Decision:
        most = min(max(int(0.7 * len(view.scores)), 5), 20)
        drafted = max(1, min(int((view.scores > self.values["draft"]).sum()), most))
        if drafted == 1:
            return Decision(1)
        failed = view.verified < self.values["verify"]
        if view.committed_last_step is not None and int(failed.sum()) >= view.committed_last_step:
            failed[view.verified.argsort()[max(0, view.committed_last_step - 1) :]] = False
        return Decision(drafted, failed)
