"""Checks of config.json before a network is built or a weight is read: what it has to say, and what it must not."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from math import isfinite
from typing import Any

from llada_tui.models.errors import ModelError
from llada_tui.settings.sampler_settings import brief
from llada_tui.trace.model_info import MASK_NOISE, UNIFORM_NOISE

Allowed = Mapping[str, tuple[object, ...]]
"""Fields and the values that they may have, the usual one first."""

NEUTRAL: Allowed = {
    "is_causal": (False, None),
    "use_sliding_window": (False, None),
    "clip_qkv": (None,),
    "qk_norm": (False, None),
    "mlp_bias": (False, None),
    "parallel_attn": (False, None),
    "use_parallel_residual": (False, None),
    "embedding_multiplier": (None, 1),
    "residual_multiplier": (None, 1),
    "attention_multiplier": (None,),
    "logit_scale": (None, 1),
    "logits_scaling": (None, 1),
    "attn_logit_softcapping": (None,),
    "final_logit_softcapping": (None,),
}
"""Options of transformers' language models that change what one computes, and that none of these models uses."""

_FULL = "full_attention"
"""The only kind of layer here."""

_LARGEST = 1 << 24
"""No size of a model is above this; the largest vocabularies have 2^18 tokens."""
_MOST = {r"layers": 1 << 16, r"heads": 1 << 16, r"experts": 1 << 12}
"""The same for what is counted, by a part of the field's name."""
_FARTHEST = 1 << 40
"""No number of a config.json is farther from 0."""

_POSITIVE = (
    "rms_norm_eps", "norm_eps", "max_position_embeddings", "max_sequence_length", "rope_theta",
    "earlier_rounds",
)  # fmt: skip
"""Numbers that may be left out, and mean nothing below or at 0."""

_COUNTS = (
    "n_kv_heads",
    "num_key_value_heads",
    "head_dim",
    "moe_intermediate_size",
    "num_experts_per_tok",
    "n_group",
    "topk_group",
)
"""Sizes that may be left out, or be null."""

_IS_SIZE = re.compile(r"size|dim|heads|layers|experts|rank")
"""A part of the names of sizes."""

_LISTS = ("layer_types", "moe_layer_freq")
"""Lists with a value for each layer, where they are given."""

_BLOCKS = ("block_size", "bd_size")
"""Sizes that may be left out, or be 0: the tokens of a block."""


_DTYPES = ("auto", "float32", "float", "float16", "half", "bfloat16", "float64", "double")
"""Types of weights that a config.json may name."""


def check_options(config_json: Mapping[str, Any], allowed: Allowed, name: str) -> None:
    """Raises `ModelError` when a field of config.json has another value than those that ``name`` is known with.

    The first of a field's values stands in where it is left out. ``layer_types`` names a kind for each layer.
    """
    kinds = allowed.get("layer_types", (_FULL,))
    options = {field: values for field, values in allowed.items() if field != "layer_types"}
    wrong = [field for field, values in options.items() if not _is_one_of(config_json.get(field, values[0]), values)]
    if any(kind not in kinds for kind in config_json.get("layer_types") or ()):
        wrong.append("layer_types")
    for field in wrong[:1]:
        usual = allowed[field][0] if field in allowed else _FULL
        raise ModelError(
            f"This variant of {name} is not supported: its config.json has {field} = {brief(config_json.get(field))}, "
            f"and only {usual!r} is known."
        )


def _is_one_of(value: object, values: tuple[object, ...]) -> bool:
    """Whether a value is among some; 0 and 1 are neither true nor false."""
    return any(value == other and isinstance(value, bool) == isinstance(other, bool) for other in values)


def check_sizes(config_json: Mapping[str, Any], sizes: Iterable[tuple[str, ...]], source: object) -> None:
    """Raises `ModelError` unless one name of each of ``sizes`` is given, and is a whole number above 0.

    transformers would put the sizes of some other model in the place of what is missing.
    """
    for names in sizes:
        sizes_given = {name: config_json[name] for name in names if config_json.get(name) is not None}
        if not sizes_given:
            raise ModelError(f"The config.json of {source} lacks {names[0]}, so the model cannot be built.")
        for name, value in sizes_given.items():
            if isinstance(value, bool) or not isinstance(value, int) or value < 1:
                raise ModelError(f"The config.json of {source} has {name} = {brief(value)}, which is no size.")
            limit = next((most for part, most in _MOST.items() if re.search(part, name)), _LARGEST)
            if value > limit:
                raise ModelError(
                    f"The config.json of {source} has {name} = {brief(value)}, and no model has more than {limit:,}."
                )
    for name in _POSITIVE:
        value = config_json.get(name, 1)
        if isinstance(value, bool) or not isinstance(value, int | float) or not value > 0:
            raise ModelError(f"The config.json of {source} has {name} = {brief(value)}, which is no number above 0.")
    for name in _COUNTS:
        value = config_json.get(name)
        if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 1):
            raise ModelError(f"The config.json of {source} has {name} = {brief(value)}, which is no size.")
    part = config_json.get("partial_rotary_factor")
    if isinstance(part, int | float) and not 0 < part <= 1:
        field = f"partial_rotary_factor = {brief(part)}"
        raise ModelError(f"The config.json of {source} has {field}, which is no part of a head.")
    for name in _LISTS:
        value = config_json.get(name)
        if value is not None and not isinstance(value, list):
            raise ModelError(f"The config.json of {source} has {name} = {brief(value)}, which is no list.")
    for name in _BLOCKS:
        value = config_json.get(name)
        if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 0):
            raise ModelError(f"The config.json of {source} has {name} = {brief(value)}, which is no size.")
    for name in ("dtype", "torch_dtype"):
        value = config_json.get(name)
        if value is not None and str(value).removeprefix("torch.") not in _DTYPES:
            raise ModelError(f"The config.json of {source} has {name} = {brief(value)}, which is no type of weights.")
    for name, value in config_json.items():
        _check_number(name, value, source)


def _check_number(name: str, value: object, source: object) -> None:
    """Raises `ModelError` for a number that no tensor can have to do with: torch would say so in its own words."""
    if isinstance(value, dict):
        for part, inner in value.items():
            _check_number(f"{name}.{part}", inner, source)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return
    if isinstance(value, float) and not isfinite(value):
        raise ModelError(f"The config.json of {source} has {name} = {value!r}, which is no number.")
    if abs(value) > _FARTHEST:
        raise ModelError(f"The config.json of {source} has {name} = {brief(value)}, which is too large.")
    if "dropout" in name and not 0 <= value <= 1:
        raise ModelError(f"The config.json of {source} has {name} = {brief(value)}, which is no probability.")
    if not _IS_SIZE.search(name):
        return
    if value < 0:
        raise ModelError(f"The config.json of {source} has {name} = {brief(value)}, which is no size.")
    if value > _LARGEST:
        raise ModelError(
            f"The config.json of {source} has {name} = {brief(value)}, and no model has more than {_LARGEST:,}."
        )


def head_width(config_json: Mapping[str, Any], sizes: Iterable[tuple[str, ...]], source: object) -> int:
    """The width of a head of a model that `check_sizes` passed. Raises `ModelError` where it is not given, and the
    model's width is no multiple of its heads."""
    if config_json.get("head_dim") is not None:
        return int(config_json["head_dim"])
    of_width, of_heads = (_name_of(usual, config_json, sizes) for usual in ("hidden_size", "num_attention_heads"))
    width, heads = config_json[of_width], config_json[of_heads]
    if width % heads:
        raise ModelError(
            f"The config.json of {source} has {of_width} = {width} and {of_heads} = {heads}: the one must be a "
            "multiple of the other."
        )
    return int(width // heads)


def check_pad(config_json: Mapping[str, Any], sizes: Iterable[tuple[str, ...]], usual: object, source: object) -> None:
    """Raises `ModelError` for a pad_token_id that is none of the model's tokens; one below 0 counts from the end.
    ``usual`` stands in where config.json has none."""
    tokens = config_json[_name_of("vocab_size", config_json, sizes)]
    pad = config_json.get("pad_token_id", usual)
    if pad is not None and (isinstance(pad, bool) or not isinstance(pad, int) or not -tokens <= pad < tokens):
        has = f"has pad_token_id = {brief(pad)}, which"
        if "pad_token_id" not in config_json:
            has = f"has no pad_token_id, and the usual {pad}"
        raise ModelError(f"The config.json of {source} {has} is none of its {tokens:,} tokens.")


def _name_of(usual: str, config_json: Mapping[str, Any], sizes: Iterable[tuple[str, ...]]) -> str:
    """The name that a size with some usual name has in config.json."""
    return next(name for names in sizes if usual in names for name in names if config_json.get(name) is not None)


def check_experts(config_json: Mapping[str, Any], experts: Sequence[str], source: object) -> None:
    """Raises `ModelError` where a token cannot choose among experts as a config.json that `check_sizes` passed says.
    ``experts`` are the names of their number."""
    count = next((config_json[name] for name in experts if config_json.get(name) is not None), None)
    groups, open_groups = config_json.get("n_group") or 1, config_json.get("topk_group") or 1
    chosen = config_json.get("num_experts_per_tok") or 1
    if count is None:
        return
    if count % groups:
        raise ModelError(f"The config.json of {source} has n_group = {groups}, which does not divide {count} experts.")
    for name, value, most in (
        ("topk_group", open_groups, groups),
        ("num_experts_per_tok", chosen, count // groups * min(open_groups, groups)),
    ):
        if value > most:
            raise ModelError(f"The config.json of {source} has {name} = {value}, and there are {most} to choose from.")


def checked_id(name: str, value: object, tokens: int, source: object) -> int | None:
    """The id of a token that config.json has in a field, the first of a list. Raises `ModelError` for what is no id of
    so many ``tokens``."""
    ids = value if isinstance(value, list) else [value]
    for token in ids:
        if token is not None and (isinstance(token, bool) or not isinstance(token, int) or not 0 <= token < tokens):
            raise ModelError(
                f"The config.json of {source} has {name} = {brief(value)}, which is none of its {tokens:,} tokens."
            )
    return next(iter(ids), None)


def noises_of(config_json: Mapping[str, Any], source: object) -> list[str]:
    """The kinds of noise that config.json says the model was trained with; none where it says nothing. Raises
    `ModelError` for others than there are."""
    kinds = config_json.get("noises", [])
    if not isinstance(kinds, list) or any(kind not in (MASK_NOISE, UNIFORM_NOISE) for kind in kinds):
        must = f"it must be a list of {MASK_NOISE} and {UNIFORM_NOISE}"
        raise ModelError(f"The config.json of {source} has noises = {brief(kinds)}, and {must}.")
    return kinds
