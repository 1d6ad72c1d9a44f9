"""SMDM's architecture (arXiv 2410.18514, ML-GSAI/SMDM, ``lit_gpt/diffmodel.py``) on transformers' own Llama: heads
whose queries, keys and values lie in one matrix, and a mask that is embedded and never predicted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import torch
from huggingface_hub.dataclasses import strict
from torch import Tensor
from transformers.conversion_mapping import register_checkpoint_conversion_mapping
from transformers.core_model_loading import ConversionOps, WeightConverter, WeightRenaming
from transformers.models.llama.configuration_llama import LlamaConfig
from transformers.models.llama.modeling_llama import LlamaForCausalLM, LlamaRotaryEmbedding

from llada_tui.diffusion.pace import Pace
from llada_tui.diffusion.schedule import share_of_time
from llada_tui.models.architecture import Architecture
from llada_tui.models.config_checks import Allowed
from llada_tui.models.masked_diffusion import MaskedDiffusion
from llada_tui.settings.sampler_settings import SamplerSettings

OPTIONS: Allowed = {
    "bias": (False,),
    "parallel_residual": (False,),
    "rotary_percentage": (1,),
    "_mlp_class": ("LLaMAMLP",),
    "_norm_class": ("FusedRMSNorm", "RMSNorm"),
    "condense_ratio": (1, None),
}
"""lit-gpt's options that change the architecture, and the values that every published checkpoint has."""
SIZES = (
    ("n_embd", "hidden_size"),
    ("n_layer", "num_hidden_layers"),
    ("n_head", "num_attention_heads"),
    ("vocab_size",),
    ("intermediate_size",),
)
_RENAMED = {
    "n_embd": "hidden_size",
    "n_layer": "num_hidden_layers",
    "n_head": "num_attention_heads",
    "norm_eps": "rms_norm_eps",
    "block_size": "max_position_embeddings",
}


class SMDMPace(Pace):
    """The pace of its ``diff_sample`` (``alg`` greddy): a step commits its part of the masks that are left, rounded
    down, which may be none of them; the last commits the rest."""

    def quota(self, settings: SamplerSettings, masks: int, left: int, step: int, steps: int) -> int:
        return int(left * share_of_time(step, steps))


@strict
class SMDMConfig(LlamaConfig):
    """A Llama configuration that reads lit-gpt's names. ``vocab_size`` counts the mask, which comes last."""

    model_type = "smdm"
    is_causal: bool = False
    use_cache: bool = False
    vocab_size: int = 32_001
    mask_token_id: int | None = None
    rms_norm_eps: float = 1e-5
    bos_token_id: int | None = 1
    eos_token_id: int | list[int] | None = 2

    def __post_init__(self, **kwargs: Any) -> None:
        if "n_embd" in kwargs:
            for name, here in _RENAMED.items():
                if name in kwargs:
                    setattr(self, here, kwargs.pop(name))
            multiple = kwargs.pop("padding_multiple", None) or 64
            padded = kwargs.pop("padded_vocab_size", None) or -(-self.vocab_size // multiple) * multiple
            self.mask_token_id, self.vocab_size = padded, padded + 1
            self.num_key_value_heads = kwargs.pop("n_query_groups", None) or self.num_attention_heads
            for name in (*OPTIONS, "name", "org"):
                kwargs.pop(name, None)
        super().__post_init__(**kwargs)


class SMDMRotaryEmbedding(LlamaRotaryEmbedding):
    """Rotary angles whose sines and cosines are rounded to bfloat16 whatever the model's dtype, as it was trained."""

    @torch.no_grad()
    def forward(self, x: Tensor, position_ids: Tensor) -> tuple[Tensor, Tensor]:
        cos, sin = super().forward(x.new_empty(0, dtype=torch.float32), position_ids)
        return cos.bfloat16().to(x.dtype), sin.bfloat16().to(x.dtype)


class SMDMForMaskedDiffusion(MaskedDiffusion, LlamaForCausalLM):
    """SMDM with its LM head, which has no logit for the mask."""

    config: SMDMConfig
    _tied_weights_keys: ClassVar[dict[str, str]] = {}
    _pace = SMDMPace()

    def __init__(self, config: SMDMConfig) -> None:
        super().__init__(config)
        self.model.rotary_emb = SMDMRotaryEmbedding(config)
        self.lm_head = torch.nn.Linear(config.hidden_size, config.vocab_size - 1, bias=False)
        self.post_init()

    @property
    def pace(self) -> Pace:
        return self._pace


class _SplitHeads(ConversionOps):
    """Queries, keys and values from one matrix that has them head by head."""

    def convert(
        self, input_dict: dict[str, Any], source_patterns: list[str], target_patterns: list[str], **kwargs: Any
    ) -> dict[str, Any]:
        (tensors,) = input_dict.values()
        fused: Tensor = tensors[0] if isinstance(tensors, list) else tensors
        config = kwargs["model"].config
        heads = config.num_key_value_heads
        queries = config.num_attention_heads // heads
        size = len(fused) // (heads * (queries + 2))
        by_group = fused.view(heads, queries + 2, size, -1)
        parts = torch.split(by_group, [queries, 1, 1], 1)
        return {
            target: part.reshape(-1, fused.shape[1]).contiguous()
            for target, part in zip(target_patterns, parts, strict=True)
        }


def _is_lit_gpt(config_json: Mapping[str, Any], source: object) -> bool:
    """A config.json with lit-gpt's names, which has no model_type."""
    return config_json.get("model_type") is None and "n_embd" in config_json and "n_layer" in config_json


register_checkpoint_conversion_mapping(
    "smdm",
    [
        WeightRenaming(r"^transformer\.wte\.", "model.embed_tokens."),
        WeightRenaming(r"^transformer\.ln_f\.", "model.norm."),
        WeightRenaming(r"^transformer\.h\.", "model.layers."),
        WeightRenaming(r"\.norm_1\.", ".input_layernorm."),
        WeightRenaming(r"\.norm_2\.", ".post_attention_layernorm."),
        WeightRenaming(r"\.attn\.proj\.", ".self_attn.o_proj."),
        WeightRenaming(r"\.mlp\.swiglu\.w1\.", ".mlp.gate_proj."),
        WeightRenaming(r"\.mlp\.swiglu\.w2\.", ".mlp.up_proj."),
        WeightRenaming(r"\.mlp\.swiglu\.w3\.", ".mlp.down_proj."),
        WeightConverter(
            "attn.attn.weight",
            ["self_attn.q_proj.weight", "self_attn.k_proj.weight", "self_attn.v_proj.weight"],
            operations=[_SplitHeads()],
        ),
    ],
    overwrite=True,
)

ARCHITECTURE = Architecture(
    "SMDM", SMDMConfig, SMDMForMaskedDiffusion, OPTIONS, SIZES, claims=_is_lit_gpt, names=_RENAMED
)
