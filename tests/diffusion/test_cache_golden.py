"""The caches on real networks: equal to Fast-dLLM as we state it again, and exact where mathematics says so."""

from __future__ import annotations

import gc
import weakref
from typing import Any

import pytest
import torch

from benchmarks import fast_dllm
from llada_tui.diffusion.sampler import denoise
from llada_tui.models.kv_cache import BlockLayer
from llada_tui.models.loaded_model import LoadedModel
from llada_tui.settings.sampler_settings import SamplerSettings
from llada_tui.trace.resume import Resume
from tests.benchmarks.golden import ROOT, golden
from tests.conftest import first_quick

BIDIRECTIONAL = ("llada-tiny-gqa-sharded", "llada-tiny-mha", "llada-moe-tiny")
EVERY = (*BIDIRECTIONAL, "llada2-tiny", "dream-tiny")
MODES = ("prefix", "dual")
LENGTH = 32


def model_of(name: str) -> LoadedModel:
    return golden(ROOT / name)[0]


def canvas_of(model: LoadedModel, prompt: int, fixed: dict[int, int] | None = None, seed: int = 0) -> torch.Tensor:
    """``prompt`` tokens by chance, then masks, with some tokens given in the canvas."""
    tokens = torch.randint(3, 400, (1, prompt), generator=torch.Generator().manual_seed(seed))
    canvas = torch.cat([tokens, torch.full((1, LENGTH), model.mask_id)], 1)
    for place, token in (fixed or {}).items():
        canvas[0, prompt + place] = token
    return canvas


def end_of(model: LoadedModel, canvas: torch.Tensor, run_settings: Any, **more: Any) -> tuple[torch.Tensor, int]:
    steps = list(denoise(model, canvas, run_settings, prompt_length=canvas.shape[1] - LENGTH, **more))
    return steps[-1].canvas, len(steps)


@pytest.mark.parametrize(
    ("fixed", "guidance"),
    [({}, 0.0), ({5: 7, 6: 9, 20: 7}, 0.0), ({5: 7, 6: 9, 20: 7}, 1.5)],
    ids=["plain", "constrained", "guided"],
)
@pytest.mark.parametrize(("steps", "block"), [(16, 32), (16, 8), (6, 16)])
@pytest.mark.parametrize("cache", MODES)
@pytest.mark.parametrize("name", first_quick(BIDIRECTIONAL))
def test_tokens_are_those_of_fast_dllm(
    name: str, cache: str, steps: int, block: int, fixed: dict[int, int], guidance: float
) -> None:
    model = model_of(name)
    canvas = canvas_of(model, 11, fixed)
    expected = fast_dllm.generate(
        model.network, canvas, 11, mask_id=model.mask_id, cache=cache, steps=steps, block_length=block,
        cfg_scale=guidance,
    )  # fmt: skip
    end = end_of(model, canvas, SamplerSettings(steps, LENGTH, block, cache=cache, cfg_scale=guidance))
    assert torch.equal(end[0], expected[0])
    assert end[1] == expected[1]


@pytest.mark.parametrize("threshold", [0.01, 0.02])
@pytest.mark.parametrize("cache", MODES)
@pytest.mark.parametrize("name", BIDIRECTIONAL)
def test_a_threshold_keeps_what_fast_dllm_keeps(name: str, cache: str, threshold: float) -> None:
    model = model_of(name)
    canvas = canvas_of(model, 11)
    expected = fast_dllm.generate(
        model.network, canvas, 11, mask_id=model.mask_id, cache=cache, steps=LENGTH, block_length=8, threshold=threshold
    )
    parameters = {"threshold": threshold}
    run_settings = SamplerSettings(LENGTH, LENGTH, 8, cache=cache, remasking="threshold", remasking_params=parameters)
    end = end_of(model, canvas, run_settings)
    assert torch.equal(end[0], expected[0])
    assert end[1] == expected[1] < LENGTH


@pytest.mark.parametrize(
    ("temperature", "guidance"),
    [pytest.param(1.0, 0.7, id="guided, drawn"), pytest.param(0.0, 0.0, id="plain", marks=pytest.mark.slow)],
)
@pytest.mark.parametrize("cache", ["none", *MODES])
@pytest.mark.parametrize("name", first_quick(EVERY, 3))
def test_rows_padded_on_the_left_are_as_if_alone(name: str, cache: str, guidance: float, temperature: float) -> None:
    model = model_of(name)
    run_settings = SamplerSettings(16, LENGTH, 8, cache=cache, cfg_scale=guidance, temperature=temperature, seed=3)
    fixed = {3: 9, 25: 11}
    rows = [canvas_of(model, prompt, fixed, seed=prompt) for prompt in (13, 5, 13)]
    width = max(row.shape[1] for row in rows)
    mask = torch.cat([(torch.arange(width) >= width - row.shape[1])[None].long() for row in rows])
    padded = torch.cat([torch.nn.functional.pad(row, (width - row.shape[1], 0), value=1) for row in rows])
    together = end_of(model, padded, run_settings, attention_mask=mask)[0]
    for index, row in enumerate(rows):
        alone = end_of(model, row, run_settings)[0]
        assert torch.equal(together[index, width - LENGTH :], alone[0, -LENGTH:])


@pytest.mark.parametrize("prompt", first_quick([5, 0, 8, 13]))
@pytest.mark.parametrize("cache", MODES)
def test_models_whose_attention_is_causal_over_blocks_stay_exact(cache: str, prompt: int) -> None:
    model = model_of("llada2-tiny")
    assert model.block_size
    canvas = canvas_of(model, prompt)
    for temperature in (0.0, 1.0):
        run_settings = SamplerSettings(LENGTH, LENGTH, model.block_size, temperature=temperature)
        exact = end_of(model, canvas, run_settings)[0]
        assert torch.equal(end_of(model, canvas, run_settings.replace(cache=cache))[0], exact)


@pytest.mark.parametrize("cache", MODES)
@pytest.mark.parametrize("name", EVERY)
def test_one_step_a_block_is_exact(name: str, cache: str) -> None:
    model = model_of(name)
    canvas = canvas_of(model, 8)
    run_settings = SamplerSettings(4, LENGTH, 8)
    assert torch.equal(
        end_of(model, canvas, run_settings.replace(cache=cache))[0], end_of(model, canvas, run_settings)[0]
    )


@pytest.mark.parametrize("cache", MODES)
@pytest.mark.parametrize("name", EVERY)
def test_a_canvas_of_one_block_without_a_prompt_is_exact(name: str, cache: str) -> None:
    model = model_of(name)
    canvas = canvas_of(model, 0)
    block = model.block_size or LENGTH
    run_settings = SamplerSettings(LENGTH, LENGTH, block)
    assert torch.equal(
        end_of(model, canvas, run_settings.replace(cache=cache))[0], end_of(model, canvas, run_settings)[0]
    )


@pytest.mark.parametrize("cache", MODES)
@pytest.mark.parametrize("name", EVERY)
def test_a_run_continued_in_the_middle_of_a_block_has_the_same_tail(name: str, cache: str) -> None:
    model = model_of(name)
    canvas = canvas_of(model, 6, {17: 5})
    run_settings = SamplerSettings(16, LENGTH, 8, cache=cache, cfg_scale=0.7, temperature=0.5)
    steps = list(denoise(model, canvas, run_settings, prompt_length=6))
    for step in steps[1::4]:
        opening = next(first for first in steps if first.block == step.block).canvas_before
        resume = Resume(
            step=step.index,
            block=step.block,
            block_step=step.block_step,
            initial_canvas=canvas[0, 6:].tolist(),
            block_start_canvas=opening[0, 6:].tolist(),
        )
        tail, _ = end_of(model, step.canvas_before, run_settings, resume=resume)
        assert torch.equal(tail, steps[-1].canvas)


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("cancelled", [False, True])
def test_keys_and_values_are_given_back_when_the_run_is_over(
    name: str, cancelled: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At once, without Python's search for cycles: those of a large model are half a gigabyte."""
    layers: list[weakref.ref[BlockLayer]] = []
    made = BlockLayer.__init__

    def noted(self: BlockLayer, *fixed: Any) -> None:
        made(self, *fixed)
        layers.append(weakref.ref(self))

    monkeypatch.setattr(BlockLayer, "__init__", noted)
    model = model_of(name)
    run_settings = SamplerSettings(steps=LENGTH, gen_length=LENGTH, block_length=8, cache="dual")
    gc.disable()
    try:
        steps = model.denoise(canvas_of(model, 5), run_settings, prompt_length=5)
        next(steps)
        assert layers
        assert all(layer() is not None for layer in layers)
        if cancelled:
            steps.close()
        else:
            for _ in steps:
                pass
        assert all(layer() is None for layer in layers)
    finally:
        gc.enable()
