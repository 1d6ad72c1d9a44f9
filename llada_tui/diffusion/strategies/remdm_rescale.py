"""ReMDM with a scaled probability (arXiv 2503.00307, section 4.1, rescaled schedule)."""

from __future__ import annotations

from llada_tui.diffusion.remdm import ReMDM
from llada_tui.diffusion.strategy import Parameter, StepView


class ReMDMRescale(ReMDM):
    """Each committed token of the block is masked again with probability ``eta`` times sigma_max = min(1, (1 - alpha_s)
    / alpha_t): much while little is committed, less and less towards the end.

    Published: eta 0.015. Use it with more steps than tokens, as ``remdm_cap``.
    """

    name = "remdm_rescale"
    title = "take back, falling chance"
    summary = "Masks committed tokens again with a chance that falls as the block fills."
    parameters = (Parameter("eta", 0.015, 0, 1, 0.01, "Part of the largest chance there can be at a step."),)

    def sigma(self, view: StepView, sigma_max: float) -> float:
        return self.values["eta"] * sigma_max
