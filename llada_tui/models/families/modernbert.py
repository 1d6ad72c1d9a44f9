"""ModernBERT as dllm trains it to chat (ZHZisZZ/dllm, ``examples/bert``), on transformers' own ModernBERT: every third
layer sees everything, the others see their neighbours alone. It keeps no keys and values."""

from __future__ import annotations

from typing import Any

from huggingface_hub.dataclasses import strict
from torch import Tensor
from transformers.models.modernbert.configuration_modernbert import ModernBertConfig
from transformers.models.modernbert.modeling_modernbert import ModernBertForMaskedLM

from llada_tui.models.architecture import DENSE_SIZES, Architecture
from llada_tui.models.config_checks import Allowed
from llada_tui.models.dllm import DllmMaskedDiffusion

OPTIONS: Allowed = {
    "is_causal": (False, None),
    "block_size": (None, 0),
    "layer_types": ("full_attention", "sliding_attention"),
}
"""The options that would make it another model, and the kinds of its layers."""


@strict
class ModernBertChatConfig(ModernBertConfig):
    """A ModernBERT configuration whose end of text is padding, as dllm has it: the tokenizer names no other."""

    mask_token_id: int | None = None
    right_shift_logits: bool = False

    def __post_init__(self, **kwargs: Any) -> None:
        super().__post_init__(**kwargs)
        pad = self.pad_token_id
        self.eos_token_id = None if pad is not None and pad < 0 else pad  # one below 0 pads nothing that is read


class ModernBertForChat(DllmMaskedDiffusion, ModernBertForMaskedLM):
    """ModernBERT with its prediction head. A turn ends with words, of several tokens."""

    config: ModernBertChatConfig
    keeps_keys_and_values = False
    shadows = False
    end_text = "[/Answer]"

    @property
    def lm_head(self) -> Any:
        return self.decoder

    def head_logits(self, hidden: Tensor) -> Tensor:
        return super().head_logits(self.head(hidden))


ARCHITECTURE = Architecture(
    "ModernBERT", ModernBertChatConfig, ModernBertForChat, OPTIONS, DENSE_SIZES, whole=("decoder",)
)
