"""LLaDA-MoE's architecture on transformers' own Qwen3-MoE: bidirectional attention, queries and keys normalised per
head, and a softmax router over experts. Nothing of the hub's modelling code is executed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from huggingface_hub.dataclasses import strict
from transformers.conversion_mapping import get_checkpoint_conversion_mapping, register_checkpoint_conversion_mapping
from transformers.models.qwen3_moe.configuration_qwen3_moe import Qwen3MoeConfig
from transformers.models.qwen3_moe.modeling_qwen3_moe import Qwen3MoeForCausalLM

from llada_tui.models.architecture import EXPERTS, SIZES, Architecture
from llada_tui.models.config_checks import NEUTRAL, Allowed
from llada_tui.models.errors import ModelError
from llada_tui.models.masked_diffusion import MaskedDiffusion

OPTIONS: Allowed = {
    **NEUTRAL,
    "qk_layernorm": (True,),
    "clip_qkv": (None,),
    "shared_expert_intermediate_size": (None, 0),
    "moe_router_enable_expert_bias": (False, None),
    "moe_router_score_function": ("softmax", None),
    "partial_rotary_factor": (1, None),
    "routed_scaling_factor": (1, None),
    "router_num_group": (None, 1),
    "router_topk_group": (None, 1),
}
"""The hub's options that change the architecture, and the values that every published checkpoint has."""


@strict
class LLaDAMoeConfig(Qwen3MoeConfig):
    """A Qwen3-MoE configuration that reads the hub's names."""

    model_type = "lladamoe"
    is_causal: bool = False
    use_cache: bool = False
    mask_token_id: int | None = None
    rms_norm_eps: float = 1e-5
    norm_topk_prob: bool | None = False
    head_dim: int | None = None

    def __post_init__(self, **kwargs: Any) -> None:
        if "expert_intermediate_size" in kwargs:
            self.moe_intermediate_size = kwargs.pop("expert_intermediate_size")
            dense = kwargs.pop("dense_intermediate_size", None)
            if dense is not None:
                self.intermediate_size = dense
            sparse = kwargs.pop("moe_layer_freq", None) or []
            self.mlp_only_layers = [layer for layer, experts in enumerate(sparse) if not experts]
            for name in (*OPTIONS, "auto_map"):
                kwargs.pop(name, None)
        self.head_dim = self.head_dim or self.hidden_size // self.num_attention_heads
        self.norm_topk_prob = bool(self.norm_topk_prob)
        super().__post_init__(**kwargs)


class LLaDAMoeForMaskedDiffusion(MaskedDiffusion, Qwen3MoeForCausalLM):
    """LLaDA-MoE with its LM head."""

    config: LLaDAMoeConfig


register_checkpoint_conversion_mapping("lladamoe", get_checkpoint_conversion_mapping("qwen2_moe"), overwrite=True)


def _is_copy(config_json: Mapping[str, Any], source: object) -> bool:
    """Copies of LLaDA-MoE call themselves llada."""
    if config_json.get("model_type") != "llada" or not config_json.get("num_experts"):
        return False
    if "expert_intermediate_size" not in config_json:
        raise ModelError(
            f"{source} is a mixture of experts (its config.json has num_experts = {config_json['num_experts']!r}) "
            "without expert_intermediate_size, which no known model is."
        )
    return True


ARCHITECTURE = Architecture(
    "LLaDA-MoE",
    LLaDAMoeConfig,
    LLaDAMoeForMaskedDiffusion,
    OPTIONS,
    (*SIZES, EXPERTS, ("num_experts_per_tok",), ("expert_intermediate_size", "moe_intermediate_size")),
    experts=True,
    claims=_is_copy,
)
