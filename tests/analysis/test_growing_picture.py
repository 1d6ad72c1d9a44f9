"""A canvas that changes its length in the figures of a run: columns that open and close, and its length."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from llada_tui.analysis.colour_scale import ColourBy, level
from llada_tui.analysis.metrics import RunMetrics
from llada_tui.analysis.recomputed import Recomputed
from llada_tui.analysis.revisions import Revisions
from llada_tui.analysis.spacetime import BLANK, Spacetime, code_of
from llada_tui.analysis.token_history import TokenHistory
from llada_tui.trace.events import Stretch
from llada_tui.trace.run import Run
from llada_tui.trace.text import TokenBytes
from tests.trace.growing_runs import Growing, growing_runs
from tests.trace.support import start, step


@given(growing_runs(), st.integers(1, 5))
def test_a_row_is_its_frame_and_blank_where_a_position_is_not_there(made: Growing, every: int) -> None:
    run = made.folded()
    picture = Spacetime(run, ColourBy.STATE, run.last + 1)
    picture.every = every
    for frame in range(run.last + 1):
        assert list(picture.row(frame, frame, 1)) == [
            code_of(run.cell(at, frame).state) if run.positions.has(at, frame) else BLANK for at in run.positions.order
        ]


@given(growing_runs(), st.sampled_from(list(ColourBy)), st.integers(1, 3))
def test_a_picture_that_grew_is_one_made_afresh(made: Growing, by: ColourBy, each: int) -> None:
    run = Run(made.start, TokenBytes())
    grown = Spacetime(run, by, len(made.steps) + 1)
    grown.every = 2
    for event in made.steps:
        for frame in range(run.last + 1):
            grown.row(frame, frame + 1, each)
        run.add(event)
    afresh = Spacetime(run, by, len(made.steps) + 1)
    for frame in range(run.last + 1):
        assert grown.row(frame, frame + 1, each) == afresh.row(frame, frame + 1, each)


@given(growing_runs())
def test_what_was_computed_anew_follows_a_position(made: Growing) -> None:
    run = made.folded()
    picture = Spacetime(run, ColourBy.RECOMPUTED, run.last + 1)
    for frame in range(1, run.last + 1):
        row = dict(zip(run.positions.order, picture.row(frame, frame, 1), strict=True))
        there, step = [position for position, _ in made.frames[frame - 1]], run.steps[frame - 1]
        works = run.start.settings.recomputed and (step.commits or step.predictions or step.remasked)
        for position, _ in made.frames[frame]:
            share = position % 3 / 2 if step.recomputed else 1.0 if works else None
            share = share if position in there else None
            assert Recomputed(run).share(position, frame) == share
            expected = code_of(run.cell(position, frame).state, None if share is None else level(share))
            assert row[position] == expected


@given(growing_runs())
def test_revisions_and_histories_follow_a_position(made: Growing) -> None:
    run = made.folded()
    revisions = Revisions(run)
    for position in range(run.positions.ever):
        flips = TokenHistory(run, position).flips
        assert revisions.count(position, run.last) == len(flips)


def test_curves_have_the_length_and_the_density_of_ends() -> None:
    begin = start(2)
    run = Run(begin.__replace__(settings=begin.settings.replace(length="rho_eos")), TokenBytes())
    run.add(step(0, {0: 7}, inserted=Stretch(2, 3), ends=0.25))
    run.add(step(1, {1: 7}, removed=Stretch(4, 1), ends=0.75))
    figures = RunMetrics(run).values
    assert figures["length"] == [5.0, 4.0]
    assert figures["ends"] == [0.25, 0.75]
    assert "length" not in RunMetrics(Run(begin, TokenBytes())).values
    assert run.expected_steps == 4
