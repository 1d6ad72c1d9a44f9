"""What the model predicts beyond the block at work: told where it is asked for, and of no consequence."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from llada_tui.diffusion import strategies
from llada_tui.diffusion.sampler import Step, denoise
from llada_tui.models.loaded_model import LoadedModel
from llada_tui.models.loading import load
from llada_tui.settings.sampler_settings import SamplerSettings
from llada_tui.trace.model_info import UNIFORM_NOISE
from llada_tui.trace.resume import Resume
from tests.benchmarks.golden import ROOT, golden
from tests.diffusion.fakes import KeepingPredictor, after_prompt, masked
from tests.diffusion.test_sampler import prompts, sampler_settings

caches = st.sampled_from(["none", "prefix", "dual"])
EVERY = ("llada-tiny-gqa-sharded", "llada-tiny-mha", "llada-moe-tiny", "llada2-tiny", "dream-tiny")


def run(predictor: Any, canvas: torch.Tensor, run_settings: Any, length: int, **more: Any) -> list[Step]:
    return list(denoise(predictor, canvas, run_settings, prompt_length=canvas.shape[1] - length, **more))


def reported(steps: list[Step], ahead: bool) -> list[Any]:
    """All that steps say, without what they looked ahead."""
    assert ahead or not any(row.ahead for step in steps for row in step.rows)
    return [
        (step.index, step.block, step.block_step, step.canvas.tolist(), [replace(row, ahead=[]) for row in step.rows])
        for step in steps
    ]


@given(prompts, sampler_settings(), caches, st.sampled_from(sorted(strategies.by_name())), st.data())
def test_looking_ahead_changes_nothing_and_names_every_mask_beyond(
    prompt: list[int], run_settings: SamplerSettings, cache: str, strategy: str, data: st.DataObject
) -> None:
    predictor = KeepingPredictor()
    has_masks = strategies.get(strategy).noise != UNIFORM_NOISE
    cache = cache if has_masks and not strategies.get(strategy).verifies else "none"
    guidance = run_settings.cfg_scale if has_masks else 0.0
    run_settings = run_settings.replace(cache=cache, remasking=strategy, cfg_scale=guidance)
    canvas = masked(predictor, prompt, run_settings.gen_length)
    for place in data.draw(st.lists(st.integers(len(prompt), canvas.shape[1] - 1), max_size=3)):
        canvas[0, place] = data.draw(st.integers(0, 8))
    plain = run(predictor, canvas, run_settings, run_settings.gen_length)
    looking = run(predictor, canvas, run_settings.replace(look_ahead=True), run_settings.gen_length)
    assert reported(looking, True) == reported(plain, False)
    for step in looking:
        end = (step.block + 1) * run_settings.block_length
        beyond = (step.canvas_before[0, len(prompt) :] == predictor.mask_id).nonzero()[:, 0]
        expected = [place for place in beyond.tolist() if place >= end]
        if cache == "dual" and step.block_step:
            expected = []
        assert [choice.position for choice in step.rows[0].ahead] == expected


@given(prompts, sampler_settings())
def test_what_is_named_is_what_a_wider_block_would_predict(prompt: list[int], run_settings: SamplerSettings) -> None:
    predictor = KeepingPredictor()
    run_settings = run_settings.replace(look_ahead=True, remasking="low_confidence", early_stop=False)
    canvas = masked(predictor, prompt, run_settings.gen_length)
    whole = run_settings.replace(block_length=run_settings.gen_length)
    for step in run(predictor, canvas, run_settings, run_settings.gen_length):
        # The same random numbers belong to a step of the same number.
        resume = Resume(step=step.index, initial_canvas=after_prompt(canvas, run_settings.gen_length))
        wider = denoise(predictor, step.canvas_before, whole, prompt_length=len(prompt), resume=resume)
        wide = next(wider).rows[0]
        named = {choice.position: choice for choice in (*wide.commits, *wide.predictions)}
        assert step.rows[0].ahead == [named[choice.position] for choice in step.rows[0].ahead]


@given(st.lists(prompts, min_size=2, max_size=3), sampler_settings(), caches, st.data())
def test_rows_of_a_batch_look_ahead_as_if_alone(
    rows: list[list[int]], run_settings: SamplerSettings, cache: str, data: st.DataObject
) -> None:
    predictor = KeepingPredictor()
    width = max(len(row) for row in rows)
    canvas = torch.cat([masked(predictor, [0] * (width - len(row)) + row, run_settings.gen_length) for row in rows])
    attention = torch.ones_like(canvas)
    for index, row in enumerate(rows):
        attention[index, : width - len(row)] = 0
    row_settings = [
        run_settings.replace(
            cache=cache, look_ahead=data.draw(st.booleans()), cfg_scale=data.draw(st.sampled_from([0.0, 1.5]))
        )
        for _ in rows
    ]
    together = run(predictor, canvas, row_settings, run_settings.gen_length, attention_mask=attention)
    for index, row in enumerate(rows):
        alone = run(
            predictor, canvas[index : index + 1, width - len(row) :], row_settings[index], run_settings.gen_length
        )
        made = [step.rows[index] for step in together if step.rows[index].entropy is not None]
        assert [step.rows[0] for step in alone] == made


@given(prompts, sampler_settings(), caches, st.integers(0, 20))
def test_it_can_be_switched_between_steps(
    prompt: list[int], run_settings: SamplerSettings, cache: str, switch: int
) -> None:
    predictor = KeepingPredictor()
    run_settings = run_settings.replace(cache=cache)
    looking = run_settings.replace(look_ahead=True)
    canvas = masked(predictor, prompt, run_settings.gen_length)
    plain = run(predictor, canvas, run_settings, run_settings.gen_length)
    steps: list[Step] = []
    live = denoise(
        predictor, canvas, lambda: looking if len(steps) >= switch else run_settings, prompt_length=len(prompt)
    )
    for step in live:
        steps.append(step)
    assert reported(steps, True) == reported(plain, False)
    assert not any(step.rows[0].ahead for step in steps[:switch])


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("strategy", ["low_confidence", "wino"])
@pytest.mark.parametrize("cache", ["none", "prefix", "dual"])
@pytest.mark.parametrize("name", EVERY)
def test_networks_give_the_same_numbers_to_the_last_bit(
    name: str, cache: str, strategy: str, dtype: torch.dtype
) -> None:
    model = golden(ROOT / name)[0] if dtype is torch.float32 else in_bfloat16(name)
    if strategy == "wino" and (cache != "none" or not model.shadows):
        return
    tokens = torch.randint(3, 400, (1, 11), generator=torch.Generator().manual_seed(0))
    canvas = torch.cat([tokens, torch.full((1, 24), model.mask_id)], 1)
    run_settings = SamplerSettings(12, 24, 8, cache=cache, remasking=strategy, top_k=3, cfg_scale=0.5, temperature=0.5)
    plain = run(model, canvas, run_settings, 24)
    looking = run(model, canvas, run_settings.replace(look_ahead=True), 24)
    assert reported(looking, True) == reported(plain, False)
    assert looking[0].rows[0].ahead


@cache
def in_bfloat16(name: str) -> LoadedModel:
    loaded = golden(ROOT / name)[0]
    return load(ROOT / name, device="cpu", dtype="bfloat16", mask_id=loaded.mask_id, eos_id=loaded.eos_id)
