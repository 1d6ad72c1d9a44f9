"""The text of lessons: what is drawn strong, what stands as it is, and lines that fit."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from textual.content import Content

from llada_tui.lessons.stops import Pointer
from llada_tui.trace.cell import State
from llada_tui.tui.lesson.prose import hung, point_words, spaced
from llada_tui.tui.shell.inline_markup import inline

MARKED = st.text("ab *`[]/\\$漢é", max_size=30)


def styled(content: Content) -> list[tuple[str, str]]:
    return [(content.plain[span.start : span.end], str(span.style)) for span in content.spans]


@pytest.mark.parametrize(
    ("text", "plain", "strong", "code"),
    [
        ("a **bold word** here", "a bold word here", ["bold word"], []),
        ("type `{mask:12}` now", "type {mask:12} now", [], ["{mask:12}"]),
        ("**a** and `b` and **c**", "a and b and c", ["a", "c"], ["b"]),
        ("`a ** b **c**`", "a ** b **c**", [], ["a ** b **c**"]),
        ("2 ** 3 ** 4", "2 ** 3 ** 4", [], []),
        ("** no ** and `` and **", "** no ** and `` and **", [], []),
        (
            "{key:help} and `{key:help}`, {key:none} {key:}",
            "<help> and {key:help}, {key:none} {key:}",
            [],
            ["{key:help}"],
        ),
        ("[bold]x[/bold] [@click=app.quit]y[/] \\[z]", "[bold]x[/bold] [@click=app.quit]y[/] \\[z]", [], []),
    ],
)
def test_strong_words_and_code_and_nothing_else(text: str, plain: str, strong: list[str], code: list[str]) -> None:
    content = inline(text, lambda id: "<help>" if id == "help" else "")
    assert content.plain == plain
    spans = styled(content)
    assert [words for words, style in spans if style == "bold"] == strong
    assert [words for words, style in spans if "italic" in style] == code


@given(MARKED)
def test_only_marks_are_ever_taken_from_a_text(text: str) -> None:
    content = inline(text)
    rest = iter(text)
    assert all(letter in rest for letter in content.plain)
    assert content.plain.replace("*", "").replace("`", "") == text.replace("*", "").replace("`", "")
    assert len(styled(content)) * 2 <= text.count("`") + text.count("*")


@given(st.text("ab 漢", max_size=60), st.integers(6, 30))
def test_lines_fit_and_lose_no_word(text: str, width: int) -> None:
    for made in (hung(Content(text), width), spaced(Content(text), width)):
        assert all(cell_len(line.rstrip()) <= width for line in made.plain.split("\n"))
        assert "".join(made.plain.replace("•", "").split()) == "".join(text.split())


def test_an_item_hangs_behind_its_bullet() -> None:
    assert hung(Content("one two three four"), 11).plain == "• one two\n  three\n  four"


def test_what_is_pointed_at_in_words() -> None:
    points = (
        Pointer(text="72"),
        Pointer(3, 3),
        Pointer(0, 7),
        Pointer(state=State.MASKED),
        Pointer(state=State.REMASKED),
    )
    assert point_words(points) == "“72”, place 4, places 1 to 8, the masks, what was taken back"
    assert all(point_words([Pointer(state=state)]) for state in State)
