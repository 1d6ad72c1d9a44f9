"""What differs in two runs on one prompt: whole words, in their place, and nothing that is not known yet."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from llada_tui.analysis.differences import words_missing_in, words_of
from llada_tui.trace.events import PiecesEvent
from llada_tui.trace.resume import Resume
from llada_tui.trace.run import Run
from llada_tui.trace.text import TokenBytes
from tests.trace.support import EOS, MASK, start

_MASK = None


def run_of(*pieces: str | None) -> Run:
    """A run whose canvas is these pieces; None is a mask, and ``""`` the end of text."""
    texts = dict.fromkeys(piece for piece in pieces if piece)
    ids = {text: 10 + at for at, text in enumerate(texts)}
    token_bytes = TokenBytes()
    token_bytes.add(PiecesEvent({**{token: text.encode() for text, token in ids.items()}, EOS: b""}, [EOS]))
    canvas = [MASK if piece is _MASK else ids[piece] if piece else EOS for piece in pieces]
    return Run(start(resume=Resume(canvas)), token_bytes)


def marked(
    first_pieces: tuple[str | None, ...], second_pieces: tuple[str | None, ...]
) -> list[tuple[str, tuple[int, ...]]]:
    return [
        (word.text, word.positions)
        for word in words_missing_in(words_of(run_of(*first_pieces), 0), words_of(run_of(*second_pieces), 0))
    ]


def test_words_are_whole_and_know_their_positions() -> None:
    words = words_of(run_of(" a", " lan", "tern", ".", " Yes", "", " no"), 0)
    assert [(word.text, word.positions) for word in words] == [("a", (0,)), ("lantern.", (1, 2, 3)), ("Yes", (4,))]


def test_a_word_that_touches_a_mask_is_not_whole() -> None:
    words = words_of(run_of(" a", " lan", _MASK, _MASK, " b", " c"), 0)
    assert [word.text for word in words] == ["a", "", "b", "c"]
    assert [word.text for word in words_of(run_of(_MASK, "tern", " b"), 0)] == ["", "b"]


def test_other_words_are_marked_where_they_stand() -> None:
    assert marked((" the", " red", " fox"), (" the", " blue", " fox")) == [("red", (1,))]
    assert marked((" the", " fox", " ran"), (" the", " fox")) == [("ran", (2,))]
    assert marked((" the", " fox"), (" the", " red", " fox")) == []


def test_what_the_other_has_not_written_yet_is_not_marked() -> None:
    assert marked((" the", " red", " fox"), (" the", _MASK, " fox")) == []
    assert marked((" the", " red", " fox", " ran"), (" the", " red", _MASK, _MASK)) == []
    assert marked((" the", _MASK, " ran"), (" a", " red", " ran")) == []  # "the" may go on


def test_scripts_without_blanks_differ_by_characters() -> None:
    assert marked(("漢", "字"), ("漢", "語")) == [("字", (1,))]
    assert marked(("漢字",), ("漢語",)) == [("字", (0,))]


pieces = st.lists(st.sampled_from([" a", " b", "c", ".", " ", "\n", "漢", _MASK, ""]), max_size=12).filter(bool)


@given(pieces)
def test_nothing_differs_from_itself(canvas: list[str | None]) -> None:
    assert marked(tuple(canvas), tuple(canvas)) == []


@given(pieces, pieces)
def test_marks_are_words_of_the_run_at_places_that_are_written(
    first_pieces: list[str | None], second_pieces: list[str | None]
) -> None:
    for text, positions in marked(tuple(first_pieces), tuple(second_pieces)):
        assert "".join(first_pieces[at] or "" for at in positions).find(text) >= 0
        assert all(first_pieces[at] for at in positions)
