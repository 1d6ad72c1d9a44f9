"""ReMDM with a capped probability (arXiv 2503.00307, section 4.1, max-capped schedule)."""

from __future__ import annotations

from llada_tui.diffusion.remdm import ReMDM
from llada_tui.diffusion.strategy import Parameter, StepView


class ReMDMCap(ReMDM):
    """Each committed token of the block is masked again with probability min(``eta``, sigma_max) at every step.

    Published: eta 0.008 to 0.04 with 1024 steps or fewer; the fewer the steps, the larger. Use it with more steps than
    tokens, where there is time to commit again what was masked.
    """

    name = "remdm_cap"
    title = "take back, even chance"
    summary = "Masks each committed token again with a small chance, the same at every step."
    parameters = (Parameter("eta", 0.04, 0, 1, 0.01, "Chance that a committed token is taken back in a step."),)

    def sigma(self, view: StepView, sigma_max: float) -> float:
        return min(self.values["eta"], sigma_max)
