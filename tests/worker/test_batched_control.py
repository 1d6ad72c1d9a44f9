"""Lanes that are batched or apart, and what is asked of them meanwhile."""

from __future__ import annotations

from typing import get_args

import pytest

from llada_tui.trace.events import CANCELLED, FAILED, FINISHED, EndEvent, RunEvent, StepEvent
from llada_tui.worker.protocol import (
    Advance,
    Cancel,
    CancelLane,
    Compare,
    Count,
    Counted,
    Failure,
    Held,
    LaneOrder,
    Load,
    Release,
    Retune,
)
from llada_tui.worker.reading_messages import Rank, Read

from .driver import RawWorker, ask, short, still_answers

ORDERS: list[LaneOrder] = ["batched", "apart"]


def ends(worker: RawWorker) -> dict[str, str]:
    """Why each run is over, once the last of two is."""
    worker.until(EndEvent)
    worker.until(EndEvent)
    return {item.run: item.reason for item in worker.items if isinstance(item, EndEvent)}


def ends_of_one(worker: RawWorker) -> dict[str, str]:
    """Why each run is over, once one more is."""
    worker.until(EndEvent)
    return {item.run: item.reason for item in worker.items if isinstance(item, EndEvent)}


@pytest.mark.parametrize("order", ORDERS)
def test_cancelling_one_ends_all(worker: RawWorker, order: LaneOrder) -> None:
    worker.send(Load("paced"), Compare([ask("a", 4000), ask("b", 4000)], order))
    worker.until(StepEvent)
    worker.send(Cancel("a"))
    assert ends(worker) == {"a": CANCELLED, "b": CANCELLED}
    begun = [item.run for item in worker.items if isinstance(item, RunEvent)]
    assert begun == ["a", "b"]
    still_answers(worker)


@pytest.mark.parametrize("order", get_args(LaneOrder))
def test_one_lane_is_cancelled_and_the_others_go_on(worker: RawWorker, order: LaneOrder) -> None:
    worker.send(Load("paced"), Compare([ask("a", 4000), ask("b", 300), ask("c", 4000)], order))
    worker.until(StepEvent)
    worker.send(CancelLane("c"), CancelLane("a"))
    assert ends(worker) | ends_of_one(worker) == {"a": CANCELLED, "b": FINISHED, "c": CANCELLED}
    assert len(worker.steps("b")) == 300
    for name in ("a", "c"):
        about = [
            item for item in worker.items if isinstance(item, RunEvent | StepEvent | EndEvent) and item.run == name
        ]
        assert isinstance(about[0], RunEvent)
        assert isinstance(about[-1], EndEvent), "nothing comes after its end"
        assert len(about) < 300
    worker.send(CancelLane("a"))
    assert worker.until(Failure).message == "This run is not at work."
    still_answers(worker)


def test_a_run_that_is_held_ends_when_its_lane_is_cancelled(worker: RawWorker) -> None:
    worker.send(Load("fake"), ask("a", hold=True))
    assert worker.until(Held).held
    worker.send(CancelLane("a"))
    assert worker.until(EndEvent).reason == CANCELLED
    still_answers(worker)


def test_batched_lanes_are_held_and_asked_but_not_retuned(worker: RawWorker) -> None:
    worker.send(Load("fake"), Compare([ask("a", hold=True), ask("b")], "batched"))
    assert worker.until(Held).held
    worker.send(Advance("b"))
    assert {worker.until(StepEvent).run for _ in "ab"} == {"a", "b"}
    worker.send(Retune("a", short(temperature=1.0)))
    failure = worker.until(Failure)
    assert (failure.command, failure.message) == ("retune", "Lanes that are batched or apart cannot be retuned.")
    worker.send(Count(ask("c").prompt))
    assert worker.until(Counted).tokens == 2
    worker.send(Release("a"))
    assert not worker.until(Held).held
    assert ends(worker) == {"a": FINISHED, "b": FINISHED}
    assert len(worker.steps("a")) == len(worker.steps("b")) == 12


@pytest.mark.parametrize("order", ORDERS)
def test_the_passes_of_lanes_are_not_kept(worker: RawWorker, order: LaneOrder) -> None:
    worker.send(Load("fake"), Compare([ask("a", hold=True), ask("b")], order))
    assert worker.until(Held).held
    worker.send(Advance("a"))
    worker.until(StepEvent)
    for question, command in ((Read(0, "a", short()), "read"), (Rank(0, "a", 0, 65), "rank")):
        worker.send(question)
        failure = worker.until(Failure)
        assert (failure.command, failure.code) == (command, "request")
        assert failure.message == "The passes of lanes that are batched or apart are not kept: there is none to read."
    worker.send(Release("a"))
    assert ends(worker) == {"a": FINISHED, "b": FINISHED}


@pytest.mark.parametrize(("model", "words"), [("oom", "ran out of memory"), ("defect", "failed unexpectedly")])
def test_what_fails_ends_the_lanes_with_what_they_have(worker: RawWorker, model: str, words: str) -> None:
    worker.send(Load(model), Compare([ask("a"), ask("b")], "batched"))
    assert ends(worker) == {"a": FAILED, "b": FAILED}
    messages = [item.message for item in worker.items if isinstance(item, EndEvent)]
    assert all(words in message for message in messages)
    assert len(worker.steps("a")) == len(worker.steps("b")) == 2
    still_answers(worker)


@pytest.mark.parametrize("order", ORDERS)
def test_a_lane_that_goes_on_from_a_canvas_is_refused_with_all_others(worker: RawWorker, order: LaneOrder) -> None:
    worker.send(Load("fake"), Compare([ask("a"), ask("b", canvas=[256] * 12, step=3)], order))
    failures = [worker.until(Failure) for _ in "ab"]
    assert [failure.run for failure in failures] == ["a", "b"]
    assert {failure.message for failure in failures} == {
        "Lanes that are batched or apart begin with a canvas of masks."
    }
    assert not [item for item in worker.items if isinstance(item, RunEvent)]
    still_answers(worker)
