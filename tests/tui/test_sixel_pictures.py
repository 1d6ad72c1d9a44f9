"""Pictures that a terminal draws by sixels: what is sent, where, and what never reaches one that has no sixels."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pyte
import pytest
from PIL import Image
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region

from llada_tui.drawing.sixels import sixels
from llada_tui.tui.player.picture_drawing import PictureDrawing
from llada_tui.tui.shell.sixel_pictures import SixelPictures
from llada_tui.tui.shell.terminal_pictures import pictures_of
from tests.conftest import Home
from tests.tui.pseudo_terminal import Terminal
from tests.tui.sessions import about_pictures
from tests.tui.support import PATIENCE
from tests.tui.test_terminal import check_restored

MESSAGE = re.compile(r'(?:\x1b\[(\d+);(\d+)H)?\x1bP0;1;0q"1;1;(\d+);(\d+)([^\x1b]*)\x1b\\')
HAS_SIXELS, HAS_NONE = b"\x1b[?62;4;22c", b"\x1b[?62;14;22c"
CELL = (9, 20)
Colour = tuple[int, int, int]


def drawn(message: str) -> dict[tuple[int, int], Colour]:
    """The pixels that a terminal draws for one message of sixels, by column and row: those alone that it sets."""
    match = MESSAGE.fullmatch(message)
    assert match is not None, message[:60]
    registers: dict[int, Colour] = {}
    pixels: dict[tuple[int, int], Colour] = {}
    x = top = register = 0
    for token in re.finditer(r"#(\d+)(?:;2;(\d+);(\d+);(\d+))?|!(\d+)([?-~])|([?-~])|([$-])", match[5]):
        number, red, green, blue, times, repeated, letter, move = token.groups()
        if number is not None:
            register = int(number)
            if red is not None:
                registers[register] = (int(red), int(green), int(blue))
        elif move is not None:
            x, top = 0, top + 6 * (move == "-")
        else:
            bits = ord(repeated or letter) - 63
            columns = range(x, x := x + int(times or 1))
            pixels |= {(at, top + bit): registers[register] for at in columns for bit in range(6) if bits >> bit & 1}
    return pixels


@pytest.mark.parametrize("size", [(1, 1), (7, 6), (30, 20), (64, 13)])
def test_sixels_are_the_pixels_of_a_picture_and_no_other(size: tuple[int, int]) -> None:
    picture = Image.effect_noise(size, 120).convert("RGB").quantize(16)
    message = sixels(picture)
    match = MESSAGE.fullmatch(message)
    assert match is not None
    assert (int(match[3]), int(match[4])) == size
    colours = picture.convert("RGB")
    expected = {
        (x, y): tuple(round(value * 100 / 255) for value in colours.getpixel((x, y)))  # type: ignore[union-attr]
        for x in range(size[0])
        for y in range(size[1])
    }
    assert drawn(message) == expected


def test_what_is_alike_is_counted() -> None:
    message = sixels(Image.new("RGB", (200, 6), (255, 0, 0)).quantize(2))
    assert message.endswith("!200~\x1b\\")
    assert len(message) < 60


class FakeTerminal:
    """A terminal that is asked, with cells of a size."""

    def __init__(self, cell: tuple[int, int] | None = CELL) -> None:
        self.asked: list[str] = []
        self.cell = cell

    def ask_for_sixels(self) -> None:
        self.asked.append("sixels")

    def ask_for_version(self) -> None:
        self.asked.append("version")

    def cell_size(self) -> tuple[int, int] | None:
        return self.cell


Line = tuple[int, int, list[Segment]]


class SixelScreen:
    """Pictures for a terminal of 30 lines, how often the screen was drawn again for them, and what is drawn: a picture
    that nobody has any more is not."""

    def __init__(self) -> None:
        self.terminal = FakeTerminal()
        self.redrawn = 0
        self.pictures = SixelPictures(self.terminal, self._redraw)
        self.drawings: list[PictureDrawing] = []

    def _redraw(self) -> None:
        self.redrawn += 1

    def rows(self, columns: int = 10, height: int = 6) -> list[Line]:
        """A picture in its cells, at line 2 and column 5 of a screen: ten pixels to a column."""
        picture = Image.radial_gradient("L").convert("RGB").resize((columns * 10, height * 20))
        drawing = PictureDrawing(picture)
        drawing.fit(columns, height)
        self.drawings.append(drawing)
        return [(2 + y, 5, drawing.row(y, real_pictures=self.pictures)) for y in range(drawing.rows)]

    def update(self, lines: list[Line], height: int = 30) -> str:
        """What is sent for lines."""
        return self.pictures.update(lines, height)

    async def encode(self, lines: list[Line]) -> None:
        """The terminal answers that it has sixels, and the pictures of lines are made, beside the screen."""
        self.pictures.answered([62, 4, 22], secondary=False)
        assert self.redrawn == 1
        assert self.update(lines) == ""
        await self.until_redrawn(2)

    async def until_redrawn(self, times: int) -> None:
        """Wait for the screen to have been drawn again so often."""
        async with asyncio.timeout(PATIENCE):
            while self.redrawn < times:
                await asyncio.sleep(0.01)
        assert self.redrawn == times


@pytest.fixture
def screen() -> SixelScreen:
    """Pictures of a terminal that was asked for nothing yet."""
    return SixelScreen()


async def test_a_terminal_is_asked_once_and_half_blocks_are_drawn_until_it_has_answered(screen: SixelScreen) -> None:
    lines = screen.rows()
    screen.rows()
    assert screen.terminal.asked == ["sixels"]
    assert {segment.text for _, _, segments in lines for segment in segments} == {"▀"}
    assert screen.update(lines) == ""
    screen.pictures.answered([62, 14, 22], secondary=False)
    screen.pictures.answered([1, 4, 4], secondary=True)
    assert (screen.update(lines), screen.redrawn) == ("", 0)
    await screen.encode(lines)
    messages = MESSAGE.findall(screen.update(lines))
    assert [(int(y), int(x), int(width), int(height)) for y, x, width, height, _ in messages] == [
        (3 + row, 6, 90, 20) for row in range(len(lines))
    ]
    screen.terminal.cell = None
    assert screen.update(lines) == ""


async def test_only_the_cells_that_are_sent_are_drawn_and_never_the_last_line(screen: SixelScreen) -> None:
    lines = screen.rows()
    await screen.encode(lines)
    whole = drawn(MESSAGE.search(screen.update(lines[1:2]))[0])  # type: ignore[index]
    line, x, segments = lines[1]
    beside = Segment("words", Style(color="red"))
    parts = screen.update([(line, 0, [beside, *segments[:3]]), (line, x + 7, segments[7:9])])
    left, right = (match[0] for match in MESSAGE.finditer(parts))
    assert left.startswith("\x1b[4;6H")
    assert right.startswith("\x1b[4;13H")
    assert drawn(left) == {(x, y): colour for (x, y), colour in whole.items() if x < 3 * 9}
    assert drawn(right) == {(x - 63, y): colour for (x, y), colour in whole.items() if 7 * 9 <= x < 9 * 9}
    assert screen.update(lines[:2], 4).count("\x1bP") == 1  # line 3 is the last of four


async def test_a_picture_of_another_size_is_made_anew(screen: SixelScreen) -> None:
    lines = screen.rows()
    await screen.encode(lines)
    screen.terminal.cell = (6, 13)  # smaller letters
    assert screen.update(lines) == ""
    await screen.until_redrawn(3)
    assert {match[3:5] for match in MESSAGE.findall(screen.update(lines))} != set()
    assert {(int(w), int(h)) for _, _, w, h, _ in MESSAGE.findall(screen.update(lines))} == {(60, 13)}


async def test_many_pictures_on_the_screen_are_made_once(screen: SixelScreen) -> None:
    drawings = [PictureDrawing(Image.new("RGB", (20, 20), (number, 0, 0))) for number in range(120)]
    for drawing in drawings:
        drawing.fit(2, 1)
    lines = [(y, 0, drawing.row(0, real_pictures=screen.pictures)) for y, drawing in enumerate(drawings)]
    screen.pictures.answered([4], secondary=False)
    screen.update(lines, 500)
    await screen.until_redrawn(2)
    assert screen.update(lines, 500).count("\x1bP") == 120
    await asyncio.sleep(0)
    assert screen.redrawn == 2  # nothing is made again


async def test_a_picture_that_cannot_be_made_stays_in_half_blocks(screen: SixelScreen) -> None:
    lines = screen.rows()
    screen.drawings[-1].picture.close()
    await screen.encode(lines)
    assert screen.update(lines) == ""
    await asyncio.sleep(0)
    assert screen.redrawn == 2  # it is not tried again


def test_nobody_is_asked_behind_a_multiplexer_or_without_a_terminal() -> None:
    terminal = FakeTerminal()
    for name in ("TMUX", "STY", "ZELLIJ"):
        assert pictures_of({"TERM": "xterm-256color", name: "1"}, terminal, print, print) is None
    assert pictures_of({"TERM": "xterm-256color"}, object(), print, print) is None
    assert isinstance(pictures_of({"TERM": "foot"}, terminal, print, print), SixelPictures)
    assert terminal.asked == []


@pytest.fixture
def session(home: Home) -> Path:
    bands = [Image.linear_gradient("L"), Image.radial_gradient("L"), Image.new("L", (256, 256), 99)]
    Image.merge("RGB", bands).save(home.path / "cat.png")
    return about_pictures(home.sessions / "fox.jsonl", [(home.path / "cat.png").read_bytes()])


def place(terminal: Terminal) -> Region:
    """The cells of half blocks, as they would stand on the screen without sixels; an empty region if there are none."""
    screen = pyte.Screen(terminal.columns, terminal.rows)
    text = re.sub(r"\x1bP.*?\x1b\\", "", terminal.raw.decode("utf-8", "ignore"))
    pyte.Stream(screen).feed(re.sub(r"\x1b\[[<>=?][0-9;]*[a-zA-Z$]p?", "", text))
    cells = [(x, y) for y, line in enumerate(screen.display) for x, cell in enumerate(line) if cell == "▀"]
    if not cells:
        return Region()
    left, top = min(cells)[0], min(y for _, y in cells)
    return Region(left, top, max(cells)[0] + 1 - left, max(y for _, y in cells) + 1 - top)


@pytest.mark.parametrize(
    "cell", [pytest.param((0, 0), id="asked"), pytest.param(CELL, id="known", marks=pytest.mark.slow)]
)
def test_a_terminal_with_sixels_gets_each_row_in_its_place(session: Path, cell: tuple[int, int]) -> None:
    with Terminal("-m", "llada_tui", "replay", str(session), size=(120, 40), cell=cell) as terminal:
        terminal.drawn = False  # the emulator would print sixels
        terminal.until(lambda: b"lantern" in terminal.raw)
        assert b"\x1b[c" not in terminal.raw  # nobody is asked before there is a picture
        terminal.type("I")
        terminal.until(lambda: b"\x1b[c" in terminal.raw)
        assert (b"\x1b[16t" in terminal.raw) is (cell == (0, 0))
        terminal.until(lambda: "▀".encode() in terminal.raw)
        assert b"\x1bP" not in terminal.raw
        if cell == (0, 0):
            terminal.send(b"\x1b[6;%d;%dt" % (CELL[1], CELL[0]))
        terminal.send(HAS_SIXELS)

        def messages() -> list[re.Match[str]]:
            return list(MESSAGE.finditer(terminal.raw.decode("utf-8", "ignore")))

        def is_whole() -> bool:
            """Whether the last rows that were sent are those of the picture, in its place: the page may be laid out
            anew while they come."""
            region = place(terminal)
            sent = messages()[-region.height :]
            return (
                [(int(match[1]) - 1, int(match[2]) - 1) for match in sent]
                == [(region.y + row, region.x) for row in range(region.height)]
                and {(int(match[3]), int(match[4])) for match in sent} == {(region.width * CELL[0], CELL[1])}
                and drawn(sent[0][0])[3, 0][0] <= 25  # black at the top of the gradient
                and drawn(sent[-1][0])[3, CELL[1] - 1][0] >= 90
            )

        terminal.until(messages)
        terminal.until(is_whole)
        region = place(terminal)
        assert len(drawn(messages()[-1][0])) == region.width * CELL[0] * CELL[1]

        count = len(terminal.raw)
        terminal.type("?")
        terminal.until(lambda: b"Show what every key does" in terminal.raw)
        terminal.type("\x1b[F")
        terminal.until(lambda: b"as here." in terminal.raw)  # the end of the help
        shown = terminal.raw.index(b"Show what every key does", count)
        assert b"\x1bP" not in terminal.raw[shown:]  # the dialog dims what is below it
        count = len(terminal.raw)
        terminal.type("\x1b")
        terminal.until(lambda: b"\x1bP" in terminal.raw[count:])
        assert terminal.leave() == 0
    check_restored(terminal)


@pytest.mark.parametrize(
    "answer", [pytest.param(HAS_NONE, id="no sixels"), pytest.param(b"", id="no answer", marks=pytest.mark.slow)]
)
def test_a_terminal_without_sixels_gets_half_blocks_and_waits_for_nothing(session: Path, answer: bytes) -> None:
    with Terminal("-m", "llada_tui", "replay", str(session), size=(120, 40), cell=CELL) as terminal:
        terminal.until("lantern")
        terminal.type("I")
        terminal.until(lambda: b"\x1b[c" in terminal.raw)
        if answer:
            terminal.send(answer)
        terminal.until("▀")
        terminal.type("?")
        terminal.until("Show what every key does")
        terminal.type("\x1b")
        terminal.until("▀")
        assert terminal.leave() == 0
        assert b"\x1bP" not in terminal.raw
        assert terminal.raw.count(b"\x1b[c") == 1
    check_restored(terminal)
