"""How often the rules for what is on the screen are parsed and applied."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from textual.cache import LRUCache
from textual.css import stylesheet
from textual.css.stylesheet import Stylesheet
from textual.dom import DOMNode
from textual.widgets import DataTable

from llada_tui.tui.app import LladaApp
from llada_tui.tui.chat.chat import Chat
from llada_tui.tui.shell import caching_stylesheet
from llada_tui.tui.shell.text_fields import LineText
from tests.conftest import Home
from tests.tui.support import Desk, chatting


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
        opened, first = list(parts), desk.app.theme
        grounds = []
        for theme in ("llada-light", first, "llada-light"):
            desk.app.theme = theme
            await desk.pilot.pause()
            grounds.append(desk.chat.styles.background)
    assert grounds[0] == grounds[2] != grounds[1]
    assert max(parts[part] for part in opened) == max(parts.values()) == 2


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


async def test_component_classes_are_styled_again_where_a_rule_tells_them_apart(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What they have then is what Textual gives them anew."""
    made: list[str] = []
    process = Stylesheet._process_component_classes

    def noting(sheet: Stylesheet, node: DOMNode) -> None:
        made.append(node.css_identifier)
        process(sheet, node)

    monkeypatch.setattr(Stylesheet, "_process_component_classes", noting)

    def check(desk: Desk) -> int:
        """The number of component classes on the screen, each of which has the right style."""
        count = 0
        for node in [desk.app, *desk.app.screen.walk_children(with_self=True)]:
            names = sorted(node._get_component_classes())
            kept = [node.get_component_styles(name) for name in names]
            process(desk.app.stylesheet, node)
            assert kept == [node.get_component_styles(name) for name in names], node
            count += len(names)
        return count

    async with chatting(size=(120, 40)) as desk:
        await desk.ready()
        await desk.answer()
        assert check(desk) > 50
        made.clear()
        desk.chat.add_class("-of-no-rule")
        assert made == []
        for keys in (["f3"], ["escape"], ["tab", "right"], ["ctrl+b"], ["w", "x", "enter", "ctrl+b"], ["f1"]):
            await desk.press(*keys)
            check(desk)
        await desk.press("escape", "f4")
        table = desk.app.screen.query_one(DataTable)
        await desk.until(lambda: table.row_count)
        for widget in (table, desk.app.screen.query_one(LineText), table):  # its cursor tells whether it has the focus
            widget.focus()
            await desk.pilot.pause()
            check(desk)
        await desk.press("escape")
        made.clear()
        desk.app.theme = "llada-light"
        await desk.pilot.pause()
        assert len(made) > 10
        assert check(desk) > 50
