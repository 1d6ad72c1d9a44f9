"""Qwen2.5 as it is, autoregressive, on transformers' own Qwen2: to compare with diffusion models made from it."""

from __future__ import annotations

from typing import Any

from huggingface_hub.dataclasses import strict
from transformers.models.qwen2.configuration_qwen2 import Qwen2Config
from transformers.models.qwen2.modeling_qwen2 import Qwen2ForCausalLM

from llada_tui.models.architecture import DENSE_SIZES, Architecture
from llada_tui.models.left_to_right import OPTIONS, LeftToRight, left_to_right_fields


@strict
class LeftToRightQwen2Config(Qwen2Config):
    """A Qwen2 configuration with a mask and blocks of one token."""

    use_cache: bool = False
    mask_token_id: int | None = None
    extra_ids: int = 0
    block_size: int | None = None

    def __post_init__(self, **kwargs: Any) -> None:
        super().__post_init__(**kwargs)
        left_to_right_fields(self)


class LeftToRightQwen2(LeftToRight, Qwen2ForCausalLM):
    """Qwen2.5 with its LM head."""

    config: LeftToRightQwen2Config


ARCHITECTURE = Architecture("Qwen2.5", LeftToRightQwen2Config, LeftToRightQwen2, OPTIONS, DENSE_SIZES)
