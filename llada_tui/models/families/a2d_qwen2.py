"""Qwen2 as dllm trains it to write by diffusion (A2D, ZHZisZZ/dllm, ``pipelines/a2d``): transformers' own Qwen2 whose
attention sees both ways (mdlm), or its own block and all before it (bd3lm)."""

from __future__ import annotations

from huggingface_hub.dataclasses import strict
from transformers.models.qwen2.configuration_qwen2 import Qwen2Config
from transformers.models.qwen2.modeling_qwen2 import Qwen2ForCausalLM

from llada_tui.models.architecture import DENSE_SIZES, Architecture
from llada_tui.models.config_checks import NEUTRAL
from llada_tui.models.dllm import DllmMaskedDiffusion, block_size_of


@strict
class A2DQwen2Config(Qwen2Config):
    """A Qwen2 configuration that sees both ways, or blocks."""

    model_type = "a2d-qwen2"
    is_causal: bool = False
    use_cache: bool = False
    mask_token_id: int | None = None
    block_size: int | None = None
    right_shift_logits: bool = False


class A2DQwen2ForMaskedDiffusion(DllmMaskedDiffusion, Qwen2ForCausalLM):
    """dllm's Qwen2 with its LM head."""

    config: A2DQwen2Config


ARCHITECTURE = Architecture(
    "A2D-Qwen2", A2DQwen2Config, A2DQwen2ForMaskedDiffusion, NEUTRAL, DENSE_SIZES, missing=block_size_of
)
