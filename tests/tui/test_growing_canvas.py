"""A canvas that changes its length on the screen: what is selected stays selected, and every page follows."""

from __future__ import annotations

from pathlib import Path

import pytest

from llada_tui.analysis.colour_scale import ColourBy
from llada_tui.trace.events import FORMAT, VERSION, PiecesEvent, SessionEvent, Stretch, encode
from llada_tui.tui.stage.pages.curves_page import CurvesPage
from llada_tui.tui.stage.pages.spacetime_page import SpacetimePage
from llada_tui.tui.stage.pages.token_page import TokenPage
from tests.conftest import Home
from tests.trace.support import end, start, step
from tests.tui.support import Desk, replaying


@pytest.fixture
def session(home: Home) -> Path:
    """Four masks; before the last two come three, then the first of all goes, and the last two."""
    begin = start(4)
    events = (
        SessionEvent(FORMAT, VERSION, "llada-tui", 1.7e9),
        PiecesEvent({at: f" word{at}".encode() for at in range(20, 40)}),
        begin.__replace__(settings=begin.settings.replace(length="rho_eos")),
        step(0, {2: 20}, inserted=Stretch(2, 3), ends=0.1),
        step(1, {4: 21, 0: 22}),
        step(2, {1: 23}, removed=Stretch(0, 1), ends=0.9),
        step(3, {3: 24, 5: 25, 6: 26}, removed=Stretch(4, 2), ends=0.5),
        end("", steps=4),
    )
    path = home.sessions / "growing.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"".join(encode(event) + b"\n" for event in events))
    return path


async def at(desk: Desk, frame: int) -> list[str]:
    """The texts of the canvas in a frame."""
    desk.replay.stage.seek(frame)
    await desk.pilot.pause()
    rows = desk.replay.stage.canvas.frame_rows
    assert rows.run is not None
    assert [cell.position for cell in rows.cells] == list(rows.run.positions.of(frame))
    return [text.strip() for text in rows.texts]


async def test_frames_of_any_length_are_drawn_in_any_order(session: Path) -> None:
    async with replaying(session, size=(100, 30)) as desk:
        for by in ColourBy:
            desk.replay.stage.canvas.colour_by = by
            for frame in (0, 1, 4, 3, 2, 1, 0, 4):
                texts = await at(desk, frame)
                assert len(texts) == (4, 7, 7, 6, 4)[frame]
            assert texts == ["word23", "word21", "word25", "word26"]


async def test_what_is_selected_stays_selected_while_masks_come_before_it(session: Path) -> None:
    async with replaying(session, size=(100, 30)) as desk:
        canvas = desk.replay.stage.canvas
        await at(desk, 0)
        canvas.selected = 2
        places = []
        for frame in (1, 2, 3, 2, 0, 4):
            await at(desk, frame)
            places.append(canvas.selected)
        assert places == [5, 5, 4, 5, 2, None]


async def test_the_token_page_tells_the_history_of_the_position(session: Path) -> None:
    async with replaying(session, size=(100, 40)) as desk:
        await at(desk, 1)
        desk.replay.stage.canvas.selected = 5
        await desk.press("ctrl+right_square_bracket")
        inspector = desk.replay.stage.panel.find(TokenPage).widget
        words = [inspector.render_line(y).text for y in range(3)]
        assert "position 5" in words[0]
        assert "word20" in words[0]
        await at(desk, 3)
        assert "position 4" in inspector.render_line(0).text
        assert "word20" in inspector.render_line(0).text


async def test_spacetime_has_a_column_for_every_position_and_points_at_places(session: Path) -> None:
    async with replaying(session, size=(100, 40)) as desk:
        await at(desk, 2)
        stage = desk.replay.stage
        stage.canvas.selected = 2
        await desk.press("ctrl+o")
        pane = stage.panel.find(SpacetimePage).widget
        assert pane.grid.columns.count == 7
        assert pane.grid.position == 2
        assert "position 2 “ word21”" in pane.words()
        await at(desk, 3)
        assert pane.grid.position == 2
        assert "position 1 “ word21”" in pane.words()


async def test_curves_show_the_length_and_the_density_of_ends(session: Path) -> None:
    async with replaying(session, size=(140, 40)) as desk:
        await at(desk, 3)
        await desk.press("ctrl+g")
        curves = desk.replay.stage.panel.find(CurvesPage).widget
        text = "\n".join(curves.render_line(y).text for y in range(curves.size.height))
        assert "canvas" in text
        assert "density of ends" in text


async def test_the_screen_is_not_laid_out_anew_for_rows_that_fit_in(home: Home) -> None:
    begin = start(4)
    events = (
        SessionEvent(FORMAT, VERSION, "llada-tui", 1.7e9),
        PiecesEvent({at: f" word{at}".encode() for at in range(20, 40)}),
        begin.__replace__(settings=begin.settings.replace(length="rho_eos")),
        step(0, {2: 20}, inserted=Stretch(2, 60)),
        step(1, {4: 21}, removed=Stretch(10, 40)),
        end("", steps=2),
    )
    path = home.sessions / "rows.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"".join(encode(event) + b"\n" for event in events))
    async with replaying(path, size=(100, 40)) as desk:
        canvas = desk.replay.stage.canvas
        rows, areas = set(), set()
        for frame in (0, 1, 2, 1):
            await at(desk, frame)
            rows.add(len(canvas.frame_rows.rows))
            areas.add(canvas.virtual_size)
        assert len(rows) > 1
        assert areas == {canvas.size}
        await desk.pilot.resize_terminal(40, 20)
        await at(desk, 1)
        assert canvas.virtual_size.height > canvas.size.height
