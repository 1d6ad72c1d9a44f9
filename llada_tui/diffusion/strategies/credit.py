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
        values = self.values
        logits = logits.float()
        size = 1 + max(int(masks.max()), len(memory.get("credit", ())) - 1)
        credits = memory.get("credit", logits.new_zeros(0, logits.shape[-1]))
        if len(credits) < size:
            grown = logits.new_zeros(size, logits.shape[-1])
            grown[: len(credits)] = credits
            credits = memory["credit"] = grown
        masks = masks.to(logits.device, non_blocking=True)
        likeliest = logits.max(-1, keepdim=True)
        chance = (likeliest.values - logits.logsumexp(-1, keepdim=True)).exp()
        rows = credits.index_select(0, masks).mul_(values["decay_beta"])
        rows.scatter_add_(1, likeliest.indices, chance ** values["boost_gamma"])
        credits.index_copy_(0, masks, rows)
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
