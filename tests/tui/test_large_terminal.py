"""A large terminal: all pages of the panel beside the canvas, and rows of the canvas spaced out."""

from __future__ import annotations

from pathlib import Path

import pytest

from llada_tui.tui.stage.page import Page
from tests.conftest import Home, first_quick
from tests.tui.sessions import fox
from tests.tui.support import chatting, replaying


@pytest.fixture
def session(home: Home) -> Path:
    return fox(home.sessions / "fox.jsonl")


def lines_of(page: Page) -> int:
    """The lines that a page has at least: seven, or all that it has use for."""
    return 7 if page.most_lines is None else min(7, page.most_lines)


async def test_all_pages_are_in_sight_and_follow_the_frame(session: Path) -> None:
    async with replaying(session, size=(200, 50)) as desk:
        stage = desk.replay.stage
        panel = stage.panel
        assert panel.stacked
        pages = [page for page in panel.pages if page.is_needed]
        assert len(pages) >= 4
        assert all(page.widget.display and page.widget.size.height >= lines_of(page) for page in pages)
        assert panel.region.x >= stage.canvas.region.right
        assert not panel.tabs.display
        stage.seek(5)
        await desk.press("f3")
        curves, spacetime = (
            next(page for page in panel.pages if page.name == name) for name in ("curves", "spacetime")
        )
        words = spacetime.words
        before = [curves.widget.render_line(y).text for y in range(curves.widget.size.height)]
        stage.seek(40)
        await desk.pilot.pause()
        assert [curves.widget.render_line(y).text for y in range(curves.widget.size.height)] != before
        assert (spacetime.words != words) == bool(words)


async def test_where_there_is_room_no_knob_is_hidden(session: Path) -> None:
    async with replaying(session, size=(250, 70)) as desk:
        stage = desk.replay.stage
        await desk.until(lambda: not stage.knobs.grid.hidden, "all knobs are in sight")
        assert all(page.widget.size.height >= lines_of(page) for page in stage.panel.pages if page.is_needed)


@pytest.mark.parametrize("size", first_quick([(150, 40), (200, 50), (250, 70)], 2), ids="{0[0]}x{0[1]}".format)
@pytest.mark.usefixtures("home")
async def test_knobs_that_the_worker_brings_have_room_too(size: tuple[int, int]) -> None:
    async with chatting(size=size) as desk:
        await desk.ready()
        knobs = desk.chat.stage.knobs
        await desk.until(lambda: not knobs.grid.hidden, "all knobs are in sight before a run")
        lines = [knobs.render_line(y).text for y in range(knobs.grid.height)]
        assert all(any(f"  {row.label} " in f" {line}" for line in lines) for row in knobs.listed[1:])


@pytest.mark.usefixtures("home")
async def test_bars_of_narrow_columns_are_set_by_a_click() -> None:
    async with chatting(size=(150, 40)) as desk:
        await desk.ready()
        knobs = desk.chat.stage.knobs
        await desk.until(lambda: knobs.grid.tight, "two columns")
        line = knobs.render_line(1).text
        assert line.split()[0] == "canvas"
        await desk.pilot.click(knobs, offset=(1 + line.rindex("┄", 0, knobs.grid.column_width), 1))
        assert 192 < knobs.settings.gen_length <= 256


async def test_without_a_selected_token_its_lines_are_the_knobs(session: Path) -> None:
    async with replaying(session, size=(200, 50)) as desk:
        stage = desk.replay.stage
        token = next(page for page in stage.panel.pages if page.name == "token")
        await desk.until(lambda: token.widget.size.height == token.most_lines, "no line of it is blank")
        shown, others = stage.knobs.grid.height, [page.widget.size.height for page in stage.panel.pages[2:]]
        stage.canvas.selected = 3
        await desk.until(lambda: token.widget.size.height >= 8, "the token's page")
        await desk.until(lambda: token.widget.size.height == token.most_lines, "all of it, and no blank line")
        assert stage.knobs.grid.height <= shown - 4
        assert [page.widget.size.height for page in stage.panel.pages[2:]] == others, "nothing else moved"
        stage.canvas.selected = None
        await desk.until(lambda: stage.knobs.grid.height == shown, "the knobs have the lines again")


@pytest.mark.slow
async def test_with_less_room_they_are_behind_tabs(session: Path) -> None:
    async with replaying(session, size=(200, 50)) as desk:
        panel = desk.replay.stage.panel
        for size in ((120, 40), (200, 30)):
            await desk.pilot.resize_terminal(*size)
            await desk.until(lambda: not panel.stacked, "the tabs")
            assert [page.widget.display for page in panel.pages] == [page.is_open for page in panel.pages]
            assert panel.tabs.display
        await desk.pilot.resize_terminal(200, 50)
        await desk.until(lambda: panel.stacked, "all pages")


@pytest.mark.slow
async def test_the_whole_side_is_one_pages(session: Path) -> None:
    async with replaying(session, size=(200, 50)) as desk:
        stage = desk.replay.stage
        await desk.press("ctrl+o")
        await desk.replay.run_action("whole")
        assert [page.name for page in stage.panel.pages if page.widget.display] == ["spacetime"]
        await desk.replay.run_action("whole")
        assert stage.panel.stacked


async def test_rows_are_spaced_out_where_there_is_room_and_clicks_meet_their_words(session: Path) -> None:
    async with replaying(session, size=(200, 50)) as desk:
        canvas = desk.replay.stage.canvas
        desk.replay.stage.to_end()
        await desk.pilot.pause()
        rows = canvas.frame_rows.rows
        assert len(rows) > 1
        lines = [canvas.render_line(y).text.strip() for y in range(2 * len(rows))]
        assert all(lines[::2])
        assert not any(lines[1::2])
        for row, spans in enumerate(rows):
            assert canvas.position_at(1 + spans[0].column, 2 * row) == spans[0].position
            assert canvas.position_at(1 + spans[0].column, 2 * row + 1) is None
        await desk.pilot.resize_terminal(40, 12)
        await desk.until(lambda: canvas.render_line(1).text.strip(), "rows without blank lines")


@pytest.mark.usefixtures("home")
async def test_the_lesson_and_the_chat_have_the_pages_too() -> None:
    async with chatting(size=(150, 40)) as desk:
        assert desk.chat.stage.panel.stacked
        assert desk.chat.stage.canvas.parent is not None
        assert desk.chat.stage.panel.size.width >= 50
