"""Pictures of a few screens on a recorded session that never changes. Meant to change with the looks:
``pytest tests/tui/test_snapshots.py --snapshot-update`` makes them anew, for someone to look at."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import TextArea

from llada_tui.trace.events import (
    FORMAT,
    VERSION,
    Alternatives,
    Choice,
    EndEvent,
    Event,
    Message,
    ModelInfo,
    PiecesEvent,
    RunEvent,
    SessionEvent,
    StepEvent,
    SummaryEvent,
    encode,
)
from llada_tui.trace.settings import SamplerSettings
from llada_tui.tui.app import ChatOptions, LladaApp, ReplayOptions
from tests.conftest import Home

Compare = Callable[..., bool]
MASK, EOT = 900, 901
WORDS = (
    "The| lantern| glowed| at| the| edge| of| the| wood|.| A| young| fox| came| to| look| at| it|,| and| wondered| who|"
    " had| left| it| there|.|\n|“|Hello|?|”| said| the| fox|.| Nobody| answered|,| but| the| light| grew| a| little|"
    " warmer|.| 漢字| and| an| é|,| too|."
).split("|")
MODEL = ModelInfo("acme/llada-tiny", "llada", "float32", "cpu", MASK, 902, EOT, parameters=4_200_000, chat=True)


def recorded(path: Path) -> Path:
    """Two runs of the same question, committed in an order that a seed gave."""
    source = random.Random(5)
    size = len(WORDS) + 1
    tokens = [*range(len(WORDS)), EOT]
    settings = SamplerSettings(steps=size // 2, gen_length=size, block_length=size, temperature=0.3)
    events: list[Event] = [
        SessionEvent(FORMAT, VERSION, "llada-tui", 1.7e9),
        PiecesEvent({**{at: word.encode() for at, word in enumerate(WORDS)}, EOT: b"<|eot_id|>"}, [EOT]),
    ]
    for name in ("run-1", "run-2"):
        question = [Message("user", "Tell me a story about a fox and a lantern.")]
        events.append(RunEvent(name, MODEL, settings, [1, 2, 3], [MASK] * size, messages=question))
        order = source.sample(range(size), size)
        for index in range(settings.steps):
            now = order[2 * index : 2 * index + 2 if index < settings.steps - 1 else size]
            later = order[2 * index + 2 :] if index < settings.steps - 1 else []
            choices = [Choice(at, tokens[at], round(source.uniform(0.4, 1), 3)) for at in now]
            guesses = [Choice(at, source.choice(tokens[:30]), round(source.uniform(0, 0.5), 3)) for at in later]
            others = [Alternatives(at, [tokens[at], 3, 11], [0.6, 0.25, 0.1]) for at in now]
            step = StepEvent(name, index, 0, index, 0.02, choices, guesses, alternatives=others)
            events.append(step)
        seconds = 0.02 * settings.steps
        events.append(EndEvent(name, "finished", "".join(WORDS), settings.steps, size, seconds, size / seconds))
    events.append(SummaryEvent("Tell me a story about a fox and a lantern.", 2, 2 * size))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"".join(encode(event) + b"\n" for event in events))
    os.utime(path, (1.7e9, 1.7e9))
    return path


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
    path = recorded(home.sessions / "2023-11-14-fox.jsonl")
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
    path = recorded(home.sessions / "2023-11-14-fox.jsonl")
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
