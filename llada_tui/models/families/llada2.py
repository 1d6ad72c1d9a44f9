"""LLaDA2.0's and 2.1's architecture (arXiv 2512.15745, 2602.08676) on transformers' own Glm4-MoE: a sigmoid router with
groups of experts, rotary angles on half of each head, and attention that is causal over blocks: a position sees its own
block and all before it. Nothing of the hub's modelling code is executed."""

from __future__ import annotations

from typing import Any, ClassVar

from huggingface_hub.dataclasses import strict
from transformers.conversion_mapping import get_checkpoint_conversion_mapping, register_checkpoint_conversion_mapping
from transformers.core_model_loading import Split, WeightConverter, WeightRenaming
from transformers.models.glm4_moe.configuration_glm4_moe import Glm4MoeConfig
from transformers.models.glm4_moe.modeling_glm4_moe import Glm4MoeForCausalLM

from llada_tui.models.architecture import DENSE_SIZES, EXPERTS, Architecture
from llada_tui.models.config_checks import NEUTRAL, Allowed
from llada_tui.models.masked_diffusion import MaskedDiffusion

BLOCK_SIZE = 32
"""Tokens a block, where config.json does not say: what all published checkpoints were trained with last."""

OPTIONS: Allowed = {
    **NEUTRAL,
    "use_bias": (False,),
    "use_qkv_bias": (False,),
    "use_qk_norm": (True,),
    "score_function": ("sigmoid",),
    "moe_router_enable_expert_bias": (True, None),
    "norm_head": (False, None),
    "num_shared_experts": (1, None),
}
"""The hub's options that change the architecture, and the values that every published checkpoint has."""


@strict
class LLaDA2MoeConfig(Glm4MoeConfig):
    """A Glm4-MoE configuration that reads the hub's names."""

    model_type = "llada2_moe"
    is_causal: bool = False
    use_cache: bool = False
    use_qk_norm: bool = True
    mask_token_id: int | None = None
    head_dim: int | None = None
    block_size: int | None = None

    def __post_init__(self, **kwargs: Any) -> None:
        if "num_experts" in kwargs:
            self.n_routed_experts = kwargs.pop("num_experts")
            self.n_shared_experts = kwargs.pop("num_shared_experts", None) or 1
            for name in (*OPTIONS, "auto_map"):
                kwargs.pop(name, None)
        self.block_size = self.block_size or BLOCK_SIZE
        self.num_mtp_layers = 0
        self.head_dim = self.head_dim or self.hidden_size // self.num_attention_heads
        super().__post_init__(**kwargs)


class LLaDA2MoeForBlockDiffusion(MaskedDiffusion, Glm4MoeForCausalLM):
    """LLaDA2 with its LM head."""

    config: LLaDA2MoeConfig
    _keys_to_ignore_on_load_unexpected: ClassVar[list[str]] = []


register_checkpoint_conversion_mapping(
    "llada2_moe",
    [
        WeightRenaming(r"^model\.word_embeddings\.", "model.embed_tokens."),
        WeightRenaming(r"\.attention\.", ".self_attn."),
        WeightRenaming(r"\.query_layernorm\.", ".q_norm."),
        WeightRenaming(r"\.key_layernorm\.", ".k_norm."),
        WeightRenaming(r"\.self_attn\.dense\.", ".self_attn.o_proj."),
        WeightRenaming(r"\.gate\.expert_bias", ".gate.e_score_correction_bias"),
        WeightConverter(
            "self_attn.query_key_value.weight",
            ["self_attn.q_proj.weight", "self_attn.k_proj.weight", "self_attn.v_proj.weight"],
            operations=[Split(dim=0)],
        ),
        *get_checkpoint_conversion_mapping("qwen2_moe"),
    ],
    overwrite=True,
)

ARCHITECTURE = Architecture(
    "LLaDA2",
    LLaDA2MoeConfig,
    LLaDA2MoeForBlockDiffusion,
    OPTIONS,
    (*DENSE_SIZES, EXPERTS, ("num_experts_per_tok",), ("moe_intermediate_size",)),
    experts=True,
)
