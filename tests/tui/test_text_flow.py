"""Rows of text: what is flowed again after an edit is what flowing everything gives, and nothing is lost on the way."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rich.cells import cell_len

from llada_tui.drawing.text_flow import NEWLINE, Row, TextFlow, row_of
from llada_tui.trace.text import SLOT

TEXTS = (
    "", " ", "   ", "a", " a", "word", " word", " longer-word", "ing", ".", "\n", " a\nb", "\n\n", "a\n", "漢",
    " 漢字漢", "e\u0301", "◌\u0301", "░", " ░░░", SLOT, NEWLINE, "x" * 40, "漢" * 20, " two words", "    ",
)  # fmt: skip
texts = st.one_of(st.sampled_from(TEXTS), st.sampled_from(TEXTS), st.text(" ab\n漢", max_size=6))


@dataclass(frozen=True)
class Edit:
    """A canvas, and the same canvas with some positions changed."""

    before: TextFlow
    after: TextFlow
    first: int
    last: int


@st.composite
def edits(draw: st.DrawFn) -> Edit:
    size = draw(st.integers(1, 30))
    width = draw(st.integers(2, 24))
    old = draw(st.lists(texts, min_size=size, max_size=size))
    separate = draw(st.lists(st.booleans(), min_size=size, max_size=size))
    tail, new_tail = draw(st.integers(0, size)), draw(st.integers(0, size))
    new, new_separate = list(old), list(separate)
    changed = draw(st.lists(st.integers(0, size - 1), min_size=1, max_size=6))
    for position in changed:
        new[position] = draw(texts)
        new_separate[position] = draw(st.booleans())
    if new_tail != tail:
        changed += [tail, new_tail]
    return Edit(
        TextFlow(old, separate, width, tail),
        TextFlow(new, new_separate, width, new_tail),
        min(changed),
        min(max(changed), size - 1),
    )


def flowed(*words: str, width: int, separate: tuple[int, ...] = (), tail: int | None = None) -> list[str]:
    """The rows that words make, as text."""
    flow = TextFlow(words, [at in separate for at in range(len(words))], width, len(words) if tail is None else tail)
    return ["".join(span.text for span in row) for row in flow.flow()]


def bare(rows: list[Row]) -> str:
    return "".join(span.text for row in rows for span in row).replace(" ", "")


_GUESSED_NEWLINE = TextFlow(["", NEWLINE, " ░░░", ""], [False] * 4, 2, 0)
_MOVED_BLANKS = TextFlow(["word", "  ", "ing", " many"], [False] * 4, 6, 4)


@given(edits())
@example(Edit(_MOVED_BLANKS, TextFlow(["word", "  ", "ing", " long"], [False] * 4, 6, 4), 3, 3))
@example(Edit(_GUESSED_NEWLINE, TextFlow(_GUESSED_NEWLINE.texts, _GUESSED_NEWLINE.separate, 2, 3), 0, 3))
def test_flowing_again_gives_what_flowing_everything_gives(edit: Edit) -> None:
    old = edit.before.flow()
    rows, first, same = edit.after.reflow(list(old), edit.first, edit.last)

    assert rows == TextFlow(edit.after.texts, edit.after.separate, edit.after.width, edit.after.tail).flow()
    assert rows[:first] == old[:first]
    if same is not None:
        assert rows[same:] == old[same:]


@given(edits())
def test_no_row_is_too_wide_and_no_column_is_wrong(edit: Edit) -> None:
    for row in edit.before.flow():
        column = 0
        for span in row:
            assert span.column == column
            assert span.width == cell_len(span.text)
            column += span.width
        assert column <= edit.before.width


@given(edits())
def test_all_that_is_no_blank_is_shown_in_order(edit: Edit) -> None:
    rows = edit.before.flow()
    positions = [span.position for row in rows for span in row]

    assert bare(rows) == "".join(edit.before.texts).replace("\n", NEWLINE).replace(" ", "")
    assert positions == sorted(positions)
    for position, text in enumerate(edit.before.texts):
        assert bool(text) == (position in positions)


@given(edits())
def test_only_the_last_row_may_be_empty(edit: Edit) -> None:
    assert all(edit.before.flow()[:-1])


@given(edits())
def test_the_row_of_a_position_is_the_first_that_holds_it(edit: Edit) -> None:
    rows = edit.before.flow()
    for position, text in enumerate(edit.before.texts):
        result = row_of(rows, position)
        assert 0 <= result < len(rows)
        if text:
            assert result == next(at for at, row in enumerate(rows) if any(span.position == position for span in row))


@given(edits())
@example(Edit(TextFlow(["a", "b"], [False] * 2, 9, 1), TextFlow([], [], 9), 0, 0))
def test_the_tail_begins_a_row(edit: Edit) -> None:
    flow = edit.before
    rows = flow.flow()
    if 0 < flow.tail < len(flow.texts) and flow.texts[flow.tail]:
        assert rows[row_of(rows, flow.tail)][0].position == flow.tail


@pytest.mark.parametrize(
    ("words", "width", "rows"),
    [
        (("The", " cat", " sat"), 7, ["The cat", "sat"]),
        (("The", " cat", " sat"), 6, ["The", "cat", "sat"]),
        (("una", "band", "ed"), 20, ["unabanded"]),
        (("so", " una", "band", "ed"), 9, ["so", "unabanded"]),
        (("a", "\n", "b"), 9, [f"a{NEWLINE}", "b"]),
        (("a", "\n"), 9, [f"a{NEWLINE}", ""]),
        (("a", "\n", " b"), 9, [f"a{NEWLINE}", " b"]),
        (("abcdef",), 4, ["abcd", "ef"]),
        (("漢字漢",), 5, ["漢字", "漢"]),
        (("ab", "\n"), 2, ["ab", NEWLINE, ""]),
        (("word", "  ", "ing"), 6, ["word", " ing"]),
    ],
)
def test_rows_break_between_words(words: tuple[str, ...], width: int, rows: list[str]) -> None:
    assert flowed(*words, width=width) == rows


def test_a_loose_token_is_a_word_of_its_own() -> None:
    assert flowed("so", " many", "‹x›", "s", width=9) == ["so", "many‹x›s"]
    assert flowed("so", " many", "‹x›", "s", width=9, separate=(2,)) == ["so many", "‹x›s"]


def test_where_an_edit_moves_nothing_the_rows_after_it_stay() -> None:
    words = ["The", " cat", " sat", " on", " the", " mat"] * 5
    old = TextFlow(words, [False] * 30, 10, 30).flow()
    words[1] = " dog"
    rows, first, same = TextFlow(words, [False] * 30, 10, 30).reflow(list(old), 1, 1)

    assert first == 0
    assert same is not None and same <= 2  # noqa: PT018
    assert rows[same] is old[same]
