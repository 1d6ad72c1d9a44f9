"""The panel's pages on a replay: opened by key and mouse, tied to the playhead and the selected position."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from llada_tui.analysis.colour_scale import ColourBy
from llada_tui.trace.cell import State
from llada_tui.trace.events import FORMAT, VERSION, SessionEvent, encode
from llada_tui.trace.run import Run
from llada_tui.tui.stage.axis import Axis, ProportionalAxis
from llada_tui.tui.stage.pages.curves_page import CurvesPage
from llada_tui.tui.stage.pages.spacetime_page import SpacetimePage
from llada_tui.tui.stage.pages.token_page import TokenPage
from llada_tui.tui.stage.stage import Stage
from tests.conftest import Home, first_quick
from tests.trace.support import start, step
from tests.tui.sessions import fox
from tests.tui.support import Desk, chatting, replaying


@pytest.fixture
def session(home: Home) -> Path:
    return fox(home.sessions / "fox.jsonl")


async def paused(desk: Desk, frame: int = 5) -> None:
    desk.replay.stage.seek(frame)
    await desk.pilot.pause()


def lines(desk: Desk, stage: Stage | None = None) -> list[str]:
    """The lines of the open page: of a replay, where no other stage is named."""
    page = (stage or desk.replay.stage).panel.front
    return [page.render_line(y).text.rstrip() for y in range(page.size.height)]


@pytest.mark.parametrize(
    ("key", "page"),
    [
        ("f3", "token"),
        pytest.param("ctrl+o", "spacetime", marks=pytest.mark.slow),
        pytest.param("ctrl+g", "curves", marks=pytest.mark.slow),
    ],
)
async def test_a_key_opens_a_page_and_escape_leaves_it(session: Path, key: str, page: str) -> None:
    async with replaying(session, size=(80, 24)) as desk:
        await desk.press(key)
        assert desk.replay.stage.panel.page.name == page
        assert desk.replay.stage.panel.front.size.height >= 8
        await desk.press("escape", "escape")
        assert desk.app.focused is desk.replay.stage.canvas


@pytest.mark.parametrize("page", first_quick(["token", "spacetime", "curves", "knobs"]))
async def test_a_click_on_its_name_opens_a_page(session: Path, page: str) -> None:
    async with replaying(session) as desk:
        tabs = desk.replay.stage.panel.tabs
        await desk.pilot.click(tabs, offset=(tabs.render_line(0).text.index(page.title()), 0))
        await desk.pilot.pause()
        assert desk.replay.stage.panel.page.name == page


async def test_arrows_move_the_crosshair(session: Path) -> None:
    async with replaying(session) as desk:
        stage = desk.replay.stage
        await paused(desk, 5)
        await desk.press("ctrl+o", "down", "down", "up")
        assert stage.player.frame == 6
        await desk.press("right", "right", "right", "left")
        assert stage.canvas.selected == 1
        assert stage.panel.page.name == "spacetime"
        assert "6▸" in "".join(lines(desk))
        await desk.press("home")
        assert stage.player.frame == 0
        await desk.press("end")
        assert stage.player.frame == stage.player.last


async def test_a_click_into_spacetime_goes_there(session: Path) -> None:
    async with replaying(session, size=(200, 50)) as desk:
        stage = desk.replay.stage
        await paused(desk)
        await desk.press("ctrl+o", "ctrl+l")
        pane = stage.panel.find(SpacetimePage).widget
        columns, halves = pane.grid.columns, pane.grid.halves
        x, y = pane.left_room + columns.cell(20), pane.top_room + halves.cell(12) // 2
        await desk.pilot.click(pane, offset=(x, y))
        await desk.pilot.pause()
        assert stage.canvas.selected == 20
        assert halves.cell(stage.player.frame) // 2 == halves.cell(12) // 2


async def test_spacetime_takes_the_whole_width_and_its_numbers_are_round(session: Path) -> None:
    async with replaying(session, size=(80, 24)) as desk:
        await paused(desk, 20)
        await desk.press("ctrl+o", "ctrl+l")
        pane = desk.replay.stage.panel.find(SpacetimePage).widget
        assert pane.left_room + pane.grid.columns.cells == pane.size.width
        ruler, *rows = lines(desk)
        assert ruler.split() == ["0", "10", "20", "30", "40", "50"]
        numbers = [row.split()[0] for row in rows if row[: pane.left_room].strip() and "▸" not in row]
        assert numbers
        assert all(int(number) % 5 == 0 for number in numbers)


async def test_words_are_written_in_spacetime_where_cells_are_wide(session: Path) -> None:
    async with replaying(session, size=(120, 40)) as desk:
        stage = desk.replay.stage
        await paused(desk, stage.player.last)
        stage.canvas.selected = 2
        await desk.press("ctrl+o", "ctrl+l")
        assert "lantern" not in "".join(lines(desk))
        for _ in range(4):
            await desk.press("plus")
        assert "The     lantern" in "".join(lines(desk))


async def test_the_legend_has_what_spacetime_shows(home: Home) -> None:
    path = home.sessions / "taken.jsonl"
    steps = [step(0, {0: 5}), step(1, {1: 6}, remasked=[0]), step(2, {0: 7})]
    events = [SessionEvent(FORMAT, VERSION, "test", 1.7e9), start(4), *steps]
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"".join(encode(event) + b"\n" for event in events))
    async with replaying(path, size=(80, 24)) as desk:
        await paused(desk, 0)
        stage = desk.replay.stage
        assert State.REMASKED not in stage.legend.present
        await desk.press("ctrl+o")
        stage.seek(1)
        assert State.REMASKED in stage.legend.present


async def test_all_steps_that_came_since_are_drawn_in_spacetime(session: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with replaying(session, size=(120, 40)) as desk:
        await paused(desk, 0)
        await desk.press("ctrl+o", "ctrl+l")
        pane = desk.replay.stage.panel.find(SpacetimePage).widget
        growing = Run(start(24), desk.replay.stage.player.run.token_bytes)  # type: ignore[union-attr]
        pane.show(growing, 0, 24)
        await desk.pilot.pause()
        drawn: set[int] = set()
        monkeypatch.setattr(pane, "refresh", lambda *regions, **_: drawn.update(region.y for region in regions))
        for index in range(12):
            growing.add(step(index, {index: 5}))
        pane.show(growing, 0, 24)
        rows = {pane.top_room + pane.grid.row_of(frame) for frame in range(1, 13)}
        assert rows <= drawn


async def test_zoom_keeps_the_crosshair_in_sight(session: Path) -> None:
    async with replaying(session, size=(80, 24)) as desk:
        stage, pane = desk.replay.stage, desk.replay.stage.panel.find(SpacetimePage).widget
        await paused(desk, 20)
        stage.canvas.selected = 40
        await desk.press("ctrl+o")
        assert (pane.max_scroll_x, pane.max_scroll_y) == (0, 0)
        for _ in range(12):
            await desk.press("plus")
            assert any("20▸" in line for line in lines(desk))
        assert pane.grid.columns.times == pane.grid.halves.times == 8
        column = pane.grid.columns.cell(40) - pane.scroll_offset.x
        assert 0 <= column < pane.size.width - pane.left_room
        for _ in range(12):
            await desk.press("minus")
        assert (pane.zoom, pane.max_scroll_x, pane.max_scroll_y) == (0, 0, 0)


async def test_spacetime_is_coloured_as_the_canvas_is(session: Path) -> None:
    async with replaying(session) as desk:
        stage, pane = desk.replay.stage, desk.replay.stage.panel.find(SpacetimePage).widget
        await paused(desk, 9)
        await desk.press("ctrl+o")
        rows_by = {}
        measures = [by for by in ColourBy if by is not ColourBy.RECOMPUTED]  # this run does not record it
        for by in measures:
            assert stage.canvas.colour_by is by
            rows_by[by] = [pane.render_line(y) for y in range(pane.size.height)]
            await desk.press("v")
        assert len({str(rows) for rows in rows_by.values()}) == len(measures)
        assert stage.canvas.colour_by is ColourBy.STATE


async def test_the_whole_side_and_back(session: Path) -> None:
    async with replaying(session) as desk:
        stage = desk.replay.stage
        small = stage.panel.size.height
        await desk.press("ctrl+g", "ctrl+l")
        assert stage.panel.size.height > 2 * small
        assert not stage.query_one("#canvas-box").display
        assert stage.timeline.display
        await desk.press("escape")
        assert stage.panel.size.height == small
        assert stage.query_one("#canvas-box").display


async def test_the_token_page_tells_the_past(session: Path) -> None:
    async with replaying(session) as desk:
        stage = desk.replay.stage
        run = stage.player.run
        assert run is not None
        kept = run.steps[7].commits[0]
        stage.canvas.selected = kept.position
        await paused(desk, 12)
        await desk.press("f3")
        shown = "\n".join(lines(desk))
        assert "● kept in step 8" in shown
        assert f"{kept.confidence:.1%} in step 8" in shown
        assert "candidates in step 8" in shown
        assert f"{0.6:7.1%}" in shown
        flips = {choice.token for step in run.steps for choice in step.predictions if choice.position == kept.position}
        assert len(flips) > 1
        assert "◆ guess changed" in shown


async def test_without_candidates_it_says_how_to_get_them(session: Path) -> None:
    events = [json.loads(line) for line in session.read_bytes().splitlines()]
    for event in events:
        event.pop("alternatives", None)
    session.write_text("".join(json.dumps(event) + "\n" for event in events))
    async with replaying(session, size=(80, 24)) as desk:
        assert not any(step.alternatives for step in desk.replay.stage.player.run.steps)  # type: ignore[union-attr]
        desk.replay.stage.canvas.selected = 3
        await paused(desk, 12)
        await desk.press("f3")
        assert "alternatives (top_k) above 0" in "\n".join(lines(desk))


async def test_a_click_into_the_course_of_time_goes_there(session: Path) -> None:
    async with replaying(session) as desk:
        stage = desk.replay.stage
        stage.canvas.selected = 3
        await paused(desk, 2)
        await desk.press("f3")
        inspector = stage.panel.find(TokenPage).widget
        await desk.pilot.click(inspector, offset=(inspector.size.width, 4))
        await desk.pilot.pause()
        assert stage.player.frame == stage.player.last
        curves = stage.panel.find(CurvesPage).widget
        await desk.press("ctrl+g")
        await desk.pilot.click(curves, offset=(1, 2))
        await desk.pilot.pause()
        assert stage.player.frame in (1, 2)


async def test_the_curves_say_the_figures_at_the_playhead(session: Path) -> None:
    async with replaying(session) as desk:
        stage = desk.replay.stage
        run = stage.player.run
        assert run is not None
        await paused(desk, 10)
        await desk.press("ctrl+g")
        first = lines(desk)[0]
        assert first.split()[:3] == ["masks", "left", str(run.masks_left(10))]
        assert lines(desk)[1].split()[0].startswith(f"{run.length_at(0)}┤")  # the end of the scale, at its axis
        commits = run.steps[9].commits
        mean = sum(choice.confidence for choice in commits) / len(commits)
        assert f"{mean:.0%}" in "\n".join(lines(desk))


async def test_a_curve_is_a_thin_line_that_falls_as_the_masks_do(session: Path) -> None:
    async with replaying(session) as desk:
        await paused(desk, desk.replay.stage.player.last)
        await desk.press("ctrl+g", "ctrl+l")
        curves = desk.replay.stage.panel.find(CurvesPage).widget
        rows = [line[: curves.size.width // 3] for line in lines(desk)]
        columns = [[at for at, char in enumerate(row) if 0x2800 < ord(char) <= 0x28FF] for row in rows[1:5]]
        assert all(columns)  # in every row of the chart
        assert [min(places) for places in columns] == sorted(min(places) for places in columns)
        assert columns[0][0] < columns[-1][0]


async def test_before_any_run_the_pages_say_what_they_are_for(home: Home) -> None:
    async with chatting() as desk:
        await desk.ready()
        stage = desk.chat.workbench.stage
        for key, page in (("ctrl+o", "spacetime"), ("ctrl+g", "curves"), ("f3", "token")):
            await desk.press(key)
            assert stage.panel.page.name == page
            assert any(lines(desk, stage))


async def test_where_nothing_was_recorded_no_page_is_there(home: Home) -> None:
    path = fox(home.sessions / "none.jsonl")
    path.write_bytes(path.read_bytes().split(b"\n")[0] + b"\n")
    async with replaying(path) as desk:
        await desk.press("ctrl+o")
        assert not desk.replay.stage.panel.is_on_screen


def test_things_on_cells() -> None:
    wide = Axis.fit(64, 200, 3)
    assert (wide.each, wide.times, wide.cells, wide.cell(10), wide.first(31)) == (1, 3, 192, 30, 10)
    tight = Axis.fit(65, 16)
    assert (tight.each, tight.cells, tight.first(12), tight.last(12), tight.cell(64)) == (5, 13, 60, 64, 12)
    for axis in (wide, tight, wide.closer(2), tight.closer(1), tight.closer(5)):
        assert {axis.first(axis.cell(thing)) // axis.each for thing in range(axis.count)} == set(
            range(-(-axis.count // axis.each))
        )
        assert all(axis.first(cell) <= axis.last(cell) for cell in range(axis.cells))


@pytest.mark.parametrize(("count", "cells"), [(7, 20), (64, 35), (64, 64), (1, 9), (2000, 30)])
def test_things_spread_over_cells(count: int, cells: int) -> None:
    axis = ProportionalAxis(count, cells)
    shown = {thing for cell in range(cells) for thing in range(axis.first(cell), axis.last(cell) + 1)}
    assert shown == set(range(count))
    for thing in range(count):
        assert all(axis.first(cell) <= thing <= axis.last(cell) for cell in axis.on(thing))
        assert axis.on(thing)


async def test_curves_without_room_show_nothing(session: Path) -> None:
    async with replaying(session) as desk:
        await paused(desk, 5)
        await desk.press("ctrl+g")
        curves = desk.replay.stage.panel.front
        for width in (*range(8), 20):
            curves.styles.width = width
            await desk.pilot.pause()
            assert curves.size.height > 1
            assert {len(curves.render_line(y).text) for y in range(curves.size.height)} == {curves.size.width}


@pytest.mark.parametrize("width", first_quick([20, 36, 50]))
async def test_what_is_known_of_a_token_goes_on_below_where_there_are_few_columns(session: Path, width: int) -> None:
    async with replaying(session) as desk:
        stage = desk.replay.stage
        stage.canvas.selected = 3
        await paused(desk, stage.player.last)
        await desk.press("f3")
        whole = " ".join(" ".join(line.split()) for line in lines(desk)[:2])
        stage.panel.front.styles.width = width + 2
        await desk.until(lambda: stage.panel.front.size.width == width, "it is as narrow")
        text = " ".join(" ".join(line.split()) for line in lines(desk))
        assert "confidence" in whole
        for word in whole.split("●")[0].split():
            assert word in text.split()
