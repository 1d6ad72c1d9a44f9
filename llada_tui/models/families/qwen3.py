"""Qwen3 as it is, autoregressive, on transformers' own Qwen3: to compare with diffusion models made from it."""

from __future__ import annotations

from typing import Any

from huggingface_hub.dataclasses import strict
from transformers.models.qwen3.configuration_qwen3 import Qwen3Config
from transformers.models.qwen3.modeling_qwen3 import Qwen3ForCausalLM

from llada_tui.models.architecture import DENSE_SIZES, Architecture
from llada_tui.models.left_to_right import OPTIONS, LeftToRight, left_to_right_fields


@strict
class LeftToRightQwen3Config(Qwen3Config):
    """A Qwen3 configuration with a mask and blocks of one token."""

    use_cache: bool = False
    mask_token_id: int | None = None
    extra_ids: int = 0
    block_size: int | None = None

    def __post_init__(self, **kwargs: Any) -> None:
        super().__post_init__(**kwargs)
        left_to_right_fields(self)


class LeftToRightQwen3(LeftToRight, Qwen3ForCausalLM):
    """Qwen3 with its LM head."""

    config: LeftToRightQwen3Config


ARCHITECTURE = Architecture("Qwen3", LeftToRightQwen3Config, LeftToRightQwen3, OPTIONS, DENSE_SIZES)
