"""The architectures that can be loaded, told apart by what config.json says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch

from llada_tui.models.config_checks import Allowed, check_options, check_sizes
from llada_tui.models.errors import ModelError
from llada_tui.models.experts import apart
from llada_tui.models.families import dream, illada, llada, llada2, llada_moe
from llada_tui.models.weights import Weights


@dataclass(frozen=True, slots=True)
class Architecture:
    """A kind of model: its configuration and its network, classes of transformers both.

    ``options`` are the fields of config.json that would make it another model, with the values that are known;
    ``sizes`` those without which it cannot be built, each with its other names.
    ``experts``: it mixes experts, which transformers joins in parameters of three dimensions. bitsandbytes does not
    cover those, nor routers, embeddings and the LM head.
    """

    name: str
    config: Any
    network: Any
    options: Allowed
    sizes: tuple[tuple[str, ...], ...]
    experts: bool = False

    @property
    def quantizable(self) -> Any:
        """The network for bitsandbytes: experts are kept apart."""
        return apart(self.network, self.config.model_type) if self.experts else self.network

    def configure(self, given: Mapping[str, Any], source: object) -> Any:
        """The configuration that the config.json ``given`` of ``source`` describes. Raises `ModelError`."""
        check_sizes(given, self.sizes, source)
        check_options(given, self.options, self.name)
        return self.config.from_dict({**given, "model_type": self.config.model_type})

    def check_weights(self, config: Any, found: Weights, source: object) -> None:
        """Raises `ModelError` where a model of this configuration is much larger than the weights that are there:
        its tensors would take that room before any is compared."""
        if config.num_hidden_layers > len(found.shapes):
            raise ModelError(
                f"The weights of {source} are {len(found.shapes)} tensors, and its config.json describes a model of "
                f"{config.num_hidden_layers:,} layers: download both again."
            )
        try:
            with torch.device("meta"):
                network = self.network(config)
        except Exception as error:
            why = " ".join(str(error).split())[:200] or type(error).__name__
            raise ModelError(f"The config.json of {source} describes no model that can be built: {why}.") from error
        count = sum(parameter.numel() for parameter in network.parameters())
        if count > 2 * found.parameters:
            raise ModelError(
                f"The weights of {source} hold {found.parameters:,} parameters, and its config.json describes a model "
                f"of {count:,}: download both again."
            )

    def covered(self, config: Any) -> dict[str, tuple[int, int]]:
        """The layers that bitsandbytes quantises in a model of this configuration: name to rows and columns."""
        with torch.device("meta"):
            network = self.quantizable(config)
        return {
            name: (layer.out_features, layer.in_features)
            for name, layer in network.named_modules()
            if isinstance(layer, torch.nn.Linear) and layer is not network.lm_head
        }


_EVERY = (("hidden_size",), ("num_hidden_layers",), ("num_attention_heads",), ("vocab_size",))
_DENSE = (*_EVERY, ("intermediate_size",))
_EXPERTS = ("num_experts", "n_routed_experts", "num_local_experts")

ARCHITECTURES = (
    Architecture("LLaDA", llada.LLaDAConfig, llada.LLaDAForMaskedDiffusion, llada.OPTIONS, llada.SIZES),
    Architecture("iLLaDA", illada.ILLaDAConfig, illada.ILLaDAForMaskedDiffusion, illada.OPTIONS, _DENSE),
    Architecture(
        "LLaDA-MoE",
        llada_moe.LLaDAMoeConfig,
        llada_moe.LLaDAMoeForMaskedDiffusion,
        llada_moe.OPTIONS,
        (*_EVERY, _EXPERTS, ("num_experts_per_tok",), ("expert_intermediate_size", "moe_intermediate_size")),
        experts=True,
    ),
    Architecture(
        "LLaDA2",
        llada2.LLaDA2MoeConfig,
        llada2.LLaDA2MoeForBlockDiffusion,
        llada2.OPTIONS,
        (*_DENSE, _EXPERTS, ("num_experts_per_tok",), ("moe_intermediate_size",)),
        experts=True,
    ),
    Architecture("Dream", dream.DreamConfig, dream.DreamForMaskedDiffusion, dream.OPTIONS, _DENSE),
)
_BY_TYPE = {known.config.model_type: known for known in ARCHITECTURES}


def find(given: Mapping[str, Any], source: object) -> Architecture:
    """The architecture that the config.json ``given`` of ``source`` describes. Raises `ModelError`."""
    kind = given.get("model_type")
    known = _BY_TYPE.get(kind) if isinstance(kind, str) else None
    if known is None:
        raise ModelError(
            f"{source} is no checkpoint of LLaDA or its relatives: its config.json has model_type = {kind!r}, and "
            f"only {', '.join(repr(name) for name in _BY_TYPE)} are known."
        )
    if kind == "llada" and given.get("num_experts"):
        # Copies of LLaDA-MoE call themselves llada.
        if "expert_intermediate_size" not in given:
            raise ModelError(
                f"{source} is a mixture of experts (its config.json has num_experts = {given['num_experts']!r}) "
                "without expert_intermediate_size, which no known model is."
            )
        return _BY_TYPE["lladamoe"]
    return known
