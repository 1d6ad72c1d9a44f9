"""Where a lesson stops in a run, finished or not, and what it points at."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llada_tui.lessons.stops import LessonStop, Pointer, StopKind, positions_of_text, spans_of_text
from llada_tui.trace.cell import State
from llada_tui.trace.events import Choice
from llada_tui.trace.run import Run
from llada_tui.trace.text import TokenBytes
from tests.lessons.made import IDS, made
from tests.trace.support import Recorded, recorded_runs, step

STEPS = ({2: " three"}, {0: "two"}, {1: " +"}, {3: "."})
WHOLE = made(*STEPS)
GROWING = made(*STEPS[:2], ended=False)
MENDED = made({0: " cat"}, {1: " +"}, {0: "two"}, {2: " three"}, length=3, taken={1: [0]})
BLOCKS = made({1: " cat"}, {0: "two"}, {3: "."}, {2: " So"}, block=2)


@pytest.mark.parametrize(
    ("stop", "run", "frame"),
    [
        (LessonStop(StopKind.START), WHOLE, 0),
        (LessonStop(StopKind.START), GROWING, 0),
        (LessonStop(StopKind.STEP, 3), WHOLE, 3),
        (LessonStop(StopKind.STEP, 9), WHOLE, None),
        (LessonStop(StopKind.STEP, 3), GROWING, None),
        (LessonStop(StopKind.TEXT, text="two + three"), WHOLE, 3),
        (LessonStop(StopKind.TEXT, text="o +"), WHOLE, 3),
        (LessonStop(StopKind.TEXT, text="three"), GROWING, 1),
        (LessonStop(StopKind.TEXT, text="two +"), GROWING, None),
        (LessonStop(StopKind.TEXT, text="zebra"), WHOLE, None),
        (LessonStop(StopKind.BLOCK, 2), BLOCKS, 2),
        (LessonStop(StopKind.BLOCK, 3), BLOCKS, None),
        (LessonStop(StopKind.TAKEN_BACK), MENDED, 2),
        (LessonStop(StopKind.TAKEN_BACK), WHOLE, None),
        (LessonStop(StopKind.END), WHOLE, 4),
        (LessonStop(StopKind.END), GROWING, None),
    ],
)
def test_the_first_frame_of_a_moment(stop: LessonStop, run: Run, frame: int | None) -> None:
    assert stop.frame(run) == frame
    assert [stop.reached(run, at) for at in range(run.last + 1)].count(True) == (
        0 if frame is None else run.last + 1 - frame
    )


def test_a_text_that_is_taken_back_is_no_longer_there() -> None:
    stop = LessonStop(StopKind.TEXT, text="cat")
    assert [stop.reached(MENDED, frame) for frame in range(5)] == [False, True, False, False, False]


@pytest.mark.parametrize(
    ("point", "frame", "positions"),
    [
        (Pointer(1, 2), 0, [1, 2]),
        (Pointer(2, 99), 4, [2, 3]),
        (Pointer(7, 9), 4, []),
        (Pointer(text="two + three"), 4, [0, 1, 2]),
        (Pointer(text="two +"), 2, []),
        (Pointer(state=State.MASKED), 0, [0, 1, 2, 3]),
        (Pointer(state=State.COMMITTED_NOW), 2, [0]),
        (Pointer(state=State.COMMITTED), 2, [2]),
        (Pointer(state=State.REMASKED), 4, []),
    ],
)
def test_what_is_pointed_at(point: Pointer, frame: int, positions: list[int]) -> None:
    assert point.positions(WHOLE, frame) == positions


def test_a_token_that_was_just_taken_back_can_be_pointed_at() -> None:
    assert Pointer(state=State.REMASKED).positions(MENDED, 2) == [0]
    assert Pointer(state=State.REMASKED).positions(MENDED, 3) == []


def test_guesses_are_text_to_point_at_but_not_to_stop_at() -> None:
    run = made(ended=False)
    run.add(step(0, {0: IDS["two"]}, predictions=[Choice(1, IDS[" +"], 0.5), Choice(2, IDS[" three"], 0.5)]))
    assert Pointer(text="two + three").positions(run, 1) == [0, 1, 2]
    assert Pointer(state=State.PREDICTED).positions(run, 1) == [1, 2]
    assert LessonStop(StopKind.TEXT, text="two + three").frame(run) is None


def test_every_place_of_a_text_is_found_also_where_two_overlap() -> None:
    token_bytes = WHOLE.token_bytes
    tokens: list[int | None] = [IDS["two"], IDS["two"], None, IDS["two"]]
    assert spans_of_text(token_bytes, tokens, "two") == [[0], [1], [3]]
    assert spans_of_text(token_bytes, tokens, "twotwo") == [[0, 1]]
    assert positions_of_text(token_bytes, tokens, "wo") == [0, 1, 3]
    assert positions_of_text(token_bytes, tokens, "twotwotwo") == []
    assert positions_of_text(token_bytes, [IDS["caf\u00e9"]], "f\u00e9") == [0]


@given(
    recorded_runs(),
    st.sampled_from(
        [
            LessonStop(StopKind.START),
            LessonStop(StopKind.STEP, 2),
            LessonStop(StopKind.TAKEN_BACK),
            LessonStop(StopKind.END),
        ]
    ),
)
def test_once_reached_a_moment_stays_and_a_growing_run_finds_the_same(made: Recorded, stop: LessonStop) -> None:
    run = Run(made.start, TokenBytes())
    for event in made.events:
        frame_before = stop.frame(run)
        run.add(event)
        assert frame_before is None or stop.frame(run) == frame_before
    reached = [stop.reached(run, frame) for frame in range(run.last + 1)]
    assert reached == sorted(reached)
