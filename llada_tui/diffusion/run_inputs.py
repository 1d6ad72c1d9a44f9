"""A run over a batch, as its forward passes need it to begin. No torch here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

    from llada_tui.diffusion.predictor import MaskPredictor


@dataclass(frozen=True, slots=True)
class RunInputs:
    """A run over a batch, as the passes of a cache policy begin it."""

    predictor: MaskPredictor
    attention_mask: Tensor | None
    """``(batch, length)``: 0 where a row is padded on the left; None where no row is."""
    given_positions: Tensor
    """Bool, ``(batch, length)``: true where no mask was when the run began, but for a suffix. The unguided pass of
    guidance masks these positions."""
    columns: slice
    """The columns of the canvas."""
    reference_numerics: bool = False
    """Whether guidance is computed in the model's dtype, and not in float32."""
    block_start_canvas: Tensor | None = None
    """Long, ``(batch, length)``: the sequences at the first step of the block that the run is continued in; None for a
    run that begins."""
