"""The timeline of a run: its frames, those of the runs that it branched from among them."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llada_tui.drawing.pace import DWELL
from llada_tui.export import ExportError
from llada_tui.export.run_timeline import LONGEST_DWELL, RunTimeline, lineage
from llada_tui.export.timed_frames import LAST_SECONDS, time_frames
from llada_tui.trace.cell import State
from llada_tui.trace.resume import Resume
from llada_tui.trace.session import Session
from tests.export.support import branched, session_of, timeline_of
from tests.trace.support import MASK, Recorded, end, recorded_runs, start, step


def test_a_branch_is_told_from_the_beginning_of_the_run_it_left() -> None:
    timeline = timeline_of(branched(), "r2")
    frames = [(frame.step, frame.run.id, frame.by_hand) for frame in timeline.frames]
    assert frames == [
        *((0, "r1", False), (1, "r1", False), (2, "r1", False)),
        *((2, "r2", True), (3, "r2", False), (4, "r2", False)),
    ]
    texts = [frame.run.text(frame.run_frame).replace(" ░░░", "_") for frame in timeline.frames]
    assert texts == ["____", "one___", "one two__", "one zwei__", "one zwei drei_", "one zwei drei four"]


def test_what_a_branch_took_over_keeps_its_confidence_and_its_step() -> None:
    timeline = timeline_of(branched(), "r2")
    last = {cell.position: cell for cell in timeline.cells(timeline.frames[-1])}
    assert (last[0].state, last[0].confidence, last[0].since) == (State.COMMITTED, 0.75, 1)
    assert last[1].state is State.PINNED
    assert (last[2].confidence, last[2].since) == (0.5, 3)
    assert (last[3].state, last[3].since) == (State.COMMITTED_NOW, 4)


def test_a_branch_without_a_change_goes_on_without_a_moment_of_its_own() -> None:
    branch = start(run="r2", parent="r1", resume=Resume([7, MASK], step=1))
    events = [start(2), step(0, {0: 7}), step(1, {1: 8}), end(), branch, step(1, {1: 9}, run="r2")]
    assert [(frame.step, frame.run.id) for frame in timeline_of(events, "r2").frames] == [
        *((0, "r1"), (1, "r1")),
        (2, "r2"),
    ]


@pytest.mark.parametrize("parent", ["gone", "r2", "r3", "short", "late"])
def test_a_branch_of_what_is_not_there_or_does_not_fit_is_told_alone(parent: str) -> None:
    """A cut or hostile file: no parent, its own parent, a circle, another length, a step that was never made."""
    session = session_of(
        start(2, run="short"),
        start(3, run="late"),
        start(run="r2", parent=parent, resume=Resume([7, MASK, MASK], step=1)),
        step(1, {1: 9}, run="r2"),
        start(run="r3", parent="r2", resume=Resume([7, MASK, MASK], step=1)),
    )
    if parent != "r3":
        assert lineage(session, session.runs["r2"]) == [session.runs["r2"]]
    timeline = RunTimeline(session, session.runs["r2"])
    assert [frame.step for frame in timeline.frames][-2:] == [1, 2]


@given(recorded_runs())
def test_every_frame_of_a_run_is_a_moment(made: Recorded) -> None:
    session = Session()
    session.add(made.start)
    for event in made.events:
        session.add(event)
    run = session.runs[made.start.run]
    timeline = RunTimeline(session, run)
    assert [frame.run_frame for frame in timeline.frames] == list(range(run.last + 1))
    assert timeline.steps == (run.start.step, run.start.step + run.last)
    for frame in timeline.frames:
        expected = run.cells(frame.run_frame)
        assert [cell._replace(since=0) for cell in timeline.cells(frame)] == [
            cell._replace(since=0) for cell in expected
        ]


def test_steps_are_chosen_with_both_ends() -> None:
    timeline = timeline_of(branched(), "r2")
    assert [frame.step for frame in timeline.between(1, 3)] == [1, 2, 2, 3]
    assert [frame.step for frame in timeline.between(None, 1)] == [0, 1]
    assert [frame.step for frame in timeline.between(4, None)] == [4]
    with pytest.raises(ExportError, match="no step 5 in the run: its steps are 0 to 4"):
        timeline.between(5, None)
    with pytest.raises(ExportError, match="the first has to come before the last"):
        timeline.between(3, 1)


def test_a_run_without_a_step_has_one_moment() -> None:
    timeline = timeline_of([start(3)])
    assert timeline.steps == (0, 0)
    assert len(timeline.between(None, None)) == 1


def test_a_step_stays_as_long_as_it_took_within_reason() -> None:
    events = [start(3), *(step(at, {at: 7}) for at in range(3)), end()]
    timeline = timeline_of(events)
    assert [timeline.seconds(frame) for frame in timeline.frames] == [DWELL, 0.25, 0.25, 0.25]
    timed = time_frames(timeline, timeline.frames, 2.0)
    assert [frame.seconds for frame in timed] == [DWELL / 2, 0.125, 0.125, LAST_SECONDS]
    assert LONGEST_DWELL > 0.25


@given(st.integers(1, 40), st.floats(0.05, 100), st.floats(0, 0.1), st.integers(2, 50))
def test_what_is_left_out_lends_its_time(count: int, speed: float, least: float, most: int) -> None:
    events = [start(count), *(step(at, {at: 7}) for at in range(count)), end()]
    timeline = timeline_of(events)
    whole = time_frames(timeline, timeline.frames, speed)
    timed = time_frames(timeline, timeline.frames, speed, least_seconds=least, most_frames=most)
    assert sum(frame.seconds for frame in timed) == pytest.approx(sum(frame.seconds for frame in whole))
    assert (timed[0].frame, timed[-1].frame) == (timeline.frames[0], timeline.frames[-1])
    assert len(timed) <= most + 1
    steps = [frame.frame.step for frame in timed]
    assert all(before < after for before, after in pairwise(steps))
