"""What looks back at earlier steps goes on as it would have: which passes are made again, and with which settings."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from llada_tui.diffusion import caches, strategies
from llada_tui.diffusion.sampler import Step, denoise
from llada_tui.settings.sampler_settings import SamplerSettings
from llada_tui.trace.events import RetuneEvent, StepEvent
from llada_tui.trace.resume_from import branch_settings, resume_from
from llada_tui.trace.run import Run
from tests.benchmarks.golden import ROOT, golden
from tests.diffusion.fakes import KeepingPredictor, masked
from tests.diffusion.test_lengths import PROMPT, folded

SETTINGS = SamplerSettings(steps=12, gen_length=12, block_length=6, temperature=1.0, seed=3)


class CountingPredictor(KeepingPredictor):
    """Counts its passes."""

    passes = 0

    def logits(self, *args: torch.Tensor | None) -> torch.Tensor:
        self.passes += 1
        return super().logits(*args)  # type: ignore[arg-type]


def retuned_run(before: SamplerSettings, after: SamplerSettings, at: int) -> tuple[Run, list[Step]]:
    """A run whose settings are others from step ``at`` on."""
    predictor, steps = KeepingPredictor(), []
    now = [before]
    run = folded(before, [])
    for step in denoise(predictor, masked(predictor, PROMPT, 12), lambda: now[0], prompt_length=len(PROMPT)):
        run.add(StepEvent.of(step.rows[0], run="run", index=step.index, seconds=0.1))
        steps.append(step)
        if len(steps) == at:
            now[0] = after
            run.add(RetuneEvent("run", at, after))
    return run, steps


def branch_from(run: Run, frame: int, settings: SamplerSettings | None = None) -> Iterator[Step]:
    resume, predictor = resume_from(run, frame, settings), KeepingPredictor()
    canvas = torch.tensor([[*PROMPT, *(resume.canvas or ())]])
    chosen = branch_settings(run, frame, settings)
    return denoise(predictor, canvas, chosen, prompt_length=len(PROMPT), resume=resume)


def canvases(steps: Iterator[Step] | list[Step]) -> list[list[int]]:
    return [step.canvas[0].tolist() for step in steps if step.rows]


@pytest.mark.parametrize("strategy", ["klass", "saber", "credit"])
@given(seed=st.integers(0, 20), at=st.integers(1, 5), frame=st.integers(1, 12))
def test_steps_made_with_other_settings_are_made_again_with_those(
    strategy: str, seed: int, at: int, frame: int
) -> None:
    before = SETTINGS.replace(seed=seed, remasking=strategy)
    after = before.replace(temperature=0.3, cfg_scale=1.0, remasking_params={"start_stride": 3})
    run, steps = retuned_run(before, after, at)
    frame = min(max(frame, at), run.last)
    assert canvases(branch_from(run, frame)) == canvases(steps[frame:])


def test_a_branch_with_another_seed_has_what_was_kept_with_the_first() -> None:
    settings = SETTINGS.replace(remasking="saber")
    run, steps = retuned_run(settings, settings, 1)
    frame = run.last // 2
    other, same = (list(branch_from(run, frame, settings.replace(seed=seed))) for seed in (4, settings.seed))
    again = sum(not step.rows for step in other)
    assert again == frame
    assert [step.canvas.tolist() for step in other[:again]] == [step.canvas.tolist() for step in steps[:again]]
    assert canvases(same) == canvases(steps[frame:]) != canvases(other)


@pytest.mark.parametrize(
    ("strategy", "block_step", "passes"),
    [("low_confidence", 4, 0), ("klass", 4, 2), ("klass", 1, 1), ("klass", 0, 0), ("credit", 4, 4), ("saber", 4, 9)],
)
def test_as_many_passes_are_made_again_as_a_strategy_needs(strategy: str, block_step: int, passes: int) -> None:
    assert strategies.get(strategy).passes_again(9, block_step) == passes


@pytest.mark.parametrize(
    ("intervals", "made", "again"),
    [
        ((100, 7), 5, {0, 1, 2, 3, 4}),
        ((100, 7), 7, {0, 1, 2, 3, 4, 5, 6}),
        ((100, 7), 8, {0, 7}),
        ((100, 7), 10, {0, 7, 8, 9}),
        ((8, 4), 14, {8, 12, 13}),
        ((6, 4), 10, {0, 4, 5, 6, 8, 9}),  # the prompt of pass 6 depends on what the canvas was there
        ((1, 1), 10, set()),
    ],
)
def test_the_cache_makes_those_again_since_it_computed_everything(
    intervals: tuple[int, int], made: int, again: set[int]
) -> None:
    names = ("prompt_interval", "gen_interval")
    policy = caches.get("dllm_cache", {name: float(value) for name, value in zip(names, intervals, strict=True)})
    assert set(policy.passes_again([False] * made)) == again


def test_it_makes_all_again_where_guidance_keeps_something_older() -> None:
    policy = caches.get("dllm_cache")
    assert set(policy.passes_again([True] * 10)) == {0, 7, 8, 9}
    assert set(policy.passes_again([False, *[True] * 9])) == {*range(10)}
    assert set(caches.get("dllm_cache", {"cfg_interval": 3.0}).passes_again([True] * 10)) == {*range(10)}
    assert not caches.get("dual").passes_again([True] * 10)


def test_a_pass_that_is_not_needed_is_not_made() -> None:
    settings = SETTINGS.replace(remasking="klass", block_length=12)
    run, _ = retuned_run(settings, settings, 1)
    resume, predictor = resume_from(run, 8), CountingPredictor()
    canvas = torch.tensor([[*PROMPT, *(resume.canvas or ())]])
    steps = list(denoise(predictor, canvas, settings, prompt_length=len(PROMPT), resume=resume))
    again = [step for step in steps if not step.rows]
    assert [step.index for step in again] == [6, 7]
    assert predictor.passes == len(steps) == run.last - 8 + 2


def test_a_strategy_that_was_not_at_work_before_has_nothing_to_look_back_at() -> None:
    run, _ = retuned_run(SETTINGS, SETTINGS.replace(remasking="saber"), 3)
    assert not [step for step in branch_from(run, 2, SETTINGS.replace(remasking="saber")) if not step.rows]
    assert [step.index for step in branch_from(run, 5) if not step.rows] == [3, 4]


def test_the_sub_block_cache_goes_on_as_it_would_have() -> None:
    model = golden(ROOT / "fast-dllm-v2-tiny")[0]
    settings = SamplerSettings(
        steps=64, gen_length=64, block_length=32, remasking="threshold", cache="sub_block", temperature=0.7
    )
    prompt = [5, 9, 14]
    canvas = torch.tensor([[*prompt, *[model.mask_id] * 64]])
    steps = list(model.denoise(canvas, settings, prompt_length=3))
    run = folded(settings, [])
    start = msgspec.structs.replace(run.start.model, mask_id=model.mask_id, vocab_size=model.vocab_size)
    resume = msgspec.structs.replace(run.start.resume, canvas=[model.mask_id] * 64)
    run = Run(msgspec.structs.replace(run.start, model=start, resume=resume, prompt_ids=prompt), run.token_bytes)
    for step in steps:
        run.add(StepEvent.of(step.rows[0], run="run", index=step.index, seconds=0.1))
    for frame in (1, run.last // 2, run.last - 1):
        point = resume_from(run, frame)
        begun = torch.tensor([[*prompt, *(point.canvas or ())]])
        tail = [step for step in model.denoise(begun, settings, prompt_length=3, resume=point) if step.rows]
        assert [step.rows for step in tail] == [step.rows for step in steps[frame:]]


def test_earlier_steps_are_those_of_one_row() -> None:
    settings = SETTINGS.replace(remasking="saber")
    run, _ = retuned_run(settings, settings, 1)
    resume, predictor = resume_from(run, 3), KeepingPredictor()
    rows = torch.tensor([[*PROMPT, *(resume.canvas or ())]] * 2)
    with pytest.raises(ValueError, match="Earlier steps are those of one row, not of 2"):
        denoise(predictor, rows, settings, prompt_length=len(PROMPT), resume=resume)
