"""The interface of a remasking strategy. The strategies themselves are the files of `llada_tui.diffusion.strategies`.

No torch here: the screen and the command line list the strategies without loading it.
"""

from __future__ import annotations

import sys
from abc import abstractmethod
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from llada_tui.diffusion.sampler_part import Parameter, SamplerPart
from llada_tui.trace.model_info import MASK_NOISE

if TYPE_CHECKING:
    from torch import Tensor

    from llada_tui.diffusion.predictions import Predictions

__all__ = ["HELD_BACK", "START_STRIDE", "Decision", "Parameter", "Places", "StepView", "Strategy"]

HELD_BACK = -sys.float_info.max
"""The score of an end of text that is to be committed last: the lowest there is in float64."""


START_STRIDE = Parameter(
    "start_stride", 0, 0, 256, 1, "Gap between the tokens that one step commits, at a block's first step; 0: none.",
    shown=False,
)  # fmt: skip
"""A parameter that every strategy takes (DUS, arXiv 2506.19037): what a step would commit is gone through from the
highest score down, and kept where it is at least max(2, m * ``start_stride`` // block length) positions from all that
is kept, with m masks left in the block. The last step of a block commits everything all the same."""


@dataclass(frozen=True, slots=True)
class Places:
    """The positions of a step's predictions and of the committed tokens. Positions count from the start of the
    canvas."""

    masks: Tensor
    """Long, ``(N,)``: the positions that were predicted, from left to right."""
    committed: Tensor
    """Long, ``(K,)``: the positions of the committed tokens, from left to right."""
    written: Tensor
    """Bool, one for each position of the canvas: whether a token stands there."""
    block: slice
    """The block at work."""


@dataclass(frozen=True, slots=True)
class StepView:
    """One row's step, as the strategy that decides it sees it. All tensors are on the CPU.

    N masked positions were predicted. K positions of the block hold tokens that were committed in this run: a strategy
    may mask them again or edit them.
    """

    scores: Tensor
    """Float64, ``(N,)``: what `Strategy.score` gave; `HELD_BACK` where an end of text is to be committed last."""
    confidence: Tensor
    """Float64, ``(N,)``: the probability of each predicted token."""
    quota: int
    """Tokens to commit in this step, as the schedule has it: one at least."""
    alpha: float
    """The part of the block that the schedule has committed after this step, from 0 to 1."""
    step: int
    """Steps of this block made before."""
    steps: int
    """Steps that this block has at all."""
    committed_last_step: int | None
    """Tokens that the step before committed; None at the first step of a block, and of a run that is continued without
    that number."""
    commit_confidence: Tensor
    """Float64, ``(K,)``: the probability of each committed token when it was committed; 1 where that is not known."""
    reread_confidence: Tensor
    """Float64, ``(K,)``: the probability of the token that is predicted there now (if the strategy ``rereads``)."""
    differs: Tensor
    """Bool, ``(K,)``: whether that is another token than the one that stands there (if the strategy ``rereads``)."""
    reread_scores: Tensor
    """Float64, ``(K,)``: what `Strategy.score` gave for the committed tokens' positions (if the strategy
    ``rereads``)."""
    verified: Tensor
    """Float64, ``(K,)``: the probability of each committed token, seen without itself (if the strategy ``verifies``),
    or as the pass of a check sees it; empty else."""
    next_checks: bool
    """Whether the next step of the block may be a check (`Strategy.checks`)."""
    uniform: Callable[[], Tensor]
    """Draws uniform noise from [0, 1): float64, ``(K,)``."""
    places: Places
    memory: dict[str, Tensor]
    """The values that the strategy itself keeps from step to step (if it ``remembers``): empty when the strategy is
    chosen and when a run begins."""
    likeliest: Tensor
    """Long, ``(N + K,)``: the likeliest token at each of the N positions, then at each of the K (if the strategy
    ``settles``, which rereads)."""


@dataclass(frozen=True, slots=True)
class Decision:
    """The decision on a step: the predictions to commit, and the tokens to mask again or to replace."""

    commit: int | Tensor
    """The number of predictions to commit: those with the highest scores. Or which: bool, ``(N,)``."""
    remask: Tensor | None = None
    """Bool, ``(K,)``: the committed tokens that are masked again. None: none."""
    edit: Tensor | None = None
    """Bool, ``(K,)``: the committed tokens that are replaced by what is predicted there now. None: none."""
    finish: bool = False
    """Whether the block is done with this step (if the strategy ``settles``): it commits all predictions, and masks
    nothing again."""


class Strategy(SamplerPart):
    """Decides which of a step's predictions are committed; the others are masked again.

    A strategy is a class in a file of its own under ``strategies/``: ``name``, ``title``, ``summary`` (one line),
    ``parameters`` and `score`. What it needs beyond the predictions, and what it may do beyond committing them, it
    states here. The sampler serves that, and sees to it that a run ends: the last step of a block commits all masks
    that are left and masks nothing again, and if a strategy never masks a committed token again, each step commits one
    token at least, unless it ``may_wait``. A run therefore has no more than its ``steps`` steps, and ``post_steps``
    more for each block.
    """

    setting = "remasking"
    noun = "strategy"

    title: ClassVar[str] = ""
    """Its effect in two to five plain words: its name on the screen, beside the one that settings have."""
    history: ClassVar[int] = 0
    """Needs this many of `Predictions.divergences`: how far the distributions moved in each of the last steps."""
    verifies: ClassVar[bool] = False
    """Needs `StepView.verified`, which a model gives in the same pass, if it can at all."""
    rereads: ClassVar[bool] = False
    """Needs predictions for the block's committed tokens too: `StepView.reread_confidence` and `StepView.differs`."""
    remasks: ClassVar[bool] = False
    """May mask committed tokens again."""
    draws: ClassVar[bool] = False
    """Decides by chance: another seed gives another run even where the temperature is 0."""
    by_schedule: ClassVar[bool] = True
    """Commits as many tokens as the schedule says, however sure the model is. One with a `count` or a `decide` of its
    own does not, unless it says so."""
    may_wait: ClassVar[bool] = False
    """May commit nothing in a step that is not the last of a block; one that ``remasks`` may."""
    edits: ClassVar[bool] = False
    """May replace committed tokens by others."""
    remembers: ClassVar[bool] = False
    """Keeps something from step to step that the canvas does not tell (`StepView.memory`, or what `fuse` is given)."""
    fuses: ClassVar[bool] = False
    """Changes the logits that are predicted from: `fuse`."""
    settles: ClassVar[bool] = False
    """Says itself when a block is done (`Decision.finish`), at the latest after its steps; a block without masks need
    not be. The entropy of a step is then that of all its predictions, those for committed tokens too."""
    noise: ClassVar[str] = MASK_NOISE
    """The kind of noise that it denoises: see `llada_tui.trace.model_info.ModelInfo.noises`."""
    revisits: ClassVar[bool] = False
    """Committed tokens are those of earlier blocks too, and not of the block at work alone."""
    comparison_place: ClassVar[int] = 0
    """Its place, from 1, in the comparison of strategies that the screen offers ready-made; 0: it is not in it."""

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.may_wait = cls.may_wait or cls.remasks
        if "by_schedule" not in vars(cls) and {"count", "decide"} & vars(cls).keys():
            cls.by_schedule = False
        if START_STRIDE not in cls.parameters:
            cls.parameters = (*cls.parameters, START_STRIDE)

    @property
    def looks_back(self) -> bool:
        """Whether it knows of earlier steps what the canvas does not tell: a run that is continued makes their passes
        again (`passes_again`), or begins without and may then have another tail."""
        return self.remembers or self.history > 0

    def passes_again(self, steps: int, block_steps: int) -> int:
        """The number of the last passes that are to be made again, so that the strategy knows the same: of ``steps``
        that were made, ``block_steps`` of them in the block at work."""
        if self.fuses:
            return block_steps
        return steps if self.remembers else min(self.history, block_steps)

    @property
    def post_steps(self) -> int:
        """Most steps to make on a block that holds no mask any more; they end with the first that edits nothing."""
        return 0

    @property
    def stop_entropy(self) -> float | None:
        """The mean entropy of a step, in nats, below which it may end the block; None where it does not go by it."""
        return None

    def checks(self, steps: int, length: int) -> Collection[int]:
        """Those of the ``steps`` of a block of ``length`` positions that may be checks: their pass sees the canvas
        without the tokens that `hide` names, and predicts without temperature. A check commits nothing and is none of
        the schedule's steps; where `hide` names no token it is an ordinary step."""
        return ()

    def hide(self, places: Places, memory: dict[str, Tensor]) -> Tensor | None:
        """The positions of the canvas that are masked in the pass of a check, as bool ``(L,)``; None for none."""
        return None

    def fuse(self, logits: Tensor, masks: Tensor, memory: dict[str, Tensor], left: float) -> Tensor:
        """The logits to predict from (if the strategy ``fuses``): ``(N, vocabulary)``, where ``logits`` are the
        model's. ``masks`` (long, ``(N,)``) are their positions from the start of the block, some of them at a time.
        Positions of masks that an earlier block left are below 0. ``memory`` is kept while a block is denoised.
        ``left`` is the part of the block's steps that are left: 1 at the first."""
        return logits

    @abstractmethod
    def score(self, predictions: Predictions) -> Tensor:
        """Scores ``(N,)`` of the N predictions; those with the highest are committed."""

    def count(self, scores: Tensor, quota: int) -> int:
        """The number of a row's predictions to commit. ``scores`` (``(N,)``) are the row's, highest first, `HELD_BACK`
        those of ends of text that are to be committed last; the schedule asks for ``quota``."""
        return quota

    def decide(self, view: StepView) -> Decision:
        """The decision on one row's step."""
        return Decision(self.count(view.scores.sort(descending=True).values, view.quota))
