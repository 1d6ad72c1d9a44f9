"""Wide-in, narrow-out: draft and verify (WINO, arXiv 2507.18578, algorithm 1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llada_tui.diffusion.strategy import Decision, Parameter, Strategy, Turn

if TYPE_CHECKING:
    from torch import Tensor

    from llada_tui.diffusion.predictions import Predictions


class WINO(Strategy):
    """Drafts every prediction that is likelier than ``draft``, and masks written tokens of the block again that are
    less likely than ``verify`` now that more is known.

    The verification takes no pass of its own: a shadow of the block, all masks, follows the sequence with the block's
    positions. Nothing else sees it, and each of its masks sees everything but the token that it stands for. As in the
    published code a step drafts at most 20 tokens and at most 70% of the masks (but up to 5), one at least; a step that
    drafts one takes nothing back, and no step takes back as many as the one before drafted, so that the block fills.

    Published: draft 0.6, verify 0.9. Use it for speed in long blocks: it drafts more boldly than ``threshold``, and
    mends what goes wrong.
    """

    name = "wino"
    summary = "Drafts boldly, verifies each token against the others, and takes back what fails."
    parameters = (
        Parameter("draft", 0.6, 0, 1, 0.05, "Probability above which a prediction is kept."),
        Parameter("verify", 0.9, 0, 1, 0.05, "Probability below which a written token is masked again."),
    )
    verifies = True
    takes_back = True

    def score(self, predictions: Predictions) -> Tensor:
        return predictions.confidence

    def decide(self, turn: Turn) -> Decision:
        most = min(max(int(0.7 * len(turn.scores)), 5), 20)
        drafted = max(1, min(int((turn.scores > self.values["draft"]).sum()), most))
        if drafted == 1:
            return Decision(1)
        failed = turn.verified < self.values["verify"]
        if turn.kept_before is not None and int(failed.sum()) >= turn.kept_before:
            failed[turn.verified.argsort()[max(0, turn.kept_before - 1) :]] = False
        return Decision(drafted, failed)
