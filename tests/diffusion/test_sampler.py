"""What every run holds, whatever the settings."""

from __future__ import annotations

from itertools import islice
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from llada_tui.diffusion import strategies
from llada_tui.diffusion.sampler import Step, denoise
from llada_tui.settings.sampler_settings import SamplerSettings, SettingsError
from llada_tui.trace.resume import Resume
from tests.diffusion.fakes import TablePredictor, after_prompt, masked

STRATEGIES = tuple(
    name for name, kind in strategies.by_name().items() if not (kind().looks_back or kind.remasks or kind.edits)
)
"""Those that decide by one step's predictions alone; `tests.diffusion.test_termination` has all."""


@st.composite
def sampler_settings(draw: st.DrawFn) -> SamplerSettings:
    length = draw(st.integers(1, 14))
    block = draw(st.integers(1, 16))
    count = -(-length // block)
    return SamplerSettings(
        steps=draw(st.integers(count, count + 20)),
        gen_length=length,
        block_length=block,
        temperature=draw(st.sampled_from([0.0, 0.5, 1.0])),
        cfg_scale=draw(st.sampled_from([0.0, 0.0, 1.5])),
        remasking=draw(st.sampled_from(STRATEGIES)),
        logits_eos_inf=draw(st.booleans()),
        confidence_eos_eot_inf=draw(st.booleans()),
        early_stop=draw(st.booleans()),
        seed=draw(st.integers(0, 3)),
        top_k=draw(st.integers(0, 3)),
    )


prompts = st.lists(st.integers(0, 8), min_size=1, max_size=6)


def same(left: Step, right: Step) -> bool:
    return (
        torch.equal(left.canvas, right.canvas)
        and torch.equal(left.canvas_before, right.canvas_before)
        and (left.index, left.block, left.block_step, left.rows)
        == (right.index, right.block, right.block_step, right.rows)
    )


def run(predictor: TablePredictor, canvas: torch.Tensor, run_settings: SamplerSettings, **more: Any) -> list[Step]:
    return list(
        denoise(predictor, canvas, run_settings, prompt_length=canvas.shape[1] - run_settings.gen_length, **more)
    )


@given(prompts, sampler_settings(), st.data())
def test_given_tokens_stay_and_every_mask_is_written(
    prompt: list[int], run_settings: SamplerSettings, data: st.DataObject
) -> None:
    predictor = TablePredictor()
    canvas = masked(predictor, prompt, run_settings.gen_length)
    fixed = data.draw(st.dictionaries(st.integers(len(prompt), canvas.shape[1] - 1), st.integers(0, 8)))
    for position, token in fixed.items():
        canvas[0, position] = token
    given_tokens = canvas != predictor.mask_id
    steps = run(predictor, canvas, run_settings)
    end = steps[-1].canvas if steps else canvas
    assert torch.equal(end[given_tokens], canvas[given_tokens])
    assert len(steps) <= run_settings.steps
    assert all(step.rows[0].commits for step in steps) or strategies.by_name()[run_settings.remasking].may_wait
    if not run_settings.early_stop:
        assert not (end == predictor.mask_id).any()
    for step in steps:
        changed = (step.canvas != step.canvas_before)[0].nonzero()[:, 0] - len(prompt)
        assert changed.tolist() == [choice.position for choice in step.rows[0].commits]
        assert all(0 <= choice.confidence <= 1 for choice in step.rows[0].commits)
        assert step.rows[0].entropy is not None
        assert step.rows[0].entropy >= 0
        expected = len(step.rows[0].commits + step.rows[0].predictions) if run_settings.top_k else 0
        assert len(step.rows[0].alternatives) == expected


@given(prompts, sampler_settings())
def test_a_run_continued_from_any_step_has_the_same_tail(prompt: list[int], run_settings: SamplerSettings) -> None:
    predictor = TablePredictor()
    canvas = masked(predictor, prompt, run_settings.gen_length)
    steps = run(predictor, canvas, run_settings)
    for kept in range(len(steps)):
        last = steps[kept - 1] if kept else None
        initial = after_prompt(canvas, run_settings.gen_length)
        resume = Resume(step=kept, initial_canvas=initial)
        if last:
            resume = Resume(step=kept, block=last.block, block_step=last.block_step + 1, initial_canvas=initial)
        tail = run(predictor, steps[kept].canvas_before, run_settings, resume=resume)
        assert len(tail) == len(steps) - kept
        assert all(same(left, right) for left, right in zip(tail, steps[kept:], strict=True))


@given(st.lists(prompts, min_size=2, max_size=3), sampler_settings())
def test_rows_of_a_batch_are_as_if_alone(rows: list[list[int]], run_settings: SamplerSettings) -> None:
    predictor = TablePredictor()
    width = max(len(row) for row in rows)
    canvas = torch.cat([masked(predictor, [0] * (width - len(row)) + row, run_settings.gen_length) for row in rows])
    attention = torch.ones_like(canvas)
    for index, row in enumerate(rows):
        attention[index, : width - len(row)] = 0
    together = run(predictor, canvas, run_settings, attention_mask=attention)
    for index, row in enumerate(rows):
        alone = run(predictor, masked(predictor, row, run_settings.gen_length), run_settings)
        assert [step.rows[0] for step in alone] == [
            row for row in (s.rows[index] for s in together) if row.commits or row.predictions
        ]
        assert torch.equal(together[-1].canvas[index, width:], alone[-1].canvas[0, len(row) :])


def test_a_row_that_is_done_goes_through_the_model_no_more() -> None:
    settings_of_rows = [
        SamplerSettings(steps=steps, gen_length=8, block_length=8, cfg_scale=guidance, look_ahead=True)
        for steps, guidance in ((2, 0.0), (4, 1.5), (8, 0.0))
    ]
    predictor = TablePredictor()
    canvas = torch.cat([masked(predictor, prompt, 8) for prompt in ([1, 2], [0, 3], [4, 5])])
    attention = torch.ones_like(canvas)
    attention[1, 0] = 0
    steps = list(denoise(predictor, canvas, settings_of_rows, prompt_length=2, attention_mask=attention))
    # the guided row goes through it twice
    assert [rows for rows, _ in predictor.calls] == [4, 4, 3, 3, 1, 1, 1, 1]
    for number, (prompt, row_settings) in enumerate(zip(([1, 2], [3], [4, 5]), settings_of_rows, strict=True)):
        alone = run(predictor, masked(predictor, prompt, 8), row_settings)
        assert [step.rows[0] for step in alone] == [step.rows[number] for step in steps[: row_settings.steps]]


def test_a_row_that_is_cancelled_goes_through_the_model_no_more_and_the_others_are_as_if_alone() -> None:
    settings_of_rows = [
        SamplerSettings(steps=steps, gen_length=8, block_length=block, cfg_scale=guidance)
        for steps, block, guidance in ((8, 4, 0.0), (8, 4, 1.5), (4, 4, 0.0))
    ]
    predictor, cancelled, steps = TablePredictor(), set[int](), []
    canvas = torch.cat([masked(predictor, prompt, 8) for prompt in ([1, 2], [0, 3], [4, 5])])
    for step in denoise(predictor, canvas, settings_of_rows, prompt_length=2, cancelled_rows=cancelled):
        steps.append(step)
        if step.index == 1:
            cancelled.add(1)
    # the guided row went through it twice
    assert [rows for rows, _ in predictor.calls] == [4, 4, 1, 1, 2, 2, 1, 1]
    assert torch.equal(steps[-1].canvas[1], steps[1].canvas[1])
    for number, prompt in ((0, [1, 2]), (2, [4, 5])):
        alone = run(predictor, masked(predictor, prompt, 8), settings_of_rows[number])
        made = [step.rows[number] for step in steps if step.rows[number].commits]
        assert [step.rows[0] for step in alone] == made


def test_masks_in_the_prompt_are_left_alone_and_steal_no_quota() -> None:
    predictor = TablePredictor()
    run_settings = SamplerSettings(steps=4, gen_length=8, block_length=4)
    steps = run(predictor, masked(predictor, [1, predictor.mask_id, predictor.mask_id], 8), run_settings)
    assert [len(step.rows[0].commits) for step in steps] == [2, 2, 2, 2]
    assert steps[-1].canvas[0, 1:3].tolist() == [predictor.mask_id] * 2
    assert not (steps[-1].canvas[0, 3:] == predictor.mask_id).any()


def test_early_stop_leaves_the_masks_after_the_end() -> None:
    predictor = TablePredictor()
    predictor.places[:, predictor.eos_id] = 1000
    run_settings = SamplerSettings(steps=8, gen_length=8, block_length=2, early_stop=True)
    steps = run(predictor, masked(predictor, [1], 8), run_settings)
    tokens = steps[-1].canvas[0, 1:].tolist()
    assert tokens[0] == predictor.eos_id
    assert tokens[2:] == [predictor.mask_id] * 6


def test_guidance_hides_what_was_given_and_takes_one_call_a_step() -> None:
    predictor = TablePredictor()
    run_settings = SamplerSettings(steps=3, gen_length=3, block_length=3, cfg_scale=1.5)
    canvas = masked(predictor, [1, 2], 3)
    step = run(predictor, canvas, run_settings)[0]
    rows = canvas == predictor.mask_id
    guided = predictor.logits(canvas, None, rows)
    unguided = predictor.logits(torch.full_like(canvas, predictor.mask_id), None, rows)
    expected = (unguided + 2.5 * (guided - unguided)).argmax(-1).tolist()
    results = sorted(step.rows[0].commits + step.rows[0].predictions, key=lambda choice: choice.position)
    assert [choice.token for choice in results] == expected
    assert predictor.calls[:3] == [(2, 5)] * 3


def test_live_settings_change_between_steps_and_the_others_do_not() -> None:
    predictor = TablePredictor()
    now = [SamplerSettings(steps=6, gen_length=6, block_length=6)]
    canvas = masked(predictor, [1], 6)
    results = []
    for step in denoise(predictor, canvas, lambda: now[0], prompt_length=1):
        results.append(len(step.rows[0].commits))
        now[0] = now[0].replace(cfg_scale=1.0, steps=2)
    assert results == [1] * 6
    assert predictor.calls == [(1, 7)] + [(2, 7)] * 5


def test_stopping_is_closing() -> None:
    predictor = TablePredictor()
    steps = denoise(
        predictor, masked(predictor, [1], 6), SamplerSettings(steps=6, gen_length=6, block_length=6), prompt_length=1
    )
    assert len(list(islice(steps, 2))) == 2
    steps.close()
    assert len(predictor.calls) == 2


def test_ends_held_back_come_last_and_banned_ends_never() -> None:
    predictor = TablePredictor(seed=3)
    predictor.places[::2, predictor.eos_id] = 1000
    canvas = masked(predictor, [1], 8)
    run_settings = SamplerSettings(steps=8, gen_length=8, block_length=8)
    for strategy in STRATEGIES:
        for temperature in (0.0, 1.0):
            last = run_settings.replace(remasking=strategy, temperature=temperature, confidence_eos_eot_inf=True)
            steps = run(predictor, canvas, last)
            if strategy == "origin":  # its last step commits the words that are left too
                early = {choice.token for step in steps[:-1] for choice in step.rows[0].commits}
                assert not early & {predictor.eos_id, predictor.eot_id}
                continue
            order = [choice.token for step in steps for choice in step.rows[0].commits]
            ends = [token in (predictor.eos_id, predictor.eot_id) for token in order]
            assert any(ends)
            # A place where an end was drawn may draw a word later, if it was not committed: this one waits with what
            # is likely.
            assert ends == sorted(ends) or (strategy, temperature) == ("least_confident", 1.0)
            never = run_settings.replace(remasking=strategy, temperature=temperature, logits_eos_inf=True)
            assert not (run(predictor, canvas, never)[-1].canvas == predictor.eos_id).any()


def test_a_block_masked_again_by_hand_is_written_first() -> None:
    predictor = TablePredictor()
    run_settings = SamplerSettings(steps=8, gen_length=8, block_length=4)
    steps = run(predictor, masked(predictor, [1], 8), run_settings)
    canvas = steps[5].canvas.clone()
    canvas[0, 2] = predictor.mask_id
    tail = run(predictor, canvas, run_settings, resume=Resume(step=6, block=1, block_step=2))
    assert [(step.index, step.block, step.block_step) for step in tail] == [(6, 0, 0), (7, 1, 2), (8, 1, 3)]
    assert not (tail[-1].canvas == predictor.mask_id).any()


def test_a_predicted_mask_counts_as_committed() -> None:
    predictor = TablePredictor()
    original = predictor.logits

    def always_mask(*args: Any) -> torch.Tensor:
        results = original(*args)
        results[:, predictor.mask_id] = 100
        return results

    predictor.logits = always_mask  # type: ignore[method-assign]
    steps = run(predictor, masked(predictor, [1], 6), SamplerSettings(steps=3, gen_length=6, block_length=6))
    assert [len(step.rows[0].commits) for step in steps] == [2, 2, 2]


def test_what_does_not_fit_is_refused() -> None:
    predictor = TablePredictor()
    canvas = masked(predictor, [1], 6)
    run_settings = SamplerSettings(steps=6, gen_length=6, block_length=6)
    with pytest.raises(SettingsError, match="gen_length must be the canvas' length, 7"):
        denoise(predictor, canvas, run_settings)
    with pytest.raises(ValueError, match=r"\(batch, length\)"):
        denoise(predictor, canvas[0], run_settings)
    with pytest.raises(ValueError, match="canvas has 6 positions, not 7"):
        denoise(predictor, canvas, run_settings, prompt_length=1, resume=Resume(initial_canvas=[1] * 7))
    with pytest.raises(SettingsError, match="no remasking strategy named best; there are low_confidence"):
        denoise(predictor, canvas, run_settings.replace(remasking="best"), prompt_length=1)


@settings(max_examples=20)
@given(st.integers(0, 2**63 - 1))
def test_any_seed_can_be_used(seed: int) -> None:
    predictor = TablePredictor()
    run_settings = SamplerSettings(steps=2, gen_length=4, block_length=4, temperature=1.0, seed=seed)
    first, again = (run(predictor, masked(predictor, [1], 4), run_settings) for _ in range(2))
    assert len(first) == 2
    assert all(same(left, right) for left, right in zip(first, again, strict=True))
