"""How the screens are made: of objects that they own, not of bases upon bases."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from textual.screen import Screen

from llada_tui import tui
from llada_tui.tui.compare.compare_screen import recorded
from llada_tui.tui.replay.replay import Replay
from llada_tui.tui.shell.action import Screens
from llada_tui.tui.shell.action_handlers import handler_of
from tests.tui.lessons import reading, written
from tests.tui.sessions import fox

MOST_METHODS = 60
"""Methods of a class with those of its bases in this package: with more than that nobody knows it."""


def classes() -> Iterator[type]:
    """Every class of the screen's code."""
    for module in pkgutil.walk_packages(tui.__path__, f"{tui.__name__}."):
        for _, kind in inspect.getmembers(importlib.import_module(module.name), inspect.isclass):
            if kind.__module__ == module.name:
                yield kind


def ours(kind: type) -> list[type]:
    """A class and its bases, those of this package alone."""
    return [base for base in kind.__mro__ if base.__module__.startswith("llada_tui.")]


def methods(kind: type) -> set[str]:
    """The names of a class' methods and properties; what its bases in this package have counts too."""
    return {
        name
        for base in ours(kind)
        for name, member in vars(base).items()
        if inspect.isfunction(member) or isinstance(member, property | classmethod | staticmethod)
    }


def test_no_class_has_more_methods_than_one_can_know() -> None:
    counts = {f"{kind.__module__}.{kind.__name__}": len(methods(kind)) for kind in classes()}
    assert len(counts) > 100
    assert {name: count for name, count in counts.items() if count > MOST_METHODS} == {}


def test_no_screen_derives_from_the_screen_of_another_feature() -> None:
    depths = {kind.__name__: len(ours(kind)) - 1 for kind in classes() if issubclass(kind, Screen)}
    assert {"Chat", "LessonScreen", "Replay", "CompareScreen"} <= depths.keys()
    assert {name: depth for name, depth in depths.items() if depth > 1} == {}


def test_no_method_of_a_screen_or_its_parts_is_there_for_a_subclass_alone() -> None:
    stubs = []
    for path in Path(tui.__path__[0]).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Raise) and "NotImplementedError" in ast.unparse(node):
                stubs.append(path.name)
    assert stubs == []


@pytest.mark.usefixtures("home")
async def test_every_action_is_carried_out_on_the_screens_that_have_it(tmp_path: Path) -> None:
    async with reading(written(tmp_path)) as room:
        app = room.desk.app
        await app.navigation.open_session(fox(tmp_path / "fox.jsonl"))
        replay = app.screen
        assert isinstance(replay, Replay)
        lanes = recorded(replay.session, replay.session.listed(), lambda run: None, lambda path: None)
        await app.push_screen(lanes)
        shown = {
            Screens.CHAT: room.desk.chat,
            Screens.LESSON: room.screen,
            Screens.REPLAY: replay,
            Screens.LANES: lanes,
        }
        for action in app.actions.values():
            for kind in action.screens:
                assert handler_of(shown[kind].parts(), action.id) is not None, (action.id, kind)
