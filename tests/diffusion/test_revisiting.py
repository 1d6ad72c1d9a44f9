"""What holds of strategies that go back to earlier blocks: beside other rows, and of a run that is continued."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
import torch

from llada_tui.diffusion import strategies
from llada_tui.diffusion.batches import batches
from llada_tui.diffusion.sampler import Step, denoise
from llada_tui.settings.sampler_settings import SamplerSettings, SettingsError
from llada_tui.trace.events import StepData
from llada_tui.trace.resume import Resume
from tests.diffusion.fakes import KeepingPredictor, masked

PROMPT, LENGTH = [1, 2, 3], 24
PLAIN = SamplerSettings(LENGTH, LENGTH, 8)
SABER = PLAIN.replace(remasking="saber")
REVISITING = [name for name, kind in strategies.by_name().items() if kind.revisits]


def run(
    settings: Sequence[SamplerSettings], canvas: torch.Tensor | None = None, resume: Resume | None = None
) -> list[Step]:
    predictor = KeepingPredictor()
    canvas = masked(predictor, PROMPT, LENGTH).repeat(len(settings), 1) if canvas is None else canvas
    return list(denoise(predictor, canvas, settings, prompt_length=len(PROMPT), resume=resume))


def row_of(steps: Sequence[Step], row: int) -> list[StepData]:
    """A row's own steps; the others are those in which it waited."""
    return [step.rows[row] for step in steps if step.rows[row].entropy is not None]


@pytest.mark.parametrize("name", REVISITING)
@pytest.mark.parametrize("cache", ["none", "prefix", "dual"])
def test_lanes_that_share_a_pass_are_what_each_is_alone(name: str, cache: str) -> None:
    lanes = [
        PLAIN.replace(cache=cache),
        PLAIN.replace(cache=cache, remasking=name),
        PLAIN.replace(cache=cache, remasking="threshold", remasking_params={"threshold": 0.3}),
        PLAIN.replace(cache=cache, remasking=name, temperature=0.8, seed=3),
    ]
    parts = batches(lanes)
    assert parts == ([[0, 1, 2, 3]] if cache == "none" else [[0, 2], [1], [3]])
    for part in parts:
        together = run([lanes[number] for number in part])
        for row, number in enumerate(part):
            assert row_of(together, row) == row_of(run([lanes[number]]), 0)


@pytest.mark.parametrize("cache", ["prefix", "dual"])
def test_a_batch_whose_rows_would_not_be_what_they_are_alone_is_refused(cache: str) -> None:
    saber, plain = SABER.replace(cache=cache), PLAIN.replace(cache=cache)
    with pytest.raises(SettingsError, match=f"goes back to earlier blocks shares no {cache} cache with other rows"):
        run([plain, saber])
    predictor = KeepingPredictor()
    canvas = masked(predictor, PROMPT, LENGTH).repeat(2, 1)
    together = run([saber, saber.replace(temperature=0.8, seed=3)], canvas)
    assert row_of(together, 1) == row_of(run([saber.replace(temperature=0.8, seed=3)]), 0)
    canvas[1, len(PROMPT)] = 4  # the second row's first column is another
    with pytest.raises(SettingsError, match=f"shares no {cache} cache"):
        run([saber, saber], canvas)


@pytest.mark.parametrize("name", REVISITING)
@pytest.mark.parametrize("cache", ["none", "prefix", "dual"])
def test_a_run_continued_stays_at_its_block_whatever_was_taken_back_before_it(name: str, cache: str) -> None:
    settings = PLAIN.replace(remasking=name, cache=cache)
    steps = run([settings])
    mask = KeepingPredictor().mask_id
    initial = [mask] * LENGTH
    at = next(step for step in steps if step.block == 1 and step.block_step)
    canvas = at.canvas_before.clone()
    canvas[0, len(PROMPT) + 2] = mask  # taken back, of block 0
    for block in (1, 2, 3):
        resume = Resume(step=at.index, block=block, block_step=at.block_step, initial_canvas=initial)
        tail = run([settings], canvas, resume)
        assert tail[0].block == min(block, 2)
        assert mask not in tail[-1].canvas
        assert {step.block for step in tail} == {*range(min(block, 2), 3)}
        assert [step.index for step in tail] == [*range(at.index, at.index + len(tail))]
