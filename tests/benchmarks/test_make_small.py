"""The script that makes checkpoints of small models' shapes."""

from __future__ import annotations

from math import prod
from pathlib import Path

import pytest

from benchmarks import make_small
from llada_tui import SamplerSettings, load_model
from llada_tui.models import catalog


@pytest.mark.parametrize("name", make_small.SHAPES)
def test_a_shape_is_the_checkpoints(name: str) -> None:
    checkpoint = catalog.find(name)
    assert checkpoint is not None
    assert make_small.SHAPES[name]["model_type"] == checkpoint.family
    assert sum(map(prod, make_small.tensors(make_small.SHAPES[name]).values())) == checkpoint.parameters


def test_what_it_makes_loads_as_it_lies_and_writes(tmp_path: Path) -> None:
    sizes = {"hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 2, "num_attention_heads": 4}
    small = {**make_small.SHAPES["qwen3-0.6b"], **sizes, "num_key_value_heads": 2, "head_dim": 16}
    model = load_model(make_small.make(tmp_path / "small", small), device="cpu", dtype="bfloat16")
    assert (model.loaded.info.dtype, model.loaded.info.block_size, model.loaded.mask_id) == ("bfloat16", 32, 151_669)
    result = model.generate([[5, 6, 7]], SamplerSettings(2, 8, 8, cache="prefix"))
    assert result.forward_passes == 2
