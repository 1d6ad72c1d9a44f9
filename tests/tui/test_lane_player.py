"""The playhead over several runs: in step, in time, and while they grow."""

from __future__ import annotations

from itertools import pairwise

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from llada_tui.trace.run import Run
from llada_tui.trace.text import TokenBytes
from llada_tui.tui.compare.lane_player import LanePlayer
from tests.trace.support import end, start, step


def made(seconds: list[float], *, ended: bool = True, name: str = "r1") -> Run:
    run = Run(start(64, run=name), TokenBytes())
    grow(run, seconds)
    if ended:
        run.add(end(run=name))
    return run


def grow(run: Run, seconds: list[float]) -> None:
    for duration in seconds:
        run.add(msgspec.structs.replace(step(run.last, {run.last: 2}, run=run.id), seconds=duration))


def course(*runs: Run, in_time: bool = False, play: bool = False) -> LanePlayer:
    watching = LanePlayer(0.125)  # exact in binary
    watching.show_runs(runs, 0.0, play=play)
    watching.in_time = in_time
    return watching


times = st.lists(st.sampled_from([0.25, 0.5, 1.0]), max_size=12)


def test_in_step_each_run_has_made_as_many_steps_or_is_done() -> None:
    watching = course(made([1.0] * 2), made([1.0] * 5))
    assert watching.last == 5
    frames = []
    for frame in range(6):
        watching.seek(frame)
        frames.append(watching.frames)
    assert frames == [[0, 0], [1, 1], [2, 2], [2, 3], [2, 4], [2, 5]]
    assert watching.place == "5/5"


def test_in_time_the_faster_is_ahead() -> None:
    watching = course(made([1.0] * 2), made([0.5] * 4), in_time=True)
    frames = []
    for frame in range(watching.last + 1):
        watching.seek(frame)
        frames.append(watching.frames)
    assert frames == [[0, 0], [0, 1], [1, 2], [1, 3], [2, 4]]
    watching.seek(1)
    assert watching.place == " 500/2000 ms"


def test_what_goes_on_is_waited_for() -> None:
    slow, fast = made([1.0], ended=False), made([1.0] * 4, ended=False)
    watching = course(slow, fast)
    assert (watching.last, watching.ended, watching.total) == (1, False, 64)
    grow(slow, [1.0])
    assert watching.last == 2
    slow.add(end())
    assert watching.last == 4


@pytest.mark.parametrize("in_time", [False, True])
def test_it_plays_to_the_end_and_follows_what_grows(in_time: bool) -> None:
    first, second = made([0.01], ended=False), made([0.01], ended=False, name="r2")
    watching = course(first, second, in_time=in_time, play=True)
    watching.tick(100.0)
    assert watching.frames == [1, 1]
    assert watching.following
    grow(first, [0.01])
    grow(second, [0.01])
    watching.tick(101.0)
    assert watching.frames == [2, 2]
    first.add(end())
    second.add(end(run="r2"))
    watching.tick(102.0)
    assert watching.over
    assert not watching.playing


def test_in_time_steps_last_as_long_as_they_took_or_all_are_slowed_to_be_seen() -> None:
    watching = course(made([1.0, 3.0]), in_time=True, play=True)
    assert not watching.tick(0.9)
    assert watching.tick(1.1)
    assert not watching.tick(3.9)
    assert watching.tick(4.1)
    quick = course(made([1 / 64, 3 / 64]), in_time=True, play=True)  # 4 times slower: 0.125 s a step on average
    assert not quick.tick(0.06)
    assert quick.tick(0.07)
    assert not quick.tick(0.24)
    assert quick.tick(0.26)


@given(st.lists(times, min_size=1, max_size=4), st.booleans())
def test_moments_go_on_and_end_where_the_runs_end(seconds: list[list[float]], in_time: bool) -> None:
    watching = course(*(made(durations, name=f"r{at}") for at, durations in enumerate(seconds)), in_time=in_time)
    moments = []
    for frame in range(watching.last + 1):
        watching.seek(frame)
        moments.append(watching.frames)
    assert moments[0] == [0] * len(seconds)
    assert moments[-1] == [len(durations) for durations in seconds]
    for before, after in pairwise(moments):
        assert before != after
        assert all(b - a in (0, 1) for a, b in zip(before, after, strict=True))


@given(st.lists(st.tuples(st.integers(0, 2), st.sampled_from([0.25, 0.5, 1.0])), max_size=30), st.booleans())
def test_a_moment_that_was_seen_stays_as_it_was(steps: list[tuple[int, float]], in_time: bool) -> None:
    runs = [made([], ended=False, name=f"r{at}") for at in range(3)]
    watching = course(*runs, in_time=in_time)
    moments: dict[int, list[int]] = {}
    for at, seconds in steps:
        grow(runs[at], [seconds])
        for frame in range(watching.last + 1):
            watching.frame = frame
            assert moments.setdefault(frame, watching.frames) == watching.frames


@given(st.lists(times, min_size=1, max_size=4), st.integers(0, 30))
def test_changing_pace_keeps_the_one_that_is_ahead(seconds: list[list[float]], frame: int) -> None:
    watching = course(*(made(durations, name=f"r{at}") for at, durations in enumerate(seconds)))
    watching.seek(frame)
    ahead, at_end = max(watching.frames), watching.at_end
    watching.change_pace(True)
    assert watching.at_end >= at_end
    assert at_end or max(watching.frames) >= ahead
    watching.change_pace(False)
    assert watching.at_end >= at_end
    assert at_end or watching.frame >= ahead
