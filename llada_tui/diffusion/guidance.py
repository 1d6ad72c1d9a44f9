"""The positions that the unguided pass of classifier-free guidance masks (LLaDA, arXiv 2502.09992, eq. 16)."""

from __future__ import annotations

import torch
from torch import Tensor

from llada_tui.diffusion.predictor import GuidancePredictor, MaskPredictor


def hidden_positions(predictor: MaskPredictor, ids: Tensor, given_positions: Tensor) -> Tensor:
    """Bool, ``(batch, length)``: those of ``given_positions`` that the unguided pass masks. Tokens that the predictor
    keeps in guidance stand there as well. ``ids``: long, ``(batch, length)``, on the CPU."""
    if not isinstance(predictor, GuidancePredictor):
        return given_positions
    return given_positions & ~torch.isin(ids, torch.tensor(list(predictor.kept_in_guidance)))
