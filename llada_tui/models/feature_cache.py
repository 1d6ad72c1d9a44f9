"""The features that the layers of a network made of a sequence, kept from pass to pass (dLLM-Cache, arXiv
2506.06295)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import cosine_similarity
from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS
from transformers.models.llama.modeling_llama import eager_attention_forward, rotate_half

_LAYER = ("input_layernorm", "self_attn", "post_attention_layernorm", "mlp")
_ATTENTION = ("q_proj", "k_proj", "v_proj", "o_proj")


def keeps_features(network: Any) -> bool:
    """Whether the layers of a network are such that what they made can be kept: attention, then a feed-forward network,
    each added to what came in; and every position sees every other."""
    return not network.block_size and all(
        all(hasattr(layer, name) for name in _LAYER) and all(hasattr(layer.self_attn, name) for name in _ATTENTION)
        for layer in network.model.layers
    )


@dataclass(slots=True)
class _LayerFeatures:
    """The features that a layer made of the T positions: keys, rotated, ``(heads, T, head)``; values before they are
    split up into heads, ``(T, width)``; outputs of attention and of the feed-forward network, ``(T, width)``."""

    keys: Tensor
    values: Tensor
    attended: Tensor
    fed: Tensor


class FeatureCache:
    """A `llada_tui.diffusion.predictor.FeaturePredictor`: the features of one sequence of one run.

    It keeps T (2 width + 2 kv width) numbers a layer, in the model's dtype: with as many heads of keys as of queries
    4 T width.
    """

    def __init__(self, network: Any, pictures: Tensor | None = None) -> None:
        self._network = network
        self._pictures = pictures
        self._layers: list[_LayerFeatures] = []
        self.recomputed = torch.empty(0)
        self.computed = torch.empty(0, 0, dtype=torch.bool)
        """Bool, ``(layers, T)``: which positions each layer computed anew in the last pass."""

    @property
    def nbytes(self) -> int:
        """The bytes that are kept."""
        return sum(part.nbytes for kept in self._layers for part in (kept.keys, kept.values, kept.attended, kept.fed))

    def __call__(
        self,
        ids: Tensor,
        positions: Tensor,
        columns: slice,
        *,
        refresh_prompt: bool,
        refresh_canvas: bool,
        transfer_ratio: float,
    ) -> Tensor:
        network = self._network
        entry = network.get_input_embeddings().weight.device
        inputs = network.embedded(ids[None].to(entry, non_blocking=True), self._pictures)
        embedded = inputs.get("inputs_embeds")
        hidden = network.get_input_embeddings()(inputs["input_ids"]) if embedded is None else embedded
        hidden = hidden[0]
        places = torch.arange(len(ids), device=hidden.device)
        angles = network.model.rotary_emb(hidden[None], places[None])
        in_canvas = (places >= columns.start) & (places < columns.stop)
        anew = torch.where(in_canvas, refresh_canvas, refresh_prompt)
        changing = 0 if refresh_canvas else int((columns.stop - columns.start) * transfer_ratio)
        computed = []
        for number, layer in enumerate(network.model.layers):
            if number == len(self._layers):
                hidden, rows = self._first_pass(layer, hidden, angles), places
            else:
                # The first layer, whose input changes with the tokens, computes everything.
                due, most = (anew.nonzero()[:, 0], changing) if number else (places, 0)
                hidden, rows = self._pass(layer, self._layers[number], hidden, angles, due, columns, most)
            computed.append(torch.zeros_like(in_canvas).index_fill_(0, rows, True))
        self.computed = torch.stack(computed).cpu()
        self.recomputed = self.computed.float().mean(0)
        hidden = network.model.norm(hidden)
        _, sources = network.sources(positions[None])
        logits: Tensor = network.head_logits(hidden.index_select(0, sources.to(hidden.device)))
        return logits

    def _first_pass(self, layer: Any, hidden: Tensor, angles: tuple[Tensor, Tensor]) -> Tensor:
        width, rows = hidden.shape[-1], torch.arange(len(hidden), device=hidden.device)
        attention = layer.self_attn
        values = attention.v_proj(layer.input_layernorm(hidden))
        heads = values.shape[-1] // attention.head_dim
        kept = _LayerFeatures(
            hidden.new_empty(heads, len(hidden), attention.head_dim),
            values,
            hidden.new_empty(len(hidden), width),
            hidden.new_empty(len(hidden), width),
        )
        self._layers.append(kept)
        return self._pass(layer, kept, hidden, angles, rows, slice(0), 0)[0]

    def _pass(
        self,
        layer: Any,
        kept: _LayerFeatures,
        hidden: Tensor,
        angles: tuple[Tensor, Tensor],
        due: Tensor,
        adaptive: slice,
        changing: int,
    ) -> tuple[Tensor, Tensor]:
        """The layer's output for ``hidden``, with ``due`` (long) computed anew, and the ``changing`` positions of
        ``adaptive`` whose values moved most; and which those are in all."""
        attention = layer.self_attn
        normed = layer.input_layernorm(hidden)
        rows = due
        if changing:
            values = attention.v_proj(normed[adaptive])
            similar = cosine_similarity(values, kept.values[adaptive], dim=-1)
            rows = torch.cat([due, similar.topk(changing, largest=False).indices + adaptive.start])
            kept.values[adaptive] = values
        if len(rows):
            if len(due):
                kept.values.index_copy_(0, due, attention.v_proj(normed.index_select(0, due)))
            chosen = normed.index_select(0, rows)
            angle = tuple(part[0].index_select(0, rows) for part in angles)
            kept.keys.index_copy_(1, rows, _heads(attention, "k", chosen, angle))
            attended = self._attend(attention, _heads(attention, "q", chosen, angle), kept)
            kept.attended.index_copy_(0, rows, attended)
        hidden = hidden + kept.attended
        if len(rows):
            chosen = layer.post_attention_layernorm(hidden.index_select(0, rows))
            fed = layer.mlp(chosen[None])
            kept.fed.index_copy_(0, rows, (fed[0] if isinstance(fed, tuple) else fed)[0])
        return hidden + kept.fed, rows

    def _attend(self, attention: Any, query: Tensor, kept: _LayerFeatures) -> Tensor:
        attend = ALL_ATTENTION_FUNCTIONS.get_interface(
            self._network.config._attn_implementation, eager_attention_forward
        )
        values = kept.values.view(len(kept.values), -1, attention.head_dim).transpose(0, 1)
        out, _ = attend(
            attention, query[None], kept.keys[None], values[None], None, dropout=0.0, scaling=attention.scaling,
            is_causal=False,
        )  # fmt: skip
        projected: Tensor = attention.o_proj(out.flatten(2))[0]
        return projected


def _heads(attention: Any, which: str, hidden: Tensor, angles: tuple[Tensor, ...]) -> Tensor:
    """Queries (``q``) or keys (``k``) of some positions, normalised where the model does so, and rotated: ``(heads, N,
    head)``."""
    heads = getattr(attention, f"{which}_proj")(hidden).view(len(hidden), -1, attention.head_dim)
    norm = getattr(attention, f"{which}_norm", None)
    heads = (heads if norm is None else norm(heads)).transpose(0, 1)
    cos, sin = angles
    turned: Tensor = heads * cos + rotate_half(heads) * sin
    return turned.to(heads.dtype)
