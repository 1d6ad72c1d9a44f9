"""Positions keep their numbers while a canvas grows and shrinks, whatever of the run is there."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llada_tui.settings.sampler_settings import MAX_CANVAS
from llada_tui.trace.canvas_positions import MAX_INSIDE, splices
from llada_tui.trace.cell import State
from llada_tui.trace.draft import Draft
from llada_tui.trace.events import FORMAT, VERSION, SessionEvent, Stretch, encode
from llada_tui.trace.resume_from import resume_from
from llada_tui.trace.run import Run, TraceError
from llada_tui.trace.session import read_session
from llada_tui.trace.text import TokenBytes
from tests.trace.growing_runs import Growing, growing_runs
from tests.trace.support import MASK, start, step


@given(growing_runs())
def test_every_frame_has_its_positions_and_what_stands_there(made: Growing) -> None:
    run = made.folded()
    for frame, canvas in enumerate(made.frames):
        positions = [position for position, _ in canvas]
        assert list(run.positions.of(frame)) == positions
        assert run.ids(frame) == [token for _, token in canvas]
        assert run.length_at(frame) == len(canvas)
        assert run.masks_left(frame) == run.ids(frame).count(MASK)
        cells = run.cells(frame)
        assert [cell.position for cell in cells] == positions
        assert [run.cell_at(place, frame) for place in range(len(canvas))] == cells
        assert [MASK if cell.token is None or cell.guessed else cell.token for cell in cells] == run.ids(frame)
        for position in range(run.positions.ever):
            place = positions.index(position) if position in positions else None
            assert run.positions.place_of(position, frame) == place
            assert run.positions.has(position, frame) == (place is not None)
            assert run.positions.order[run.positions.column_of(position)] == position
        assert [at for at in run.positions.order if run.positions.has(at, frame)] == positions
    assert run.positions.longest == max(map(len, made.frames))
    assert run.written(run.last) == len(made.frames[-1]) - run.masks_left(run.last)


@given(growing_runs())
def test_a_run_that_grows_is_the_run_that_it_becomes(made: Growing) -> None:
    whole = made.folded()
    run = Run(made.start, TokenBytes())
    for count, event in enumerate(made.steps):
        for frame in range(count + 1):
            assert run.cells(frame) == whole.cells(frame)
        run.add(event)


@given(growing_runs(), st.data())
def test_splices_lead_from_one_frame_to_another(made: Growing, data: st.DataObject) -> None:
    run = made.folded()
    first, second = sorted(data.draw(st.tuples(st.integers(0, run.last), st.integers(0, run.last))))
    positions, goal = list(run.positions.of(first)), list(run.positions.of(second))
    for place, removed, inserted in splices(positions, goal):
        positions[place : place + removed] = goal[place : place + inserted]
    assert positions == goal
    for place, position in enumerate(run.positions.of(first)):
        moved = run.positions.moved(place, run.positions.of(first), second)
        assert moved == (goal.index(position) if position in goal else None)


@given(made=growing_runs(), data=st.data())
def test_a_file_that_is_cut_anywhere_has_the_frames_before_the_cut(
    made: Growing, data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    header = SessionEvent(FORMAT, VERSION, "llada-tui", 0.0)
    lines = b"".join(encode(event) + b"\n" for event in (header, made.start, *made.steps))
    begin = len(encode(header)) + len(encode(made.start)) + 2
    path: Path = tmp_path_factory.mktemp("cut") / "a.jsonl"
    path.write_bytes(lines[: data.draw(st.integers(begin, len(lines)))])
    (run,) = read_session(path).runs.values()
    for frame in range(run.last + 1):
        assert list(zip(run.positions.of(frame), run.ids(frame), strict=True)) == made.frames[frame]
    resume = resume_from(run, run.last)
    assert resume.canvas == run.ids(run.last)
    assert resume.initial_canvas == [MASK] * len(run.ids(run.last))


@given(growing_runs(), st.data())
def test_a_draft_is_about_positions_wherever_they_stand(made: Growing, data: st.DataObject) -> None:
    run = made.folded()
    frame = data.draw(st.integers(0, run.last))
    place = data.draw(st.integers(0, run.length_at(frame) - 1))
    draft = Draft(run)
    draft.write([5], place, frame)
    position = run.positions.of(frame)[place]
    assert draft.changes == {position: 5}
    for other in range(run.last + 1):
        there = run.positions.place_of(position, other)
        assert draft.changes_at(other) == ({} if there is None else {there: 5})
        assert there is None or draft.token_at(there, other) == 5
    assert draft.mask_again(range(place, place + 1), frame)
    assert draft.changes == {position: MASK}


def test_a_change_that_cannot_be_is_refused() -> None:
    run = Run(start(4), TokenBytes())
    for more in (
        {"inserted": Stretch(5, 1)}, {"inserted": Stretch(0, MAX_CANVAS)}, {"removed": Stretch(2, 3)},
        {"inserted": Stretch(4, 2), "removed": Stretch(5, 2)},
    ):  # fmt: skip
        with pytest.raises(TraceError, match="changes the canvas in a way that cannot be"):
            run.add(step(0, {}, **more))
    with pytest.raises(TraceError, match="names a position"):
        run.add(step(0, {6: 1}, inserted=Stretch(4, 2)))
    run.add(step(0, {5: 1}, inserted=Stretch(4, 2)))
    assert run.ids(1) == [MASK] * 5 + [1]
    for index in range(1, MAX_INSIDE + 1):
        run.add(step(index, {}, inserted=Stretch(0, 1), removed=Stretch(0, 1)))
    with pytest.raises(TraceError, match="changes the canvas"):
        run.add(step(MAX_INSIDE + 1, {}, inserted=Stretch(0, 1)))


def test_a_position_that_came_later_is_a_mask_before() -> None:
    run = Run(start(2), TokenBytes())
    run.add(step(0, {0: 7}, inserted=Stretch(1, 1)))
    run.add(step(1, {2: 8}, removed=Stretch(2, 1)))
    assert [run.ids(frame) for frame in range(3)] == [[MASK, MASK], [7, MASK, MASK], [7, 8]]
    assert run.cell(2, 0).state is State.MASKED
    assert list(run.positions.order) == [0, 2, 1]
    assert run.order(2) == [1, 2]
    assert run.touched(0, 1) is None
