"""The interface of a family of models. The families themselves are the files of `llada_tui.models.families`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from transformers.activations import ACT2FN

from llada_tui.models.config_checks import Allowed, check_experts, check_options, check_pad, check_sizes, head_width
from llada_tui.models.config_words import unbuildable
from llada_tui.models.errors import ModelError
from llada_tui.models.experts import with_separate_experts
from llada_tui.models.weights import Weights
from llada_tui.settings.sampler_settings import brief

SIZES = (("hidden_size",), ("num_hidden_layers",), ("num_attention_heads",), ("vocab_size",))
"""Fields of config.json that no model can be built without."""
DENSE_SIZES = (*SIZES, ("intermediate_size",))
"""The same for a model with one feed-forward network a layer."""
EXPERTS = ("num_experts", "n_routed_experts", "num_local_experts")
"""The names that the number of experts of a mixture has."""

_NOT_THEIRS = (
    "attn_implementation", "_attn_implementation",
    "output_attentions", "output_hidden_states", "return_dict", "torchscript", "chunk_size_feed_forward",
)  # fmt: skip
"""Fields that choose the program which computes attention, or what a pass gives beside its logits. That is nothing that
a checkpoint should choose: one of SDAR's names a program that does not run here."""


def _never(config_json: Mapping[str, Any], source: object) -> bool:
    return False


def _nothing(config_json: Mapping[str, Any], source: object) -> Mapping[str, Any]:
    return {}


@dataclass(frozen=True, slots=True)
class Architecture:
    """A family of models: its configuration and its network, classes of transformers both.

    ``options`` are the fields of config.json that would make it another model, with the values that are known;
    ``sizes`` those without which it cannot be built, each with its other names.
    ``experts``: it mixes experts, which transformers joins in parameters of three dimensions. bitsandbytes does not
    cover those, nor routers, embeddings and the LM head.
    ``bans``: special tokens that its authors never let it predict, by their names in `llada_tui.models.special_ids`.
    ``names``: the fields of config.json that have other names in transformers, with those.
    ``whole``: parts that are never quantised, by the begin of their modules' names.
    ``claims`` says whether the config.json of a source describes this family though its model_type is another's; it may
    raise `ModelError`. ``missing`` gives what its config.json should say of a source and does not.
    """

    name: str
    config: Any
    network: Any
    options: Allowed
    sizes: tuple[tuple[str, ...], ...]
    experts: bool = False
    bans: tuple[str, ...] = ()
    whole: tuple[str, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)
    claims: Callable[[Mapping[str, Any], object], bool] = _never
    missing: Callable[[Mapping[str, Any], object], Mapping[str, Any]] = _nothing

    @property
    def quantizable(self) -> Any:
        """The network for bitsandbytes: experts are kept apart."""
        return with_separate_experts(self.network, self.config.model_type) if self.experts else self.network

    def configure(self, config_json: Mapping[str, Any], source: object) -> Any:
        """The configuration that the ``config_json`` of ``source`` describes. Raises `ModelError`."""
        config_json = {**config_json, **self.missing(config_json, source)}
        check_sizes(config_json, self.sizes, source)
        check_experts(config_json, EXPERTS if self.experts else (), source)
        check_pad(config_json, self.sizes, getattr(self.config, "pad_token_id", None), source)
        width = head_width(config_json, self.sizes, source)
        if config_json.get("head_dim", width) is None:
            config_json["head_dim"] = width
        check_options(config_json, self.options, self.name)
        activation = config_json.get("hidden_act", "silu")
        if not isinstance(activation, str) or activation not in ACT2FN:
            wrong = f"hidden_act = {brief(activation)}, which is no activation"
            raise ModelError(f"The config.json of {source} has {wrong}.")
        described = {name: value for name, value in config_json.items() if name not in _NOT_THEIRS}
        return self.config.from_dict({**described, "model_type": self.config.model_type})

    def check_weights(self, config_json: Mapping[str, Any], config: Any, saved: Weights, source: object) -> None:
        """Raises `ModelError` where no model of this configuration, which is that of ``config_json``, can be built, or
        where it is much larger than the weights that are there: its tensors would take that room before any is
        compared."""
        if config.num_hidden_layers > len(saved.shapes):
            raise ModelError(
                f"The weights of {source} are {len(saved.shapes)} tensors, and its config.json describes a model of "
                f"{config.num_hidden_layers:,} layers: download both again."
            )
        try:
            network = self._network(config)
        except Exception as error:
            raise unbuildable(
                error, config_json, {}, source, lambda fields: self._network(self.configure(fields, source))
            ) from error
        count = sum(parameter.numel() for parameter in network.parameters())
        if count > 2 * saved.parameters:
            raise ModelError(
                f"The weights of {source} hold {saved.parameters:,} parameters, and its config.json describes a model "
                f"of {count:,}: download both again."
            )

    def _network(self, config: Any) -> Any:
        """A network without weights."""
        with torch.device("meta"):
            return self.network(config)

    def covered(self, config: Any) -> dict[str, tuple[int, int]]:
        """The layers that bitsandbytes quantises in a model of this configuration: name to rows and columns."""
        with torch.device("meta"):
            network = self.quantizable(config)
        return {
            name: (layer.out_features, layer.in_features)
            for name, layer in network.named_modules()
            if isinstance(layer, torch.nn.Linear)
            and layer is not network.lm_head
            and not name.startswith(self.whole or ("lm_head",))
        }
