"""Uniform noise: what the network reads, what is recorded of it, and the rule that accepts by entropy."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st

from llada_tui.diffusion.chosen_parts import strategy_for
from llada_tui.diffusion.last_pass import LastPass
from llada_tui.diffusion.sampler import Step, denoise
from llada_tui.diffusion.uniform_noise import noise_by_place
from llada_tui.settings.sampler_settings import SamplerSettings, SettingsError
from llada_tui.trace.events import StepEvent
from llada_tui.trace.resume_from import branch_settings, resume_from
from llada_tui.trace.run import Run
from tests.diffusion.fakes import NoisyPredictor, TablePredictor, masked
from tests.diffusion.test_lengths import PROMPT, folded

LENGTH = 12
SETTINGS = SamplerSettings(steps=12, gen_length=LENGTH, block_length=LENGTH, remasking="entropy_bound", temperature=0)
sharpness = st.sampled_from([0.3, 1.0, 2.0, 5.0])
temperatures = st.sampled_from([0.0, 1.0])


def steps_of(predictor: NoisyPredictor, settings: SamplerSettings, **options: object) -> list[Step]:
    canvas = masked(predictor, PROMPT, settings.gen_length)
    return list(denoise(predictor, canvas, settings, prompt_length=len(PROMPT), **options))  # type: ignore[arg-type]


def canvases(steps: list[Step]) -> list[list[int]]:
    return [step.canvas[0, len(PROMPT) :].tolist() for step in steps if step.rows]


@given(st.integers(0, 30), sharpness, temperatures, st.sampled_from([4, LENGTH]))
def test_each_pass_reads_the_noise_that_was_recorded_before_it(
    seed: int, sharp: float, temperature: float, block: int
) -> None:
    predictor = NoisyPredictor(seed=seed, sharpness=sharp)
    settings = SETTINGS.replace(seed=seed, temperature=temperature, block_length=block)
    before = [predictor.mask_id] * LENGTH
    noise = noise_by_place(predictor, torch.tensor(before), seed, 0)
    steps = steps_of(predictor, settings)
    assert len(predictor.ids) == len(steps) <= settings.steps
    for step, ids in zip(steps, predictor.ids, strict=True):
        assert ids[: len(PROMPT)] == PROMPT
        assert [place for place, _ in noise] == [at for at, token in enumerate(before) if token == predictor.mask_id]
        read = dict(noise)
        assert ids[len(PROMPT) :] == [read.get(at, token) for at, token in enumerate(before)]
        assert predictor.mask_id not in ids
        (before,), noise = canvases([step]), step.rows[0].noise
    assert predictor.mask_id not in before
    assert noise == []


@given(st.integers(0, 30), sharpness)
def test_the_rule_is_that_of_the_published_sampler(seed: int, sharp: float) -> None:
    predictor = NoisyPredictor(seed=seed, sharpness=sharp)
    steps = steps_of(predictor, SETTINGS.replace(seed=seed))
    assert canvases(steps) == published(NoisyPredictor(seed=seed, sharpness=sharp), seed)


def published(predictor: NoisyPredictor, seed: int) -> list[list[int]]:
    """The canvas after each step, -100 replaced by the mask where it is not accepted: DiffusionGemma's EntropyBound,
    with the likeliest tokens for samples."""
    steps, mask = SETTINGS.steps, predictor.mask_id
    canvas, before = [mask] * LENGTH, None
    made = []
    for step in range(steps):
        ids = list(canvas)
        for place, token in noise_by_place(predictor, torch.tensor(canvas), seed, step):
            ids[place] = token
        sequence = torch.tensor([PROMPT + ids])
        positions = torch.ones_like(sequence, dtype=torch.bool)
        positions[:, : len(PROMPT)] = False
        logits = predictor.logits(sequence, None, positions)
        logits[:, mask] = -torch.inf
        log_chances = (logits / (0.4 + 0.4 * (steps - step) / steps)).log_softmax(-1)
        entropy = -(log_chances.exp() * log_chances.masked_fill(log_chances == -torch.inf, 0)).sum(-1)
        ranked, order = entropy.sort(stable=True)
        accepted = torch.zeros(LENGTH, dtype=torch.bool)
        accepted[order] = ranked.cumsum(0) - ranked <= 0.1
        count = int(accepted.sum())
        # Rounding may decide between two positions as unsure, and on the bound itself.
        assume(count == LENGTH or (ranked[count] - ranked[count - 1] > 1e-5 and ranked[:count].sum() > 0.10001))
        best = logits.argmax(-1).tolist()
        if step == steps - 1 or (best == before and entropy.mean() < 0.005):
            return [*made, best]
        canvas = [token if accepts else mask for token, accepts in zip(best, accepted.tolist(), strict=True)]
        made.append(canvas)
        before = best
    raise AssertionError


@pytest.mark.parametrize(("sharp", "block", "count"), [(100.0, LENGTH, 2), (100.0, 4, 6), (0.1, LENGTH, 12)])
def test_a_block_is_done_when_a_sure_model_says_the_same_twice(sharp: float, block: int, count: int) -> None:
    predictor = NoisyPredictor(sharpness=sharp)
    predictor.tokens.zero_()  # whatever noise it reads, it predicts the same
    predictor.places = 20 * torch.eye(256, predictor.vocab_size, dtype=torch.long).roll(3, 1)
    predictor.places[8:] = predictor.places[:1]
    steps = steps_of(predictor, SETTINGS.replace(block_length=block))
    assert len(steps) == count
    full = [step.rows[0] for step in steps if predictor.mask_id not in canvases([step])[0][: block * (step.block + 1)]]
    assert {step.rows[0].stop_entropy for step in steps} == {0.005}
    assert [row.more for row in full] == ([True, False] * (LENGTH // block) if sharp > 1 else [False])


@given(st.integers(0, 30), sharpness, temperatures, st.sampled_from([4, 6, LENGTH]), st.integers(0, LENGTH))
def test_a_branch_from_any_step_goes_on_as_the_run_did(
    seed: int, sharp: float, temperature: float, block: int, frame: int
) -> None:
    settings = SETTINGS.replace(seed=seed, temperature=temperature, block_length=block)
    steps = steps_of(NoisyPredictor(seed=seed, sharpness=sharp), settings)
    run = recorded(settings, steps)
    frame = min(frame, run.last)
    resume = resume_from(run, frame)
    again = NoisyPredictor(seed=seed, sharpness=sharp)
    canvas = torch.tensor([[*PROMPT, *(resume.canvas or ())]])
    tail = list(denoise(again, canvas, branch_settings(run, frame), prompt_length=len(PROMPT), resume=resume))
    assert [step.rows[0] for step in tail if step.rows] == [step.rows[0] for step in steps[frame:]]
    assert len(again.ids) <= len(steps) - frame + 1


def recorded(settings: SamplerSettings, steps: list[Step]) -> Run:
    run = folded(settings, [])
    for step in steps:
        run.add(StepEvent.of(step.rows[0], run="run", index=step.index, seconds=0.1))
    return run


@given(st.lists(st.integers(0, 9), min_size=2, max_size=3), temperatures)
def test_rows_of_a_batch_come_out_as_each_alone(seeds: list[int], temperature: float) -> None:
    each = [SETTINGS.replace(seed=seed, temperature=temperature) for seed in seeds]
    each.append(SETTINGS.replace(remasking="low_confidence", temperature=temperature))
    predictor = NoisyPredictor()
    lengths = [1 + number % 3 for number in range(len(each))]
    prompts = [[3] * length for length in lengths]
    rows = [[0] * (3 - len(prompt)) + prompt + [predictor.mask_id] * LENGTH for prompt in prompts]
    attention = torch.tensor([[0] * (3 - length) + [1] * (length + LENGTH) for length in lengths])
    together = list(denoise(predictor, torch.tensor(rows), each, prompt_length=3, attention_mask=attention))[-1]
    for prompt, settings, row in zip(prompts, each, together.canvas, strict=True):
        alone = list(denoise(predictor, masked(predictor, prompt, LENGTH), settings, prompt_length=len(prompt)))[-1]
        assert alone.canvas[0, len(prompt) :].tolist() == row[3:].tolist()


@given(st.integers(0, 30), temperatures)
def test_given_tokens_never_change(seed: int, temperature: float) -> None:
    predictor = NoisyPredictor(seed=seed)
    canvas = masked(predictor, PROMPT, LENGTH)
    canvas[0, [3, 7]] = torch.tensor([5, 6])
    for step in denoise(predictor, canvas, SETTINGS.replace(temperature=temperature), prompt_length=len(PROMPT)):
        assert step.canvas[0, [3, 7]].tolist() == [5, 6]
        assert not {3 - len(PROMPT), 7 - len(PROMPT)} & {place for place, _ in step.rows[0].noise}


def masks_alone() -> TablePredictor:
    predictor = TablePredictor()
    predictor.noises = ("mask",)
    return predictor


@pytest.mark.parametrize(
    ("predictor", "changes", "field"),
    [
        (masks_alone, {}, "remasking"),
        (NoisyPredictor, {"cache": "prefix"}, "cache"),
        (NoisyPredictor, {"cfg_scale": 1.0}, "cfg_scale"),
        (NoisyPredictor, {"length": "daedal"}, "length"),
    ],
)
def test_what_needs_masks_is_refused(
    predictor: Callable[[], TablePredictor], changes: dict[str, object], field: str
) -> None:
    with pytest.raises(SettingsError) as refused:
        strategy_for(SETTINGS.replace(**changes), predictor())
    assert refused.value.field == field


def test_a_model_of_uniform_noise_alone_denoises_no_masks() -> None:
    predictor = NoisyPredictor()
    predictor.noises = ("uniform",)
    strategy_for(SETTINGS, predictor)
    with pytest.raises(SettingsError, match="low_confidence denoises masks, which this model never saw"):
        strategy_for(SETTINGS.replace(remasking="low_confidence"), predictor)


def test_the_last_pass_is_not_read_as_one_of_other_noise() -> None:
    last_pass = LastPass()
    predictor = NoisyPredictor()
    canvas = masked(predictor, PROMPT, LENGTH)
    steps = denoise(predictor, canvas, SETTINGS, prompt_length=len(PROMPT), last_pass=last_pass)
    next(steps)
    read = last_pass.read(SETTINGS.replace(remasking_params={"bound": 4.0}))
    assert len(read.commits) > 1
    with pytest.raises(SettingsError, match="another kind of noise"):
        last_pass.read(SETTINGS.replace(remasking="low_confidence"))


def test_a_run_keeps_its_kind_of_noise() -> None:
    predictor = NoisyPredictor()
    run_settings = [SETTINGS]
    steps = denoise(predictor, masked(predictor, PROMPT, LENGTH), lambda: run_settings[-1], prompt_length=len(PROMPT))
    next(steps)
    run_settings.append(SETTINGS.replace(remasking="low_confidence"))
    with pytest.raises(SettingsError, match="keeps the kind of noise"):
        next(steps)
