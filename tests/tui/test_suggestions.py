"""What the first screen suggests, asked of the embedded model as in the chat: it is lively, and right."""

from __future__ import annotations

import re

import pytest

from benchmarks.liveliness import run_of
from llada_tui import load_model
from llada_tui.analysis.liveliness import liveliness
from llada_tui.api import Model
from llada_tui.settings.presets import chat_settings
from llada_tui.tui.chat.tour import QUESTION
from llada_tui.tui.chat.welcome import EXAMPLES

SUGGESTIONS = sorted({*EXAMPLES[True], QUESTION})


@pytest.fixture(scope="module")
def model() -> Model:
    return load_model("demo")


def is_right(question: str, answer: str) -> bool:
    """Whether a story is about what was asked for, and a count whole."""
    if count := re.fullmatch(r"Count from (\d+) to (\d+)\.", question):
        first, last = map(int, count.groups())
        return answer == ", ".join(map(str, range(first, last + 1))) + "."
    things = re.findall(r"\ban? (\w+)", question.removeprefix("Tell me a story"))
    return answer.startswith("Once upon a time") and answer.endswith(".") and all(thing in answer for thing in things)


@pytest.mark.parametrize("question", SUGGESTIONS)
def test_a_suggestion_is_lively_and_right(model: Model, question: str) -> None:
    """Without a change guesses would look kept from the first step on."""
    for seed in range(3):
        run = run_of(model, question, chat_settings("demo").replace(seed=seed))
        changes, positions, end_steps, _ = liveliness(run)
        assert (changes >= 40, positions >= 10, end_steps <= 2) == (True, True, True), liveliness(run)
        assert is_right(question, model.loaded.decode(run.ids(run.last)))


def test_what_is_not_right() -> None:
    assert not is_right("Count from 7 to 9.", "7, 8, 8, 9.")
    assert not is_right("Tell me a story about a robot and a key.", "Once upon a time there was a robot.")
