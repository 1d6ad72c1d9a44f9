"""How often a place changed its mind, and the scale of colours for it."""

from __future__ import annotations

import pytest
from hypothesis import given

from llada_tui.analysis.colour_scale import LEVELS, ColourBy, level
from llada_tui.analysis.metrics import RunMetrics
from llada_tui.analysis.revisions import REVISION_STEPS, Revisions, revision_share
from llada_tui.analysis.token_history import TokenHistory
from llada_tui.drawing.frame_rows import FrameRows
from llada_tui.drawing.token_styles import look
from llada_tui.trace.cell import State
from llada_tui.trace.events import Choice
from llada_tui.trace.run import Run
from llada_tui.trace.text import TokenBytes
from tests.trace.support import Recorded, recorded_runs, start, step


@given(recorded_runs())
def test_they_are_the_changes_that_the_history_of_a_position_tells_while_a_run_grows(made: Recorded) -> None:
    run = Run(made.start, TokenBytes())
    revisions = Revisions(run)
    for event in made.events:
        run.add(event)
        for position in range(run.length_at(0)):
            flips = TokenHistory(run, position).flips
            for frame in range(run.last + 1):
                assert revisions.count(position, frame) == sum(flip <= frame for flip in flips)


@given(recorded_runs())
def test_they_are_read_a_slice_at_a_time(made: Recorded) -> None:
    run = Run(made.start, TokenBytes())
    for event in made.events:
        run.add(event)
    whole, sliced = Revisions(run), Revisions(run)
    for number in range(run.last):  # without time one step is read at a time
        assert sliced.read(run.last, -1) == (number == run.last - 1)
    assert sliced.read(run.last, -1)
    places = [(position, frame) for position in range(run.length_at(0)) for frame in range(run.last + 1)]
    assert [sliced.count(*place) for place in places] == [whole.count(*place) for place in places]


@given(recorded_runs())
def test_so_are_the_figures_of_a_run(made: Recorded) -> None:
    run = Run(made.start, TokenBytes())
    for event in made.events:
        run.add(event)
    whole, sliced = RunMetrics(run), RunMetrics(run, -1)
    for _ in range(run.last):
        sliced.update(-1)
    assert sliced.update(-1)
    assert sliced.values == whole.values
    assert [sliced.top(metric) for metric in sliced.metrics] == [whole.top(metric) for metric in whole.metrics]


def test_the_scale_begins_at_none_and_ends_at_many() -> None:
    levels = [level(revision_share(count)) for count in range(20)]
    assert levels == sorted(levels)
    assert levels[:5] == [0, 1, 2, 3, 4]
    assert set(levels) == set(range(LEVELS))
    assert levels[REVISION_STEPS[-1]] == LEVELS - 1


def restless() -> Run:
    """Position 0 is guessed as three tokens and then kept, position 1 as one."""
    run = Run(start(3), TokenBytes())
    for index, token in enumerate((7, 8, 9)):
        run.add(step(index, {}, predictions=[Choice(0, token, 0.5), Choice(1, 5, 0.5)]))
    run.add(step(3, {0: 9}, predictions=[Choice(1, 5, 0.5)]))
    return run


@pytest.mark.parametrize("jump", [False, True])
def test_a_place_is_coloured_by_its_revisions_up_to_the_frame_on_show(jump: bool) -> None:
    run, frame_rows, looks = restless(), FrameRows(), []
    for frame in (0, 1, 2, 3, 4, 3, 1):
        frame_rows = FrameRows() if jump else frame_rows
        frame_rows.show(run, frame, ColourBy.REVISIONS, True, 40)
        looks.append(frame_rows.looks[:2])
    guesses = [[look(State.PREDICTED, revisions), look(State.PREDICTED, 0)] for revisions in range(3)]
    kept = [look(State.COMMITTED_NOW, 2), look(State.PREDICTED, 0)]
    assert looks == [[look(State.MASKED)] * 2, *guesses, kept, guesses[2], guesses[0]]
