"""Runs that go through the model together: the seconds of their steps, and what comes of a run that was cancelled."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from threading import Barrier, local

import pytest

from llada_tui.settings.prompt import Prompt
from llada_tui.settings.sampler_settings import SamplerSettings
from llada_tui.trace.events import CANCELLED, Choice, StepData
from llada_tui.trace.text import TokenBytes
from llada_tui.worker import batch_parts, run_in_progress
from llada_tui.worker.batch_parts import Rows, SideBySide
from llada_tui.worker.protocol import Generate
from llada_tui.worker.run_in_progress import RunBatch, RunInProgress
from llada_tui.worker.run_plan import make_plan, run_event
from tests.worker.fakes import FakeBackend

LENGTH = 4
Passes = Iterator[Sequence[StepData | None]]


class Clock(local):
    """Stands for a clock: a thread's seconds pass when that thread says so."""

    now = 100.0


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    for module in (run_in_progress, batch_parts):
        monkeypatch.setattr(module.time, "perf_counter", lambda: clock.now)
    return clock


def run(name: str) -> RunInProgress:
    backend = FakeBackend()
    settings = SamplerSettings(steps=LENGTH, gen_length=LENGTH, block_length=LENGTH)
    command = Generate(name, settings, Prompt(text="hi"))
    return RunInProgress(backend, run_event(command, backend, make_plan(backend, command)), TokenBytes())


def step(index: int) -> StepData:
    return StepData(block=0, block_step=index, commits=[Choice(index, 97, 1.0)])


def test_rows_of_parts_share_the_time_of_their_pass_with_the_rows_beside_them(clock: Clock) -> None:
    begun = Barrier(2)

    def passes() -> Iterator[Rows]:
        for index in range(LENGTH):
            if not index:
                begun.wait(60)
            clock.now += 0.8
            yield [step(index)] * 2

    batch = RunBatch([run(name) for name in "abcd"], SideBySide([passes(), passes()], [[0, 2], [1, 3]]))
    first = batch.step() or []
    assert [event.run for event in first] in (["a", "c"], ["b", "d"])
    assert [event.seconds for event in first] == pytest.approx([0.2, 0.2])
    seconds: dict[str, set[float]] = defaultdict(set)
    while (steps := batch.step()) is not None:
        clock.now += 5  # the steps are told
        for event in steps:
            seconds[event.run].add(round(event.seconds, 6))
    assert all(times <= {0.2, 0.4} for times in seconds.values()), "by itself where the other part is over"


def test_a_run_by_itself_has_the_time_of_its_passes_alone(clock: Clock) -> None:
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
