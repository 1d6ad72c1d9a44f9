"""Every strategy with any settings: a run ends in time, no mask is left, and its steps tell what they did."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from llada_tui.diffusion import strategies
from llada_tui.diffusion.sampler import Step, denoise
from llada_tui.settings.sampler_settings import SamplerSettings, SettingsError
from llada_tui.trace.events import StepData
from llada_tui.trace.model_info import MASK_NOISE
from llada_tui.trace.resume import Resume
from tests.diffusion.fakes import TablePredictor, after_prompt, masked

STRATEGIES = strategies.by_name()
PARALLEL = (
    "threshold", "factor", "eb_sampler", "editing", "entropy_threshold", "localleap", "hierarchy", "credit", "prophet",
)  # fmt: skip
"""Strategies that commit as many tokens in a step as are ready."""


@st.composite
def parameters(draw: st.DrawFn, name: str) -> Mapping[str, float]:
    values = {
        parameter.name: st.one_of(st.just(parameter.default), st.floats(parameter.low, parameter.high))
        for parameter in STRATEGIES[name].parameters
    }
    return draw(st.fixed_dictionaries({}, optional=values))


@st.composite
def any_settings(draw: st.DrawFn, length: int, block: int) -> SamplerSettings:
    name = draw(st.sampled_from(sorted(STRATEGIES)))
    count = -(-length // block)
    return SamplerSettings(
        steps=draw(st.integers(count, count + 40)),
        gen_length=length,
        block_length=block,
        temperature=draw(st.sampled_from([0.0, 0.5, 1.0, 2.0])),
        cfg_scale=draw(st.sampled_from([0.0, 0.0, 1.5])) if STRATEGIES[name].noise == MASK_NOISE else 0.0,
        remasking=name,
        remasking_params=dict(draw(parameters(name))),
        schedule=draw(st.sampled_from(["linear", "cosine"])),
        logits_eos_inf=draw(st.booleans()),
        confidence_eos_eot_inf=draw(st.booleans()),
        early_stop=draw(st.booleans()),
        seed=draw(st.integers(0, 3)),
        top_k=draw(st.integers(0, 2)),
    )


lengths = st.integers(1, 20)
prompts = st.lists(st.integers(0, 8), min_size=1, max_size=5)


def bound(run_settings: SamplerSettings) -> int:
    """Most steps that a run makes."""
    strategy = strategies.get(run_settings.remasking, run_settings.remasking_params)
    return run_settings.steps + strategy.post_steps * run_settings.blocks


def tells(step: StepData) -> bool:
    """Whether a step says anything of a row but which step it is."""
    return step != StepData(block=step.block, block_step=step.block_step, commits=[])


def fold(canvas: list[int], step: StepData, mask: int) -> list[int]:
    """The canvas after a step, from what the step tells."""
    after = list(canvas)
    assert all(canvas[choice.position] == mask for choice in (*step.commits, *step.predictions))
    assert all(canvas[position] != mask for position in step.remasked)
    assert all(canvas[choice.position] not in (mask, choice.token) for choice in step.edits)
    for choice in (*step.commits, *step.edits):
        after[choice.position] = choice.token
    for position in step.remasked:
        after[position] = mask
    return after


def check(
    steps: list[Step], canvas: torch.Tensor, prompt: int, run_settings: SamplerSettings, given_at: set[int]
) -> None:
    """Check what holds of every run, and that it came to an end."""
    predictor = TablePredictor()
    kind = STRATEGIES[run_settings.remasking]
    now = canvas[0, prompt:].tolist()
    for step in steps:
        row = step.rows[0]
        assert row.commits or kind.may_wait or kind.edits
        assert kind.remasks or not row.remasked
        assert kind.edits or not row.edits
        assert not given_at & {*row.remasked, *(choice.position for choice in (*row.commits, *row.edits))}
        begin = step.block * run_settings.block_length
        first = 0 if kind.revisits else begin
        assert all(first <= position < begin + run_settings.block_length for position in row.remasked)
        assert {c.position for c in row.commits} | {c.position for c in row.predictions} <= set(
            range(min(begin + run_settings.block_length, run_settings.gen_length))
        )
        now = fold(now, row, predictor.mask_id)
        assert now == step.canvas[0, prompt:].tolist()
    if not run_settings.early_stop:
        assert predictor.mask_id not in now


@settings(max_examples=2 * settings.default.max_examples)
@given(st.data(), prompts, lengths, st.integers(1, 24))
def test_every_run_ends_in_time_with_no_mask_left(
    data: st.DataObject, prompt: list[int], length: int, block: int
) -> None:
    run_settings = data.draw(any_settings(length, block))
    predictor = TablePredictor()
    canvas = masked(predictor, prompt, length)
    fixed = data.draw(st.dictionaries(st.integers(0, length - 1), st.integers(0, 8), max_size=4))
    for position, token in fixed.items():
        canvas[0, len(prompt) + position] = token
    steps = list(denoise(predictor, canvas, run_settings, prompt_length=len(prompt)))
    assert len(steps) <= bound(run_settings)
    assert len(predictor.calls) == len(steps)
    check(steps, canvas, len(prompt), run_settings, set(fixed))


@settings(max_examples=2 * settings.default.max_examples)
@given(st.data(), prompts, lengths, st.integers(1, 24))
def test_a_run_that_begins_in_the_middle_ends_as_well(
    data: st.DataObject, prompt: list[int], length: int, block: int
) -> None:
    run_settings = data.draw(any_settings(length, block))
    predictor = TablePredictor()
    origin = masked(predictor, prompt, length)
    canvas = origin.clone()
    for position in data.draw(st.sets(st.integers(0, length - 1))):
        canvas[0, len(prompt) + position] = data.draw(st.integers(0, 8))
    at = data.draw(st.integers(0, run_settings.blocks - 1))
    made, made_in_block = data.draw(st.integers(0, 50)), data.draw(st.integers(0, 50))
    resume = Resume(step=made, block=at, block_step=made_in_block, initial_canvas=after_prompt(origin, length))
    steps = list(denoise(predictor, canvas, run_settings, prompt_length=len(prompt), resume=resume))
    assert len(steps) <= bound(run_settings) + 1  # A block that has no step left gets one.
    check(steps, canvas, len(prompt), run_settings, set())


@given(st.data(), st.lists(prompts, min_size=2, max_size=4), lengths, st.integers(1, 24))
def test_rows_with_settings_of_their_own_come_out_as_if_alone(
    data: st.DataObject, rows: list[list[int]], length: int, block: int
) -> None:
    predictor = TablePredictor()
    values = [data.draw(any_settings(length, block)) for _ in rows]
    width = max(len(row) for row in rows)
    canvas = torch.cat([masked(predictor, [0] * (width - len(row)) + row, length) for row in rows])
    for index in range(len(rows)):
        for position in data.draw(st.sets(st.integers(0, length - 1), max_size=3)):
            canvas[index, width + position] = data.draw(st.integers(0, 8))
    attention = torch.ones_like(canvas)
    for index, row in enumerate(rows):
        attention[index, : width - len(row)] = 0
    together = list(denoise(predictor, canvas, values, prompt_length=width, attention_mask=attention))
    for index, row in enumerate(rows):
        single = canvas[index : index + 1, width - len(row) :]
        alone = list(denoise(predictor, single, values[index], prompt_length=len(row)))
        # A step that reads a full block over and edits nothing tells as little as a row that waits.
        made = [step for step in together if tells(step.rows[index])]
        alone = [step for step in alone if tells(step.rows[0])]
        assert [step.rows[0] for step in alone] == [step.rows[index] for step in made]
        assert [(step.block, step.block_step) for step in alone] == [(step.block, step.block_step) for step in made]
        end = together[-1].canvas[index, width:] if together else canvas[index, width:]
        assert torch.equal(end, alone[-1].canvas[0, len(row) :] if alone else canvas[index, width:])


@given(st.data(), prompts, lengths, st.integers(1, 24))
def test_live_settings_may_change_to_anything_at_any_step(
    data: st.DataObject, prompt: list[int], length: int, block: int
) -> None:
    predictor = TablePredictor()
    run_settings = [data.draw(any_settings(length, block)) for _ in range(3)]
    canvas = masked(predictor, prompt, length)
    steps: list[Step] = []
    run = denoise(predictor, canvas, lambda: run_settings[len(steps) % 3], prompt_length=len(prompt))
    noises = [STRATEGIES[parameter.remasking].noise for parameter in run_settings]
    try:
        steps.extend(run)
    except SettingsError:
        is_refused = True
    else:
        is_refused = False
    assert all(noises[step % 3] == noises[0] for step in range(len(steps))), "a run keeps its kind of noise"
    if is_refused:
        assert noises[len(steps) % 3] != noises[0]
        return
    assert len(steps) <= max(
        run_settings[0].steps + parameter.blocks * strategies.get(parameter.remasking).post_steps
        for parameter in run_settings
    )
    if not any(parameter.early_stop for parameter in run_settings):
        assert not (steps[-1].canvas == predictor.mask_id).any()


@given(st.data(), prompts, lengths, st.integers(1, 24))
def test_a_run_can_be_made_again(data: st.DataObject, prompt: list[int], length: int, block: int) -> None:
    run_settings = data.draw(any_settings(length, block))
    canvas = masked(TablePredictor(), prompt, length)
    first, second = (
        [step.rows for step in denoise(TablePredictor(), canvas, run_settings, prompt_length=len(prompt))]
        for _ in range(2)
    )
    assert first == second


@pytest.mark.parametrize("name", sorted(STRATEGIES))
@settings(max_examples=settings.default.max_examples // 2)
@given(st.data(), st.integers(8, 20), st.integers(4, 20), st.integers(0, 30))
def test_stopping_early_changes_no_word_before_the_end(
    name: str, data: st.DataObject, length: int, block: int, seed: int
) -> None:
    predictor = TablePredictor(seed=seed)
    ends = (predictor.eos_id, predictor.eot_id)
    run_settings = SamplerSettings(
        steps=2 * length,
        gen_length=length,
        block_length=block,
        remasking=name,
        remasking_params=dict(data.draw(parameters(name))),
        seed=seed,
    )

    def text(early: bool) -> list[int]:
        canvas = masked(predictor, [1], length)
        *_, last = denoise(predictor, canvas, run_settings.replace(early_stop=early), prompt_length=1)
        written = last.canvas[0, 1:].tolist()
        return written[: next((place for place, token in enumerate(written) if token in ends), length)]

    assert text(early=True) == text(early=False)


@given(st.data(), lengths, st.integers(0, 30), st.sampled_from(PARALLEL))
def test_ends_held_back_come_one_by_one_where_nothing_else_is_left(
    data: st.DataObject, length: int, seed: int, name: str
) -> None:
    predictor = TablePredictor(seed=seed)
    ends = (predictor.eos_id, predictor.eot_id)
    run_settings = SamplerSettings(
        steps=2 * length,
        gen_length=length,
        block_length=length,
        remasking=name,
        remasking_params=dict(data.draw(parameters(name))),
        confidence_eos_eot_inf=True,
    )
    for step in denoise(predictor, masked(predictor, [1], length), run_settings, prompt_length=1):
        if any(choice.token in ends for choice in step.rows[0].commits):
            assert len(step.rows[0].commits) == 1
            assert all(choice.token in ends for choice in step.rows[0].predictions)


class MaskWriter(TablePredictor):
    """Predicts the mask itself at the second place of the canvas, as an untrained model may."""

    def _hidden(self, place: torch.Tensor, mixed: torch.Tensor) -> torch.Tensor:
        hidden = super()._hidden(place, mixed)
        hidden[..., self.mask_id].masked_fill_(place == 3, 100)
        return hidden


@pytest.mark.parametrize("name", sorted(STRATEGIES))
def test_a_token_that_is_the_mask_itself_ends_no_run(name: str) -> None:
    run_settings = SamplerSettings(steps=24, gen_length=12, block_length=4, remasking=name, early_stop=False)
    predictor = MaskWriter()
    canvas = masked(predictor, [1, 2], run_settings.gen_length)
    steps = list(denoise(predictor, canvas, run_settings, prompt_length=2))
    assert 3 <= len(steps) <= bound(run_settings)
    assert steps[-1].block == 2
