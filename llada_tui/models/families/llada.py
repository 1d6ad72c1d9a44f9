"""LLaDA's architecture on transformers' own Llama classes: the same weights, bidirectional attention, RoPE in float32.

Equal to the modelling code on the hub bit for bit, in float32 and bfloat16, without executing it.
"""

from __future__ import annotations

from typing import Any, ClassVar

import torch
from huggingface_hub.dataclasses import strict
from torch import Tensor
from transformers.conversion_mapping import register_checkpoint_conversion_mapping
from transformers.core_model_loading import WeightRenaming
from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS
from transformers.models.llama.configuration_llama import LlamaConfig
from transformers.models.llama.modeling_llama import (
    LlamaAttention,
    LlamaDecoderLayer,
    LlamaForCausalLM,
    LlamaRotaryEmbedding,
    eager_attention_forward,
    rotate_half,
)

from llada_tui.models.architecture import Architecture
from llada_tui.models.config_checks import NEUTRAL, Allowed
from llada_tui.models.masked_diffusion import MaskedDiffusion

_RENAMED = {
    "d_model": "hidden_size",
    "n_layers": "num_hidden_layers",
    "n_heads": "num_attention_heads",
    "n_kv_heads": "num_key_value_heads",
    "mlp_hidden_size": "intermediate_size",
    "embedding_size": "vocab_size",
    "max_sequence_length": "max_position_embeddings",
    "weight_tying": "tie_word_embeddings",
    "activation_type": "hidden_act",
    "init_std": "initializer_range",
}
OPTIONS: Allowed = {
    **NEUTRAL,
    "block_type": ("llama",),
    "layer_norm_type": ("rms",),
    "activation_type": ("silu",),
    "rope": (True,),
    "alibi": (False,),
    "attention_layer_norm": (False,),
    "input_emb_norm": (False,),
    "scale_logits": (False,),
    "include_bias": (False,),
    "include_qkv_bias": (False, None),
    "bias_for_layer_norm": (False, None),
    "multi_query_attention": (None, False),
    "block_group_size": (1,),
    "layer_norm_with_affine": (True,),
    "attention_layer_norm_with_affine": (True,),
    "rope_full_precision": (True,),
    "rope_scaling": (None,),
    "partial_rotary_factor": (1, None),
    "sliding_window": (None,),
}
"""The hub's options that change the architecture, and the values that every published checkpoint has."""
SIZES = (
    ("d_model", "hidden_size"),
    ("n_layers", "num_hidden_layers"),
    ("n_heads", "num_attention_heads"),
    ("mlp_hidden_size", "mlp_ratio", "intermediate_size"),
    ("embedding_size", "vocab_size"),
)
"""The fields without which it cannot be built: the hub's names, and transformers'."""
_DROPPED = (
    "alibi_bias_max",
    "auto_map",
    "embedding_dropout",
    "flash_attention",
    "init_cutoff_factor",
    "init_device",
    "init_fn",
    "mlp_ratio",
    "precision",
    "residual_dropout",
)


@strict
class LLaDAConfig(LlamaConfig):
    """A Llama configuration that reads the hub's names."""

    model_type = "llada"
    is_causal: bool = False
    use_cache: bool = False
    mask_token_id: int | None = None
    rms_norm_eps: float = 1e-5
    bos_token_id: int | None = None
    eos_token_id: int | list[int] | None = None

    def __post_init__(self, **kwargs: Any) -> None:
        if "d_model" in kwargs:
            self._translate(kwargs)
        super().__post_init__(**kwargs)

    def _translate(self, fields: dict[str, Any]) -> None:
        if fields.get("mlp_hidden_size") is None:
            fields["mlp_hidden_size"] = fields.get("mlp_ratio", 4) * fields["d_model"]
        for name in ("embedding_size", "n_kv_heads"):
            if fields.get(name) is None:
                fields.pop(name, None)
        for hub, ours in _RENAMED.items():
            if hub in fields:
                setattr(self, ours, fields.pop(hub))
        for name in (*OPTIONS, *_DROPPED):
            fields.pop(name, None)


class LLaDARotaryEmbedding(LlamaRotaryEmbedding):
    """Rotary angles that stay in float32 whatever the model's dtype."""

    @torch.no_grad()
    def forward(self, x: Tensor, position_ids: Tensor) -> tuple[Tensor, Tensor]:
        cos, sin = super().forward(x.new_empty(0, dtype=torch.float32), position_ids)
        return cos, sin


def _rotated(heads: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Queries or keys, turned in the angles' dtype and given back in their own."""
    turned: Tensor = heads * cos[:, None] + rotate_half(heads) * sin[:, None]
    return turned.to(heads.dtype)


class LLaDAAttention(LlamaAttention):
    """Attention whose queries and keys are rotated in float32: in bfloat16 half of the tokens would change.

    In the last layer only the positions at ``columns`` attend, where they are given.
    """

    def forward(
        self,
        hidden_states: Tensor,
        position_embeddings: tuple[Tensor, ...],
        attention_mask: Tensor | None = None,
        past_key_values: Any = None,
        columns: Tensor | None = None,
        **kwargs: Any,
    ) -> tuple[Tensor, Tensor | None]:
        def heads(projected: Tensor) -> Tensor:
            return projected.view(*projected.shape[:-1], -1, self.head_dim).transpose(1, 2)

        key, value = heads(self.k_proj(hidden_states)), heads(self.v_proj(hidden_states))
        key = _rotated(key, *position_embeddings)
        if columns is not None and self.layer_idx == self.config.num_hidden_layers - 1:
            hidden_states = hidden_states[:, columns]
            position_embeddings = tuple(angle[:, columns] for angle in position_embeddings)
            attention_mask = None if attention_mask is None else attention_mask[:, :, columns]
        query = _rotated(heads(self.q_proj(hidden_states)), *position_embeddings)
        if past_key_values is not None:
            key, value = past_key_values.update(key, value, self.layer_idx)
        attend = ALL_ATTENTION_FUNCTIONS.get_interface(self.config._attn_implementation, eager_attention_forward)
        out, weights = attend(self, query, key, value, attention_mask, dropout=0.0, scaling=self.scaling, **kwargs)
        return self.o_proj(out.flatten(2)), weights


class LLaDALastLayer(LlamaDecoderLayer):
    """The last layer. With ``columns`` its output is theirs alone: logits are asked for at few positions, and of the
    others nothing but their keys and values is needed. Several groups of columns come one after the other, each by
    itself."""

    def forward(self, hidden_states: Tensor, *args: Any, columns: list[Tensor] | None = None, **kwargs: Any) -> Tensor:
        if columns is None:
            whole: Tensor = super().forward(hidden_states, *args, **kwargs)
            return whole
        parts = [self._at(hidden_states, group, *args, **kwargs) for group in columns]
        return parts[0] if len(parts) == 1 else torch.cat(parts, 1)

    def _at(self, hidden_states: Tensor, columns: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        attended, _ = self.self_attn(self.input_layernorm(hidden_states), *args, columns=columns, **kwargs)
        hidden_states = hidden_states[:, columns] + attended
        out: Tensor = hidden_states + self.mlp(self.post_attention_layernorm(hidden_states))
        return out


class LLaDAForMaskedDiffusion(MaskedDiffusion, LlamaForCausalLM):
    """LLaDA with its LM head."""

    config: LLaDAConfig
    _no_split_modules: ClassVar[list[str]] = ["LlamaDecoderLayer", "LLaDALastLayer"]
    narrows = True

    def __init__(self, config: LLaDAConfig) -> None:
        super().__init__(config)
        self.model.rotary_emb = LLaDARotaryEmbedding(config)
        self.model.layers[-1] = LLaDALastLayer(config, len(self.model.layers) - 1)
        for index, layer in enumerate(self.model.layers):
            layer.self_attn = LLaDAAttention(config, index)
        self.post_init()


register_checkpoint_conversion_mapping(
    "llada",
    [
        WeightRenaming(r"^model\.transformer\.wte\.", "model.embed_tokens."),
        WeightRenaming(r"^model\.transformer\.ln_f\.", "model.norm."),
        WeightRenaming(r"^model\.transformer\.ff_out\.", "lm_head."),
        WeightRenaming(r"^model\.transformer\.blocks\.", "model.layers."),
        WeightRenaming(r"\.attn_norm\.", ".input_layernorm."),
        WeightRenaming(r"\.ff_norm\.", ".post_attention_layernorm."),
        WeightRenaming(r"(?<!self_attn)\.(q_proj|k_proj|v_proj)\.", r".self_attn.\1."),
        WeightRenaming(r"\.attn_out\.", ".self_attn.o_proj."),
        WeightRenaming(r"\.ff_proj\.", ".mlp.gate_proj."),
        WeightRenaming(r"(?<!mlp)\.up_proj\.", ".mlp.up_proj."),
        WeightRenaming(r"\.ff_out\.", ".mlp.down_proj."),
    ],
    overwrite=True,
)

ARCHITECTURE = Architecture("LLaDA", LLaDAConfig, LLaDAForMaskedDiffusion, OPTIONS, SIZES, names=_RENAMED)
