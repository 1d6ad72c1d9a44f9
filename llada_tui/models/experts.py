"""A mixture's experts as matrices of their own.

transformers holds all experts of a layer in one tensor, which is fast, and which bitsandbytes does not quantise. Nearly
all of a mixture's parameters are in its experts: where a mixture is to be quantised its experts are kept apart, as the
hub's files have them, and each is a quantised matrix like any other.
"""

from __future__ import annotations

from copy import copy
from functools import cache
from typing import Any

import torch
from torch import Tensor, nn
from transformers.conversion_mapping import get_checkpoint_conversion_mapping, register_checkpoint_conversion_mapping
from transformers.core_model_loading import WeightConverter


class Expert(nn.Module):
    """One expert: SwiGLU, as in the dense models."""

    def __init__(self, width: int, inner: int, activation: nn.Module) -> None:
        super().__init__()
        self.gate_proj = nn.Linear(width, inner, bias=False)
        self.up_proj = nn.Linear(width, inner, bias=False)
        self.down_proj = nn.Linear(inner, width, bias=False)
        self.activation = activation

    def forward(self, hidden: Tensor) -> Tensor:
        mixed: Tensor = self.down_proj(self.activation(self.gate_proj(hidden)) * self.up_proj(hidden))
        return mixed


class Experts(nn.ModuleList):
    """Takes the place of transformers' experts of a layer."""

    def forward(self, hidden_states: Tensor, top_k_index: Tensor, top_k_weights: Tensor) -> Tensor:
        """``hidden_states``: tokens x width. The others: tokens x experts a token, which ones and how much of each."""
        mixed = torch.zeros_like(hidden_states)
        for number in torch.unique(top_k_index).tolist():
            token, place = torch.where(top_k_index == number)
            output = self[number](hidden_states[token]) * top_k_weights[token, place, None]
            mixed.index_add_(0, token, output.to(mixed.dtype))
        return mixed


@cache
def with_separate_experts(network: Any, model_type: str) -> Any:
    """The class ``network``, of transformers, with its experts kept apart. It reads the same files, those of
    ``model_type``."""
    separate_type = f"{model_type}_apart"

    class SeparateExperts(network):
        def __init__(self, config: Any) -> None:
            # By this name transformers finds how the files are read.
            config = copy(config)
            config.model_type = separate_type
            super().__init__(config)
            for layer in self.model.layers:
                joined = getattr(layer.mlp, "experts", None)
                if joined is not None:
                    count, inner, width = joined.gate_up_proj.shape
                    experts = (Expert(width, inner // 2, joined.act_fn) for _ in range(count))
                    layer.mlp.experts = Experts(experts)

    SeparateExperts.__name__ = SeparateExperts.__qualname__ = f"{network.__name__}Apart"
    mapping = get_checkpoint_conversion_mapping(model_type) or []
    renamed = [step for step in mapping if not (isinstance(step, WeightConverter) and _joins_experts(step))]
    register_checkpoint_conversion_mapping(separate_type, renamed, overwrite=True)
    return SeparateExperts


def _joins_experts(step: WeightConverter) -> bool:
    return any(".experts." in pattern for pattern in step.source_patterns)
