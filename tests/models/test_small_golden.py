"""Small models through the library alone: loaded from a folder, they write the published tokens."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from llada_tui import SamplerSettings, load_model
from tests.models.published_runs import GOLDEN, published

CASES: list[tuple[str, int, dict[str, Any], int]] = [
    ("a2d-qwen2-mdlm-tiny", 2, {"steps": 12, "gen_length": 32, "block_length": 16}, 12),
    ("a2d-qwen2-mdlm-tiny", 14, {"steps": 16, "gen_length": 32, "block_length": 8}, 16),
    ("a2d-qwen3-bd3lm-tiny", 6, {"steps": 20, "gen_length": 32, "block_length": 16, "cache": "prefix"}, 20),
    ("modernbert-chat-tiny", 9, {"steps": 16, "gen_length": 32, "block_length": 32, "cfg_scale": 1.5}, 16),
    ("sdar-tiny", 2, {"steps": 36, "gen_length": 33, "block_length": 4, "early_stop": True}, 21),
    ("smdm-tiny", 1, {"steps": 8, "gen_length": 32, "block_length": 32}, 8),
]


@pytest.mark.parametrize(("name", "index", "settings", "passes"), CASES)
def test_generate_gives_the_published_tokens(name: str, index: int, settings: dict[str, Any], passes: int) -> None:
    runs = published(name)
    ids = {kind: runs.expected[kind] for kind in ("mask_id", "eos_id", "eot_id") if runs.expected[kind] is not None}
    model = load_model(GOLDEN / name, device="cpu", **ids)
    prompt, output = runs.prompt(index), runs.output(index)
    mask = runs.tensors.get(f"prompt.{runs.case(index)['prompt']}_attention_mask", torch.ones_like(prompt)).bool()
    rows = [row[real].tolist() for row, real in zip(prompt, mask, strict=True)]
    result = model.generate(rows, SamplerSettings(**settings))
    assert result.token_ids == output[:, prompt.shape[1] :].tolist()
    assert result.forward_passes == passes
    logits = model.logits(rows[0])
    assert logits.shape[:2] == (1, len(rows[0]))
    assert bool(torch.isfinite(logits).all())
