"""ReMDM in a loop (arXiv 2503.00307, section 4.2)."""

from __future__ import annotations

from llada_tui.diffusion.remdm import ReMDM
from llada_tui.diffusion.strategy import Parameter, StepView


class ReMDMLoop(ReMDM):
    """Commits the fraction ``alpha`` of the block first, then stays there for a while, masking each committed token
    again with probability ``eta`` and committing as many anew, and commits the rest at the end.

    Time runs from 1 to 0 over the block's steps; the loop lasts from ``t_on`` to ``t_off``. Published: eta 0.02, alpha
    0.9, t_on 0.55, t_off 0.05. It has a schedule of its own. Use it with twice as many steps as tokens or more.
    """

    name = "remdm_loop"
    title = "fill, then loop"
    summary = "Commits most of the block, masks and commits again for a while, then ends."
    parameters = (
        Parameter("eta", 0.02, 0, 1, 0.01, "Chance that a committed token is taken back in a step of the loop."),
        Parameter("alpha", 0.9, 0, 1, 0.05, "Part of the block that is committed when the loop begins."),
        Parameter("t_on", 0.55, 0, 1, 0.05, "When the loop begins, in time left from 1 to 0."),
        Parameter("t_off", 0.05, 0, 1, 0.05, "When the loop ends, in time left from 1 to 0."),
    )

    def alpha(self, view: StepView) -> float:
        time = 1 - (view.step + 1) / view.steps
        alpha, on = self.values["alpha"], self.values["t_on"]
        off = min(self.values["t_off"], on)
        if time > on:
            return alpha * (1 - time) / (1 - on)
        return alpha if time > off else 1 - time * (1 - alpha) / off if off else 1.0

    def sigma(self, view: StepView, sigma_max: float) -> float:
        time = 1 - view.step / view.steps
        return min(self.values["eta"], sigma_max) if self.values["t_off"] < time <= self.values["t_on"] else 0.0
