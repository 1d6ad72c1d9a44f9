"""The player by a clock of our own: pace, following, bursts, speeds, seeking."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from llada_tui.trace.run import Run
from llada_tui.trace.text import TokenBytes
from llada_tui.tui.player.player import SPEEDS, Player
from tests.trace.support import EOS, end, start, step

LONG = 0.25
"""Seconds a step takes here; exact in binary."""


def grow(run: Run, count: int = 1, *, seconds: float = LONG) -> None:
    for _ in range(count):
        run.add(msgspec.structs.replace(step(run.last, {run.last: 2}), seconds=seconds))


def made(count: int, *, ended: bool = True, seconds: float = LONG) -> Run:
    """A run of ``count`` steps, of a canvas with room for many more."""
    run = Run(start(200), TokenBytes())
    grow(run, count, seconds=seconds)
    if ended:
        run.add(end())
    return run


def player(run: Run | None, *, dwell: float = 0.125, frame: int = 0, play: bool = True) -> Player:
    """A player that shows a run since the moment 0."""
    watching = Player(dwell)
    watching.show(run, 0.0, play=play, frame=frame)
    return watching


def test_a_step_stays_as_long_as_it_took() -> None:
    watching = player(made(3))
    moments = [0.0, 0.24, 0.25, 0.49, 0.5, 0.74, 0.75]

    assert [(watching.tick(now), watching.frame)[1] for now in moments] == [0, 0, 1, 1, 2, 2, 3]
    assert (watching.status, watching.playing, watching.moving) == ("done", False, False)


def test_a_fast_step_stays_for_the_dwell() -> None:
    watching = player(made(3, seconds=0.001), dwell=0.5)

    assert not watching.tick(0.49)
    assert watching.tick(0.5)
    assert watching.frame == 1


def test_a_step_that_keeps_only_ends_of_text_passes_in_an_eighth_of_the_dwell() -> None:
    run = Run(start(200), TokenBytes())
    run.add(msgspec.structs.replace(step(0, {9: EOS}), seconds=0.001))
    run.add(msgspec.structs.replace(step(1, {0: 5}), seconds=0.001))
    watching = player(run, dwell=0.5)

    assert not watching.tick(0.0624)
    assert watching.tick(0.0625)
    assert not watching.tick(0.0625 + 0.4999)
    assert watching.tick(0.0625 + 0.5)


def test_speed_shortens_both_the_step_and_the_dwell() -> None:
    slow, fast = player(made(3)), player(made(3, seconds=0.001), dwell=0.5)
    for watching in (slow, fast):
        watching.change_speed(1)
    assert slow.pace == "2x"

    assert slow.tick(0.125)
    assert fast.tick(0.25)
    assert (slow.frame, fast.frame) == (1, 1)


def test_as_fast_as_it_comes() -> None:
    run = made(50)
    watching = player(run)
    watching.change_speed(+99)

    assert watching.pace == "max"
    assert watching.tick(0.001)
    assert watching.frame == 50


def test_speeds_end_at_the_slowest_and_the_fastest() -> None:
    watching = player(None)
    watching.change_speed(-99)
    assert watching.speed == SPEEDS[0] == 0.25
    watching.change_speed(99)
    assert watching.speed == SPEEDS[-1]


def test_following_shows_a_new_step_at_once_and_a_burst_in_its_time() -> None:
    run = made(1, ended=False)
    watching = player(run)
    watching.tick(0.25)
    assert watching.following
    assert watching.status == "sampling"

    grow(run, 3)
    assert watching.moving
    assert watching.tick(10.0)
    assert watching.frame == 2
    assert not watching.tick(10.24)
    assert watching.tick(10.25)
    assert watching.frame == 3


def test_what_is_watched_late_is_caught_up_with() -> None:
    """A clock that stood still (a busy screen) does not slow the picture down."""
    watching = player(made(20))

    assert watching.tick(2.6)
    assert watching.frame == 10


def test_seeking_pauses_and_stays_within_the_run() -> None:
    watching = player(made(5))

    assert watching.seek(3)
    assert (watching.frame, watching.status, watching.tick(99.0)) == (3, "paused", False)
    assert not watching.seek(3)
    assert watching.seek(-4)
    assert watching.frame == 0
    watching.step(99)
    assert watching.frame == 5
    assert not watching.step(1)
    watching.step(-2)
    assert watching.frame == 3


def test_to_the_end_of_a_growing_run_goes_on_following() -> None:
    run = made(5, ended=False)
    watching = player(run)
    watching.seek(1)
    watching.to_end(1.0)
    assert watching.following

    run.add(end())
    watching.seek(2)
    watching.to_end(2.0)
    assert (watching.frame, watching.following, watching.playing) == (5, False, False)


def test_playing_from_the_end_begins_again() -> None:
    watching = player(made(2), frame=2, play=False)
    watching.toggle(5.0)

    assert (watching.frame, watching.status) == (0, "showing")
    assert not watching.tick(5.24)
    assert watching.tick(5.25)


def test_at_the_end_of_a_growing_run_play_waits_for_more() -> None:
    run = made(2, ended=False)
    watching = player(run, frame=2, play=False)
    watching.toggle(5.0)

    assert (watching.frame, watching.status) == (2, "sampling")


def test_a_pause_takes_no_time() -> None:
    watching = player(made(4))
    watching.tick(0.25)
    watching.toggle(0.3)
    assert not watching.tick(90.0)
    watching.toggle(90.0)

    assert not watching.tick(90.24)
    assert watching.tick(90.25)


def test_a_run_that_ends_while_it_is_followed_has_ended() -> None:
    """No step comes with the end: the player has to notice it all the same, and then needs its clock no more."""
    run = made(2, ended=False)
    watching = player(run, frame=2)
    watching.tick(1.0)
    run.add(end(reason="cancelled"))

    assert watching.moving, "a tick is due"
    watching.tick(1.1)
    assert (watching.status, watching.playing, watching.moving) == ("cancelled", False, False)


def test_without_a_run_nothing_happens() -> None:
    watching = player(None)
    assert not watching.moving
    watching.toggle(1.0)
    watching.to_end(1.0)

    assert (watching.tick(2.0), watching.seek(4), watching.step(1)) == (False, False, False)
    assert (watching.status, watching.frame, watching.last, watching.over) == ("idle", 0, 0, True)


@pytest.mark.parametrize("frame", [-3, 99])
def test_a_frame_that_is_not_there_gives_the_nearest(frame: int) -> None:
    assert player(made(5), frame=frame).frame == (0 if frame < 0 else 5)


events = st.one_of(
    st.tuples(st.just("tick"), st.floats(0, 1)),
    st.tuples(st.just("grow"), st.integers(1, 5)),
    st.tuples(st.sampled_from(["toggle", "end", "to_end"]), st.just(0)),
    st.tuples(st.just("seek"), st.integers(-2, 30)),
    st.tuples(st.just("speed"), st.sampled_from([-1, 1])),
)


@given(st.lists(events, max_size=40))
def test_whatever_is_pressed_the_playhead_stands_in_the_run(actions: list[tuple[str, float]]) -> None:
    run = made(0, ended=False)
    watching = player(run)
    now = 0.0
    for what, value in actions:
        before, was = watching.frame, watching.playing
        if what == "tick":
            now += value
            assert watching.tick(now) == (watching.frame != before)
            assert watching.frame >= before
            assert was or watching.frame == before
        elif what == "grow" and run.end is None:
            grow(run, int(value))
        elif what == "end" and run.end is None:
            run.add(end())
        elif what == "toggle":
            watching.toggle(now)
        elif what == "to_end":
            watching.to_end(now)
        elif what == "seek":
            watching.seek(int(value))
        elif what == "speed":
            watching.change_speed(int(value))
        assert 0 <= watching.frame <= run.last
        assert not (watching.following and watching.over)
    while watching.moving:
        now += 10
        watching.tick(now)
    assert watching.at_end or not watching.playing
    assert run.end is None or not watching.playing
