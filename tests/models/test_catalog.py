"""The catalog's numbers are those of the networks."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch

from docs.models import PAGE, page
from llada_tui.models import catalog, families
from llada_tui.models.architecture import Architecture
from llada_tui.models.catalog import CHECKPOINTS, Checkpoint

_8B = {"hidden_size": 4096, "num_hidden_layers": 32, "num_attention_heads": 32}
_MOE = {"vocab_size": 157184, "num_experts_per_tok": 8, "tie_word_embeddings": False}
_LLADA2 = {**_MOE, "num_experts": 256, "num_key_value_heads": 4, "head_dim": 128, "n_group": 8, "topk_group": 4}
_QWEN = {"vocab_size": 151936, "num_key_value_heads": 2, "tie_word_embeddings": True}
_QWEN3 = {**_QWEN, "num_attention_heads": 16, "num_key_value_heads": 8, "head_dim": 128}
_SDAR = {**_QWEN3, "num_hidden_layers": 36, "tie_word_embeddings": False}
SIZES: dict[str, dict[str, Any]] = {
    "LLaDA-": {**_8B, "vocab_size": 126464, "num_key_value_heads": 32, "intermediate_size": 12288},
    "LLaDA-V": {**_8B, "vocab_size": 126464, "num_key_value_heads": 32, "intermediate_size": 12288},
    "iLLaDA-": {**_8B, "vocab_size": 155136, "num_key_value_heads": 8, "intermediate_size": 14336},
    "LLaDA-MoE-": {
        **_MOE,
        "hidden_size": 2048,
        "num_hidden_layers": 16,
        "num_attention_heads": 16,
        "num_key_value_heads": 16,
        "num_experts": 64,
        "expert_intermediate_size": 1024,
    },
    "mini": {
        **_LLADA2,
        "hidden_size": 2048,
        "num_hidden_layers": 20,
        "num_attention_heads": 16,
        "intermediate_size": 5120,
        "moe_intermediate_size": 512,
    },
    "flash": {
        **_LLADA2,
        "hidden_size": 4096,
        "num_hidden_layers": 32,
        "num_attention_heads": 32,
        "intermediate_size": 9216,
        "moe_intermediate_size": 1024,
    },
    "Dream-": {
        "vocab_size": 152064,
        "hidden_size": 3584,
        "num_hidden_layers": 28,
        "num_attention_heads": 28,
        "num_key_value_heads": 4,
        "intermediate_size": 18944,
    },
    "Qwen3-0.6B": {**_QWEN3, "hidden_size": 1024, "intermediate_size": 3072, "num_hidden_layers": 28},
    "Qwen2.5-Coder-0.5B": {
        **_QWEN,
        "hidden_size": 896,
        "num_hidden_layers": 24,
        "num_attention_heads": 14,
        "intermediate_size": 4864,
    },
    "ModernBERT-base": {},
    "ModernBERT-large": {
        "hidden_size": 1024,
        "num_hidden_layers": 28,
        "num_attention_heads": 16,
        "intermediate_size": 2624,
    },
    "SDAR-1.7B": {**_SDAR, "hidden_size": 2048, "intermediate_size": 6144, "num_hidden_layers": 28},
    "SDAR-4B": {**_SDAR, "hidden_size": 2560, "intermediate_size": 9728, "num_attention_heads": 32},
    "SDAR-8B": {**_SDAR, "hidden_size": 4096, "intermediate_size": 12288, "num_attention_heads": 32},
    "Fast_dLLM_v2_1.5B": {
        **_QWEN,
        "hidden_size": 1536,
        "num_hidden_layers": 28,
        "num_attention_heads": 12,
        "intermediate_size": 8960,
    },
    "mdm-170M": {
        "hidden_size": 768,
        "num_hidden_layers": 18,
        "num_attention_heads": 12,
        "intermediate_size": 3072,
    },
    "mdm-1028M": {
        "hidden_size": 1792,
        "num_hidden_layers": 20,
        "num_attention_heads": 14,
        "intermediate_size": 7168,
    },
}
SIZES["Fast_dLLM_v2_7B"] = SIZES["Dream-"]
SIZES["dLLM-Var"] = SIZES["d3LLM_LLaDA"] = SIZES["LLaDA-"]
"""The published sizes, by a part of the name: the last that fits holds."""


@pytest.mark.parametrize("checkpoint", CHECKPOINTS, ids=lambda checkpoint: checkpoint.id)
def test_the_numbers_are_those_of_the_network(checkpoint: Checkpoint) -> None:
    sizes = [sizes for part, sizes in SIZES.items() if part in checkpoint.id.partition("/")[2]][-1]
    architecture = next(
        family for family in families.by_model_type().values() if family.config.model_type == checkpoint.family
    )
    config = architecture.config(**sizes)
    layers = config.num_hidden_layers
    (few, few_covered), (more, more_covered) = (
        _counted(architecture, {**sizes, "num_hidden_layers": count}) for count in (2, 3)
    )
    parameters = few + (more - few) * (layers - 2)  # from the second layer on they are alike
    assert checkpoint.parameters == parameters
    assert checkpoint.layers == layers
    assert checkpoint.kept == parameters - few_covered - (more_covered - few_covered) * (layers - 2)


def _counted(architecture: Architecture, sizes: dict[str, Any]) -> tuple[int, int]:
    """The parameters of a network, and how many of them quantisation covers."""
    config = architecture.config(**sizes)
    with torch.device("meta"):
        network = architecture.network(config)
    network.tie_weights()
    covered = sum(math.prod(shape) for shape in architecture.covered(config).values())
    return sum(parameter.numel() for parameter in network.parameters()), covered


def test_names_are_told_apart() -> None:
    for alias in ("8b", "8B-Instruct", "gsai-ml/llada-8b-instruct"):
        checkpoint = catalog.find(alias)
        assert checkpoint is not None
        assert checkpoint.id == "GSAI-ML/LLaDA-8B-Instruct"
    assert checkpoint.bf16_bytes == pytest.approx(16.03e9, rel=1e-3)
    assert 5e9 < checkpoint.nf4_bytes < 6e9
    assert catalog.find("demo") is None
    names = [name.lower() for checkpoint in CHECKPOINTS for name in (checkpoint.id, *checkpoint.aliases)]
    assert len(names) == len(set(names))
    assert [checkpoint.id for checkpoint in CHECKPOINTS if not checkpoint.chat] == [
        checkpoint.id for checkpoint in CHECKPOINTS if "Base" in checkpoint.id or checkpoint.family == "smdm"
    ]


def test_the_page_of_the_models_is_the_catalogs() -> None:
    assert PAGE.read_text("utf-8") == page(), "the catalog has changed: run python -m docs.models"
