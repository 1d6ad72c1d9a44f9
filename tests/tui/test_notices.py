"""Where notifications are shown, and how long."""

from __future__ import annotations

import asyncio

import pytest
from textual.widgets._toast import Toast

from tests.conftest import Home, first_quick
from tests.tui import lanes
from tests.tui.lessons import reading, written
from tests.tui.sessions import fox
from tests.tui.support import PATIENCE, Desk, chatting, replaying

SIZES = first_quick([(60, 20), (120, 40), (40, 12), (80, 24), (200, 50), (250, 70)])
LONG = "Saved a-question-step-1.svg and .txt in /home/somebody/pictures, where the others are, too."


async def shown(desk: Desk) -> list[Toast]:
    desk.app.notify(LONG)
    desk.app.notify("A second one.")
    await desk.until(lambda: len(desk.app.screen.query(Toast)) == 2)
    await desk.until(lambda: all(toast.region for toast in desk.app.screen.query(Toast)))
    return [*desk.app.screen.query(Toast)]


@pytest.mark.parametrize("size", SIZES)
async def test_none_lies_on_the_canvas_of_a_replay(home: Home, size: tuple[int, int]) -> None:
    async with replaying(fox(home.sessions / "fox.jsonl"), size=size) as desk:
        await desk.press("end")
        canvas = desk.replay.stage.query_one("#canvas-box").region
        assert not any(toast.region.overlaps(canvas) for toast in await shown(desk))


@pytest.mark.parametrize("size", SIZES)
async def test_none_lies_on_the_canvas_of_a_chat(home: Home, size: tuple[int, int]) -> None:
    async with chatting(size=size) as desk:
        await desk.answer()
        canvas = desk.chat.stage.query_one("#canvas-box").region
        assert not any(toast.region.overlaps(canvas) for toast in await shown(desk))


@pytest.mark.parametrize("size", SIZES)
async def test_none_lies_on_the_canvas_of_a_lesson(home: Home, size: tuple[int, int]) -> None:
    async with reading(written(home.sessions), size=size) as lesson:
        await lesson.there()
        kept_clear = [lesson.screen.stage.query_one("#canvas-box").region, lesson.screen.bar.region]
        toasts = [toast.region for toast in await shown(lesson.desk)]
        assert not any(toast.overlaps(region) for toast in toasts for region in kept_clear)


@pytest.mark.parametrize("size", first_quick([(60, 20), (120, 40)]))
async def test_none_lies_on_the_canvas_or_the_pages_of_a_presented_lesson(home: Home, size: tuple[int, int]) -> None:
    async with reading(written(home.sessions), size=size, present=True) as lesson:
        await lesson.there()
        kept_clear = [lesson.screen.stage.query_one("#canvas-box").region, lesson.screen.bar.region]
        toasts = [toast.region for toast in await shown(lesson.desk)]
        assert not any(toast.overlaps(region) for toast in toasts for region in kept_clear)


@pytest.mark.parametrize("size", SIZES)
async def test_none_lies_on_the_lanes_of_a_comparison(home: Home, size: tuple[int, int]) -> None:
    async with chatting(size=size) as desk:
        await desk.ready()
        screen = await lanes.ask(desk, "seed=1,2")
        await lanes.over(desk, screen)
        canvases = [canvas.region for canvas in screen.stage.canvases]
        assert not any(toast.region.overlaps(canvas) for toast in await shown(desk) for canvas in canvases)


async def test_they_go_with_the_next_key_and_what_that_key_says_stays(home: Home) -> None:
    async with replaying(fox(home.sessions / "fox.jsonl")) as desk:
        await shown(desk)

        async def press_until_gone(key: str) -> None:
            while desk.app.screen.query(Toast):  # what was said a moment ago stays for that moment
                await desk.press(key)

        await asyncio.wait_for(press_until_gone("right"), PATIENCE)
        await desk.press("s")
        await desk.until(lambda: len(desk.app.screen.query(Toast)) == 1)
        assert desk.notices[-1].startswith("Saved ")
        await desk.press("right")
        assert len(desk.app.screen.query(Toast)) == 1


async def test_what_went_wrong_stays_while_keys_are_pressed(home: Home) -> None:
    async with replaying(fox(home.sessions / "fox.jsonl")) as desk:
        desk.app.notify("This is wrong.", severity="warning", timeout=60)
        await shown_with_others(desk)

        async def press_until_gone() -> None:
            while len(desk.app.screen.query(Toast)) > 1:
                await desk.press("right")

        await asyncio.wait_for(press_until_gone(), PATIENCE)
        assert desk.notices_on_show == ["This is wrong."]


async def shown_with_others(desk: Desk) -> None:
    desk.app.notify(LONG)
    await desk.until(lambda: len(desk.app.screen.query(Toast)) == 2)
