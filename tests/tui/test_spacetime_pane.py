"""Spacetime on a replay: its width, and the words in it while it is scrolled."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip

from llada_tui.analysis.colour_scale import LEVELS, ColourBy
from llada_tui.analysis.spacetime import Spacetime, code_of
from llada_tui.drawing.palette import default_tokens, token_variables
from llada_tui.drawing.token_styles import TokenStyles
from llada_tui.trace.cell import State
from llada_tui.tui.shell import late_lines
from llada_tui.tui.stage import spacetime_grid
from llada_tui.tui.stage.curves import Curves
from llada_tui.tui.stage.pages.spacetime_page import SpacetimePage
from llada_tui.tui.stage.spacetime_cells import ON_LINE, CellSegments
from llada_tui.tui.stage.spacetime_pane import SpacetimePane
from tests.conftest import Home
from tests.tui.sessions import fox
from tests.tui.support import Desk, chatting, replaying


@pytest.fixture
def session(home: Home) -> Path:
    return fox(home.sessions / "fox.jsonl")


async def paused(desk: Desk, frame: int) -> None:
    desk.replay.stage.seek(frame)
    await desk.pilot.pause()


async def test_spacetime_takes_the_whole_width_where_positions_share_cells(session: Path) -> None:
    async with replaying(session, size=(40, 24)) as desk:
        stage = desk.replay.stage
        await paused(desk, 20)
        await desk.press("ctrl+o", "ctrl+l")
        pane, run = stage.panel.find(SpacetimePage).widget, stage.player.run
        assert run is not None
        assert run.length_at(0) > pane.grid.columns.cells
        assert pane.left_room + pane.grid.columns.cells == pane.size.width
        assert "a half block: 2 positions" in pane.words()
        half = pane.grid.halves.cell(20)
        codes = pane.grid.key(Spacetime(run, ColourBy.STATE, run.last + 1), half // 2, 0, pane.size.width)
        shown = (codes.top, codes.bottom)[half % 2]
        for choice in run.steps[19].commits:  # what happens in a step is seen whatever stands beside it
            marked = shown[pane.grid.columns.cell(choice.position)]
            assert marked == ON_LINE[code_of(State.COMMITTED_NOW)]


async def test_words_in_spacetime_move_with_their_cells(home: Home) -> None:
    async with replaying(fox(home.sessions / "ahead.jsonl", ahead=True), size=(80, 40)) as desk:
        await paused(desk, 20)  # below, all that is in sight is kept, and looks the same
        await desk.press("ctrl+o", "ctrl+l")
        pane = desk.replay.stage.panel.find(SpacetimePage).widget
        for _ in range(4):
            await desk.press("plus")

        def words(x: int) -> list[str]:
            pane.scroll_to(x, pane.max_scroll_y, animate=False, force=True, immediate=True)
            return [pane.render_line(y).text[pane.left_room :] for y in range(pane.top_room, pane.size.height)]

        before = words(0)
        assert any("lantern" in line for line in before)
        for x in (2, 4):
            assert [line[: pane.size.width - pane.left_room - 9] for line in words(x)] == [
                line[x:][: pane.size.width - pane.left_room - 9] for line in before
            ]


async def test_however_slow_its_lines_are_each_is_drawn_in_the_end(
    session: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    painted: dict[int, Strip] = {}
    render_lines = SpacetimePane.render_lines

    def note(pane: SpacetimePane, crop: Region) -> list[Strip]:
        strips = render_lines(pane, crop)
        painted.update(zip(crop.line_range, strips, strict=True))
        return strips

    monkeypatch.setattr(SpacetimePane, "render_lines", note)
    monkeypatch.setattr(spacetime_grid, "_LARGE", 0)
    monkeypatch.setattr(late_lines, "SLICE", 1e-9)  # one line uses up the time there is
    async with replaying(session, size=(60, 24)) as desk:
        await paused(desk, 20)
        await desk.press("ctrl+o", "ctrl+l")
        pane = desk.replay.stage.panel.find(SpacetimePage).widget
        lines = range(pane.size.height)
        assert len(lines) > 10
        await desk.until(lambda: all(len([*painted[y]]) > 1 for y in lines), "no line is blank")


def test_words_of_wide_letters_are_cut_by_cells() -> None:
    ground = Style(bgcolor="red")
    cells = [Segment("   ", ground), Segment("    ", ground)]
    segments = CellSegments(Style(), {}, TokenStyles({}, Style()), no_color=False, ansi=False)
    drawn = segments.with_words(cells, ["漢字x"], [-1, 7])
    assert [part.text for part in drawn] == [" 字", "x   "]


def test_the_crosshair_hides_no_state_where_colours_cannot_be_mixed() -> None:
    """With the terminal's own colours it is dotted, and the state's colour is its ground."""
    theme = {"background": "ansi_default", "accent": "ansi_blue"}
    styles = TokenStyles({"token-masked": "ansi_bright_black", "token-committed-now": "ansi_bright_yellow"}, Style())
    segments = CellSegments(Style(), theme, styles, no_color=False, ansi=True)
    now, guessed, masked = (code_of(state) for state in (State.COMMITTED_NOW, State.PREDICTED, State.MASKED))
    cells = [segments[bytes([ON_LINE[code], ON_LINE[code]])] for code in (now, guessed, masked)]
    assert [cell.text for cell in cells] == ["·", "·", "·"]
    grounds = [cell.style.bgcolor and cell.style.bgcolor.number for cell in cells if cell.style is not None]
    assert grounds == [11, 8, None], "bright yellow, bright black"
    assert segments[bytes([ON_LINE[now], masked])].style == cells[0].style, "also where it takes half of a cell"


@pytest.mark.parametrize("no_color", [False, True])
def test_what_was_computed_anew_is_bright_whatever_stands_there(no_color: bool) -> None:
    variables = token_variables(default_tokens(True)) | {"accent": "#7aa2f7", "background": "#14161f"}
    base = Style.parse("#c8cee6 on #14161f")
    styles = TokenStyles(variables, base, plain=no_color)
    styles.colour_by = ColourBy.RECOMPUTED
    segments = CellSegments(base, variables, styles, no_color=no_color, ansi=False)
    pairs = [
        [segments[bytes([code_of(state, level)] * 2)] for state in (State.MASKED, State.PREDICTED, State.COMMITTED)]
        for level in (0, LEVELS - 1)
    ]
    looks = [{(cell.text, str(cell.style.bgcolor) if cell.style else "") for cell in cells} for cells in pairs]
    assert [len(alike) for alike in looks] == [1, 1]
    assert looks[0] != looks[1]
    if no_color:
        assert [text for alike in looks for text, _ in alike] == ["░", "█"]
    half = segments[bytes([code_of(State.MASKED, LEVELS - 1), code_of(State.COMMITTED, 0)])]
    assert half.text == "▀"


def test_in_the_terminals_own_colours_a_mask_that_was_computed_anew_has_one() -> None:
    theme = {"background": "ansi_default", "accent": "ansi_blue"}
    styles = TokenStyles(
        {"token-masked": "ansi_bright_black", "token-committed-now": "ansi_bright_yellow"}, Style(), ansi=True
    )
    styles.colour_by = ColourBy.RECOMPUTED
    segments = CellSegments(Style(), theme, styles, no_color=False, ansi=True)
    cells = [segments[bytes([code_of(State.MASKED, level)] * 2)] for level in (0, LEVELS - 1)]
    grounds = [cell.style.bgcolor and cell.style.bgcolor.number for cell in cells if cell.style is not None]
    assert grounds == [8, 11], "bright black, bright yellow"


@pytest.mark.usefixtures("home")
async def test_what_is_to_come_is_said_whole_where_the_pane_is_narrow() -> None:
    async with chatting(size=(200, 50)) as desk:
        await desk.ready()
        sentences = {
            SpacetimePane: "Every step of a run, one under the other: shown once something was asked.",
            Curves: "Figures of each step: shown once something was asked.",
        }
        for kind, sentence in sentences.items():
            pane = desk.chat.query_one(kind)
            assert " ".join(" ".join(pane.render_line(y).text for y in range(pane.size.height)).split()) == sentence
