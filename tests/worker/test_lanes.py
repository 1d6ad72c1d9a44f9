"""Lanes that go through the model together: each comes out as it would alone, with steps of its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from llada_tui.api import Model, load_model
from llada_tui.diffusion.batches import batches
from llada_tui.settings.prompt import Message, Prompt
from llada_tui.settings.sampler_settings import SamplerSettings, SettingsError
from llada_tui.trace.events import EndEvent, PiecesEvent, RunEvent, StepEvent
from llada_tui.trace.run import Run
from llada_tui.trace.session import Session
from llada_tui.worker.batched_lanes import denoise_lanes
from llada_tui.worker.engine import Engine
from llada_tui.worker.protocol import Compare, Failure, Generate, Load
from llada_tui.worker.run_control import RunControl
from llada_tui.worker.torch_backend import TorchBackend

BASE = SamplerSettings(steps=12, gen_length=12, block_length=6, top_k=2)


@pytest.fixture(scope="module")
def demo() -> Model:
    return load_model("demo", device="cpu")


SKY = "Why is the sky blue?"


def sent_by(model: Model, lanes: Sequence[SamplerSettings], **more: Any) -> list[Any]:
    """The replies of an engine with the model about lanes."""
    items: list[Any] = []
    engine = Engine(lambda command, progress: TorchBackend(model.loaded), items.append)
    engine.load(Load("demo"))
    items.clear()
    prompt = Prompt(messages=[Message("user", SKY)])
    runs = [Generate(f"run-{number}", lane, prompt, group="g") for number, lane in enumerate(lanes)]
    denoise_lanes(engine, Compare(runs, **{"order": "batched", **more}), RunControl())
    return items


def folded(model: Model, lanes: Sequence[SamplerSettings], **more: Any) -> list[Run]:
    session = Session()
    for item in sent_by(model, lanes, **more):
        session.add(item)
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
        result = demo.generate(SKY, lane)
        assert run.ids(run.last) == alone.ids(alone.last) == result.token_ids
        assert run.last == alone.last == result.steps
        for step, other in zip(run.steps, alone.steps, strict=True):
            assert (step.index, step.block, step.block_step) == (
                other.index,
                other.block,
                other.block_step,
            )
            assert [choice.position for choice in step.commits] == [choice.position for choice in other.commits]
            assert step.remasked == other.remasked
        assert run.end is not None
        assert alone.end is not None
        assert (run.end.reason, run.end.steps, run.end.forward_passes) == ("finished", run.last, run.last)
        assert run.end.text == alone.end.text == result.text
        assert run.end.seconds == pytest.approx(sum(step.seconds for step in run.steps))


def test_a_steps_time_is_shared_by_those_who_made_it(demo: Model) -> None:
    long, short = folded(demo, [BASE, BASE.replace(steps=2)])
    assert (long.last, short.last) == (12, 2)
    both = {(step.block, step.block_step): step.seconds for step in short.steps}
    assert both == {at: step.seconds for step in long.steps if (at := (step.block, step.block_step)) in both}


def test_every_token_is_told_before_its_step(demo: Model) -> None:
    sent: set[int] = set()
    for event in sent_by(demo, LANES[:2]):
        if isinstance(event, PiecesEvent):
            assert not sent & event.pieces.keys()
            sent |= event.pieces.keys()
        elif isinstance(event, StepEvent):
            assert {choice.token for choice in (*event.commits, *event.predictions)} <= sent
            assert {token for choice in event.alternatives for token in choice.tokens} <= sent


def test_what_cannot_go_together_goes_after_one_another() -> None:
    editing = BASE.replace(remasking="editing")
    lanes = [BASE, BASE.replace(cache="dual"), editing, BASE.replace(gen_length=6), BASE.replace(seed=1), editing]
    assert batches(lanes) == [[0, 4], [1], [2], [3], [5]]


def test_a_lane_alone_has_every_step_even_where_nothing_changed(demo: Model) -> None:
    editing = BASE.replace(remasking="editing", remasking_params={"threshold": 0.5, "post_steps": 3})
    (run,) = folded(demo, [editing])
    assert run.last == demo.generate(SKY, editing).steps
    assert not run.steps[-1].commits


def test_what_cannot_be_denoised_is_said_before_anything_begins(demo: Model) -> None:
    with pytest.raises(SettingsError, match="no remasking strategy named magic"):
        batches([BASE.replace(remasking="magic")])
    huge = BASE.replace(gen_length=600, steps=600)
    for order in ("batched", "apart"):
        first, second = sent_by(demo, [BASE, huge], order=order)
        assert isinstance(first, Failure)
        assert "reads at most 512" in first.message
        assert (first.run, second.run) == ("run-0", "run-1")
        assert first.message == second.message


def test_lanes_apart_are_made_one_after_another(demo: Model) -> None:
    lanes = [BASE, BASE.replace(seed=1, temperature=1.0)]
    apart = sent_by(demo, lanes, order="apart")
    edges = [(type(item), item.run) for item in apart if isinstance(item, RunEvent | EndEvent)]
    assert edges == [(RunEvent, "run-0"), (EndEvent, "run-0"), (RunEvent, "run-1"), (EndEvent, "run-1")]
    for run, batched in zip(folded(demo, lanes, order="apart"), folded(demo, lanes), strict=True):
        assert run.ids(run.last) == batched.ids(batched.last)
