"""The sums of ``bench --sums``: always the same questions, and what counts as right."""

from __future__ import annotations

import pytest

from llada_tui.bench.parallelism import is_right, sums


def test_the_questions_are_always_the_same() -> None:
    assert sums(3) == sums(5)[:3]
    question, answer = sums(1)[0]
    left, right = question.removeprefix("What is ").removesuffix("?").split(" + ")
    assert int(left) + int(right) == answer


@pytest.mark.parametrize(
    ("text", "right"),
    [("23 + 45 = 68.", True), ("It is 68, since 3 and 5 are 8", False), ("68", True), ("6 8", False), ("", False)],
)
def test_the_last_number_counts(text: str, right: bool) -> None:
    assert is_right(text, 68) is right


def test_thousands_may_have_commas() -> None:
    assert is_right("That is 1,068.", 1068)
