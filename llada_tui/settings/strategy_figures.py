"""The figures that were measured of each strategy on the embedded model, for the screen and for docs/strategies.md.

The file beside this one is written by ``python -m docs.strategies`` from what ``benchmarks/strategies.py`` measured.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import msgspec

FILE = "strategy_figures.json"


class StrategyFigures(msgspec.Struct, frozen=True):
    """The best of what was measured of a strategy, without a cache."""

    setting: str
    """The setting that was turned, in words: ``threshold 0.95``."""
    accuracy: float
    """Share of right answers, 0 to 1, averaged over the families of the corpus."""
    passes: float
    """Forward passes an answer."""
    examples: int
    """Most examples of each family."""

    @property
    def words(self) -> str:
        """The figures in words."""
        return f"{self.accuracy:.1%} right in {self.passes:.1f} passes ({self.setting})"


@cache
def strategy_figures() -> dict[str, StrategyFigures]:
    """The figures by the strategy's name."""
    data = (files("llada_tui.settings") / FILE).read_bytes()
    return msgspec.json.decode(data, type=dict[str, StrategyFigures])
