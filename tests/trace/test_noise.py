"""Uniform noise in a recorded run: what stands at an undecided position, and what a line tells of it."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from llada_tui.settings.sampler_settings import SamplerSettings
from llada_tui.trace import events
from llada_tui.trace.cell import Cell, State
from llada_tui.trace.draft import Draft
from llada_tui.trace.events import Choice, InterveneEvent, ModelInfo, RunEvent, StepEvent
from llada_tui.trace.resume import Resume
from llada_tui.trace.resume_from import resume_from
from llada_tui.trace.run import Run, TraceError
from llada_tui.trace.text import TokenBytes
from tests.diffusion.fakes import NoisyPredictor
from tests.diffusion.test_uniform_noise import LENGTH, SETTINGS, recorded, sharpness, steps_of

MASK = 99
MODEL = ModelInfo("noisy", "fake", "float32", "cpu", MASK, noises=["mask", "uniform"])


def start(noise: list[tuple[int, int]]) -> RunEvent:
    settings = SamplerSettings(4, 4, 4, remasking="entropy_bound")
    return RunEvent("run", MODEL, settings, [1], Resume(canvas=[7, MASK, MASK, MASK]), noise=noise)


def step(index: int, noise: list[tuple[int, int]], **fields: object) -> StepEvent:
    commits: list[Choice] = fields.pop("commits", [])  # type: ignore[assignment]
    return StepEvent(
        run="run", index=index, seconds=0.1, block=0, block_step=index, commits=commits, noise=noise,
        **fields,  # type: ignore[arg-type]
    )  # fmt: skip


def small_run() -> Run:
    """Position 1 is committed and taken back; 2 is committed and edited; 3 is noise to the end."""
    run = Run(start([(1, 11), (2, 12), (3, 13)]), TokenBytes())
    guess = Choice(3, 50, 0.25)
    run.add(step(0, [(3, 23)], commits=[Choice(1, 5, 0.9), Choice(2, 6, 0.8)], predictions=[guess]))
    run.add(step(1, [(1, 31), (3, 33)], remasked=[1], edits=[Choice(2, 8, 0.7)], predictions=[guess]))
    run.add(step(2, [(1, 41), (3, 43)], predictions=[Choice(1, 5, 0.5), guess]))
    return run


def test_an_undecided_position_holds_the_noise_of_its_frame() -> None:
    run = small_run()
    assert [cell[1:3] for cell in run.cells(0)] == [
        (State.GIVEN, 7), (State.NOISE, 11), (State.NOISE, 12), (State.NOISE, 13)
    ]  # fmt: skip
    assert run.cell(3, 1) == Cell(3, State.NOISE, 23, 0.0, 1)
    assert run.cell(1, 2).state is State.REMASKED
    assert run.taken_back(1, 2) == 5
    assert run.cell(1, 3) == Cell(1, State.NOISE, 41, 0.0, 3)
    assert run.cell(2, 3).state is State.COMMITTED
    assert [cell.is_open for cell in run.cells(2)] == [False, True, False, True]


def test_without_noise_the_guess_is_told() -> None:
    run = small_run()
    assert run.cell(3, 1, noise=False) == Cell(3, State.PREDICTED, 50, 0.25, 1)
    assert run.cell(3, 0, noise=False) == Cell(3, State.MASKED, None, 0.0, 0)


def test_noise_counts_as_masks_and_is_no_text() -> None:
    run = small_run()
    assert [run.masks_left(frame) for frame in range(4)] == [3, 1, 2, 2]
    assert run.ids(3) == [7, MASK, 8, MASK]
    assert resume_from(run, 3).canvas == run.ids(3)


def test_a_draft_keeps_the_guess_and_not_the_noise() -> None:
    draft = Draft(small_run())
    assert draft.pin(range(1, 4), 1)
    assert draft.changes == {1: 5, 2: 6, 3: 50}
    assert not Draft(small_run()).pin(range(1, 4), 0)


def test_a_position_masked_by_hand_holds_noise_where_the_run_says_so() -> None:
    run = Run(start([(0, 10), (1, 11), (2, 12), (3, 13)]), TokenBytes())
    run.add(InterveneEvent("run", 0, [(0, MASK)]))
    run.add(step(0, [(0, 20), (1, 21), (2, 22), (3, 23)]))
    assert [cell.token for cell in run.cells(1)] == [20, 21, 22, 23]


@pytest.mark.parametrize("noise", [[(4, 1)], [(-1, 1)], [(0, 2**31)], [(0, -1)]])
def test_noise_that_cannot_be_is_refused(noise: list[tuple[int, int]]) -> None:
    with pytest.raises(TraceError):
        Run(start(noise), TokenBytes())
    with pytest.raises(TraceError):
        Run(start([]), TokenBytes()).add(step(0, noise))


def test_noise_is_on_the_lines_that_have_some_and_on_no_others() -> None:
    begin, made = start([(1, 11)]), step(0, [(1, 21), (3, 23)])
    for event in (begin, made):
        assert events.decode(events.encode(event)) == event
        assert b'"noise":[[1,' in events.encode(event)
    masks = msgspec.structs.replace(begin, noise=[], model=msgspec.structs.replace(MODEL, noises=[]))
    assert b"noise" not in events.encode(masks) + events.encode(step(0, []))
    assert made.token_ids() == {21, 23}


@given(st.integers(0, 30), sharpness, st.sampled_from([4, LENGTH]))
def test_frames_tell_what_a_run_did(seed: int, sharp: float, block: int) -> None:
    settings = SETTINGS.replace(seed=seed, block_length=block)
    run = recorded(settings, steps_of(NoisyPredictor(seed=seed, sharpness=sharp), settings))
    for frame in range(1, run.last + 1):
        noise = dict(run.steps[frame - 1].noise)
        for cell, token in zip(run.cells(frame), run.canvas(frame), strict=True):
            assert (cell.position in noise) == (token is None)
            if cell.state is State.NOISE:
                assert cell.token == noise[cell.position]
            else:
                assert cell.token == token
                assert token is not None or cell.state is State.REMASKED
        differing = {
            old.position
            for old, new in zip(run.cells(frame - 1), run.cells(frame), strict=True)
            if (old.state, old.token) != (new.state, new.token)
        }
        touched = run.touched(frame - 1, frame, lambda confidence: 0)
        assert touched is not None
        assert differing <= touched
