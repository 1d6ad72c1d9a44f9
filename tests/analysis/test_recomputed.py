"""The positions that a step computed anew, by the numbers that a run recorded, on the canvas and in spacetime."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from llada_tui.analysis.colour_scale import LEVELS, ColourBy
from llada_tui.analysis.recomputed import Recomputed, is_recorded, recomputed_words
from llada_tui.analysis.spacetime import BLANK, Spacetime, state_of
from llada_tui.drawing.frame_rows import FrameRows
from llada_tui.drawing.token_styles import look
from llada_tui.trace.cell import State
from llada_tui.trace.events import RetuneEvent, RunEvent, Stretch
from llada_tui.trace.run import Run
from llada_tui.trace.text import TokenBytes
from tests.trace.support import start, step

TOP = LEVELS - 1


def recording(length: int) -> RunEvent:
    begun = start(length)
    return replace(begun, settings=begun.settings.replace(recomputed=True))


def cached() -> Run:
    """A run of two blocks with the dual cache: the first step computes everything, the others the block at work."""
    run = Run(recording(4), TokenBytes())
    run.add(step(0, {0: 7}, recomputed=[1.0, 1.0, 1.0, 1.0]))
    run.add(step(1, {1: 7}, recomputed=[1.0, 1.0, 0.0, 0.0]))
    run.add(step(2, {2: 7}, recomputed=[0.0, 0.25, 1.0, 1.0]))
    return run


def test_a_share_is_that_of_the_step_before_the_frame() -> None:
    recomputed = Recomputed(cached())
    shares = [[recomputed.share(position, frame) for position in range(4)] for frame in range(4)]
    assert shares == [[None] * 4, [1.0] * 4, [1.0, 1.0, 0.0, 0.0], [0.0, 0.25, 1.0, 1.0]]


def test_a_step_without_a_list_computed_everything_or_had_no_pass() -> None:
    run = Run(recording(2), TokenBytes())
    run.add(step(0, {0: 7}))
    run.add(step(1, {}))  # it waited for others of its batch
    run.add(RetuneEvent("r1", 2, run.start.settings.replace(recomputed=False)))
    run.add(step(2, {1: 7}))
    recomputed = Recomputed(run)
    assert [recomputed.share(0, frame) for frame in range(4)] == [None, 1.0, None, None]


def test_a_run_is_known_to_record_it_from_any_step_on() -> None:
    run = Run(start(2), TokenBytes())
    assert not is_recorded(run)
    run.add(RetuneEvent("r1", 0, run.start.settings.replace(recomputed=True)))
    assert is_recorded(run)


@pytest.mark.parametrize("shares", [[0.0], [0.0, 1.0, 1.0, 1.0]])
def test_a_list_of_another_length_than_the_canvas_is_read_as_far_as_it_goes(shares: list[float]) -> None:
    run = Run(recording(2), TokenBytes())
    run.add(step(0, {0: 7}, recomputed=shares))
    read = [Recomputed(run).share(position, 1) for position in range(4)]
    assert read == [*shares[:2], None, None, None][:4]


def test_a_position_that_came_after_the_pass_is_not_known() -> None:
    run = Run(recording(2), TokenBytes())
    run.add(step(0, {0: 7}, recomputed=[0.0, 1.0], inserted=Stretch(1, 2)))
    run.add(step(1, {1: 7}, recomputed=[0.0, 1.0, 0.5, 0.25], removed=Stretch(0, 1)))
    recomputed = Recomputed(run)
    assert [recomputed.share(position, 1) for position in range(4)] == [0.0, 1.0, None, None]
    # the canvas is 0, 2, 3, 1 now
    assert [recomputed.share(position, 2) for position in range(4)] == [0.0, 0.25, 1.0, 0.5]


@pytest.mark.parametrize("jump", [False, True])
def test_every_state_of_the_canvas_is_coloured_by_what_was_computed_anew(jump: bool) -> None:
    run, frame_rows, looks = cached(), FrameRows(), []
    for frame in (0, 1, 2, 3, 2):
        frame_rows = FrameRows() if jump else frame_rows
        frame_rows.show(run, frame, ColourBy.RECOMPUTED, True, 40)
        looks.append([*frame_rows.looks])
    masked, now, kept = State.MASKED, State.COMMITTED_NOW, State.COMMITTED
    second = [look(kept, TOP), look(now, TOP), look(masked, 0), look(masked, 0)]
    assert looks == [
        [look(masked)] * 4,
        [look(now, TOP), *[look(masked, TOP)] * 3],
        second,
        [look(kept, 0), look(kept, 2), look(now, TOP), look(masked, TOP)],
        second,
    ]


def test_a_run_that_does_not_record_it_keeps_the_colours_of_states() -> None:
    run, frame_rows = Run(start(2), TokenBytes()), FrameRows()
    run.add(step(0, {0: 7}))
    frame_rows.show(run, 1, ColourBy.RECOMPUTED, True, 40)
    assert frame_rows.looks == [look(State.COMMITTED_NOW), look(State.MASKED)]


def test_spacetime_is_bright_where_a_step_computed_anew() -> None:
    picture = Spacetime(cached(), ColourBy.RECOMPUTED, 4)
    levels = [[state_of(code)[1] for code in picture.row(frame, frame, 1)] for frame in range(4)]
    assert levels == [[None] * 4, [TOP] * 4, [TOP, TOP, 0, 0], [0, 2, TOP, TOP]]
    assert set(picture.row(4, 4, 1)) == {BLANK}


def test_the_measure_is_in_the_circle_where_it_is_recorded() -> None:
    assert ColourBy.REVISIONS.next(is_recomputed_known=True) is ColourBy.RECOMPUTED
    assert ColourBy.REVISIONS.next(is_recomputed_known=False) is ColourBy.STATE
    # of another run than the one in whose colours it began
    assert ColourBy.RECOMPUTED.next(is_recomputed_known=False) is ColourBy.STATE


def test_a_share_in_words() -> None:
    words = [recomputed_words(share) for share in (0.0, 0.25, 1.0)]
    assert words == ["from the cache", "computed anew in 25% of the layers", "computed anew"]
