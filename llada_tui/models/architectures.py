"""The architectures that can be loaded, told apart by what config.json says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch

from llada_tui.models.dream import DreamConfig, DreamForMaskedDiffusion
from llada_tui.models.errors import ModelError
from llada_tui.models.experts import apart
from llada_tui.models.illada import ILLaDAConfig, ILLaDAForMaskedDiffusion
from llada_tui.models.llada import LLaDAConfig, LLaDAForMaskedDiffusion
from llada_tui.models.llada2 import LLaDA2MoeConfig, LLaDA2MoeForBlockDiffusion
from llada_tui.models.llada_moe import LLaDAMoeConfig, LLaDAMoeForMaskedDiffusion


@dataclass(frozen=True, slots=True)
class Architecture:
    """A kind of model: its configuration and its network, classes of transformers both.

    ``experts``: it mixes experts, which transformers joins in parameters of three dimensions. bitsandbytes does not
    cover those, nor routers, embeddings and the LM head.
    """

    name: str
    config: Any
    network: Any
    experts: bool = False

    @property
    def quantizable(self) -> Any:
        """The network for bitsandbytes: experts are kept apart."""
        return apart(self.network, self.config.model_type) if self.experts else self.network

    def covered(self, config: Any) -> dict[str, tuple[int, int]]:
        """The layers that bitsandbytes quantises in a model of this configuration: name to rows and columns."""
        with torch.device("meta"):
            network = self.quantizable(config)
        return {
            name: (layer.out_features, layer.in_features)
            for name, layer in network.named_modules()
            if isinstance(layer, torch.nn.Linear) and layer is not network.lm_head
        }


ARCHITECTURES = (
    Architecture("LLaDA", LLaDAConfig, LLaDAForMaskedDiffusion),
    Architecture("iLLaDA", ILLaDAConfig, ILLaDAForMaskedDiffusion),
    Architecture("LLaDA-MoE", LLaDAMoeConfig, LLaDAMoeForMaskedDiffusion, experts=True),
    Architecture("LLaDA2", LLaDA2MoeConfig, LLaDA2MoeForBlockDiffusion, experts=True),
    Architecture("Dream", DreamConfig, DreamForMaskedDiffusion),
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
