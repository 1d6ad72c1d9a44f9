"""SDAR's mixture of experts (30B-A3B) on transformers' own Qwen3-MoE; all else as `llada_tui.models.families.sdar`."""

from __future__ import annotations

from huggingface_hub.dataclasses import strict
from transformers.conversion_mapping import get_checkpoint_conversion_mapping, register_checkpoint_conversion_mapping
from transformers.models.qwen3_moe.configuration_qwen3_moe import Qwen3MoeConfig
from transformers.models.qwen3_moe.modeling_qwen3_moe import Qwen3MoeForCausalLM

from llada_tui.models.architecture import EXPERTS, SIZES, Architecture
from llada_tui.models.config_checks import NEUTRAL
from llada_tui.models.families.sdar import BlocksOfSDAR, block_size_of


@strict
class SDARMoeConfig(Qwen3MoeConfig):
    """A Qwen3-MoE configuration with blocks."""

    model_type = "sdar_moe"
    is_causal: bool = False
    use_cache: bool = False
    mask_token_id: int | None = None
    block_size: int | None = None


class SDARMoeForBlockDiffusion(BlocksOfSDAR, Qwen3MoeForCausalLM):
    """The mixture with its LM head."""

    config: SDARMoeConfig


register_checkpoint_conversion_mapping("sdar_moe", get_checkpoint_conversion_mapping("qwen2_moe"), overwrite=True)

ARCHITECTURE = Architecture(
    "SDAR-MoE",
    SDARMoeConfig,
    SDARMoeForBlockDiffusion,
    NEUTRAL,
    (*SIZES, EXPERTS, ("num_experts_per_tok",), ("moe_intermediate_size",)),
    experts=True,
    missing=block_size_of,
)
