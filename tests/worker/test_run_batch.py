"""Runs that go through the model together: the seconds of their steps, and what comes of a run that was cancelled."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest

from llada_tui.settings.prompt import Prompt
from llada_tui.settings.sampler_settings import SamplerSettings
from llada_tui.trace.events import CANCELLED, Choice, StepData
from llada_tui.trace.text import TokenBytes
from llada_tui.worker import run_in_progress
from llada_tui.worker.protocol import Generate
from llada_tui.worker.run_in_progress import RunBatch, RunInProgress
from llada_tui.worker.run_plan import make_plan, run_event
from tests.worker.fakes import FakeBackend

LENGTH = 4
Passes = Iterator[Sequence[StepData | None]]


class Clock:
    """Stands for a clock whose seconds pass when it is told so."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 100.0
        monkeypatch.setattr(run_in_progress.time, "perf_counter", lambda: self.now)


def run(name: str) -> RunInProgress:
    backend = FakeBackend()
    settings = SamplerSettings(steps=LENGTH, gen_length=LENGTH, block_length=LENGTH)
    command = Generate(name, settings, Prompt(text="hi"))
    return RunInProgress(backend, run_event(command, backend, make_plan(backend, command)), TokenBytes())


def step(index: int) -> StepData:
    return StepData(block=0, block_step=index, commits=[Choice(index, 97, 1.0)])


def test_rows_of_parts_share_the_time_and_each_pass_is_its_run_s(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)

    def passes() -> Passes:
        for index in range(LENGTH):
            clock.now += 0.8
            yield [step(index), step(index), None, None]
            clock.now += 0.1  # the other part was at work meanwhile
            yield [None, None, step(index), step(index)]

    batch = RunBatch([run(name) for name in "abcd"], passes())
    seconds: dict[str, float] = dict.fromkeys("abcd", 0.0)
    while (steps := batch.step()) is not None:
        for event in steps:
            seconds[event.run] += event.seconds
        clock.now += 0.1  # the steps are told
    assert max(seconds.values()) - min(seconds.values()) < 0.1
    assert sum(seconds.values()) == pytest.approx(clock.now - 100, rel=0.1)


def test_a_run_by_itself_has_the_time_of_its_passes_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)

    def passes() -> Passes:
        for index in range(LENGTH):
            clock.now += 0.5
            yield [step(index)]

    batch = RunBatch([run("a")], passes(), can_retune=True)
    for _ in range(LENGTH):
        (event,) = batch.step() or []
        assert event.seconds == pytest.approx(0.5)
        clock.now += 60  # it is held


def test_a_step_that_was_at_work_when_its_run_was_cancelled_is_not_told() -> None:
    passes: Passes = iter([[step(0), step(0)], [step(1), step(1)], [None, step(2)]])
    batch = RunBatch([run("a"), run("b")], passes)
    assert [event.run for event in batch.step() or []] == ["a", "b"]
    batch.runs[0].end(CANCELLED, "")
    assert [event.run for event in batch.step() or []] == ["b"]
    assert [event.run for event in batch.step() or []] == ["b"]


def test_what_makes_the_passes_is_closed_with_the_batch() -> None:
    closed: list[bool] = []

    def passes() -> Passes:
        try:
            yield [step(0)]
        finally:
            closed.append(True)

    made = passes()
    batch = RunBatch([run("a")], made)
    batch.step()
    batch.close()
    assert closed == [True]
    assert batch.step() is None
