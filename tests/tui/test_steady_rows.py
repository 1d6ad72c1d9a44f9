"""Rows brought up to date: a token stays at its column while it can."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from llada_tui.drawing.steady_rows import update_rows
from llada_tui.drawing.text_flow import NEWLINE, Row, TextFlow


class Canvas:
    """Words of which some are guesses, in rows that are brought up to date."""

    def __init__(self, words: str, width: int, guesses: str) -> None:
        """``guesses``: a mark for each word, ``?`` for a guess. A word that begins with a hyphen goes on with the word
        before it."""
        self.texts = [_text(word) for word in words.split()]
        self.is_open = [mark == "?" for mark in guesses]
        self.width = width
        self.rows = self._flow().flow()

    def _flow(self) -> TextFlow:
        count = len(self.texts)
        return TextFlow(self.texts, [False] * count, self.width, count, is_open=self.is_open)

    def change(self, words: Mapping[int, str], kept: tuple[int, ...] = ()) -> list[Row]:
        """Other words, some of them kept from now on. Returns the rows before."""
        before = self.rows
        newlines = {at for at, word in words.items() if "\n" in word or "\n" in self.texts[at]}
        for at, word in words.items():
            self.texts[at] = _text(word)
        for at in kept:
            self.is_open[at] = False
        self.rows = update_rows(self._flow(), before, sorted({*words, *kept}), newlines)
        return before

    @property
    def lines(self) -> list[str]:
        return ["".join(span.text for span in row) for row in self.rows]

    def column(self, position: int) -> int:
        return next(span.column for row in self.rows for span in row if span.position == position)


def _text(word: str) -> str:
    return word[1:] if word.startswith("-") else word if word == "\n" else f" {word}"


def test_a_shorter_guess_leaves_blanks_and_nothing_else_moves() -> None:
    canvas = Canvas("the lantern was lit", 30, ".?..")
    assert canvas.lines == ["the lantern was lit"]
    canvas.change({1: "cup"})
    assert canvas.lines == ["the cup     was lit"]
    canvas.change({1: "basket"})
    assert canvas.lines == ["the basket  was lit"]


def test_a_longer_guess_takes_the_room_of_the_next_place() -> None:
    canvas = Canvas("the cup is lantern was lit", 30, ".?.?..")
    canvas.change({3: "cup"})
    assert canvas.lines == ["the cup is cup     was lit"]
    canvas.change({1: "table"})
    assert canvas.lines == ["the table is cup   was lit"]


def test_a_guess_that_finds_no_room_behind_it_takes_that_before_it() -> None:
    canvas = Canvas("the lantern was a cup", 21, ".?..?")
    canvas.change({1: "cup"})
    canvas.change({4: "table"})
    assert canvas.lines == ["the cup   was a table"]


def test_the_row_closes_up_where_a_shorter_word_is_kept() -> None:
    canvas = Canvas("the lantern was a cup", 30, ".?..?")
    canvas.change({1: "cup"})
    assert canvas.lines == ["the cup     was a cup"]
    canvas.change({}, kept=(1,))
    assert canvas.lines == ["the cup was a cup"]


def test_blanks_stand_behind_words_and_never_in_them() -> None:
    canvas = Canvas("the lan -tern was lit", 30, ".??..")
    assert canvas.lines == ["the lantern was lit"]
    canvas.change({1: "a"})
    assert canvas.lines == ["the atern   was lit"]
    canvas.change({1: "lan", 2: "ding"})
    assert canvas.lines == ["the lan ding was lit"]


def test_a_guess_has_at_least_the_room_of_a_mask() -> None:
    assert Canvas("so a is by", 30, ".???").lines == ["so a   is  by"]
    assert Canvas("so a is by", 30, "....").lines == ["so a is by"]


WORDS = "one two three four five six seven eight nine ten"


def test_a_row_begins_where_it_began_though_a_word_would_fit_before_it() -> None:
    canvas = Canvas(WORDS, 12, "...?......")
    assert canvas.lines == ["one two", "three four", "five six", "seven eight", "nine ten"]
    before = canvas.change({3: "a"}, kept=(3,))
    assert canvas.lines == ["one two", "three a", "five six", "seven eight", "nine ten"]
    assert [row is same for row, same in zip(before, canvas.rows, strict=True)] == [True, False, True, True, True]


def test_where_a_row_has_no_room_left_its_last_word_goes_to_the_next_row_and_the_others_stay() -> None:
    canvas = Canvas(WORDS, 12, "...?......")
    before = canvas.change({3: "fourteen"})
    assert canvas.lines == ["one two", "three", "fourteen", "five six", "seven eight", "nine ten"]
    assert canvas.rows[3:] == before[2:]


def test_a_row_that_is_less_than_half_full_takes_words_from_the_next() -> None:
    canvas = Canvas(WORDS, 12, "..??......")
    canvas.change({2: "a", 3: "b"}, kept=(2, 3))
    assert canvas.lines == ["one two", "a b five six", "seven eight", "nine ten"]


@pytest.mark.parametrize("back", [False, True])
def test_a_newline_that_is_kept_ends_its_row(back: bool) -> None:
    canvas = Canvas(WORDS, 16, "....?.....")
    assert canvas.lines == ["one two three", "four five six", "seven eight nine", "ten"]
    canvas.change({4: "\n"}, kept=(4,))
    assert canvas.lines == ["one two three", f"four{NEWLINE}", " six seven eight", "nine ten"]
    if back:
        canvas.change({4: "five"})
        assert "".join(canvas.lines).replace(" ", "") == WORDS.replace(" ", "")
        assert NEWLINE not in "".join(canvas.lines)


def test_no_row_begins_within_a_word() -> None:
    canvas = Canvas("one two three four five six", 10, "..????")
    assert canvas.lines == ["one two", "three four", "five six"]
    canvas.change({4: "-teen"})
    assert canvas.lines == ["one two", "three", "fourteen", "six"]
