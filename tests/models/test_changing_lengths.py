"""Every family on a canvas that changes its length: no mask is left, and an exact cache changes nothing."""

from __future__ import annotations

import pytest
import torch

from llada_tui.models.loaded_model import LoadedModel
from llada_tui.settings.sampler_settings import SamplerSettings
from llada_tui.trace.model_blocks import in_blocks_of
from tests.benchmarks.golden import ROOT, golden
from tests.conftest import first_quick

EXACT = ("sdar-tiny", "llada2-tiny", "fast-dllm-v2-tiny", "a2d-qwen3-bd3lm-tiny")
OTHERS = ("dream-tiny", "llada-moe-tiny", "llada-tiny-gqa-sharded", "smdm-tiny", "a2d-qwen2-mdlm-tiny")
PROMPT = [3, 4, 5, 6, 7]


def canvases(model: LoadedModel, length: str, cache: str) -> list[list[int]]:
    settings = SamplerSettings(
        steps=12, gen_length=12, block_length=4, remasking="threshold", cache=cache, length=length,
        length_params={"max_gen_length": 40.0},
    )  # fmt: skip
    canvas = torch.tensor([[*PROMPT, *[model.mask_id] * 12]])
    steps = model.denoise(canvas, in_blocks_of(model.info, settings), prompt_length=len(PROMPT))
    return [step.canvas[0, len(PROMPT) :].tolist() for step in steps]


@pytest.mark.parametrize("length", first_quick(["append", "daedal", "rho_eos"]))
@pytest.mark.parametrize("name", [*EXACT, *OTHERS])
def test_a_canvas_grows_with_every_family(name: str, length: str) -> None:
    model, _, _ = golden(ROOT / name)
    plain, kept = (canvases(model, length, cache) for cache in ("none", "prefix"))
    for made in (plain, kept):
        assert 12 < len(made[-1]) <= 40
        assert model.mask_id not in made[-1]
    if name in EXACT:
        assert kept == plain
