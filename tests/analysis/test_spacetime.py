"""The picture of a whole run is, cell by cell, what its frames are; and stays so while the run grows."""

from __future__ import annotations

from bisect import bisect_right
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llada_tui.analysis import spacetime
from llada_tui.analysis.colour_scale import LEVELS, ColourBy, EntropyScale, level
from llada_tui.analysis.revisions import REVISION_STEPS
from llada_tui.analysis.spacetime import BLANK, MOST_CODES, OF_GUESSES, Spacetime, code_of, state_of
from llada_tui.analysis.token_history import TokenHistory
from llada_tui.trace.cell import Cell, State
from llada_tui.trace.events import Alternatives, Choice
from llada_tui.trace.run import Run
from llada_tui.trace.text import TokenBytes
from tests.trace.support import MASK, Recorded, recorded_runs, start, step
from tests.trace.test_noise import small_run

EVENTS = (State.PINNED, State.COMMITTED_NOW, State.EDITED, State.REMASKED)
shades = st.sampled_from(list(ColourBy))


def folded(made: Recorded) -> Run:
    run = Run(made.start, TokenBytes())
    for event in made.events:
        run.add(event)
    return run


def picture_of(run: Run, by: ColourBy, every: int = 3) -> Spacetime:
    picture = Spacetime(run, by, run.last + 1)
    picture.every = every
    return picture


def code(cell: Cell, by: ColourBy, frames: int, run: Run, frame: int) -> int:
    """The code of one cell of the canvas, coloured without candidates."""
    if by is ColourBy.RECOMPUTED:
        return code_of(cell.state, computed_level(run, cell.position, frame))
    plain = cell.state in (State.MASKED, State.NOISE, State.GIVEN, State.PINNED, State.REMASKED) or by is ColourBy.STATE
    if plain or by is ColourBy.ENTROPY or (by is ColourBy.ORDER and cell.guessed):
        return code_of(cell.state)
    if by is ColourBy.REVISIONS:
        flips = TokenHistory(run, cell.position).flips
        until = frame if cell.guessed else cell.since
        return code_of(cell.state, bisect_right(REVISION_STEPS, sum(flip <= until for flip in flips)))
    return code_of(cell.state, level(cell.confidence if by is ColourBy.CONFIDENCE else cell.since / frames))


def computed_level(run: Run, position: int, frame: int) -> int | None:
    """The level of the part of the layers that computed a position anew; None where that is not known."""
    if not frame:
        return None
    step = run.steps[frame - 1]
    if step.recomputed:
        return level(step.recomputed[position])
    has_changed = bool(step.commits or step.predictions or step.edits or step.remasked)
    return LEVELS - 1 if has_changed and run.settings_at(frame - 1).recomputed else None


@given(recorded_runs(), shades, st.integers(1, 5))
def test_a_row_of_one_frame_is_that_frame(made: Recorded, by: ColourBy, every: int) -> None:
    run = folded(made)
    picture = picture_of(run, by, every)
    for frame in range(run.last + 1):
        assert list(picture.row(frame, frame, 1)) == [
            code(cell, by, run.last + 1, run, frame) for cell in run.cells(frame)
        ]


@given(recorded_runs(), shades)
def test_a_picture_that_grew_is_one_made_afresh(made: Recorded, by: ColourBy) -> None:
    run = Run(made.start, TokenBytes())
    grown = Spacetime(run, by, len(made.steps) + 1)
    grown.every = 2
    for event in made.events:
        for frame in range(run.last + 1):
            grown.row(frame, frame + 1, 1)
        run.add(event)
    afresh = picture_of(run, by, 64)
    for frame in range(run.last + 1):
        assert grown.row(frame, frame + 1, 1) == afresh.row(frame, frame + 1, 1)


@given(recorded_runs(), st.integers(1, 4), st.integers(1, 5))
def test_a_cell_shows_what_happened_and_else_what_most_are(made: Recorded, each: int, frames: int) -> None:
    run = folded(made)
    picture = picture_of(run, ColourBy.STATE)
    for first in range(0, run.last + 1, frames):
        last = min(first + frames - 1, run.last)
        row = picture.row(first, first + frames - 1, each)
        for at, code in enumerate(row):
            positions = range(at * each, min((at + 1) * each, run.length_at(0)))
            happened = [
                code_of(cell.state)
                for frame in range(first, last + 1)
                for cell in (run.cell(position, frame) for position in positions)
                if cell.state in EVENTS and (cell.state is not State.PINNED or cell.since == frame)
            ]
            settled = sorted(code_of(_settled(run.cell(position, last).state)) for position in positions)
            assert code == max([*happened, settled[len(settled) // 2]])


@given(recorded_runs(), shades, st.integers(1, 3), st.data())
def test_a_part_of_a_row_is_cut_from_it(made: Recorded, by: ColourBy, each: int, data: st.DataObject) -> None:
    run = folded(made)
    cells = -(-run.length_at(0) // each)
    parts, whole = picture_of(run, by), picture_of(run, by)
    frames = data.draw(st.lists(st.integers(0, run.last), min_size=1, max_size=12))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(spacetime, "_PART", 2)
        for frame in frames:
            start = data.draw(st.integers(0, cells - 1))
            stop = data.draw(st.integers(start + 1, cells))
            assert parts.row(frame, frame, each, start, stop) == whole.row(frame, frame, each)[start:stop]


def _settled(state: State) -> State:
    """A state without what happened in the frame itself."""
    return {
        State.COMMITTED_NOW: State.COMMITTED, State.EDITED: State.COMMITTED, State.REMASKED: State.MASKED,
    }.get(state, state)  # fmt: skip


def test_a_prediction_of_the_last_frame_shows_under_nothing() -> None:
    run = Run(start(4), TokenBytes())
    run.add(step(0, {0: 7}, predictions=[Choice(1, 8, 0.99)]))
    run.add(step(1, {3: 7}, remasked=[0]))
    picture = picture_of(run, ColourBy.STATE)
    now, masked, back = (code_of(s) for s in (State.COMMITTED_NOW, State.MASKED, State.REMASKED))
    assert list(picture.row(1, 2, 1)) == [back, masked, masked, now]
    assert list(picture.row(0, 1, 1)) == [now, code_of(State.PREDICTED), masked, masked]


@pytest.mark.parametrize("by", list(ColourBy))
def test_noise_is_shown_as_on_the_canvas_or_what_is_guessed_there(by: ColourBy) -> None:
    run = small_run()
    picture = picture_of(run, by)
    states = [picture.cell(3, frame).state for frame in range(2)]
    assert states == [State.NOISE, State.PREDICTED if by in OF_GUESSES else State.NOISE]
    for frame in range(run.last + 1):
        cells = [picture.cell(position, frame) for position in range(4)]
        assert list(picture.row(frame, frame, 1)) == [code(cell, by, run.last + 1, run, frame) for cell in cells]


def test_frames_to_come_are_blank() -> None:
    run = Run(start(5), TokenBytes())
    run.add(step(0, {0: 7}))
    picture = Spacetime(run, ColourBy.STATE, 9)
    assert picture.row(2, 3, 2) == bytes([BLANK] * 3)
    run.add(step(1, {1: 7}))
    assert BLANK not in picture.row(2, 3, 2)


def test_entropy_is_that_of_the_candidates() -> None:
    run = Run(start(3), TokenBytes())
    sure, torn = Alternatives(0, [7, 8], [1.0, 0.0]), Alternatives(1, [7, 8], [0.5, 0.5])
    run.add(step(0, {0: 7}, predictions=[Choice(1, 8, 0.5), Choice(2, 8, 0.5)], alternatives=[sure, torn]))
    run.add(step(1, {}))
    picture = picture_of(run, ColourBy.ENTROPY)
    half = level(0.5)
    assert [state_of(code) for code in picture.row(1, 1, 1)] == [
        (State.COMMITTED_NOW, LEVELS - 1), (State.PREDICTED, half), (State.PREDICTED, None),
    ]  # fmt: skip
    assert state_of(picture.row(2, 2, 1)[0]) == (State.COMMITTED, LEVELS - 1)
    assert [EntropyScale(run).of(cell, 1) for cell in run.cells(1)] == [pytest.approx(1), pytest.approx(0.5), None]


def test_every_state_has_codes_of_its_own() -> None:
    levels: list[Any] = [None, *range(LEVELS)]
    codes = [code_of(state, level) for state in State for level in levels]
    assert len(set(codes)) == len(codes) == MOST_CODES < 127
    assert [state_of(code) for code in codes] == [(state, level) for state in State for level in levels]


def test_the_mask_itself_kept_is_a_mask() -> None:
    run = Run(start(2), TokenBytes())
    run.add(step(0, {0: MASK}))
    assert list(picture_of(run, ColourBy.STATE).row(1, 1, 1)) == [code_of(State.MASKED)] * 2
