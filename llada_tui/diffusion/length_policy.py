"""The interface of a length policy. The policies themselves are the files of `llada_tui.diffusion.lengths`.

No torch here: the screen and the command line list the policies without loading it.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

from llada_tui.diffusion.sampler_part import Parameter, SamplerPart
from llada_tui.settings.sampler_settings import MAX_CANVAS

if TYPE_CHECKING:
    from torch import Tensor

LONGEST = Parameter("max_gen_length", 2048, 1, MAX_CANVAS, 64, "Longest canvas, in tokens, that it may become.")
"""A parameter that every policy takes whose canvas grows."""
PUBLISHED = Parameter("published", 0, 0, 1, 1, "1: as the published code has it, which may lose words or leave masks.")
"""A parameter of policies whose published code loses words or leaves masks, which ours does not."""


@dataclass(frozen=True, slots=True)
class LengthView:
    """A canvas after a step's decision, or before it, as the length policy sees it. All tensors are on the CPU.

    L positions; each statement on a prediction is of the pass that the step was made of, without temperature, and holds
    where ``was_read``.
    """

    tokens: Tensor
    """Long, ``(L,)``: what stands there now."""
    was_masked: Tensor
    """Bool, ``(L,)``: a mask stood there before the step."""
    is_mask: Tensor
    """Bool, ``(L,)``: a mask stands there now."""
    is_given: Tensor
    """Bool, ``(L,)``: a token stood there when the run began."""
    was_read: Tensor
    """Bool, ``(L,)``: the pass was read there."""
    predicts_end: Tensor
    """Bool, ``(L,)``: the likeliest token there was the end of text."""
    end_probability: Tensor
    """Float64, ``(L,)``: the probability of the end of text there."""
    confidence: Tensor
    """Float64, ``(L,)``: the probability of the likeliest token there."""
    ends: list[int]
    """The end-of-text token, and the end-of-turn token, as far as there are such."""
    block: slice
    """The block at work."""
    step: int
    """The number of steps made, this one included."""
    has_ended: bool
    """Whether an end of text, of turn, or a stop sequence stands on the canvas."""
    most: int
    """Most positions that the canvas may have."""
    next_block: int
    """The number of positions to the end of the block in which the canvas ends, or else of the next; 0 while the canvas
    holds a mask."""
    memory: dict[str, int]
    """The values that the policy itself carries on: empty when a run begins."""


@dataclass(frozen=True, slots=True)
class LengthChange:
    """A decision on a canvas after a step: first masks are inserted, then the end is cut."""

    place: int = 0
    """The place before which masks are inserted."""
    inserted: int = 0
    written_ends: bool = False
    """Whether what is inserted are ends of text, written at once, in place of masks."""
    removed: int = 0
    """Positions that are cut from the end."""
    ends: float | None = None
    """The density of ends of text that it was decided by."""


class LengthPolicy(SamplerPart):
    """Decides after each step how long the canvas is from there on.

    A policy is a class in a file of its own under ``lengths/``: ``name``, ``summary`` (one line), ``parameters`` and
    `decide`. The sampler sees to it that a run ends: a canvas never becomes longer than `LengthView.most`, and a policy
    that also removes positions does so in a number of steps that it states (``changing_steps``).
    """

    setting = "length"
    noun = "length policy"

    reads: ClassVar[Literal["nothing", "masks", "canvas"]] = "nothing"
    """The predictions that it needs: none, those of all masks, or those of all positions. What is beyond the block at
    work has to be in the passes then, and the model must have an end of text."""
    changing_steps: ClassVar[int | None] = None
    """The steps after which a policy that removes positions changes the length no more; None for one that removes
    none."""

    @property
    def leaves_masks(self) -> bool:
        """Whether masks stay that it inserts before the block at work; else the run goes back to them."""
        return False

    @property
    def longest(self) -> int:
        """Most positions that a canvas may have, if it does not begin with more."""
        return int(self.values.get(LONGEST.name, MAX_CANVAS))

    def waits(self, view: LengthView) -> bool:
        """Whether the step only looks: it commits nothing. ``view`` is of the canvas before its decision."""
        return False

    @abstractmethod
    def decide(self, view: LengthView) -> LengthChange:
        """The decision after one step. It may change ``view.memory``."""
