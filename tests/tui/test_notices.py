"""Where notifications are shown."""

from __future__ import annotations

import pytest
from textual.widgets._toast import Toast

from tests.conftest import Home
from tests.tui.sessions import fox
from tests.tui.support import Desk, chatting, replaying

SIZES = [(60, 20), (80, 24), (120, 40), (200, 50), (250, 70)]
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
