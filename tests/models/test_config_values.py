"""Every number of every family's configuration with values that it cannot have: refused in a sentence that names the
field, before a weight is read, or taken as what it is."""

from __future__ import annotations

import re
from typing import Any

import pytest

from llada_tui.models import config_words, families
from llada_tui.models.architecture import EXPERTS
from llada_tui.models.errors import ModelError
from llada_tui.models.loading import _configuration
from llada_tui.models.special_ids import id_count, special_ids
from llada_tui.models.weights import Weights
from tests.conftest import first_quick

VALUES: list[Any] = [
    -1, 0, 1, 3, 10**7, 2**31, 2**63, 10**30, -(10**12), "x", "64", [1], [[1]], [], {"a": 1}, {"a": {"b": [1]}}, None,
    1.5, -0.5, 1e300, True, float("nan"), float("inf"),
]  # fmt: skip
"""Values below 0, huge, of every other type, and nested."""
SMALL = {"n_layers": 2, "n_layer": 2, "num_hidden_layers": 2, "n_heads": 4, "n_head": 4, "num_attention_heads": 4}
SMALL |= {"vocab_size": 512, "embedding_size": 512, "num_experts_per_tok": 2} | dict.fromkeys(EXPERTS, 4)
"""Sizes of a small model; all others are 64."""
IDS = ("mask_token_id", "eos_token_id", "pad_token_id")
NUMBERS = (
    "head_dim", "num_key_value_heads", "n_kv_heads", "max_position_embeddings", "max_sequence_length", "rope_theta",
    "rms_norm_eps", "norm_eps", "layer_norm_eps", "initializer_range", "attention_dropout", "block_size", "bd_size",
    "earlier_rounds", "bos_token_id", *IDS,
)  # fmt: skip
"""Numbers that a configuration may have beside its sizes."""
LIBRARY = re.compile(
    r"[Tt]ensor|valid|Error|dimension|num_embeddings|Padding|raised|\bclass\b|storage|<|expected|attribute"
)
"""Words of the libraries below."""
KINDS = [*families.by_model_type()]


def base_of(kind: str) -> dict[str, Any]:
    """A small configuration of a family, with the names that its files have."""
    sizes = {names[0]: SMALL.get(names[0], 64) for names in families.by_model_type()[kind].sizes}
    base = {**sizes, **({} if "n_embd" in sizes else {"model_type": kind}), "eos_token_id": 0, "pad_token_id": 0}
    tower = dict.fromkeys(("hidden_size", "intermediate_size", "image_size"), 64) | {"patch_size": 16}
    seeing = {"vision_config": {**tower, "num_hidden_layers": 2, "num_attention_heads": 4}}
    return base | seeing if kind == "llava_llada" else base


def read(config_json: dict[str, Any]) -> Any:
    """The configuration, as it is read before any weight is: with the ids of its tokens."""
    architecture, config = _configuration(config_json, "folder")
    architecture.check_weights(
        config_json, config, Weights({f"{number}": (2**17,) for number in range(64)}, "float32"), "folder"
    )
    ids = special_ids(config, None, {} if "mask_token_id" in config_json else {"mask": 0}, source="folder")
    assert 0 <= ids.mask < id_count(config)
    return config


def refusal(config_json: dict[str, Any]) -> str:
    """The sentence with which a configuration is refused; empty where it is read."""
    try:
        read(config_json)
    except ModelError as error:
        return str(error)
    return ""


@pytest.mark.parametrize("kind", first_quick(KINDS, 2))
def test_each_number_is_refused_by_its_name_or_taken(kind: str) -> None:
    base = base_of(kind)
    assert refusal(base) == ""
    sizes = [name for name in base if name not in ("model_type", "vision_config", *IDS)]
    for field in dict.fromkeys([*sizes, *NUMBERS]):
        for value in VALUES:
            words = refusal({**base, field: value})
            if words.startswith(("The weights of folder are", "The weights of folder hold")):
                continue  # it is a size, and the weights have another
            case = f"{field} = {value!r}: {words}"
            assert not words or field in words or words.endswith(f"none of its {value} tokens."), case
            assert not LIBRARY.search(words), case
            assert "\n" not in words, case
            is_count = isinstance(value, int) and not isinstance(value, bool)
            if field in sizes and not (is_count and value > 0):
                assert words, case
            if (kind, field) in (("smdm", "mask_token_id"), ("modernbert", "eos_token_id")):
                continue  # its mask comes after its vocabulary, its end of text is padding
            if field in IDS and not (is_count and 0 <= value < 512) and value not in ([1], [], None):
                assert words or (field == "pad_token_id" and value == -1), case


@pytest.mark.parametrize(
    ("kind", "field", "value", "at_fault"),
    [
        ("a2d-qwen3", "rope_scaling", {"rope_type": "linear", "factor": "x"}, "rope_scaling.rope_type = 'linear'"),
        ("a2d-qwen2", "rope_scaling", {"rope_type": "x"}, "rope_scaling.rope_type = 'x'"),
        ("llada", "layer_types", ["full_attention"], "layer_types = ['full_attention']"),
        ("modernbert", "global_rope_theta", "x", "global_rope_theta = 'x'"),
        ("smdm", "n_query_groups", -1, "n_query_groups = -1"),
        ("sdar_moe", "decoder_sparse_step", 0, "decoder_sparse_step = 0"),
        ("llava_llada", "vision_config", {"num_channels": -1}, "vision_config.num_channels = -1"),
    ],
)
def test_the_field_at_fault_is_named_where_the_library_names_none(
    kind: str, field: str, value: Any, at_fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(config_words, "_PATIENCE", 60.0)  # a machine may be busy with other things
    base = base_of(kind)
    value = {**base[field], **value} if field == "vision_config" else value
    assert refusal({**base, field: value}) == (
        f"The config.json of folder describes no model that can be built: {at_fault} is at fault."
    )


def test_the_field_at_fault_is_not_looked_for_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(config_words, "_PATIENCE", -1.0)
    words = refusal({**base_of("sdar_moe"), "decoder_sparse_step": 0})
    assert words.startswith("The config.json of folder describes no model that can be built: ")
    assert "decoder_sparse_step" not in words


@pytest.mark.parametrize(
    ("kind", "fields", "words"),
    [
        ("llada2_moe", {"n_group": 0}, "has n_group = 0, which is no size."),
        ("llada2_moe", {"n_group": 3}, "has n_group = 3, which does not divide 4 experts."),
        ("llada2_moe", {"topk_group": -1}, "has topk_group = -1, which is no size."),
        ("llada2_moe", {"n_group": 2, "topk_group": 3}, "has topk_group = 3, and there are 2 to choose from."),
        ("llada2_moe", {"n_group": 4, "topk_group": 1}, "has num_experts_per_tok = 2, and there are 1 to choose from."),
        ("lladamoe", {"num_experts_per_tok": 5}, "has num_experts_per_tok = 5, and there are 4 to choose from."),
        ("llada2_moe", {"partial_rotary_factor": 1.5}, "has partial_rotary_factor = 1.5, which is no part of a head."),
    ],
)
def test_what_would_fail_in_the_first_pass_is_refused_before(kind: str, fields: dict[str, Any], words: str) -> None:
    assert refusal({**base_of(kind), **fields}) == f"The config.json of folder {words}"


@pytest.mark.parametrize("kind", first_quick(KINDS, 4))
def test_a_number_is_not_true_or_false(kind: str) -> None:
    words = refusal({**base_of(kind), "is_causal": 0})
    assert "is_causal = 0, and only False is known" in words or kind in ("qwen2", "qwen3", "smdm")
