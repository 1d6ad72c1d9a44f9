"""Which parts of a picture a token leans on: asked with a key and by mouse, drawn over the picture, told in words."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from llada_tui.trace.events import PiecesEvent
from llada_tui.trace.text import TokenBytes
from llada_tui.tui.stage.pages.picture_page import PicturePage
from llada_tui.tui.stage.picture_heat import PictureHeat, heat_lines, place_words, plain_tint
from llada_tui.worker.protocol import Influences, PicturePart
from tests.conftest import Home
from tests.tui.sessions import about_pictures
from tests.tui.support import Desk, chatting, replaying

RED, BLUE, WHITE = (200, 0, 0), (0, 0, 200), (255, 255, 255)


@pytest.fixture
def cat(home: Home) -> Path:
    path = home.path / "cat.png"
    Image.new("RGB", (64, 64), WHITE).save(path)
    return path


def page_of(desk: Desk) -> PicturePage:
    return desk.chat.stage.panel.find(PicturePage)


def words(desk: Desk) -> str:
    pane = page_of(desk).widget
    return "\n".join(pane.render_line(y).text for y in range(pane.size.height))


def colours(desk: Desk, x: int, y: int) -> tuple[int, int, int]:
    """The colour of the upper half of a cell of the picture."""
    style = [*page_of(desk).widget.render_line(y)][x].style
    assert style is not None
    assert style.color is not None
    assert style.color.triplet is not None
    return tuple(style.color.triplet)


async def asked(desk: Desk, cat: Path) -> None:
    """The last token of an answer about a picture is selected."""
    await desk.ready()
    await desk.ask(f"/image {cat}")
    await desk.until(lambda: "goes with the next question" in desk.conversation, "the picture is attached")
    await desk.answer("ab")
    desk.chat.stage.to_end()
    desk.chat.stage.canvas.focus()
    desk.chat.stage.canvas.selected = 2
    await desk.pilot.pause()


async def test_a_key_shows_the_parts_and_arrows_and_the_mouse_tell_their_shares(cat: Path) -> None:
    async with chatting("sees", length=4) as desk:
        await asked(desk, cat)
        await desk.press("D")
        await desk.until(lambda: page_of(desk).influences is not None, "the model's answer")
        pane = page_of(desk).widget
        await desk.until(lambda: pane.drawing is not None, "the picture is decoded")
        assert pane.drawing is not None
        assert "“a” 36.8% leans on" in words(desk)
        assert "+0.70 top left" in words(desk)
        assert "one pass of 5 rows" in words(desk)
        strong, weak = colours(desk, 0, 0), colours(desk, 0, pane.drawing.rows - 1)
        assert strong[2] > strong[0]  # the accent, a blue; where there is nothing worth showing it is grey
        assert weak[0] == weak[1] == weak[2] < 160
        frame = desk.chat.stage.player.frame
        pane.focus()
        await desk.press("right")
        assert "▸ +0.70 top left" in words(desk)
        assert colours(desk, 0, 0) == WHITE  # the chosen part keeps its colours
        await desk.press("right")
        assert "▸ +0.20 top right" in words(desk)
        await desk.press("right", "down")
        assert "▸ −0.05 bottom right" in words(desk)
        assert desk.chat.stage.player.frame == frame
        await desk.pilot.hover(pane, offset=(2, 0))
        assert "▸ +0.70 top left" in words(desk)
        assert pane.drawing is not None
        await desk.pilot.click(pane, offset=(1, pane.drawing.rows - 1))
        assert "▸ +0.03 bottom left" in words(desk)
        await desk.press("D", "left")
        assert desk.chat.stage.player.frame == frame - 1  # without parts the arrows are the player's
        desk.chat.stage.to_end()
        assert colours(desk, 0, 0) == WHITE
        await desk.press("D")
        await desk.until(lambda: page_of(desk).influences is not None, "it again")
        desk.chat.stage.canvas.selected = 1
        await desk.until(lambda: page_of(desk).influences is None, "another token is shown")


async def test_a_click_on_the_token_s_tab_asks_and_a_mask_has_nothing(cat: Path) -> None:
    async with chatting("sees", length=4) as desk:
        await asked(desk, cat)
        desk.chat.stage.seek(0)
        await desk.press("f3")
        tabs = desk.chat.stage.panel.tabs
        column = next(at for at, part in tabs.placed() if part.action == "picture_parts")
        await desk.pilot.click(tabs, offset=(column + 2, 0))
        await desk.until(lambda: any("Nothing is guessed here" in notice for notice in desk.notices), "a sentence")
        desk.chat.stage.to_end()
        await desk.press("f3")
        await desk.pilot.click(tabs, offset=(column + 2, 0))
        await desk.until(lambda: page_of(desk).influences is not None, "the model's answer")
        assert page_of(desk).is_open


async def test_a_replay_says_that_it_has_no_model(home: Home, cat: Path) -> None:
    async with replaying(about_pictures(home.sessions / "fox.jsonl", [cat.read_bytes()])) as desk:
        desk.replay.stage.to_end()
        await desk.press("D")
        assert "A replay has no model to ask" in desk.notices[-1]


def parts(*nats: float, columns: int = 2) -> list[PicturePart]:
    rows = len(nats) // columns
    places = [(at // columns, at % columns) for at in range(len(nats))]
    return [
        PicturePart(0, x / columns, y / rows, (x + 1) / columns, (y + 1) / rows, gain)
        for (y, x), gain in zip(places, nats, strict=True)
    ]


def test_the_strongest_has_most_colour_and_what_speaks_against_has_another() -> None:
    heat = PictureHeat(parts(2.0, -1.0, 0.5, 0.01), 2.0)

    def tint(x: float, y: float, chosen: int | None = None) -> tuple[int, int, int]:
        return heat.tint(x, y, WHITE, towards=BLUE, against=RED, chosen=chosen)

    strong, against, weak, none = tint(0.2, 0.2), tint(0.9, 0.1), tint(0.1, 0.9), tint(0.9, 0.9)
    assert strong[2] - strong[0] > weak[2] - weak[0] > 0
    assert against[0] > against[2]
    assert len(set(none)) == 1
    assert tint(0.2, 0.2, chosen=0) == WHITE
    assert [plain_tint(heat, x, y)[0] for x, y in ((0.2, 0.2), (0.9, 0.1), (0.1, 0.9), (0.9, 0.9))] == [255, 128, 64, 0]


def test_the_part_beside_another_stops_at_the_edge() -> None:
    heat = PictureHeat(parts(1, 2, 3, 4, 5, 6, columns=3), 6)
    assert [heat.beside(0, 1, 0), heat.beside(2, 1, 0), heat.beside(1, 0, 1), heat.beside(4, 0, 1)] == [1, 2, 4, 4]
    assert heat.index_at(0.99, 0.99) == 5


def test_places_have_words() -> None:
    assert [place_words(part) for part in parts(*range(9), columns=3)] == [
        *("top left", "top centre", "top right", "middle left", "middle", "middle right"),
        *("bottom left", "bottom centre", "bottom right"),
    ]


def test_lines_tell_of_one_picture_what_it_cost_and_where_there_is_nothing() -> None:
    pieces = TokenBytes()
    pieces.add(PiecesEvent({7: b" cat"}))
    leaning = Influences(1, 0, 7, 0.5, [], 0.1, parts(2.0, -1.0, 0.5, 0.01))
    lines = ["".join(text for text, _ in line) for line in heat_lines(leaning, pieces, 0, 1)]
    assert lines[0].startswith("“ cat” 50.0% leans on")
    assert lines[1] == "▸ −1.00 top right     ━━━"
    assert lines[2].strip().startswith("+2.00 top left      ━━━━━━")
    assert lines[-1] == "one pass of 5 rows, 100 ms"
    other = ["".join(text for text, _ in line) for line in heat_lines(leaning, pieces, 1, None)]
    assert other[0].endswith("leans on no single part of it.")
