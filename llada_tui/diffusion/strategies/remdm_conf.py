"""ReMDM by confidence (arXiv 2503.00307, section 4.1, confidence-based schedule)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llada_tui.diffusion.remdm import ReMDM
from llada_tui.diffusion.strategy import StepView

if TYPE_CHECKING:
    from torch import Tensor


class ReMDMConf(ReMDM):
    """Shares sigma_max out over the committed tokens: each gets softmax(-confidence) of it, by the confidence with
    which it was committed. About one token a step is masked again, rather one that the model was not sure of.

    It has no parameters. Use it with more steps than tokens. Tokens that stand there when a run is continued count as
    certain.
    """

    name = "remdm_conf"
    title = "take back the doubted"
    summary = "Masks about one token a step again, rather one that was committed with doubt."

    def sigma(self, view: StepView, sigma_max: float) -> Tensor:
        return (-view.commit_confidence).softmax(0) * sigma_max
