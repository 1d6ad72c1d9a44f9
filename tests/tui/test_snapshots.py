"""Pictures of a few screens on a recorded session that never changes."""

from __future__ import annotations

from typing import Any

import pytest
from textual.pilot import Pilot

from llada_tui.tui.app import ChatOptions, LladaApp, ReplayOptions
from tests.conftest import Home, first_quick
from tests.tui.pictures import SIZES, Picture, opened, pressed
from tests.tui.sessions import fox


def replay(home: Home, theme: str | None = None, *, frame: int = 12) -> LladaApp:
    path = fox(home.sessions / "2023-11-14-fox.jsonl")
    return LladaApp(ChatOptions(theme=theme), replay=ReplayOptions(path, frame=frame))


@pytest.mark.usefixtures("four_pages")
@pytest.mark.parametrize("size", SIZES, ids="{0[0]}x{0[1]}".format)
def test_a_step_of_a_replay(picture: Picture, home: Home, size: tuple[int, int]) -> None:
    assert picture(replay(home), size, opened)


@pytest.mark.parametrize("size", first_quick([(80, 24), (120, 40)]), ids="{0[0]}x{0[1]}".format)
@pytest.mark.parametrize("colours", [True, False], ids=["colours", "none"])
def test_what_was_seen_by_looking_ahead(
    picture: Picture, home: Home, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int], colours: bool
) -> None:
    if not colours:
        monkeypatch.setenv("NO_COLOR", "1")
    path = fox(home.sessions / "2023-11-14-fox.jsonl", ahead=True)
    app = LladaApp(replay=ReplayOptions(path, frame=8))
    assert picture(app, size, opened, "#canvas-box")


def test_the_smallest_terminal(picture: Picture, home: Home) -> None:
    assert picture(replay(home), (40, 12), opened)


def test_a_token(picture: Picture, home: Home) -> None:
    keys = ("f3", "shift+right", "shift+right", "shift+right")
    assert picture(replay(home), (120, 40), pressed(*keys), "#stage")


def test_coloured_by_confidence_without_guesses(picture: Picture, home: Home) -> None:
    assert picture(replay(home, frame=18), (80, 24), pressed("v", "g"), "#canvas-box")


@pytest.mark.usefixtures("four_pages")
@pytest.mark.parametrize("keys", [(), ("pagedown",), ("end",)], ids=["top", "below", "end"])
def test_help(picture: Picture, home: Home, keys: tuple[str, ...]) -> None:
    assert picture(replay(home), (100, 30), pressed("f1", *keys), "Help VerticalScroll")


async def read(pilot: Pilot[Any]) -> None:
    """Open the list of sessions, and wait for what is read beside it."""
    await pressed("f4")(pilot)
    await pilot.app.workers.wait_for_complete()
    await pilot.pause()


@pytest.mark.parametrize("size", first_quick([(80, 24), (120, 40)]), ids="{0[0]}x{0[1]}".format)
def test_sessions(picture: Picture, home: Home, size: tuple[int, int]) -> None:
    assert picture(replay(home), size, read, "SessionsDialog Vertical")


def test_the_chat_before_anything_was_asked(picture: Picture, home: Home) -> None:
    app = LladaApp(ChatOptions("acme/llada-tiny", worker="cat"))
    assert picture(app, (120, 40), opened)


@pytest.mark.parametrize("theme", first_quick(["light", "ansi", "contrast", "colour-blind"], 2))
def test_themes(picture: Picture, home: Home, theme: str) -> None:
    assert picture(replay(home, f"llada-{theme}"), (80, 24), opened)


def test_without_colours(picture: Picture, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert picture(replay(home), (80, 24), opened)


def branching(home: Home) -> LladaApp:
    """The chat with a recorded session, without a model."""
    path = fox(home.sessions / "2023-11-14-fox.jsonl")
    return LladaApp(ChatOptions("acme/llada-tiny", worker="cat", resume=path))


CHANGED = ("tab", "home", *["right"] * 8, "b", *["right"] * 3, "k", "right", "shift+right", "shift+right", "m")
"""Keys that begin a branch at step 8, keep a token and mask three again."""


@pytest.mark.parametrize("size", first_quick([(80, 24), (120, 40)]), ids="{0[0]}x{0[1]}".format)
def test_a_branch_in_the_making(picture: Picture, home: Home, size: tuple[int, int]) -> None:
    assert picture(branching(home), size, pressed(*CHANGED), "#stage")


def test_what_can_be_done_with_a_token(picture: Picture, home: Home) -> None:
    keys = (*CHANGED, "right", "right", "enter")
    assert picture(branching(home), (80, 24), pressed(*keys), "ChangeDialog Vertical")


def test_the_tree_of_runs(picture: Picture, home: Home) -> None:
    assert picture(replay(home), (80, 24), pressed("t"), "RunsDialog Vertical")
