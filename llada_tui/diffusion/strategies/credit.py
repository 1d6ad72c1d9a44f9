"""Credit for what was predicted before (CreditDecoding, arXiv 2510.06133)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llada_tui.diffusion.strategy import HELD_BACK, Decision, Parameter, StepView, Strategy

if TYPE_CHECKING:
    from torch import Tensor

    from llada_tui.diffusion.predictions import Predictions


class Credit(Strategy):
    """Gives each position's likeliest token a credit of p ** ``boost_gamma`` in every step of the block, adds
    ``credit_alpha`` log(1 + credit) to its logit, and commits every prediction whose probability is then ``threshold``
    or more, one at least. Credits fade by ``decay_beta`` from step to step.

    Published: threshold 0.9, 0.7, 0.2 and 0.8. Use it in place of ``threshold``: a token that is predicted again and
    again is committed earlier. The probabilities on show are those with credit. The schedule plays no part.
    """

    name = "credit"
    title = "sure again and again"
    summary = "Commits above a threshold, and favours tokens that were predicted step after step."
    parameters = (
        Parameter("threshold", 0.9, 0, 1, 0.05, "Probability from which a prediction is committed."),
        Parameter("credit_alpha", 0.7, 0, 4, 0.1, "How much a credit adds to a logit."),
        Parameter("boost_gamma", 0.2, 0, 2, 0.1, "Power of the probability that is given as credit."),
        Parameter("decay_beta", 0.8, 0, 1, 0.05, "Part of a credit that is left after a step."),
    )
    remembers = True
    fuses = True

    def fuse(self, logits: Tensor, masks: Tensor, memory: dict[str, Tensor], left: float) -> Tensor:
        import torch

        values = self.values
        logits = logits.float()
        places = memory.get("places", masks[:0])
        unknown = masks[~torch.isin(masks, places)]
        credits = memory.get("credit", logits.new_zeros(0, logits.shape[-1]))
        if len(unknown):
            places = memory["places"] = torch.cat([places, unknown])
            credits = memory["credit"] = torch.cat([credits, logits.new_zeros(len(unknown), logits.shape[-1])])
        order = (masks[:, None] == places).int().argmax(-1).to(logits.device, non_blocking=True)
        likeliest = logits.max(-1, keepdim=True)
        chance = (likeliest.values - logits.logsumexp(-1, keepdim=True)).exp()
        rows = credits.index_select(0, order).mul_(values["decay_beta"])
        rows.scatter_add_(1, likeliest.indices, chance ** values["boost_gamma"])
        credits.index_copy_(0, order, rows)
        return logits + values["credit_alpha"] * rows.log1p()

    def score(self, predictions: Predictions) -> Tensor:
        return predictions.confidence

    def decide(self, view: StepView) -> Decision:
        free = view.scores[view.scores > HELD_BACK]
        if not len(free):
            return Decision(1)
        # Published so: what is as likely as the best, but for rounding, goes with it.
        least = min(self.values["threshold"], float(free.max()) - 1e-5)
        return Decision(int((free >= least).sum()))
