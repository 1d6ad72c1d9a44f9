"""What a remasking strategy is. The strategies themselves are the files of `llada_tui.diffusion.strategies`.

No torch here: the screen and the command line list the strategies without loading it.
"""

from __future__ import annotations

import sys
from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from llada_tui.diffusion.registered import Parameter, Registered

if TYPE_CHECKING:
    from torch import Tensor

    from llada_tui.diffusion.predictions import Predictions

__all__ = ["HELD_BACK", "Decision", "Parameter", "Strategy", "Turn"]

HELD_BACK = -sys.float_info.max
"""The score of an end of text that is held back: the lowest there is in float64."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One row's step, as the strategy that decides it sees it. All tensors are on the CPU.

    The N masked positions that were predicted come first; then the K positions of the block that hold tokens written
    in this run, which a strategy may take back or edit.
    """

    scores: Tensor
    """Float64, N: what `Strategy.score` gave; `HELD_BACK` where an end of text is to be kept last."""
    confidence: Tensor
    """Float64, N: the probability of each predicted token."""
    quota: int
    """Tokens to commit in this step, as the schedule has it: one at least."""
    alpha: float
    """The part of the block that the schedule has written after this step, from 0 to 1."""
    step: int
    """Steps of this block made before, and how many it has at all."""
    steps: int
    kept_before: int | None
    """Tokens that the step before committed; None at the first of a block, and of a run that is continued."""
    written: Tensor
    """Float64, K: the probability of each written token when it was committed; 1 where that is not known."""
    again: Tensor
    """Float64, K: the probability of the token that is predicted there now (if the strategy ``rereads``)."""
    differs: Tensor
    """Bool, K: whether that is another token than the one that stands there (if the strategy ``rereads``)."""
    verified: Tensor
    """Float64, K: the probability of each written token, seen without itself (if the strategy ``verifies``)."""
    uniform: Callable[[], Tensor]
    """Draws uniform noise from [0, 1): float64, K."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of a step: ``keep`` of the predictions are committed, those with the highest scores.

    ``take_back`` and ``edit`` (bool, K, None for none) are written tokens to mask again, or to replace by what is
    predicted there now.
    """

    keep: int
    take_back: Tensor | None = None
    edit: Tensor | None = None


class Strategy(Registered):
    """Decides which of a step's predictions are kept; the others are masked again.

    A strategy is a class in a file of its own under ``strategies/``: ``name``, ``summary`` (one line), ``parameters``
    and `score`. What it needs beyond the predictions and what it may do beyond committing it declares; the sampler
    serves that, and sees to it that a run ends: the last step of a block commits all that is left and takes nothing
    back, and if a strategy never takes anything back, each step commits one token at least. A run therefore has no more
    than its ``steps`` steps, and ``post_steps`` more for each block.
    """

    setting = "remasking"
    noun = "strategy"

    history: ClassVar[int] = 0
    """Needs this many of `Predictions.divergences`: how far the distributions moved in each of the last steps."""
    verifies: ClassVar[bool] = False
    """Needs `Turn.verified`, which a model gives in the same pass, if it can at all."""
    rereads: ClassVar[bool] = False
    """Needs predictions for the block's written tokens too: `Turn.again` and `Turn.differs`."""
    takes_back: ClassVar[bool] = False
    """May mask written tokens again."""
    draws: ClassVar[bool] = False
    """Decides by chance: another seed gives another run even where the temperature is 0."""
    edits: ClassVar[bool] = False
    """May replace written tokens by others."""

    @property
    def post_steps(self) -> int:
        """Most steps to make on a block that holds no mask any more; they end with the first that edits nothing."""
        return 0

    @abstractmethod
    def score(self, predictions: Predictions) -> Tensor:
        """How much each of the N predictions deserves to be kept: N numbers, the highest are kept."""

    def count(self, scores: Tensor, quota: int) -> int:
        """How many of a row's predictions to keep. ``scores`` are the row's, highest first, `HELD_BACK` those of ends
        of text that are to be kept last; the schedule asks for ``quota``."""
        return quota

    def decide(self, turn: Turn) -> Decision:
        """What becomes of one row's step."""
        return Decision(self.count(turn.scores.sort(descending=True).values, turn.quota))
