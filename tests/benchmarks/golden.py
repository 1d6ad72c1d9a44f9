"""The golden checkpoints, and what the published code gave on them."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from safetensors.torch import load_file
from torch import Tensor

from llada_tui import load_model
from llada_tui.models.loaded_model import LoadedModel

ROOT = Path(__file__).parents[1] / "golden"
FOLDERS = [ROOT / "llada-tiny-gqa-sharded", ROOT / "llada-tiny-mha"]
"""Those that the published sampler was run with."""


@cache
def golden(folder: Path) -> tuple[LoadedModel, dict[str, Any], dict[str, Tensor]]:
    """The model, what is expected of it, and the tensors that go with it."""
    expected = json.loads((folder / "expected.json").read_text())
    ids = {name: value for name, value in expected.items() if name in ("mask_id", "eos_id", "eot_id")}
    model = load_model(folder, device="cpu", **ids)
    return model.loaded, expected, load_file(folder / "expected.safetensors")


def network(model: LoadedModel) -> Any:
    """The model as `llada_tui.bench.published` and `benchmarks.fast_dllm` call one."""
    return lambda ids, mask: model.network(input_ids=ids, attention_mask=mask, use_cache=False).logits
