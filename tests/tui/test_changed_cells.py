"""What is drawn again, and sent to the terminal: the cells that differ."""

from __future__ import annotations

import io
import re
import signal
from pathlib import Path

import pyte
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from llada_tui.drawing.row_segments import PLAIN, POINTED, SELECTED, PlacedRow, draw_row, place_row
from llada_tui.drawing.text_flow import Span
from llada_tui.drawing.token_styles import TokenStyles, look
from llada_tui.trace.cell import State
from llada_tui.tui.player.row_pictures import RowPictures
from llada_tui.tui.shell.changed_cells import CroppedUpdate, changed_cells
from tests.conftest import Home, first_quick
from tests.tui.pseudo_terminal import Terminal
from tests.tui.sessions import fox
from tests.tui.support import replaying

STYLES = [None, Style(bold=True), Style(color="red"), Style(italic=True)]
WORDS = st.text(alphabet="ab ━░漢é", min_size=1, max_size=12)
LINES = st.lists(st.tuples(WORDS, st.sampled_from(STYLES)), min_size=1, max_size=8)
WIDTH = 40


def line(pieces: list[tuple[str, Style | None]]) -> Strip:
    return Strip([Segment(text, style) for text, style in pieces]).extend_cell_length(WIDTH).crop(0, WIDTH)


def cells(strip: Strip) -> list[tuple[str, int, Style | None]]:
    """Each cell's character, which cell of it that is, and its style."""
    return [
        (character, part, segment.style)
        for segment in strip
        for character in segment.text
        for part in range(cell_len(character))
    ]


@given(LINES, LINES)
def test_the_cells_that_differ_are_in_the_stretches_and_no_character_is_cut(
    before: list[tuple[str, Style | None]], after: list[tuple[str, Style | None]]
) -> None:
    old, new = line(before), line(after)
    spans = changed_cells(old, new)
    inside = {cell for start, end in spans for cell in range(start, end)}
    old_cells, new_cells = cells(old), cells(new)
    assert all(at in inside for at in range(WIDTH) if old_cells[at] != new_cells[at])
    for of in (old_cells, new_cells):
        assert all(of[start][1] == 0 and (end == WIDTH or of[end][1] == 0) for start, end in spans)


LOOKS = [look(State.PREDICTED, 2), look(State.COMMITTED), look(State.REMASKED), look(State.MASKED)]
ROWS = st.lists(st.tuples(WORDS, st.sampled_from(LOOKS), st.sampled_from([PLAIN, POINTED, SELECTED])), max_size=8)


def place(tokens: list[tuple[str, int, int]]) -> PlacedRow:
    row, column = [], 0
    for position, (text, _, _) in enumerate(tokens):
        row.append(Span(position, column, text, cell_len(text)))
        column += cell_len(text)
    marked = {mark: [at for at, token in enumerate(tokens) if token[2] == mark] for mark in (POINTED, SELECTED)}
    return place_row(row, [token[1] for token in tokens], marked[SELECTED], {}, marked[POINTED])


@given(ROWS, ROWS)
def test_tokens_that_stay_at_their_places_look_as_before(
    before: list[tuple[str, int, int]], after: list[tuple[str, int, int]]
) -> None:
    """Where the quick look at tokens sees no change, their cells have none."""
    styles = TokenStyles({}, Style(color="white"), ansi=False, plain=False)
    width = 120
    pictures = []
    for placed in (place(before), place(after)):
        picture = Strip(draw_row(placed.spans, styles, 1))
        pictures.append(cells(picture.extend_cell_length(width, styles.base).crop(0, width)))
    inside = {cell for start, end in RowPictures(1).changed(place(before), place(after)) for cell in range(start, end)}
    assert all(at in inside for at, (old, new) in enumerate(zip(*pictures, strict=True)) if old != new)
    assert RowPictures(1).changed(place(after), place(after)) == []


@pytest.mark.parametrize(
    ("before", "after", "spans"),
    [
        ([("one two three", None)], [("one two three", None)], []),
        ([("one two three", None)], [("one", None), (" two three", None)], []),
        ([("one two three", None)], [("one owl three", None)], [(4, 7)]),
        ([("━" * 5 + "━" * 20, None)], [("━" * 5, None), ("━" * 20, STYLES[1])], [(5, 25)]),
        ([("x" + " " * 20 + "x", None)], [("y" + " " * 20 + "y", None)], [(0, 1), (21, 22)]),
        ([("漢a", None)], [("a漢", None)], [(0, 3)]),
    ],
)
def test_stretches(
    before: list[tuple[str, Style | None]], after: list[tuple[str, Style | None]], spans: list[tuple[int, int]]
) -> None:
    assert changed_cells(line(before), line(after)) == spans


def test_an_update_sends_from_the_first_cell_to_the_last() -> None:
    chops = [{0: line([("left side", None)]).crop(0, 10), 10: line([("right side", None)]).crop(0, 30)}]
    console = Console(file=io.StringIO(), force_terminal=True, color_system=None)
    update = CroppedUpdate(chops, [(0, 5, 9), (0, 12, 15)], [[10, 40]])
    assert update.render_segments(console) == "\x1b[1;6Hside\x1b[1;13Hght"


LOOKS_SENT = [
    *STYLES,
    Style(color="#102030", bgcolor="#405060"),
    Style(color="#102030", bgcolor="#405060", italic=True),
    Style(color="#708090", bgcolor="#405060", italic=True, underline=True),
    Style(color="#102030", strike=True, reverse=True, bold=True),
]


@given(st.lists(st.lists(st.tuples(st.text("ab ━", min_size=1), st.sampled_from(LOOKS_SENT)), min_size=1), max_size=4))
def test_each_cell_has_the_style_that_it_was_sent_with(lines: list[list[tuple[str, Style | None]]]) -> None:
    """Only what differs from the cells before is sent of a style, and after an update it is the terminal's own."""
    strips = [line(pieces) for pieces in lines]
    chops = [{0: strip} for strip in strips]
    spans = [(y, first, last) for y in range(len(strips)) for first, last in ((0, 9), (17, WIDTH))]
    console = Console(file=io.StringIO(), force_terminal=True, color_system="truecolor")
    terminals = []
    whole = "".join(f"\x1b[{y + 1};1H{strip.render(console)}" for y, strip in enumerate(strips))
    for sent in (CroppedUpdate(chops, spans, [[WIDTH]] * len(strips)).render_segments(console), whole):
        terminals.append(pyte.Screen(WIDTH, 5))
        pyte.Stream(terminals[-1]).feed(sent + "\x1b[5;1Hx")
    for y, first, last in [*spans, (4, 0, 1)]:
        assert [terminals[0].buffer[y][x] for x in range(first, last)] == [
            terminals[1].buffer[y][x] for x in range(first, last)
        ]


async def test_a_frame_that_is_shown_again_draws_nothing(home: Home) -> None:
    async with replaying(fox(home.sessions / "fox.jsonl")) as desk:
        await desk.press("end", "home", "right")
        stage = desk.replay.stage
        drawn: list[int] = []
        for widget in (stage.canvas, stage.timeline, stage.panel, stage.query_one("#canvas-box")):
            widget.refresh = lambda *_, **__: drawn.append(1)  # type: ignore[method-assign]
        stage.redraw()
        assert drawn == []


def sent(terminal: Terminal, key: str, step: int) -> bytes:
    """All that was sent when a key has led to a step: the timeline and the box tell it, and then nothing follows."""
    before = len(terminal.raw)
    terminal.type(key)
    terminal.until(lambda: len(re.findall(rf"\b{step}/27\b", terminal.text)) == 2)
    while (size := len(terminal.raw)) != before:
        before, _ = size, terminal.read(0.2)
    return terminal.raw


@pytest.mark.parametrize("size", first_quick([(80, 24), (120, 40)]))
def test_what_a_step_draws_is_what_a_whole_picture_shows(home: Home, size: tuple[int, int]) -> None:
    """The program draws step after step, and then everything: the same stands there."""
    path: Path = fox(home.sessions / "fox.jsonl", ahead=True)
    with Terminal("-m", "llada_tui", "replay", str(path), size=size, TEXTUAL_ANIMATIONS="none") as terminal:
        terminal.until("27/27")
        sent(terminal, "\x1b[H", 0)
        for step in range(1, 13):
            before = len(terminal.raw)
            raw = sent(terminal, "\x1b[C", step)[before:]
            assert len(re.sub(rb"\x1b\[[0-9;?]*[a-zA-Z]", b"", raw)) < size[0] * size[1] / 4
        picture = terminal.text
        terminal.screen.reset()
        terminal.process.send_signal(signal.SIGCONT)  # after which the program draws all of it
        terminal.until(lambda: terminal.text == picture)
        assert terminal.leave() == 0
