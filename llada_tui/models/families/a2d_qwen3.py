"""Qwen3 as dllm trains it to write by diffusion (A2D, ZHZisZZ/dllm, ``pipelines/a2d``): transformers' own Qwen3 whose
attention sees both ways (mdlm), or its own block and all before it (bd3lm)."""

from __future__ import annotations

from huggingface_hub.dataclasses import strict
from transformers.models.qwen3.configuration_qwen3 import Qwen3Config
from transformers.models.qwen3.modeling_qwen3 import Qwen3ForCausalLM

from llada_tui.models.architecture import DENSE_SIZES, Architecture
from llada_tui.models.config_checks import NEUTRAL
from llada_tui.models.dllm import DllmMaskedDiffusion, block_size_of


@strict
class A2DQwen3Config(Qwen3Config):
    """A Qwen3 configuration that sees both ways, or blocks."""

    model_type = "a2d-qwen3"
    is_causal: bool = False
    use_cache: bool = False
    mask_token_id: int | None = None
    block_size: int | None = None
    right_shift_logits: bool = False


class A2DQwen3ForMaskedDiffusion(DllmMaskedDiffusion, Qwen3ForCausalLM):
    """dllm's Qwen3 with its LM head."""

    config: A2DQwen3Config


ARCHITECTURE = Architecture(
    "A2D-Qwen3", A2DQwen3Config, A2DQwen3ForMaskedDiffusion, NEUTRAL, DENSE_SIZES, missing=block_size_of
)
