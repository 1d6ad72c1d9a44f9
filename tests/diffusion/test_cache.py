"""What holds of a run whose keys and values are kept, on a predictor whose arithmetic is exact."""

from __future__ import annotations

from itertools import groupby
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from llada_tui.diffusion.sampler import Step, denoise
from llada_tui.settings.sampler_settings import SamplerSettings, SettingsError
from llada_tui.trace.resume import Resume
from tests.diffusion.fakes import KeepingPredictor, TablePredictor, after_prompt, masked
from tests.diffusion.test_sampler import prompts, same, sampler_settings

modes = st.sampled_from(["prefix", "dual"])


def run(predictor: Any, canvas: torch.Tensor, run_settings: Any, length: int, **more: Any) -> list[Step]:
    return list(denoise(predictor, canvas, run_settings, prompt_length=canvas.shape[1] - length, **more))


@given(prompts, sampler_settings(), modes)
def test_the_first_step_of_a_block_runs_everything_and_the_others_their_window(
    prompt: list[int], run_settings: SamplerSettings, cache: str
) -> None:
    predictor = KeepingPredictor()
    run_settings = run_settings.replace(cache=cache)
    canvas = masked(predictor, prompt, run_settings.gen_length)
    steps = run(predictor, canvas, run_settings, run_settings.gen_length)
    expected: list[slice | None] = []
    for step in steps:
        begin = len(prompt) + step.block * run_settings.block_length
        end = canvas.shape[1] if cache == "prefix" else min(begin + run_settings.block_length, canvas.shape[1])
        expected.append(slice(begin, end) if step.block_step else None)
    assert predictor.windows == expected


@given(prompts, sampler_settings(), modes)
def test_the_first_step_of_every_block_is_exact(prompt: list[int], run_settings: SamplerSettings, cache: str) -> None:
    predictor = KeepingPredictor()
    canvas = masked(predictor, prompt, run_settings.gen_length)
    for _, steps in groupby(run(predictor, canvas, run_settings.replace(cache=cache), run_settings.gen_length), _block):
        step = next(steps)
        resume = Resume(
            step=step.index,
            block=step.block,
            block_step=step.block_step,
            initial_canvas=after_prompt(canvas, run_settings.gen_length),
        )
        exact = denoise(predictor, step.canvas_before, run_settings, prompt_length=len(prompt), resume=resume)
        assert same(next(exact), step)


def _block(step: Step) -> int:
    return step.block


@given(sampler_settings(), modes)
def test_one_block_without_a_prompt_is_exact(run_settings: SamplerSettings, cache: str) -> None:
    predictor = KeepingPredictor()
    run_settings = run_settings.replace(block_length=run_settings.gen_length)
    canvas = masked(predictor, [], run_settings.gen_length)
    exact = run(predictor, canvas, run_settings, run_settings.gen_length)
    kept = run(predictor, canvas, run_settings.replace(cache=cache), run_settings.gen_length)
    assert all(same(left, right) for left, right in zip(exact, kept, strict=True))


@given(st.lists(prompts, min_size=2, max_size=3), sampler_settings(), modes, st.data())
def test_rows_of_a_batch_are_as_if_alone(
    rows: list[list[int]], run_settings: SamplerSettings, cache: str, data: st.DataObject
) -> None:
    predictor = KeepingPredictor()
    run_settings = run_settings.replace(cache=cache)
    width = max(len(row) for row in rows)
    canvas = torch.cat([masked(predictor, [0] * (width - len(row)) + row, run_settings.gen_length) for row in rows])
    for place in data.draw(st.lists(st.integers(width, canvas.shape[1] - 1), max_size=4)):
        canvas[:, place] = data.draw(st.integers(0, 8))
    attention = torch.ones_like(canvas)
    for index, row in enumerate(rows):
        attention[index, : width - len(row)] = 0
    row_settings = [
        run_settings.replace(seed=index, cfg_scale=data.draw(st.sampled_from([0.0, 1.5]))) for index in range(len(rows))
    ]
    together = run(predictor, canvas, row_settings, run_settings.gen_length, attention_mask=attention)
    for index, row in enumerate(rows):
        alone = run(
            predictor, canvas[index : index + 1, width - len(row) :], row_settings[index], run_settings.gen_length
        )
        made = [step.rows[index] for step in together if step.rows[index].entropy is not None]
        assert [step.rows[0] for step in alone] == made


def resume_at(steps: list[Step], index: int, canvas: torch.Tensor, length: int) -> Resume:
    """The point where a run of these steps, from ``canvas`` (long, ``(1, sequence)``), goes on before a step."""
    step = steps[index]
    block_start = next(first for first in steps if first.block == step.block).canvas_before
    return Resume(
        step=index,
        block=step.block,
        block_step=step.block_step,
        initial_canvas=after_prompt(canvas, length),
        block_start_canvas=after_prompt(block_start, length),
    )


@given(prompts, sampler_settings(), modes)
def test_a_run_continued_from_any_step_has_the_same_tail(
    prompt: list[int], run_settings: SamplerSettings, cache: str
) -> None:
    predictor = KeepingPredictor()
    run_settings = run_settings.replace(cache=cache)
    canvas = masked(predictor, prompt, run_settings.gen_length)
    steps = run(predictor, canvas, run_settings, run_settings.gen_length)
    for kept, step in enumerate(steps):
        resume = resume_at(steps, kept, canvas, run_settings.gen_length)
        tail = run(predictor, step.canvas_before, run_settings, run_settings.gen_length, resume=resume)
        assert all(same(left, right) for left, right in zip(tail, steps[kept:], strict=True))


@given(prompts, sampler_settings(), modes, st.integers(0, 20))
def test_guidance_switched_in_the_middle_of_a_block_keeps_what_the_block_was_opened_with(
    prompt: list[int], run_settings: SamplerSettings, cache: str, switch: int
) -> None:
    predictor = KeepingPredictor()
    run_settings = run_settings.replace(cache=cache, cfg_scale=0.0)
    right = run_settings.replace(cfg_scale=1.5)
    canvas = masked(predictor, prompt, run_settings.gen_length)
    steps: list[Step] = []
    begin = len(prompt)
    for step in denoise(
        predictor, canvas, lambda: right if len(steps) >= switch else run_settings, prompt_length=begin
    ):
        steps.append(step)
    if switch < len(steps):
        step = steps[switch]
        resume = resume_at(steps, switch, canvas, run_settings.gen_length)
        tail = run(predictor, step.canvas_before, right, run_settings.gen_length, resume=resume)
        assert all(same(left, right) for left, right in zip(tail, steps[switch:], strict=True))


def test_a_run_continued_without_its_opening_opens_the_block_anew() -> None:
    predictor = KeepingPredictor()
    run_settings = SamplerSettings(steps=8, gen_length=8, block_length=4, cache="dual")
    canvas = masked(predictor, [1, 2], 8)
    step = run(predictor, canvas, run_settings, 8)[2]
    predictor.windows.clear()
    resume = Resume(step=2, block=0, block_step=2, initial_canvas=after_prompt(canvas, 8))
    tail = run(predictor, step.canvas_before, run_settings, 8, resume=resume)
    assert [step.block_step for step in tail] == [2, 3, 0, 1, 2, 3]
    assert predictor.windows == [None, slice(2, 6), None, *[slice(6, 10)] * 3]


def test_a_model_that_keeps_nothing_says_so() -> None:
    predictor = TablePredictor()
    with pytest.raises(SettingsError, match="keeps no keys and values: set cache to none"):
        denoise(predictor, masked(predictor, [1], 4), SamplerSettings(4, 4, 4, cache="dual"), prompt_length=1)


def test_rows_of_a_batch_share_their_cache() -> None:
    predictor = KeepingPredictor()
    canvas = torch.cat([masked(predictor, [1], 4)] * 2)
    with pytest.raises(SettingsError, match="cache must be the same for all rows"):
        denoise(
            predictor, canvas, [SamplerSettings(4, 4, 4, cache=cache) for cache in ("none", "dual")], prompt_length=1
        )


def test_an_opening_of_another_length_is_refused() -> None:
    predictor = KeepingPredictor()
    canvas = masked(predictor, [1], 4)
    with pytest.raises(ValueError, match="canvas has 4 positions, not 3"):
        denoise(
            predictor,
            canvas,
            SamplerSettings(4, 4, 4, cache="dual"),
            prompt_length=1,
            resume=Resume(block_start_canvas=[1] * 3),
        )
