"""Pictures of lanes that never change."""

from __future__ import annotations

import os
import random
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from llada_tui.settings.presets import DEMO_CHAT
from llada_tui.trace.events import (
    FORMAT,
    VERSION,
    Choice,
    EndEvent,
    Event,
    Message,
    ModelInfo,
    NameEvent,
    PiecesEvent,
    RunEvent,
    SessionEvent,
    StepEvent,
    encode,
)
from llada_tui.trace.resume import Resume
from llada_tui.tui.app import ChatOptions, LladaApp, ReplayOptions
from llada_tui.tui.compare.choose_lanes import ChooseLanes
from llada_tui.tui.compare.compare_screen import CompareScreen
from llada_tui.worker.server import hello
from tests.conftest import Home, first_quick
from tests.tui.pictures import SIZES as ALL_SIZES
from tests.tui.pictures import Before, Picture, opened
from tests.tui.sessions import WORDS

MASK, EOT = 900, 901
MODEL = ModelInfo("acme/llada-tiny", "llada", "float32", "cpu", MASK, 902, EOT, parameters=4_200_000, chat=True)
QUESTION = "Tell me a story about a fox and a lantern."
SIZES = pytest.mark.parametrize("size", first_quick(ALL_SIZES), ids="{0[0]}x{0[1]}".format)
OTHERS = {2: " burned", 11: " old", 13: " ran", 27: " sang", 34: "!", 38: " darkness"}
"""Words that a lane has instead of those of the first, by position; more of them in each lane."""


def _events(lanes: int) -> list[Event]:
    source = random.Random(7)
    pieces = {**{at: word.encode() for at, word in enumerate(WORDS)}, EOT: b"<|eot_id|>"}
    pieces |= {100 + at: word.encode() for at, word in OTHERS.items()}
    events: list[Event] = [SessionEvent(FORMAT, VERSION, "llada-tui", 1.7e9), PiecesEvent(pieces, [EOT])]
    size = len(WORDS) + 1
    for lane in range(lanes):
        steps = size // (lane + 1)
        settings = DEMO_CHAT.replace(gen_length=size, block_length=size, steps=steps, temperature=lane * 0.5)
        name = f"run-{lane + 1}"
        start = RunEvent(
            name,
            MODEL,
            settings,
            [1, 2],
            Resume([MASK] * size),
            messages=[Message("user", QUESTION)],
            group="compare-1",
        )
        other = sorted(OTHERS)[: 2 * lane]
        tokens = [100 + at if at in other else at for at in range(len(WORDS))] + [EOT]
        events += [start, NameEvent(name, f"temperature={lane * 0.5:g}")]
        order = source.sample(range(size), size)
        for index in range(steps):
            cut = slice(index * (lane + 1), (index + 1) * (lane + 1) if index < steps - 1 else size)
            now, later = order[cut], order[cut.stop :]
            commits = [Choice(at, tokens[at], round(source.uniform(0.5, 1), 3)) for at in now]
            guesses = [Choice(at, source.choice(tokens[:30]), round(source.uniform(0, 0.5), 3)) for at in later]
            events.append(
                StepEvent(
                    run=name,
                    index=index,
                    block=0,
                    block_step=index,
                    seconds=0.02 + 0.01 * lane,
                    commits=commits,
                    predictions=guesses,
                )
            )
        text = b"".join(pieces[token] for token in tokens[:-1]).decode()
        events.append(EndEvent(name, "finished", text, steps, steps, 1.0, 50.0))
    return events


def recorded(path: Path, lanes: int) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"".join(encode(event) + b"\n" for event in _events(lanes)))
    os.utime(path, (1.7e9, 1.7e9))
    return path


def lanes(home: Home, count: int, theme: str | None = None) -> LladaApp:
    path = recorded(home.sessions / "2023-11-14-lanes.jsonl", count)
    home.config.mkdir(exist_ok=True)
    (home.config / "config.toml").write_text("dwell = 10.0\n")  # nothing plays before the moment that is wanted
    return LladaApp(ChatOptions(theme=theme), replay=ReplayOptions(path))


def shown(*keys: str, frame: int = 20) -> Before:
    """Wait for the lanes, stop at a moment, and press keys."""

    async def before(pilot: Pilot[Any]) -> None:
        while not (isinstance(pilot.app.screen, CompareScreen) and pilot.app.screen.is_mounted):
            await pilot.pause(0.01)
        pilot.app.screen.stage.seek(frame)
        await pilot.pause()
        await pilot.press(*keys)
        await pilot.pause()

    return before


@SIZES
@pytest.mark.parametrize("count", [2, 3, 4])
def test_lanes(picture: Picture, home: Home, count: int, size: tuple[int, int]) -> None:
    assert picture(lanes(home, count), size, shown())


def test_lanes_at_their_end(picture: Picture, home: Home) -> None:
    assert picture(lanes(home, 4), (120, 40), shown("end"))


def test_lanes_in_time_with_another_at_hand(picture: Picture, home: Home) -> None:
    assert picture(lanes(home, 3), (120, 40), shown("l", "left", "tab"))


def test_one_lane_with_all_the_room(picture: Picture, home: Home) -> None:
    assert picture(lanes(home, 4), (80, 24), shown("tab", "ctrl+l"), "#lanes")


@pytest.mark.parametrize("theme", ["ansi", "light"])
def test_lanes_in_themes(picture: Picture, home: Home, theme: str) -> None:
    app = lanes(home, 2, f"llada-{theme}")
    assert picture(app, (80, 24), shown(frame=36))


def test_lanes_without_colours(picture: Picture, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert picture(lanes(home, 2), (80, 24), shown(frame=36))


def test_lanes_in_the_tree(picture: Picture, home: Home) -> None:
    async def before(pilot: Pilot[Any]) -> None:
        await shown()(pilot)
        await pilot.press("escape", "home")
        await pilot.pause()

    assert picture(lanes(home, 2), (120, 40), before, "#runs")


@SIZES
def test_what_to_compare(picture: Picture, home: Home, size: tuple[int, int]) -> None:
    async def before(pilot: Pilot[Any]) -> None:
        await opened(pilot)
        strategies = [info for info in hello().strategies if info.name in ("low_confidence", "random", "wino")]
        await pilot.app.push_screen(ChooseLanes(QUESTION, DEMO_CHAT, strategies))
        await pilot.pause()
        await pilot.press("down")
        await pilot.pause()

    app = LladaApp(replay=ReplayOptions(recorded(home.sessions / "lanes.jsonl", 1), frame=9))
    assert picture(app, size, before, "ChooseLanes Vertical")


@SIZES
@pytest.mark.parametrize("keys", [(), ("ctrl+l",)], ids=["all", "one"])
def test_the_footer_of_lanes(picture: Picture, home: Home, keys: tuple[str, ...], size: tuple[int, int]) -> None:
    assert picture(lanes(home, 3), size, shown(*keys), "Footer")
