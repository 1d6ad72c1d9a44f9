"""What a person typed as a prompt: for a model that chats or one that continues texts, with holes or without."""

from __future__ import annotations

import pytest

from llada_tui.settings.prompt import Message, Prompt, typed_prompt

BEFORE = [Message("system", "be brief")]


def test_a_text_with_holes_is_split() -> None:
    asked = [*BEFORE, Message("user", "what?")]
    assert typed_prompt("what?\na{mask:2}", chat=True, before=BEFORE) == Prompt(messages=asked, template="a{mask:2}")
    assert typed_prompt("a{mask:2}", chat=False, before=BEFORE) == Prompt(text="", template="a{mask:2}")


@pytest.mark.parametrize("text", ["a{mask:2}", "plain", ""])
def test_without_holes_a_text_is_asked_as_it_stands(text: str) -> None:
    asked = [*BEFORE, Message("user", text)]
    assert typed_prompt(text, chat=True, before=BEFORE, holes=False) == Prompt(messages=asked)
    assert typed_prompt(text, chat=False, before=BEFORE, holes=False) == Prompt(text=text)
