"""Runs: folding events gives what replaying them in the plainest way gives, at any frame."""

from __future__ import annotations

import sys
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from llada_tui.settings.sampler_settings import MAX_CANVAS, SamplerSettings
from llada_tui.trace.cell import Cell, State
from llada_tui.trace.events import (
    Alternatives,
    Choice,
    EndEvent,
    InterveneEvent,
    PiecesEvent,
    RetuneEvent,
    RunEvent,
    StepEvent,
)
from llada_tui.trace.resume import Resume
from llada_tui.trace.run import Run, TraceError
from llada_tui.trace.text import SLOT, TokenBytes
from tests.trace.support import EOS, EOT, MASK, MODEL, Recorded, end, recorded_runs, start, step


def fold(*events: Any, begin: RunEvent | None = None) -> Run:
    run = Run(begin or start(4), TokenBytes())
    for event in events:
        run.add(event)
    return run


def fold_recorded(made: Recorded) -> Run:
    return fold(*made.events, begin=made.start)


@given(recorded_runs())
def test_every_frame_is_that_of_a_plain_replay(made: Recorded) -> None:
    run = fold_recorded(made)
    assert run.last == len(made.frames) - 1
    for frame, expected in enumerate(made.frames):
        assert run.ids(frame) == expected
        assert run.canvas(frame) == [None if token == MASK else token for token in expected]
        assert run.masks_left(frame) == expected.count(MASK)


@given(recorded_runs())
def test_a_frame_does_not_change_once_the_run_goes_on(made: Recorded) -> None:
    run = Run(made.start, TokenBytes())
    cells_by_frame: dict[int, list[Cell]] = {0: run.cells(0)}
    for event in made.events:
        run.add(event)
        if isinstance(event, InterveneEvent):
            cells_by_frame.pop(run.last, None)
        cells_by_frame.setdefault(run.last, run.cells(run.last))
    for frame, cells in cells_by_frame.items():
        assert run.cells(frame) == cells


@given(recorded_runs())
def test_cells_tell_what_happened_in_the_step_before(made: Recorded) -> None:
    run = fold_recorded(made)
    by_hand: dict[int, dict[int, int]] = {}
    for event in made.events:
        if isinstance(event, InterveneEvent):
            by_hand.setdefault(event.step - made.start.step, {}).update(event.tokens)
    for frame, expected in enumerate(made.frames):
        made_step = made.steps[frame - 1] if frame else None
        for cell in run.cells(frame):
            _check_cell(cell, expected[cell.position], made_step, by_hand.get(frame, {}))
            assert cell.since <= frame


def _check_cell(cell: Cell, token: int, made: StepEvent | None, by_hand: dict[int, int]) -> None:
    at = cell.position
    committed = {choice.position for choice in made.commits} if made else set()
    edited = {choice.position for choice in made.edits} if made else set()
    guessed = {choice.position: choice for choice in made.predictions} if made else {}
    ahead = {choice.position: choice for choice in made.ahead} if made else {}
    if at in by_hand:
        assert cell.state in ((State.REMASKED,) if token == MASK else (State.PINNED,))
    elif at in edited:
        assert cell.state is State.EDITED
    elif token == MASK and at in guessed:
        assert cell.state is State.PREDICTED
        assert (cell.token, cell.confidence) == (guessed[at].token, guessed[at].confidence)
    elif token == MASK and at in ahead:
        assert cell.state is State.AHEAD
        assert (cell.token, cell.confidence) == (ahead[at].token, ahead[at].confidence)
    elif token == MASK:
        assert cell.state in (State.MASKED, State.REMASKED)
        assert (cell.state is State.REMASKED) == (made is not None and at in made.remasked)
        assert cell.token is None
    elif at in committed:
        assert cell.state is State.COMMITTED_NOW
    else:
        assert cell.state in (State.COMMITTED, State.GIVEN, State.PINNED)
    if token != MASK:
        assert cell.token == token


@given(recorded_runs())
def test_order_says_when_a_token_came_to_stand_there(made: Recorded) -> None:
    run = fold_recorded(made)
    for frame, order in enumerate(map(run.order, range(run.last + 1))):
        for position, since in enumerate(order):
            if since is not None:
                assert since <= frame
                assert {run.canvas(at)[position] for at in range(since, frame + 1)} == {run.canvas(frame)[position]}


@given(recorded_runs(), st.integers(-5, 40))
def test_a_frame_out_of_range_is_the_nearest(made: Recorded, frame: int) -> None:
    run = fold_recorded(made)
    nearest = min(max(frame, 0), run.last)
    assert run.cells(frame) == run.cells(nearest)
    assert run.masks_left(frame) == run.masks_left(nearest)
    assert run.order(frame) == run.order(nearest)


@given(recorded_runs())
def test_settings_hold_from_their_step_on(made: Recorded) -> None:
    run = fold_recorded(made)
    for frame in range(run.last + 1):
        expected = made.start.settings
        for event in made.events:
            if isinstance(event, RetuneEvent) and event.step <= made.start.step + frame:
                expected = event.settings
        assert run.settings_at(frame) == expected


def _bad_events(run: Run) -> list[Any]:
    following = run.start.step + run.last
    outside = [-1, run.length_at(0), 10**9]
    return [
        step(following + 1, {0: 3}),
        step(following - 1, {0: 3}),
        *(step(following, {0: 3, at: 3}) for at in outside),
        *(step(following, {0: token}) for token in (-1, 2**31, 2**70)),
        *(step(following, {0: 3}, remasked=[at]) for at in outside),
        *(step(following, {0: 3}, predictions=[Choice(at, 3, 0.5)]) for at in outside),
        *(step(following, {0: 3}, ahead=[Choice(at, 3, 0.5)]) for at in outside),
        *(step(following, {0: 3}, edits=[Choice(at, 3, 0.5)]) for at in outside),
        *(step(following, {0: 3}, alternatives=[Alternatives(at, [3], [0.5])]) for at in outside),
        *(InterveneEvent(run.id, following, [(0, 3), (at, 3)]) for at in outside),
        InterveneEvent(run.id, following, [(0, 3), (0, -1)]),
        InterveneEvent(run.id, following + 1, [(0, 3)]),
    ]


@given(recorded_runs())
def test_events_that_do_not_fit_change_nothing(made: Recorded) -> None:
    run = Run(made.start, TokenBytes())
    for event in made.events:
        if isinstance(event, EndEvent):
            break
        run.add(event)
    for bad in _bad_events(run):
        with pytest.raises(TraceError) as caught:
            run.add(bad)
        assert str(caught.value).endswith(".")
    assert [run.ids(frame) for frame in range(run.last + 1)] == made.frames
    assert [run.masks_left(frame) for frame in range(run.last + 1)] == [canvas.count(MASK) for canvas in made.frames]
    run.add(step(made.start.step + run.last, {}))


def test_nothing_follows_the_end() -> None:
    run = fold(step(0, {0: 7}), end())
    for event in (step(1, {1: 7}), end(), InterveneEvent("r1", 1, [(0, 3)])):
        with pytest.raises(TraceError, match="after its end"):
            run.add(event)
    assert run.last == 1


@pytest.mark.parametrize(
    "begin",
    [
        RunEvent("r", MODEL, SamplerSettings(), [], Resume()),
        RunEvent("r", MODEL, SamplerSettings(), [], Resume([MASK] * (MAX_CANVAS + 1))),
        RunEvent("r", MODEL, SamplerSettings(), [], Resume([-1])),
        RunEvent("r", MODEL, SamplerSettings(), [2**31], Resume([MASK])),
    ],
)
def test_a_beginning_that_cannot_be_is_refused(begin: RunEvent) -> None:
    with pytest.raises(TraceError):
        Run(begin, TokenBytes())


def _calls(run: Run, frame: int) -> int:
    """The number of Python and C calls that looking a frame up takes: what its time is made of, on any machine."""
    count = 0

    def watch(_frame: object, event: str, _argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(watch)
    try:
        run.cells(frame)
        run.canvas(frame)
    finally:
        sys.setprofile(None)
    return count


def _long_run(steps: int) -> Run:
    """A canvas of 32 in which each position is written four times, however many steps that takes."""
    run = Run(start(32), TokenBytes())
    for index in range(steps):
        changed = (
            {(index * 128 // steps) % 32: index % 30} if index * 128 // steps != (index - 1) * 128 // steps else {}
        )
        run.add(step(index, changed))
    run.cells(0)  # the first look folds the steps
    return run


def test_looking_a_frame_up_does_not_take_longer_in_a_long_run() -> None:
    short, long = _long_run(128), _long_run(12_800)
    for share in (0.0, 0.25, 0.5, 1.0):
        few = _calls(short, round(short.last * share))
        many = _calls(long, round(long.last * share))
        assert many <= 2 * few


def test_a_branch_counts_its_steps_on_and_keeps_its_parents_tokens() -> None:
    run = fold(step(5, {1: 8}), begin=start(parent="r0", resume=Resume([7, MASK, 3], [MASK, MASK, 3], step=5)))
    assert [cell.state for cell in run.cells(0)] == [State.COMMITTED, State.MASKED, State.GIVEN]
    assert [cell.state for cell in run.cells(1)] == [State.COMMITTED, State.COMMITTED_NOW, State.GIVEN]


def test_a_committed_mask_is_a_mask() -> None:
    run = fold(step(0, {0: MASK, 1: 7}), begin=start(2))
    assert run.canvas(1) == [None, 7]
    assert run.masks_left(1) == 1
    assert run.cells(1)[0].state is State.MASKED


def test_time_and_rate() -> None:
    run = fold(step(0, {0: 7}), step(1, {1: 7, 2: 7}))
    assert [run.seconds(frame) for frame in range(3)] == [0.0, 0.25, 0.5]
    assert run.rate(0) == 0.0
    assert run.rate(2) == 6.0


def test_history_and_search() -> None:
    run = fold(step(0, {0: 7}), step(1, {}, remasked=[0]), step(2, {0: 8}))
    assert [change.token for change in run.history(0)] == [None, 7, None, 8]
    assert run.find_step(lambda made: bool(made.remasked)) == 2
    assert run.find_step(lambda made: bool(made.edits)) is None


def test_the_answer_ends_at_the_end_of_text_and_holds_no_mask() -> None:
    pieces = TokenBytes()
    pieces.add(PiecesEvent({7: b"Hel", 8: b"lo", 9: b" there", EOT: b"<|eot_id|>", MASK: b"<|mdm_mask|>"}, [EOT, EOS]))
    run = Run(start(5), pieces)
    run.add(step(0, {0: 7, 1: 8}))
    assert run.answer() == "Hello"
    assert run.text(1) == "Hello" + SLOT * 3
    run.add(step(1, {3: EOT, 4: 9}))
    assert run.answer() == "Hello"
    assert run.text(2) == "Hello" + SLOT
    assert run.text(2, cut=False).endswith(" there")
    run.add(end("Hello, said the worker"))
    assert run.answer() == "Hello, said the worker"
    assert run.question == "a question"


@given(st.integers(1, 100), st.integers(1, 100))
def test_blocks_cover_the_canvas(length: int, block: int) -> None:
    values = SamplerSettings(steps=length, gen_length=length, block_length=block)
    run = Run(RunEvent("r", MODEL, values, [], Resume([MASK] * length)), TokenBytes())
    spans = run.blocks()
    assert [at for span in spans for at in range(*span)] == list(range(length))
    assert len(spans) == values.blocks


def test_blocks_of_a_model_that_has_its_own_count_from_the_prompts_start() -> None:
    values = SamplerSettings(steps=64, gen_length=64, block_length=32)
    model = msgspec.structs.replace(MODEL, block_size=32)
    run = Run(RunEvent("r", model, values, [1] * 40, Resume([MASK] * 64)), TokenBytes())
    assert run.blocks() == [(0, 24), (24, 56), (56, 64)]
