"""The margin between the two likeliest tokens (Kim et al., arXiv 2502.06768, top probability margin)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llada_tui.diffusion.strategy import Strategy

if TYPE_CHECKING:
    from torch import Tensor

    from llada_tui.diffusion.predictions import Predictions


class Margin(Strategy):
    """Commits the schedule's quota of predictions, those whose likeliest token is furthest ahead of the second.

    Use it in place of ``low_confidence`` for text with rules, such as code and puzzles: where two tokens compete it
    waits, however likely the first is.
    """

    name = "margin"
    title = "clearest lead first"
    summary = "Commits the predictions whose likeliest token is furthest ahead of the second."

    def score(self, predictions: Predictions) -> Tensor:
        likeliest, _ = predictions.top(2)
        return 2 * likeliest[:, 0] - likeliest.sum(-1)
