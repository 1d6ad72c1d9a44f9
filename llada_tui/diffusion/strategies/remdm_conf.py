"""ReMDM by confidence (arXiv 2503.00307, section 4.1, confidence-based schedule)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llada_tui.diffusion.remdm import ReMDM
from llada_tui.diffusion.strategy import Turn

if TYPE_CHECKING:
    from torch import Tensor


class ReMDMConf(ReMDM):
    """Shares sigma_max out over the written tokens: each gets softmax(-confidence) of it, by the confidence with which
    it was committed. About one token a step is taken back, rather one that the model was not sure of.

    It has no parameters. Use it with more steps than tokens. Tokens that stand there when a run is continued count as
    certain.
    """

    name = "remdm_conf"
    summary = "Takes about one token a step back, rather one that was committed with doubt."

    def sigma(self, turn: Turn, sigma_max: float) -> Tensor:
        return (-turn.written).softmax(0) * sigma_max
