"""Pictures of a few screens on a recorded session that never changes. Meant to change with the looks:
``pytest tests/tui/test_snapshots.py --snapshot-update`` makes them anew, for someone to look at."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import TextArea

from llada_tui.tui.app import ChatOptions, LladaApp, ReplayOptions
from tests.conftest import Home
from tests.tui.sessions import fox

Compare = Callable[..., bool]


async def opened(pilot: Pilot[Any]) -> None:
    """Wait for the first screen."""
    while len(pilot.app.screen_stack) < 2:
        await pilot.pause(0.01)
    for area in pilot.app.screen.query(TextArea):
        area.cursor_blink = False
    await pilot.pause()


def pressed(*keys: str) -> Callable[[Pilot[Any]], Any]:
    """Press keys on the first screen."""

    async def before(pilot: Pilot[Any]) -> None:
        await opened(pilot)
        await pilot.press(*keys)
        await pilot.pause()

    return before


def replay(home: Home, theme: str | None = None, *, frame: int = 12) -> LladaApp:
    path = fox(home.sessions / "2023-11-14-fox.jsonl")
    return LladaApp(ChatOptions(theme=theme), replay=ReplayOptions(path, frame=frame))


@pytest.fixture(autouse=True)
def _same_place(home: Home, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nothing of the machine is in a picture: neither its clock nor its folders."""
    home.path.mkdir(exist_ok=True)
    monkeypatch.chdir(home.path)
    monkeypatch.setenv("LLADA_TUI_SESSIONS", "sessions")
    monkeypatch.setenv("TEXTUAL_ANIMATIONS", "none")
    with pytest.MonkeyPatch.context() as clock:
        clock.setenv("TZ", "UTC")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 50)], ids="{0[0]}x{0[1]}".format)
def test_a_step_of_a_replay(snap_compare: Compare, home: Home, size: tuple[int, int]) -> None:
    assert snap_compare(replay(home), terminal_size=size, run_before=opened)


@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids="{0[0]}x{0[1]}".format)
@pytest.mark.parametrize("colours", [True, False], ids=["colours", "none"])
def test_what_was_seen_by_looking_ahead(
    snap_compare: Compare, home: Home, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int], colours: bool
) -> None:
    if not colours:
        monkeypatch.setenv("NO_COLOR", "1")
    path = fox(home.sessions / "2023-11-14-fox.jsonl", ahead=True)
    app = LladaApp(replay=ReplayOptions(path, frame=8))
    assert snap_compare(app, terminal_size=size, run_before=opened)


def test_the_smallest_terminal(snap_compare: Compare, home: Home) -> None:
    assert snap_compare(replay(home), terminal_size=(40, 12), run_before=opened)


def test_a_token(snap_compare: Compare, home: Home) -> None:
    keys = ("f3", "shift+right", "shift+right", "shift+right")
    assert snap_compare(replay(home), terminal_size=(120, 40), run_before=pressed(*keys))


def test_coloured_by_confidence_without_guesses(snap_compare: Compare, home: Home) -> None:
    assert snap_compare(replay(home, frame=18), terminal_size=(80, 24), run_before=pressed("v", "g"))


def test_help(snap_compare: Compare, home: Home) -> None:
    assert snap_compare(replay(home), terminal_size=(100, 30), run_before=pressed("f1"))


def test_sessions(snap_compare: Compare, home: Home) -> None:
    assert snap_compare(replay(home), terminal_size=(120, 30), run_before=pressed("f4"))


def test_the_chat_before_anything_was_asked(snap_compare: Compare, home: Home) -> None:
    app = LladaApp(ChatOptions("acme/llada-tiny", worker="sleep 1000"))
    assert snap_compare(app, terminal_size=(120, 40), run_before=opened)


@pytest.mark.parametrize("theme", ["light", "contrast", "colour-blind", "ansi"])
def test_themes(snap_compare: Compare, home: Home, theme: str) -> None:
    assert snap_compare(replay(home, f"llada-{theme}"), terminal_size=(80, 24), run_before=opened)


def test_without_colours(snap_compare: Compare, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert snap_compare(replay(home), terminal_size=(80, 24), run_before=opened)


def branching(home: Home) -> LladaApp:
    """The chat with a recorded session, without a model."""
    path = fox(home.sessions / "2023-11-14-fox.jsonl")
    return LladaApp(ChatOptions("acme/llada-tiny", worker="sleep 1000", resume=path))


CHANGED = ("tab", "home", *["right"] * 8, "b", *["right"] * 3, "k", "right", "shift+right", "shift+right", "m")
"""Keys that begin a branch at step 8, keep a token and mask three again."""


@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids="{0[0]}x{0[1]}".format)
def test_a_branch_in_the_making(snap_compare: Compare, home: Home, size: tuple[int, int]) -> None:
    assert snap_compare(branching(home), terminal_size=size, run_before=pressed(*CHANGED))


def test_what_can_be_done_with_a_token(snap_compare: Compare, home: Home) -> None:
    keys = (*CHANGED, "right", "right", "enter")
    assert snap_compare(branching(home), terminal_size=(80, 24), run_before=pressed(*keys))


def test_the_tree_of_runs(snap_compare: Compare, home: Home) -> None:
    assert snap_compare(replay(home), terminal_size=(80, 24), run_before=pressed("t"))
