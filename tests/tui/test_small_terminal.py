"""A small terminal: the canvas keeps at least a third of the rows, whichever page of the panel is open; nothing of the
line of tabs is cut."""

from __future__ import annotations

import msgspec
import pytest

from llada_tui.tui.player.run_screen import RunScreen
from llada_tui.tui.stage.stage import Stage
from tests.conftest import Home, first_quick
from tests.tui.lessons import reading, written
from tests.tui.sessions import fox
from tests.tui.support import Desk, chatting, replaying

SIZES = pytest.mark.parametrize("size", [(40, 12), (60, 20)], ids="{0[0]}x{0[1]}".format)
PAGES = ("f2", "f3", "ctrl+o", "ctrl+g")


async def check_rows(desk: Desk, stage: Stage, rows: int) -> None:
    """The canvas has a third of the rows, with the panel folded and with each of its pages."""
    screen = desk.app.screen
    assert isinstance(screen, RunScreen)
    for key in ("", *PAGES):
        if key:
            await desk.press(key)
        assert 3 * stage.canvas.size.height >= rows, (key, stage.canvas.size)
        if key:
            assert stage.panel.front.size.height >= 2, (key, stage.panel.front.size)
            tabs = stage.panel.tabs.render_line(0).text
            assert all(page.title in tabs for page in stage.panel.pages if page.is_needed), tabs
            strip = stage.knobs.strip
            assert strip.display, "the main knobs are in sight"
            assert stage.knobs.text_of(stage.knobs.rows[0]) in strip.render_line(0).text


@SIZES
@pytest.mark.usefixtures("home")
async def test_the_canvas_of_a_chat(size: tuple[int, int]) -> None:
    async with chatting(size=size) as desk:
        await desk.answer()
        await check_rows(desk, desk.chat.stage, size[1])
        prompt = desk.chat.conversation_pane.prompt
        await desk.press("escape", "escape")
        assert desk.chat.focused is prompt
        assert not desk.chat.has_class("-panel")
        assert prompt.size.height >= 1


@SIZES
async def test_the_canvas_of_a_replay(home: Home, size: tuple[int, int]) -> None:
    async with replaying(fox(home.sessions / "fox.jsonl"), size=size) as desk:
        await desk.press("end")
        await check_rows(desk, desk.replay.stage, size[1])


@SIZES
async def test_the_canvas_of_a_lesson(home: Home, size: tuple[int, int]) -> None:
    async with reading(written(home.sessions), size=size) as room:
        await room.there()
        await check_rows(room.desk, room.screen.stage, size[1])


@pytest.mark.parametrize("size", first_quick([(60, 20), (80, 24), (120, 40)]), ids="{0[0]}x{0[1]}".format)
async def test_the_main_knobs_are_in_sight_in_a_lesson(home: Home, size: tuple[int, int]) -> None:
    async with reading(written(home.sessions), size=size) as room:
        await room.there()
        stage = room.screen.stage
        shown = [stage.knobs.strip] if stage.knobs.strip.display else [stage.knobs]
        text = "\n".join(widget.render_line(y).text for widget in shown for y in range(widget.size.height))
        assert all(widget.region for widget in shown)
        values = [stage.knobs.text_of(row) for row in stage.knobs.rows if row.main]
        assert [value for value in values if value not in text] == []
        assert [name for name in ("steps", "canvas", "block", "temp") if name not in text] == []
        await room.desk.press("ctrl+f")
        await room.desk.until(lambda: not stage.panel.region, "presented, it is the picture alone")


@SIZES
@pytest.mark.usefixtures("home")
async def test_a_question_that_waits_for_the_model_is_seen(size: tuple[int, int]) -> None:
    """The conversation, which has it, is out of sight."""
    async with chatting(size=size, worker="sleep 1000") as desk:
        await desk.ask("Hm?")
        assert not desk.chat.conversation_pane.view.region
        await desk.until(lambda: desk.chat.stage.title == "waits for the model: Hm?", "it is said")
        await desk.press("escape")
        await desk.until(lambda: desk.chat.stage.title == "", "it was taken back")
        assert desk.chat.conversation_pane.prompt.text == "Hm?"


@SIZES
@pytest.mark.usefixtures("home")
async def test_what_happens_is_in_the_header_whatever_the_model_is_called(size: tuple[int, int]) -> None:
    async with chatting(size=size) as desk:
        await desk.ready()
        info = desk.chat.link.model
        assert info is not None
        named = msgspec.structs.replace(info, demo=True, device="cuda:0", dtype="bfloat16", parameters=4_279_104)
        desk.chat.link.model = named
        assert " ready " in desk.chat.header.render_line(0).text
        await desk.answer()
        desk.chat.link.model = named
        desk.chat.workbench.stage.to_end()
        await desk.until(lambda: " done " in desk.chat.header.render_line(0).text, "the header says done")
