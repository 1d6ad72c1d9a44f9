"""Experts that are kept apart, so that they can be quantised."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from tests.checkpoints import read_config

GOLDEN = Path(__file__).parents[1] / "golden"


@pytest.mark.parametrize("name", ["llada-moe-tiny", "llada2-tiny"])
def test_they_compute_what_they_compute_together(name: str) -> None:
    architecture, config = read_config(GOLDEN / name)
    ids = load_file(GOLDEN / name / "expected.safetensors")["forward.input_ids"]
    together, apart = (
        network.from_pretrained(GOLDEN / name, config=config, dtype=torch.float32).eval()
        for network in (architecture.network, architecture.quantizable)
    )
    names = {name for name, _ in apart.named_parameters()}
    assert f"model.layers.{config.num_hidden_layers - 1}.mlp.experts.0.gate_proj.weight" in names
    assert not any(name.endswith("experts.gate_up_proj") for name in names)
    rows = torch.ones_like(ids, dtype=torch.bool)
    with torch.no_grad():
        assert torch.allclose(apart.logits_at(ids, None, rows), together.logits_at(ids, None, rows), atol=1e-5)
