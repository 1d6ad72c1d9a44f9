"""Pictures of recorded sessions: in the replay, without the model, and in the conversation that goes on with them."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image

from llada_tui.drawing.half_blocks import HalfBlock, half_blocks
from llada_tui.tui.chat.picture_entry import PictureEntry
from llada_tui.tui.player.picture_drawing import PictureDrawing
from llada_tui.tui.stage.pages.picture_page import PicturePage
from llada_tui.tui.stage.pages.token_page import TokenPage
from llada_tui.tui.stage.picture_pane import PicturePane
from tests.conftest import Home
from tests.tui.sessions import about_pictures, fox
from tests.tui.support import Desk, chatting, replaying


def image(colour: tuple[int, int, int], size: tuple[int, int] = (60, 40)) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, colour).save(file, "PNG")
    return file.getvalue()


RED, BLUE = image((200, 0, 0)), image((0, 0, 200), (40, 80))


def lines(pane: PicturePane) -> list[str]:
    return [pane.render_line(y).text for y in range(pane.size.height)]


def pane_of(desk: Desk) -> PicturePane:
    return desk.replay.stage.panel.find(PicturePage).widget


async def test_a_replay_shows_the_pictures_without_a_model(home: Home) -> None:
    async with replaying(about_pictures(home.sessions / "fox.jsonl", [RED, BLUE])) as desk:
        tabs = desk.replay.stage.panel.tabs
        assert "Picture" in tabs.render_line(0).text
        await desk.press("I")
        pane = pane_of(desk)
        await desk.until(lambda: pane.drawing is not None, "the picture is decoded")
        assert pane.drawing is not None
        assert pane.drawing.picture.size == (40, 80)
        assert "Picture 2 of 2" in lines(pane)[0]
        assert lines(pane)[0].lstrip().startswith("▀")
        await desk.press("J")
        await desk.until(lambda: pane.drawing is not None and pane.drawing.picture.size == (60, 40), "the other")
        assert "Picture 1 of 2" in lines(pane)[0]
        column = next(at for at, part in tabs.placed() if part.action == "next_picture")
        await desk.pilot.click(tabs, offset=(column + 2, 0))
        await desk.until(lambda: "Picture 2 of 2" in lines(pane)[0], "a click goes on")


async def test_one_that_cannot_be_shown_is_told_and_the_replay_goes_on(home: Home) -> None:
    contents = [RED[:70], b"no picture", image((0, 0, 0), (40_000, 2)), RED]
    async with replaying(about_pictures(home.sessions / "fox.jsonl", contents, kept=3)) as desk:
        await desk.press("I")
        for sentence in (
            "This picture is not in the session.",
            "The picture is cut short or damaged.",
            "The picture is no picture that can be read: give a PNG, a JPEG or a WebP.",
            "40000 x 2 pixels",
        ):
            await desk.until(lambda words=sentence: words in " ".join(lines(pane_of(desk))), sentence)
            await desk.press("J")
        await desk.press("escape", "end")
        assert desk.replay.stage.player.at_end


async def test_without_pictures_there_is_no_page(home: Home) -> None:
    async with replaying(fox(home.sessions / "fox.jsonl"), size=(200, 50)) as desk:
        panel = desk.replay.stage.panel
        assert panel.stacked
        assert not panel.is_in_sight(panel.find(PicturePage))
        for key in ("I", "D"):
            await desk.press(key)
            assert desk.notices[-1] == "The question on show is about no picture."
        assert [part.action for part in panel.find(TokenPage).tab_parts(100)] == ["influence"]
    async with replaying(about_pictures(home.sessions / "fox.jsonl", [RED]), size=(200, 50)) as desk:
        panel = desk.replay.stage.panel
        assert panel.is_in_sight(panel.find(PicturePage))


async def test_a_conversation_that_goes_on_shows_its_pictures(home: Home) -> None:
    path = about_pictures(home.sessions / "fox.jsonl", [BLUE, RED, b"other"], kept=3)
    async with chatting("sees") as desk:
        await desk.ready()
        await desk.app.navigation.continue_session(path)
        entries = list(desk.chat.conversation_pane.view.query(PictureEntry))
        await desk.until(lambda: all(entry.drawing or entry.problem for entry in entries), "they are decoded")
        await desk.until(lambda: [entry.size.height for entry in entries] == [12, 12, 1], "they have their places")
        assert entries[1].render_line(0).text.startswith("▀" * 36 + " ")
        assert "no picture that can be read" in entries[2].render_line(0).text
        assert "▣ 3 pictures" in desk.conversation


async def test_a_picture_that_a_session_lost_is_told_in_the_conversation(home: Home) -> None:
    async with chatting("sees") as desk:
        await desk.ready()
        await desk.app.navigation.continue_session(about_pictures(home.sessions / "fox.jsonl", [RED], kept=0))
        assert "a picture that is not in the session" in desk.conversation


async def test_a_picture_that_a_session_lost_is_shown_and_counted_once_it_is_attached_again(
    home: Home, tmp_path: Path
) -> None:
    (tmp_path / "red.png").write_bytes(RED)
    async with chatting("sees", size=(120, 50)) as desk:
        await desk.ready()
        await desk.app.navigation.continue_session(about_pictures(home.sessions / "fox.jsonl", [RED], kept=0))
        prompt, page = desk.chat.conversation_pane.prompt, desk.chat.stage.panel.find(PicturePage)
        await desk.press("alt+i")
        await desk.until(lambda: "This picture is not in the session." in lines(page.widget)[0], "it is missing")
        await desk.type("a")
        await desk.until(lambda: "context" in str(prompt.border_subtitle), "it is counted without the picture")
        before = str(prompt.border_subtitle)
        prompt.put("")
        prompt.focus()
        await desk.ask(f"/image {tmp_path / 'red.png'}")
        await desk.until(lambda: "goes with the next question" in desk.conversation, "it is attached")
        await desk.until(lambda: str(prompt.border_subtitle) not in ("", before), "it is counted with the pictures")
        before = str(prompt.border_subtitle)
        await desk.type("a")
        await desk.until(lambda: str(prompt.border_subtitle) != before, "the letter is counted too")
        counted = str(prompt.border_subtitle)
        run = await desk.answer("")
        tokens = sum(100 if token == -200 else 1 for token in run.start.prompt_ids)  # 100 places see a picture
        assert counted.startswith(f"context {tokens} +")
        await desk.until(lambda: page.widget.drawing is not None, "it is shown")
        assert "Picture 2 of 2" in lines(page.widget)[0]


async def test_the_open_page_tells_that_another_run_is_about_no_picture(home: Home) -> None:
    path = about_pictures(home.sessions / "fox.jsonl", [RED])
    async with chatting("sees", size=(120, 50)) as desk:
        await desk.ready()
        await desk.app.navigation.continue_session(path)
        pane = desk.chat.stage.panel.find(PicturePage).widget
        await desk.press("alt+i")
        await desk.until(lambda: pane.drawing is not None, "the picture is decoded")
        await desk.chat.chat_sessions.action_new_chat()
        await desk.answer("hi")
        assert "".join(lines(pane)).strip() == "The question on show is about no picture."


@pytest.mark.parametrize(
    ("size", "cells"), [((400, 100), (40, 5)), ((100, 400), (6, 12)), ((3, 3), (3, 2)), ((1, 1), (1, 1))]
)
def test_a_picture_keeps_its_proportions_in_cells(size: tuple[int, int], cells: tuple[int, int]) -> None:
    rows = half_blocks(Image.new("RGB", size, (1, 2, 3)), 40, 12)
    assert (len(rows[0]), len(rows)) == cells
    assert rows[0][0] == HalfBlock((1, 2, 3), (1, 2, 3) if size[1] > 1 else None)


def test_a_small_picture_is_enlarged_only_when_asked() -> None:
    drawing = PictureDrawing(Image.new("RGB", (2, 2), (255, 255, 255)))
    drawing.fit(20, 5, enlarge=True)
    assert (drawing.columns, drawing.rows) == (10, 5)
    drawing.fit(20, 5)
    assert (drawing.columns, drawing.rows) == (2, 1)
    assert [segment.text for segment in drawing.row(0, colours=False)] == ["█", "█"]


def test_a_row_has_two_colours_a_cell(tmp_path: Path) -> None:
    picture = Image.new("RGB", (1, 3), (10, 20, 30))
    picture.putpixel((0, 1), (40, 50, 60))
    drawing = PictureDrawing(picture)
    drawing.fit(5, 5)
    looks = [segment.style for y in range(drawing.rows) for segment in drawing.row(y)]
    assert [str(style) for style in looks] == ["#0a141e on #28323c", "#0a141e"]
