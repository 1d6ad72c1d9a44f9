"""A run at work: it is held, goes on, is cancelled and retuned."""

from __future__ import annotations

import select
import sys

import pytest

from llada_tui.settings.prompt import Prompt
from llada_tui.trace.events import CANCELLED, FINISHED, EndEvent, RetuneEvent, StepEvent
from llada_tui.worker.protocol import Advance, Cancel, Count, Counted, Failure, Held, Hold, Load, Release, Retune

from .driver import RawWorker, ask, short, still_answers


def test_cancel_is_seen_within_one_step(worker: RawWorker) -> None:
    worker.send(Load("paced"), ask("a", 1000))
    worker.until_step(3)
    worker.send(Cancel("a"))
    end = worker.until(EndEvent)
    assert end.reason == CANCELLED
    assert end.text == "a" * end.steps
    assert 4 <= end.steps < 1000
    assert len(worker.steps("a")) == end.steps
    still_answers(worker)


def test_a_waiting_run_can_be_cancelled_before_it_begins(worker: RawWorker) -> None:
    worker.send(Load("fake"), ask("a", hold=True), ask("b"), Cancel("b"), Cancel("a"))
    assert worker.until(EndEvent, run="a").steps == 0
    assert worker.until(EndEvent, run="b").reason == CANCELLED
    assert worker.steps("b") == []


def test_hold_advance_and_resume(worker: RawWorker) -> None:
    worker.send(Load("fake"), ask("a", hold=True))
    assert worker.until(Held).held
    assert worker.steps("a") == []
    for index in range(3):
        worker.send(Advance("a"))
        worker.until_step(index)
        worker.send(Count(Prompt(text="x")))
        worker.until(Counted)
    worker.send(Advance("a"), Advance("a"))
    worker.until_step(4)
    worker.send(Count(Prompt(text="x")))
    worker.until(Counted)
    assert len(worker.steps("a")) == 5
    worker.send(Release("a"))
    assert not worker.until(Held).held
    assert worker.until(EndEvent).steps == 12


def test_hold_stops_a_running_run_without_using_the_processor(worker: RawWorker) -> None:
    worker.send(Load("paced"), ask("a", 1000))
    worker.until_step(2)
    worker.send(Hold("a"))
    assert worker.until(Held).held
    made = len(worker.steps("a"))

    def spent() -> int:
        with open(f"/proc/{worker.process.pid}/stat") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return int(fields[11]) + int(fields[12])

    def rests() -> bool:
        before = spent()
        select.select([], [], [], 0.3)
        return spent() - before <= 2

    if sys.platform == "linux":  # what it was at may take a moment to end
        assert any(rests() for _ in range(20))
    worker.send(Cancel("a"))
    end = worker.until(EndEvent)
    assert end.steps == made == len(worker.steps("a"))
    assert end.seconds < 5


def test_advancing_a_running_run_holds_it(worker: RawWorker) -> None:
    worker.send(Load("paced"), ask("a", 1000))
    worker.until_step(2)
    worker.send(Advance("a"))
    assert worker.until(Held).held
    made = len(worker.steps("a"))
    worker.send(Advance("a"))
    assert worker.until(StepEvent).index == made


def test_retuning_is_recorded_and_takes_effect(worker: RawWorker) -> None:
    new = short(temperature=3.0, top_k=2)
    worker.send(Load("fake"), ask("a", hold=True), Advance("a"))
    worker.until_step(0)
    worker.send(Retune("a", new))
    assert worker.until(RetuneEvent) == RetuneEvent("a", 1, new)
    worker.send(Release("a"))
    assert worker.until(EndEvent).text.count("d") == 11
    assert {choice.token for choice in worker.steps("a")[1].commits} == {ord("d")}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"gen_length": 6, "steps": 6}, "steps"),
        ({"seed": 1}, "seed"),
        ({"remasking": "nonsense"}, "remasking"),
        ({"remasking_params": {"x": 1.0}}, "remasking_params"),
    ],
)
def test_what_cannot_change_during_a_run_is_refused(worker: RawWorker, changes: dict[str, object], field: str) -> None:
    worker.send(Load("fake"), ask("a", hold=True), Retune("a", short(**changes)))
    failure = worker.until(Failure)
    assert (failure.code, failure.run, failure.field, failure.command) == ("request", "a", field, "retune")
    worker.send(Release("a"))
    assert worker.until(EndEvent).reason == FINISHED
    assert not any(isinstance(item, RetuneEvent) for item in worker.items)
