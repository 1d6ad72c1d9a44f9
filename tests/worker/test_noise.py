"""Runs of uniform noise in the worker, with the real sampler and model: what is told of the noise, and when."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from llada_tui.models import loading
from llada_tui.models.config_checks import noises_of
from llada_tui.models.errors import ModelError
from llada_tui.models.scoring import score_pairs, scored_pair
from llada_tui.settings.prompt import Prompt
from llada_tui.settings.sampler_settings import SamplerSettings
from llada_tui.trace.cell import State
from llada_tui.trace.events import PiecesEvent, RetuneEvent, RunEvent, StepEvent
from llada_tui.trace.resume_from import branch_settings, resume_from
from llada_tui.worker.batched_lanes import denoise_lanes
from llada_tui.worker.engine import Engine
from llada_tui.worker.protocol import Compare, Failure, Generate, Load, Retune
from llada_tui.worker.run_control import RunControl
from llada_tui.worker.torch_backend import load
from tests.worker.test_branching_property import (
    LENGTH,
    MASK,
    TINY,
    Desk,
    branch_of,
    desk,
    name,
    prompts,
    run_of,
    some,
    tiny_with_noise,
)

SETTINGS = SamplerSettings(LENGTH, LENGTH, LENGTH, remasking="entropy_bound")


@some
@given(st.integers(0, 99), prompts, st.floats(0, 1))
def test_a_branch_begins_with_the_noise_of_its_frame(seed: int, prompt: list[int], share: float) -> None:
    run = run_of(SETTINGS.replace(seed=seed), prompt)
    assert [cell.state for cell in run.cells(0)] == [State.NOISE] * LENGTH
    frame = round(share * run.last)
    branch = branch_of(run, frame)
    noise = run.steps[frame - 1].noise if frame else run.start.noise
    assert branch.start.noise == noise


@some
@given(st.integers(0, 99), prompts, st.integers(0, LENGTH - 1))
def test_a_position_masked_by_hand_is_noise_again(seed: int, prompt: list[int], position: int) -> None:
    run = run_of(SETTINGS.replace(seed=seed), prompt)
    branch = branch_of(run, run.last, {position: MASK})
    assert [at for at, _ in branch.start.noise] == [position]
    assert branch.masks_left(branch.last) == 0


def test_the_bytes_of_noise_are_told_before_it() -> None:
    run_of(SETTINGS, [5])
    fresh = Desk()
    fresh.generate(Generate("run", SETTINGS, Prompt(ids=[5])))
    tokens: set[int] = set()
    for item in fresh.sent:
        if isinstance(item, PiecesEvent):
            tokens |= set(item.pieces)
        elif isinstance(item, StepEvent):
            assert item.noise or item.index == LENGTH - 1
            assert {token for _, token in item.noise} <= tokens
    start = next(item for item in fresh.sent if isinstance(item, RunEvent))
    assert {token for _, token in start.noise} <= tokens


@pytest.mark.parametrize(
    ("first", "then", "is_refused"),
    [
        (SETTINGS, SETTINGS.replace(remasking="low_confidence"), True),
        (SETTINGS.replace(remasking="random"), SETTINGS, True),
        (SETTINGS, SETTINGS.replace(remasking_params={"bound": 1.0}), False),
    ],
)
def test_a_run_keeps_the_noise_that_it_began_with(
    first: SamplerSettings, then: SamplerSettings, is_refused: bool
) -> None:
    desk().sent.clear()
    control, run = RunControl(), name()
    control.take(Retune(run, then))
    desk().engine.generate(Generate(run, first, Prompt(ids=[5])), control)
    failures = [item for item in desk().sent if isinstance(item, Failure)]
    retunes = [item for item in desk().sent if isinstance(item, RetuneEvent)]
    assert [failure.field for failure in failures] == ["remasking"] * is_refused
    assert len(retunes) == 1 - is_refused


@some
@given(st.integers(0, 99), prompts, st.floats(0, 1), st.booleans())
def test_a_branch_can_have_the_other_noise(seed: int, prompt: list[int], share: float, begins: bool) -> None:
    """What was accepted stays given to it; the rest is masks, or random tokens."""
    kinds = [SETTINGS.replace(seed=seed), SETTINGS.replace(seed=seed, remasking="low_confidence")]
    first, other = kinds if begins else reversed(kinds)
    run = run_of(first, prompt)
    frame = round(share * run.last)
    settings = branch_settings(run, frame, other)
    resume = resume_from(run, frame, settings)
    branch = desk().generate(Generate(name(), settings, Prompt(ids=prompt), resume, parent=run.id))
    assert branch.ids(0) == run.ids(frame)
    assert len(branch.start.noise) == (0 if begins else branch.masks_left(0))
    if all(choice.token != MASK for step in (*run.steps, *branch.steps) for choice in step.commits):
        assert branch.masks_left(branch.last) == 0


def test_lanes_that_are_batched_tell_their_noise() -> None:
    alone = [run_of(SETTINGS.replace(seed=seed), [5, 6]) for seed in (1, 2)]
    lanes = [Generate(name() + str(seed), SETTINGS.replace(seed=seed), Prompt(ids=[5, 6])) for seed in (1, 2)]
    desk().sent.clear()
    denoise_lanes(desk().engine, Compare(lanes, "batched"), RunControl())
    starts = [item for item in desk().sent if isinstance(item, RunEvent)]
    assert [start.noise for start in starts] == [run.start.noise for run in alone]
    for lane, run in zip(lanes, alone, strict=True):
        steps = [item for item in desk().sent if isinstance(item, StepEvent) and item.run == lane.run]
        assert [step.noise for step in steps] == [step.noise for step in run.steps]


def test_a_model_of_masks_alone_says_what_it_never_saw() -> None:
    sent: list[object] = []
    engine = Engine(load, sent.append)
    engine.load(Load(str(TINY), dtype="float32", device="cpu"))
    engine.generate(Generate("run", SETTINGS, Prompt(ids=[5])), RunControl())
    failure = sent[-1]
    assert isinstance(failure, Failure)
    assert (failure.code, failure.field) == ("request", "remasking")
    assert "which this model never saw" in failure.message


def test_a_model_of_uniform_noise_alone_has_no_masks_to_measure_with(tmp_path: Path) -> None:
    model = loading.load(str(tiny_with_noise(tmp_path)), dtype="float32", device="cpu")
    model.info = msgspec.structs.replace(model.info, noises=["uniform"])
    with pytest.raises(ModelError, match="no token can be left out"):
        model.check_influence()
    with pytest.raises(ModelError, match="which a likelihood is measured with"):
        score_pairs(model, [scored_pair([5], [6], 0)], mc_num=2, cfg_scale=0.0, batch_size=2)


def test_noise_is_printable_text_alone() -> None:
    model = loading.load("demo", dtype="float32", device="cpu")
    tokens = {*model.noise_tokens.tolist()}
    ids = {text: token for token, text in model.token_bytes(range(model.vocab_size)).items()}
    assert {ids[text] for text in (b" ", b"a", b" the")} <= tokens
    assert not {ids[text] for text in (b"\n", b"\x1b", b"\xe9")} & tokens
    assert not {model.mask_id, model.eos_id, model.eot_id} & tokens


@pytest.mark.parametrize("noises", ["uniform", ["grey"], 3])
def test_a_kind_of_noise_that_there_is_not_is_refused(noises: object) -> None:
    with pytest.raises(ModelError, match="has noises = "):
        noises_of({"noises": noises}, Path("there"))
    assert noises_of({}, Path("there")) == []
    assert noises_of({"noises": ["uniform"]}, Path("there")) == ["uniform"]
