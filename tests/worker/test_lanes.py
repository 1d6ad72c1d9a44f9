"""Lanes that go through the model together: each comes out as it would alone, with steps of its own."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from llada_tui.api import Model, load_model
from llada_tui.models.errors import ModelError
from llada_tui.settings.sampler_settings import SamplerSettings, SettingsError
from llada_tui.trace.events import PiecesEvent, RunEvent, StepEvent
from llada_tui.trace.run import Run
from llada_tui.trace.session import Session
from llada_tui.worker.batched_lanes import batches, denoise

BASE = SamplerSettings(steps=12, gen_length=12, block_length=6, top_k=2)


@pytest.fixture(scope="module")
def demo() -> Model:
    return load_model("demo", device="cpu")


def starts(model: Model, lanes: Sequence[SamplerSettings]) -> list[RunEvent]:
    info, ids = model.loaded.info, model.loaded.encode_prompt("Why is the sky blue?")
    return [
        RunEvent(f"run-{number}", info, lane, ids, [info.mask_id] * lane.gen_length, group="g")
        for number, lane in enumerate(lanes)
    ]


def folded(model: Model, lanes: Sequence[SamplerSettings]) -> list[Run]:
    session = Session()
    for event in denoise(model.loaded, starts(model, lanes)):
        session.add(event)
    return [*session.runs.values()]


LANES = [
    BASE,
    BASE.replace(steps=4),
    BASE.replace(steps=6, remasking="random", seed=3),
    BASE.replace(remasking="threshold", remasking_params={"threshold": 0.6}),
    BASE.replace(remasking="remdm_cap", steps=20),
    BASE.replace(temperature=0.7, seed=5, cfg_scale=0.5),
    BASE.replace(early_stop=True, schedule="cosine", steps=8),
]


def test_each_lane_is_what_it_would_be_alone(demo: Model) -> None:
    assert batches(LANES) == [[*range(len(LANES))]]
    for run, lane in zip(folded(demo, LANES), LANES, strict=True):
        (alone,) = folded(demo, [lane])
        told = demo.generate("Why is the sky blue?", lane)
        assert run.ids(run.last) == alone.ids(alone.last) == told.token_ids
        assert run.last == alone.last == told.steps
        for step, own in zip(run.steps, alone.steps, strict=True):
            assert (step.index, step.block, step.block_step) == (own.index, own.block, own.block_step)
            assert [one.position for one in step.commits] == [one.position for one in own.commits]
            assert step.remasked == own.remasked
        assert run.end is not None
        assert alone.end is not None
        assert (run.end.reason, run.end.steps, run.end.forward_passes) == ("finished", run.last, run.last)
        assert run.end.text == alone.end.text == told.text
        assert run.end.seconds == pytest.approx(sum(step.seconds for step in run.steps))


def test_a_steps_time_is_shared_by_those_who_made_it(demo: Model) -> None:
    long, short = folded(demo, [BASE, BASE.replace(steps=2)])
    assert (long.last, short.last) == (12, 2)
    both = {(step.block, step.block_step): step.seconds for step in short.steps}
    assert both == {at: step.seconds for step in long.steps if (at := (step.block, step.block_step)) in both}


def test_every_token_is_told_before_its_step(demo: Model) -> None:
    known: set[int] = set()
    for event in denoise(demo.loaded, starts(demo, LANES[:2])):
        if isinstance(event, PiecesEvent):
            assert not known & event.pieces.keys()
            known |= event.pieces.keys()
        elif isinstance(event, StepEvent):
            assert {one.token for one in (*event.commits, *event.predictions)} <= known
            assert {token for one in event.alternatives for token in one.tokens} <= known


def test_what_cannot_go_together_goes_after_one_another() -> None:
    editing = BASE.replace(remasking="editing")
    lanes = [BASE, BASE.replace(cache="dual"), editing, BASE.replace(gen_length=6), BASE.replace(seed=1), editing]
    assert batches(lanes) == [[0, 4], [1], [2], [3], [5]]


def test_a_lane_alone_has_every_step_even_where_nothing_changed(demo: Model) -> None:
    editing = BASE.replace(remasking="editing", remasking_params={"threshold": 0.5, "post_steps": 3})
    (run,) = folded(demo, [editing])
    assert run.last == demo.generate("Why is the sky blue?", editing).steps
    assert not run.steps[-1].commits


def test_what_cannot_be_denoised_is_said_before_anything_begins(demo: Model) -> None:
    with pytest.raises(SettingsError, match="no remasking strategy named magic"):
        batches([BASE.replace(remasking="magic")])
    huge = BASE.replace(gen_length=600, steps=600)
    with pytest.raises(ModelError, match="reads at most 512"):
        denoise(demo.loaded, starts(demo, [huge, huge]))
