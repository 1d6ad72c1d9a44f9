"""Several runs in turn: a step of each, together held, cancelled and let go on; what fails fails alone."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import pytest

from llada_tui.settings.sampler_settings import SamplerSettings
from llada_tui.trace.events import CANCELLED, FAILED, FINISHED, EndEvent, RunEvent, StepEvent
from llada_tui.worker.protocol import Advance, Cancel, Compare, Failure, Generate, Held, Load, Loaded, Release
from llada_tui.worker.run_control import RunControl

from .driver import RawWorker, ask, short
from .fakes import FakeBackend
from .test_engine import Sent, engine_with


def sent_about(lanes: list[Generate], source: str = "fake") -> Sent:
    engine, sent = engine_with(FakeBackend(source))
    engine.compare(Compare(lanes), RunControl())
    return sent


def test_each_makes_a_step_in_its_turn_and_one_that_is_done_is_left_out() -> None:
    sent = sent_about([ask("a", 2, group="g"), ask("b", 4, group="g"), ask("c", 3, group="g")])
    assert [(event.run, event.group) for event in sent.all(RunEvent)] == [("a", "g"), ("b", "g"), ("c", "g")]
    assert [(event.run, event.index) for event in sent.all(StepEvent)] == [
        ("a", 0), ("b", 0), ("c", 0), ("a", 1), ("b", 1), ("c", 1), ("b", 2), ("c", 2), ("b", 3),
    ]  # fmt: skip
    assert [(event.run, event.reason, event.steps) for event in sent.all(EndEvent)] == [
        ("a", FINISHED, 2), ("c", FINISHED, 3), ("b", FINISHED, 4),
    ]  # fmt: skip


def test_a_run_comes_out_as_it_does_alone() -> None:
    both = [ask("a", settings=short(seed=1, temperature=1.0)), ask("b", settings=short(seed=2))]
    together = sent_about(both)
    for lane in both:
        alone = sent_about([lane])
        of_lane = [event.commits for event in together.all(StepEvent) if event.run == lane.run]
        assert of_lane == [event.commits for event in alone.all(StepEvent)]


def test_what_cannot_begin_is_refused_by_its_name_and_the_others_begin() -> None:
    nobody = SamplerSettings(steps=6, gen_length=6, block_length=6, remasking="nobody")
    sent = sent_about([ask("a", 3), ask("b", settings=nobody), ask("c", 3)])
    (failure,) = sent.all(Failure)
    assert (failure.run, failure.command, failure.field) == ("b", "generate", "remasking")
    assert {event.run: event.reason for event in sent.all(EndEvent)} == {"a": FINISHED, "c": FINISHED}


@pytest.mark.parametrize(("source", "words"), [("oom", "ran out of memory"), ("defect", "made up")])
def test_what_fails_fails_alone(source: str, words: str) -> None:
    """The made-up models fail in their third step."""
    sent = sent_about([ask("a", 4), ask("b", 2)], source)
    ends = {event.run: event for event in sent.all(EndEvent)}
    assert (ends["a"].reason, ends["b"].reason) == (FAILED, FINISHED)
    assert words in ends["a"].message


@pytest.fixture
def worker() -> Iterator[RawWorker]:
    with RawWorker() as worker:
        worker.send(Load("paced"))
        worker.until(Loaded)
        yield worker


def test_they_are_held_and_advance_together(worker: RawWorker) -> None:
    worker.send(Compare([ask("a", 12, hold=True), ask("b", 12)]))
    worker.until(Held, held=True)
    worker.send(Advance("b"))
    assert [worker.until(StepEvent).run, worker.until(StepEvent).run] == ["a", "b"]
    worker.send(Release("a"))
    worker.until(EndEvent, run="a")
    worker.until(EndEvent, run="b")
    steps = [item for item in worker.items if isinstance(item, StepEvent)]
    assert all(step.run != next_step.run for step, next_step in pairwise(steps))


def test_cancelling_one_ends_all_and_keeps_what_they_have(worker: RawWorker) -> None:
    worker.send(Compare([ask("a", 12, hold=True), ask("b", 12, hold=True)]))
    worker.until(Held, held=True)
    worker.send(Cancel("b"))
    ends = [worker.until(EndEvent), worker.until(EndEvent)]
    assert {end.run: end.reason for end in ends} == {"a": CANCELLED, "b": CANCELLED}
    worker.send(ask("a", 2))  # their names are free again
    worker.until(EndEvent, run="a", reason=FINISHED)


def test_lanes_need_names_of_their_own(worker: RawWorker) -> None:
    worker.send(Compare([ask("a"), ask("a")]))
    assert worker.until(Failure).command == "compare"
    worker.send(Compare([]))
    assert worker.until(Failure).command == "compare"
    worker.send(Compare([ask("a", hold=True)]), ask("a"))
    assert "already at work" in worker.until(Failure).message
