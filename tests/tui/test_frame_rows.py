"""Frame rows that are kept up to date show what new ones show, and name every row that looks different."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from llada_tui.analysis.colour_scale import ColourBy
from llada_tui.drawing.frame_rows import FrameRows
from llada_tui.drawing.text_flow import NEWLINE
from llada_tui.trace.cell import State
from llada_tui.trace.events import Choice, PiecesEvent
from llada_tui.trace.resume import Resume
from llada_tui.trace.run import Run
from llada_tui.trace.text import TokenBytes
from tests.trace.support import MASK, Recorded, recorded_runs, start, step

PIECES = {
    0: b"", 1: b"", 2: b"a", 3: b" a", 4: b" word", 5: b"\n", 6: b" a\nb", 7: "é".encode(), 8: b"\xc3", 9: b"\xa9",
    10: b"\xf0\x9f", 11: b"\x98\x80", 12: b" \xe6", 13: b"\xbc\xa2", 14: "漢字".encode(), 15: b"   ", 16: b"\x1b[31m",
    17: "e\u0301".encode(), 18: "\u0301".encode(), 19: b"longer-than-the-row" * 3, 20: b"\xff", 21: b"", 22: b" the",
}  # fmt: skip
"""Half characters, newlines, wide and combining ones, nothing at all; ids from 23 on are not known."""


def pieces() -> TokenBytes:
    token_bytes = TokenBytes()
    token_bytes.add(PiecesEvent(dict(PIECES), [0, 1]))
    return token_bytes


moves = st.one_of(
    st.tuples(st.just("grow"), st.just(1)),
    st.tuples(st.just("step"), st.sampled_from([-1, 1, 1])),
    st.tuples(st.just("jump"), st.integers(0, 14)),
    st.tuples(st.just("by"), st.sampled_from(list(ColourBy))),
    st.tuples(st.just("guesses"), st.booleans()),
    st.tuples(st.just("width"), st.integers(2, 30)),
)


def looks_of(frame_rows: FrameRows) -> list[Any]:
    """The spans of each row with their looks."""
    return [[(span.text, span.column, frame_rows.looks[span.position]) for span in row] for row in frame_rows.rows]


def bare(frame_rows: FrameRows) -> str:
    """All that is shown, without blanks."""
    return "".join(span.text for row in frame_rows.rows for span in row).replace(" ", "")


def check_rows(frame_rows: FrameRows, width: int) -> None:
    """No row is too wide, nothing is out of order, and only an open place has blanks after its text."""
    positions = [span.position for row in frame_rows.rows for span in row]
    assert positions == sorted(positions)
    for row in frame_rows.rows:
        column = 0
        for span in row:
            assert (span.column, span.width) == (column, cell_len(span.text))
            column += span.width
            cell = frame_rows.cells[span.position]
            if not (cell.token is None or cell.guessed or cell.state is State.REMASKED):
                assert span.text == NEWLINE or span.text in frame_rows.texts[span.position]
        assert column <= max(width, 2)


def check(frame_rows: FrameRows, run: Run, frame: int, by: ColourBy, guesses: bool, width: int) -> None:
    before = looks_of(frame_rows)
    dirty = frame_rows.show(run, frame, by, guesses, width)
    fresh = FrameRows()
    fresh.show(run, frame, by, guesses, width)

    assert [cell[:3] for cell in frame_rows.cells] == [cell[:3] for cell in fresh.cells]
    if by is not ColourBy.STATE:
        assert frame_rows.cells == fresh.cells
    assert frame_rows.texts == fresh.texts
    assert frame_rows.looks == fresh.looks
    check_rows(frame_rows, width)
    assert bare(frame_rows) == bare(fresh)
    if dirty is None or (run.end is not None and frame == run.last):
        assert frame_rows.rows == fresh.rows
    if dirty is not None:
        after = looks_of(frame_rows)
        different = {
            at
            for at in range(max(len(before), len(after)))
            if at >= len(before) or at >= len(after) or before[at] != after[at]
        }
        assert different <= dirty


@settings(max_examples=2 * settings.default.max_examples)
@given(recorded_runs(), st.lists(moves, max_size=25), st.integers(2, 20))
def test_a_picture_that_moves_over_a_run_shows_what_one_made_there_shows(
    recorded: Recorded, actions: list[tuple[str, Any]], width: int
) -> None:
    run = Run(recorded.start, pieces())
    waiting = list(recorded.events)
    frame_rows = FrameRows()
    frame, by, guesses = 0, ColourBy.STATE, True
    for what, value in [("grow", 1), *actions]:
        if what == "grow" and waiting:
            run.add(waiting.pop(0))
            frame = run.last
        elif what == "step":
            frame = run.clamp(frame + value)
        elif what == "jump":
            frame = run.clamp(value)
        elif what == "by":
            by = value
        elif what == "guesses":
            guesses = value
        elif what == "width":
            width = value
        check(frame_rows, run, frame, by, guesses, width)


def test_one_changed_token_makes_one_row_dirty() -> None:
    run = Run(start(40), pieces())
    for index in range(40):
        run.add(step(index, {index: 22}))
    frame_rows = FrameRows()
    frame_rows.show(run, 21, ColourBy.STATE, True, 20)

    dirty = frame_rows.show(run, 22, ColourBy.STATE, True, 20)

    assert dirty is not None
    # the row of the token before, that of the new token, and the masks after it, which begin their own row
    assert len(dirty) < len(frame_rows.rows)


def test_no_run_is_an_empty_picture() -> None:
    run = Run(start(4), pieces())
    frame_rows = FrameRows()
    frame_rows.show(run, 0, ColourBy.STATE, True, 20)

    assert frame_rows.show(None, 0, ColourBy.STATE, True, 20) is None
    assert (frame_rows.cells, frame_rows.texts, frame_rows.rows) == ([], [], [])


def test_without_guesses_a_predicted_token_is_a_mask_of_its_width() -> None:
    guessing = Run(start(2), pieces())
    guessing.add(step(0, {0: 2}, predictions=[Choice(1, 4, 0.5)]))
    frame_rows = FrameRows()

    frame_rows.show(guessing, 1, ColourBy.STATE, True, 20)
    assert frame_rows.texts == ["a", " word"]
    frame_rows.show(guessing, 1, ColourBy.STATE, False, 20)
    assert frame_rows.texts == ["a", " ░░░░"]


def test_a_hidden_prediction_that_looks_like_an_empty_mask_joins_the_word_that_it_belongs_to() -> None:
    run = Run(start(3), pieces())
    run.add(step(0, {}, predictions=[Choice(0, 4, 0.5), Choice(1, 22, 0.5), Choice(2, 2, 0.5)]))
    frame_rows = FrameRows()
    frame_rows.show(run, 0, ColourBy.STATE, False, 8)

    check(frame_rows, run, 1, ColourBy.STATE, False, 8)

    assert [[span.text for span in row] for row in frame_rows.rows] == [["░░░░"], ["░░░", "░"]]


def test_tokens_whose_text_comes_late_are_drawn_again() -> None:
    run = Run(start(resume=Resume([2, MASK, 4])), TokenBytes())
    frame_rows = FrameRows()
    frame_rows.show(run, 0, ColourBy.STATE, True, 30)
    assert "⟨2⟩" in str(looks_of(frame_rows))

    run.token_bytes.add(PiecesEvent(dict(PIECES), [0, 1]))
    assert frame_rows.has_late_texts
    check(frame_rows, run, 0, ColourBy.STATE, True, 30)
    assert "⟨" not in str(looks_of(frame_rows))
    assert not frame_rows.has_late_texts
