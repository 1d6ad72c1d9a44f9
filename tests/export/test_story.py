"""The story of a run: its moments, those of the runs it branched from among them."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llada_tui.export import ExportError
from llada_tui.export.pacing import LAST, paced
from llada_tui.export.run_timeline import DWELL, PATIENCE, Story, lineage
from llada_tui.trace.run import State
from llada_tui.trace.session import Session
from tests.export.support import branched, session_of, story_of
from tests.trace.support import MASK, Recorded, end, recorded_runs, start, step


def test_a_branch_is_told_from_the_beginning_of_the_run_it_left() -> None:
    story = story_of(branched(), "r2")
    told = [(moment.step, moment.run.id, moment.by_hand) for moment in story.moments]
    assert told == [
        *((0, "r1", False), (1, "r1", False), (2, "r1", False)),
        *((2, "r2", True), (3, "r2", False), (4, "r2", False)),
    ]
    texts = [moment.run.text(moment.frame).replace(" ░░░", "_") for moment in story.moments]
    assert texts == ["____", "one___", "one two__", "one zwei__", "one zwei drei_", "one zwei drei four"]


def test_what_a_branch_took_over_keeps_its_confidence_and_its_step() -> None:
    story = story_of(branched(), "r2")
    last = {cell.position: cell for cell in story.cells(story.moments[-1])}
    assert (last[0].state, last[0].confidence, last[0].since) == (State.COMMITTED, 0.75, 1)
    assert last[1].state is State.PINNED
    assert (last[2].confidence, last[2].since) == (0.5, 3)
    assert (last[3].state, last[3].since) == (State.COMMITTED_NOW, 4)


def test_a_branch_without_a_change_goes_on_without_a_moment_of_its_own() -> None:
    branch = start(run="r2", canvas=[7, MASK], parent="r1", step=1)
    events = [start(2), step(0, {0: 7}), step(1, {1: 8}), end(), branch, step(1, {1: 9}, run="r2")]
    assert [(moment.step, moment.run.id) for moment in story_of(events, "r2").moments] == [
        *((0, "r1"), (1, "r1")),
        (2, "r2"),
    ]


@pytest.mark.parametrize("parent", ["gone", "r2", "r3", "short", "late"])
def test_a_branch_of_what_is_not_there_or_does_not_fit_is_told_alone(parent: str) -> None:
    """A cut or hostile file: no parent, its own parent, a circle, another length, a step that was never made."""
    session = session_of(
        start(2, run="short"),
        start(3, run="late"),
        start(run="r2", canvas=[7, MASK, MASK], parent=parent, step=1),
        step(1, {1: 9}, run="r2"),
        start(run="r3", canvas=[7, MASK, MASK], parent="r2", step=1),
    )
    if parent != "r3":
        assert lineage(session, session.runs["r2"]) == [session.runs["r2"]]
    story = Story(session, session.runs["r2"])
    assert [moment.step for moment in story.moments][-2:] == [1, 2]


@given(recorded_runs())
def test_every_frame_of_a_run_is_a_moment(made: Recorded) -> None:
    session = Session()
    session.add(made.start)
    for event in made.events:
        session.add(event)
    run = session.runs[made.start.run]
    story = Story(session, run)
    assert [moment.frame for moment in story.moments] == list(range(run.last + 1))
    assert story.steps == (run.start.step, run.start.step + run.last)
    for moment in story.moments:
        own = run.cells(moment.frame)
        assert [cell._replace(since=0) for cell in story.cells(moment)] == [cell._replace(since=0) for cell in own]


def test_steps_are_chosen_with_both_ends() -> None:
    story = story_of(branched(), "r2")
    assert [moment.step for moment in story.between(1, 3)] == [1, 2, 2, 3]
    assert [moment.step for moment in story.between(None, 1)] == [0, 1]
    assert [moment.step for moment in story.between(4, None)] == [4]
    with pytest.raises(ExportError, match="no step 5 in the run: its steps are 0 to 4"):
        story.between(5, None)
    with pytest.raises(ExportError, match="the first has to come before the last"):
        story.between(3, 1)


def test_a_run_without_a_step_has_one_moment() -> None:
    story = story_of([start(3)])
    assert story.steps == (0, 0)
    assert len(story.between(None, None)) == 1


def test_a_step_stays_as_long_as_it_took_within_reason() -> None:
    events = [start(3), *(step(at, {at: 7}) for at in range(3)), end()]
    story = story_of(events)
    assert [story.seconds(moment) for moment in story.moments] == [DWELL, 0.25, 0.25, 0.25]
    assert [one.seconds for one in paced(story, story.moments, 2.0)] == [DWELL / 2, 0.125, 0.125, LAST]
    assert PATIENCE > 0.25


@given(st.integers(1, 40), st.floats(0.05, 100), st.floats(0, 0.1), st.integers(2, 50))
def test_what_is_left_out_lends_its_time(count: int, speed: float, least: float, most: int) -> None:
    events = [start(count), *(step(at, {at: 7}) for at in range(count)), end()]
    story = story_of(events)
    whole, shown = paced(story, story.moments, speed), paced(story, story.moments, speed, least=least, most=most)
    assert sum(one.seconds for one in shown) == pytest.approx(sum(one.seconds for one in whole))
    assert (shown[0].moment, shown[-1].moment) == (story.moments[0], story.moments[-1])
    assert len(shown) <= most + 1
    steps = [one.moment.step for one in shown]
    assert all(before < after for before, after in pairwise(steps))
