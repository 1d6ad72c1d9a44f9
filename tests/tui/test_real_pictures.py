"""Pictures that the terminal draws: what it is sent, in which cells they lie, and what never reaches it."""

from __future__ import annotations

import base64
import io
import re
from pathlib import Path

import pyte
import pytest
from PIL import Image
from rich.cells import cell_len
from rich.style import Style

from llada_tui.drawing.kitty_graphics import MOST, can_draw, is_new_enough, placeholder
from llada_tui.tui.app import LladaApp
from llada_tui.tui.chat.picture_entry import PictureEntry
from llada_tui.tui.player.picture_drawing import PictureDrawing
from llada_tui.tui.shell.real_pictures import RealPictures
from llada_tui.tui.shell.terminal_app import TerminalApp
from llada_tui.tui.stage.pages.picture_page import PicturePage
from llada_tui.worker.protocol import Influences, PicturePart
from tests.conftest import Home
from tests.tui.pseudo_terminal import Terminal
from tests.tui.sessions import about_pictures
from tests.tui.support import chatting, replaying
from tests.tui.test_terminal import check_restored

KITTY = {"TERM": "xterm-kitty", "COLORTERM": "truecolor"}
MESSAGE = re.compile(r"\x1b_G([^;\x1b]*)(?:;([A-Za-z0-9+/=]*))?\x1b\\")


def messages(text: str) -> list[tuple[dict[str, str], str]]:
    """The messages in what is sent, which is nothing else: their keys, and their data."""
    assert MESSAGE.sub("", text) == ""
    return [(dict(pair.split("=") for pair in keys.split(",")), data) for keys, data in MESSAGE.findall(text)]


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The texts that a terminal of kitty's kind is sent beside the screen."""
    for name in ("TMUX", "STY", "ZELLIJ", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    for name, value in KITTY.items():
        monkeypatch.setenv(name, value)
    texts: list[str] = []
    monkeypatch.setattr(TerminalApp, "send_to_terminal", lambda self, text: texts.append(text))
    return texts


@pytest.fixture
def cat(home: Home) -> Path:
    path = home.path / "cat.png"
    noise = Image.effect_noise((60, 40), 100).convert("RGB")
    noise.save(path)
    return path


def test_a_terminal_is_known_by_its_names_and_never_behind_a_multiplexer() -> None:
    assert can_draw(KITTY)
    assert can_draw({"TERM": "xterm-ghostty", "COLORTERM": "24bit"})
    for environment in (
        {},
        {"TERM": "xterm-256color", "COLORTERM": "truecolor"},
        {"TERM": "xterm-kitty"},
        {**KITTY, "TMUX": "/tmp/tmux"},
        {**KITTY, "STY": "1"},
        {**KITTY, "ZELLIJ": "0"},
    ):
        assert not can_draw(environment)


def test_every_cell_of_a_picture_is_one_cell_wide_and_unlike_all_others() -> None:
    cells = {placeholder(column, row) for column in range(MOST) for row in range(0, MOST, 7)}
    assert len(cells) == MOST * len(range(0, MOST, 7))
    assert {cell_len(cell) for cell in cells} == {1}


def test_a_picture_is_sent_once_and_fitted_again() -> None:
    sent: list[str] = []
    pictures = RealPictures(sent.append)
    picture = Image.effect_noise((300, 200), 100).convert("RGB")
    number = pictures.number_of(picture, 30, 10)
    assert pictures.number_of(picture, 30, 10) == number
    *data, (last, _) = messages("".join(sent))
    assert last == {"a": "p", "U": "1", "i": str(number), "p": "1", "c": "30", "r": "10", "q": "2"}
    assert data[0][0] == {"i": str(number), "f": "100", "q": "2", "m": "1"}
    assert [keys["m"] for keys, _ in data] == ["1"] * (len(data) - 1) + ["0"]
    assert all(len(letters) <= 4096 for _, letters in data)
    copy = Image.open(io.BytesIO(base64.b64decode("".join(letters for _, letters in data))))
    assert copy.tobytes() == picture.tobytes()
    assert all(keys["q"] == "2" for keys, _ in messages("".join(sent)))  # the terminal answers nothing
    count = len(sent)
    assert pictures.number_of(picture, 15, 5) == number
    assert [keys["a"] for keys, _ in messages("".join(sent[count:]))] == ["p"]
    pictures.send_again()
    assert sent[-1].startswith(sent[0][:40])
    assert ",c=15,r=5," in sent[-1]
    pictures.delete_all()
    assert messages(sent[-1]) == [({"a": "d", "d": "I", "i": str(number), "q": "2"}, "")]


def test_the_terminal_has_no_more_than_a_few_pictures() -> None:
    sent: list[str] = []
    pictures = RealPictures(sent.append)
    kept = [Image.new("RGB", (4, 4), (number, 0, 0)) for number in range(206)]
    numbers = [pictures.number_of(each, 2, 1) for each in kept]
    assert len(set(numbers)) == 206
    gone = [keys["i"] for keys, _ in messages("".join(sent)) if keys.get("a") == "d"]
    assert gone == [str(number) for number in numbers[:6]]


def test_a_row_has_the_picture_s_number_as_its_colour() -> None:
    drawing = PictureDrawing(Image.new("RGB", (8, 8), (9, 9, 9)))
    drawing.fit(8, 4)
    pictures = RealPictures(lambda text: None)
    row = drawing.row(3, real_pictures=pictures)
    assert [segment.text for segment in row] == [placeholder(column, 3) for column in range(8)]
    number = pictures.number_of(drawing.picture, 8, 4)
    assert {str(segment.style) for segment in row} == {f"#{number:06x}"}


async def test_the_conversation_has_the_picture_in_its_cells_and_the_terminal_forgets_it(
    sent: list[str], cat: Path
) -> None:
    async with chatting("sees", images=[cat]) as desk:
        await desk.ready()
        await desk.until(lambda: "goes with the next question" in desk.conversation, "the picture is attached")
        (entry,) = desk.chat.conversation_pane.view.query(PictureEntry)
        await desk.until(lambda: entry.size.height == 12, "the picture has its place")
        strips = [entry.render_line(y) for y in range(12)]
        assert [strip.cell_length for strip in strips] == [entry.size.width] * 12
        assert [strip.text.rstrip() for strip in strips] == [
            "".join(placeholder(column, row) for column in range(36)) for row in range(12)
        ]
        numbers = {keys["i"] for keys, _ in messages("".join(sent)) if "i" in keys}
        await desk.app.close_down()
        assert messages(sent[-1])[0][0]["a"] == "d"
        assert {messages(sent[-1])[0][0]["i"]} == numbers


async def test_a_heat_map_is_drawn_in_cells_of_colour(sent: list[str], home: Home, cat: Path) -> None:
    async with replaying(about_pictures(home.sessions / "fox.jsonl", [cat.read_bytes()])) as desk:
        stage = desk.replay.stage
        stage.to_end()
        await desk.press("f3", "shift+right", "I")
        page = stage.panel.find(PicturePage)
        await desk.until(lambda: page.widget.drawing is not None, "the picture is decoded")
        assert placeholder(0, 0) in page.widget.render_line(0).text
        run, position = stage.player.run, stage.canvas.selected
        assert run is not None
        assert position is not None
        parts = [PicturePart(0, 0, 0, 1, 1, 2.0)]
        page.show_influences(run, stage.player.frame, Influences(1, position, 3, 0.5, [], 0.1, parts))
        assert page.widget.render_line(0).text.startswith("▀")


@pytest.mark.usefixtures("sent")
@pytest.mark.parametrize("off", ["config", "NO_COLOR", "TMUX"])
def test_half_blocks_are_drawn_where_that_is_wanted(home: Home, monkeypatch: pytest.MonkeyPatch, off: str) -> None:
    assert LladaApp().terminal_draws
    if off == "config":
        home.config.mkdir(parents=True)
        (home.config / "config.toml").write_text('pictures = "cells"\n')
    else:
        monkeypatch.setenv(off, "1")
    assert not LladaApp().terminal_draws


def test_below_the_last_pixels_is_the_ground_of_the_screen() -> None:
    drawing = PictureDrawing(Image.new("RGB", (8, 7), (9, 9, 9)))
    drawing.fit(8, 4)
    assert {str(segment.style) for segment in drawing.row(3, Style(bgcolor="#123456"))} == {"#090909 on #123456"}
    assert {str(segment.style) for segment in drawing.row(2, Style(bgcolor="#123456"))} == {"#090909 on #090909"}


def test_an_old_kitty_is_known_by_its_version() -> None:
    assert is_new_enough([1, 4000, 28])
    assert is_new_enough([1, 4001, 0])
    for attributes in ([1, 4000, 26], [1, 4000, 27], [0, 95, 0], [19, 379, 0], [1, 10, 0], [1, 4000], []):
        assert not is_new_enough(attributes)


@pytest.mark.parametrize(("attributes", "is_drawn"), [([1, 4000, 26], False), ([1, 4000, 28], True)])
def test_kitty_gets_half_blocks_until_it_has_said_that_it_is_new_enough(attributes: list[int], is_drawn: bool) -> None:
    sent: list[str] = []
    asked: list[int] = []
    drawn: list[int] = []
    pictures = RealPictures(sent.append, lambda: asked.append(1), lambda: drawn.append(1))
    drawing = PictureDrawing(Image.new("RGB", (8, 8), (9, 9, 9)))
    drawing.fit(8, 4)
    for _ in range(2):
        assert {segment.text for segment in drawing.row(0, real_pictures=pictures)} == {"▀"}
    assert (asked, sent) == ([1], [])
    pictures.answered([64, 4000, 28], secondary=False)
    assert drawn == []
    pictures.answered(attributes, secondary=True)
    assert drawn == [1] * is_drawn
    assert ("▀" in {segment.text for segment in drawing.row(0, real_pictures=pictures)}) is not is_drawn


def rows_of_placeholders(raw: bytes) -> list[str]:
    """The lines of the screen that have a picture in them, with what stands beside it."""
    screen = pyte.Screen(120, 40)
    text = MESSAGE.sub("", raw.decode("utf-8", "ignore"))
    pyte.Stream(screen).feed(re.sub(r"\x1b\[[<>=?][0-9;]*[a-zA-Z$]p?", "", text))
    return [line.rstrip() for line in screen.display if "\U0010eeee" in line]


def test_a_real_terminal_gets_whole_messages_and_the_rest_of_the_screen_as_ever(home: Home, cat: Path) -> None:
    path = about_pictures(home.sessions / "fox.jsonl", [cat.read_bytes()])
    with Terminal("-m", "llada_tui", "replay", str(path), size=(120, 40), **KITTY) as terminal:
        terminal.drawn = False  # the emulator would print the messages
        terminal.until(lambda: b"lantern" in terminal.raw)
        terminal.type("I")
        terminal.until(lambda: b"\x1b[>c" in terminal.raw)
        terminal.send(b"\x1b[>1;4000;35c")
        terminal.until(lambda: placeholder(1, 5).encode() in terminal.raw)

        def is_in_its_place() -> bool:
            rows = rows_of_placeholders(terminal.raw)
            widths = {line.count("\U0010eeee") for line in rows}
            return len(rows) >= 5 and len(widths) == 1 and all(line.endswith("│") for line in rows)

        terminal.until(is_in_its_place)
        before = len(terminal.raw)
        assert terminal.leave() == 0
        assert re.search(rb"\x1b_Ga=d,d=I,i=\d+,q=2\x1b\\", terminal.raw[before:])
    check_restored(terminal)
    text = terminal.raw.decode()
    assert text.count("\x1b_G") == len(MESSAGE.findall(text)) >= 3
    numbers = {keys["i"] for keys, _ in messages("".join(match[0] for match in MESSAGE.finditer(text))) if "i" in keys}
    assert len(numbers) == 1
    assert "\x1b[c" not in text  # it is asked what it is, which is told from what it can do
