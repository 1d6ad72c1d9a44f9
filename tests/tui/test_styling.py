"""How often the rules for what is on the screen are parsed and applied."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from textual.cache import LRUCache
from textual.css import stylesheet
from textual.dom import DOMNode

from llada_tui.tui.app import LladaApp
from llada_tui.tui.chat.chat import Chat
from llada_tui.tui.shell import caching_stylesheet
from tests.conftest import Home
from tests.tui.support import chatting


@pytest.fixture
def parts(home: Home, monkeypatch: pytest.MonkeyPatch) -> Counter[tuple[object, ...]]:
    """How often each part is parsed, from an application on that is the first one."""
    parts: Counter[tuple[object, ...]] = Counter()
    parse = stylesheet.parse

    def counting(scope: str, css: str, read_from: object, **options: Any) -> Any:
        parts[scope, css, read_from, options["is_default_rules"], options["tie_breaker"]] += 1
        return parse(scope, css, read_from, **options)

    monkeypatch.setattr(stylesheet, "parse", counting)
    monkeypatch.setattr(caching_stylesheet, "PARSED", LRUCache(2))
    return parts


async def test_each_part_is_parsed_once_for_a_chat_and_its_dialogs(parts: Counter[tuple[object, ...]]) -> None:
    async with chatting() as desk:
        opened = len(parts)
        desk.chat.action_help()
        await desk.until(lambda: desk.app.screen is not desk.chat)
    assert len(parts) > opened > 0
    assert set(parts.values()) == {1}


async def test_each_part_is_parsed_once_for_a_theme(parts: Counter[tuple[object, ...]]) -> None:
    async with chatting() as desk:
        opened, first = len(parts), desk.app.theme
        grounds = []
        for theme in ("llada-light", first, "llada-light"):
            desk.app.theme = theme
            await desk.pilot.pause()
            grounds.append(desk.chat.styles.background)
    assert grounds[0] == grounds[2] != grounds[1]
    assert (len(parts), max(parts.values())) == (opened, 2)


async def test_a_screen_that_opens_keeps_the_styles_with_which_its_parts_came(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    styled: list[frozenset[str]] = []
    update_styles = LladaApp.update_styles

    def noting(app: LladaApp, node: DOMNode, animate: bool = True) -> None:
        if isinstance(node, Chat):
            styled.append(node.classes)
        update_styles(app, node, animate)

    monkeypatch.setattr(LladaApp, "update_styles", noting)
    async with chatting(size=(120, 40)) as desk:
        await desk.until(lambda: styled)
    assert all("-tall" in classes for classes in styled)  # only for what its size changes
