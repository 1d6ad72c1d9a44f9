"""Words as tiles on the canvas: a key or the configuration makes them, their ends stand on blanks, clicks meet them."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from rich.style import Style
from textual.strip import Strip

from llada_tui.analysis.colour_scale import ColourBy
from llada_tui.drawing.frame_rows import FrameRows
from llada_tui.drawing.row_segments import PlacedRow, place_row
from llada_tui.drawing.word_shape import WordShape
from llada_tui.trace.cell import State
from llada_tui.trace.session import read_session
from llada_tui.tui.player.canvas import MARGIN
from llada_tui.tui.player.row_pictures import RowPictures
from tests.conftest import Home
from tests.tui.lanes import ask, over
from tests.tui.support import chatting, replaying

README = Path(__file__).parents[1] / "readme" / "session.jsonl"


async def test_a_key_makes_tiles_then_round_ones_then_text_again() -> None:
    async with replaying(README, size=(120, 40)) as desk:
        canvas = desk.replay.stage.canvas
        await desk.press("end")
        text = canvas.render_line(0).text
        assert "there was a small fox" in text
        for left, right in (WordShape.TILES.ends, WordShape.PILLS.ends):
            await desk.press("V")
            line = canvas.render_line(0).text
            assert f"{left}there{right}{left}was{right}{left}a{right}{left}small{right}" in line
            assert line.rstrip() == line.rstrip(" ")
        assert any("Powerline" in notice for notice in desk.notices)
        await desk.press("V")
        assert canvas.render_line(0).text == text


async def test_every_word_has_a_ground_and_ends_of_its_colour_at_every_step() -> None:
    async with replaying(README, size=(120, 40)) as desk:
        stage, canvas = desk.replay.stage, desk.replay.stage.canvas
        await desk.press("V")
        left, right = WordShape.TILES.ends
        for frame in (0, 5, 20, 40, 64):
            stage.seek(frame)
            await desk.pilot.pause()
            for y in range(canvas.size.height):
                segments = [segment for segment in canvas.render_line(y) if segment.text]
                for before, segment in pairwise(segments):
                    assert before.style is not None
                    assert segment.style is not None
                    if before.text == left:
                        assert before.style.color == segment.style.bgcolor
                    if segment.text == right:
                        assert segment.style.color == before.style.bgcolor
                    if segment.text.strip(f" {left}{right}"):
                        assert segment.style.bgcolor != canvas.token_styles.base.bgcolor


async def test_clicks_meet_the_words_on_tiles() -> None:
    async with replaying(README, size=(120, 40)) as desk:
        canvas = desk.replay.stage.canvas
        await desk.press("end", "V")
        for row in canvas.frame_rows.rows[:2]:
            for span in row:
                y = 2 * canvas.frame_rows.rows.index(row)
                assert canvas.position_at(MARGIN + span.column + span.width - 1, y) == span.position
                assert canvas.render_line(y).text[MARGIN + span.column + span.width - 1] == span.text[-1]


@pytest.mark.usefixtures("home")
async def test_without_colours_only_what_is_kept_now_has_a_ground(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with replaying(README, size=(80, 24)) as desk:
        stage, canvas = desk.replay.stage, desk.replay.stage.canvas
        stage.seek(5)
        await desk.press("V")
        text = "".join(canvas.render_line(y).text for y in range(canvas.size.height))
        assert text.strip()
        kept_now = [cell for cell in canvas.cells if cell.state is State.COMMITTED_NOW]
        assert text.count(WordShape.TILES.ends[0]) == len(kept_now) == 1


async def test_the_configuration_has_it_for_chats_and_lanes(home: Home) -> None:
    home.config.mkdir()
    (home.config / "config.toml").write_text('words = "pills"\n')
    async with chatting() as desk:
        await desk.ready()
        assert desk.chat.stage.canvas.shape is WordShape.PILLS
        screen = await ask(desk, "temperature=0,1")
        await over(desk, screen)
        assert [canvas.shape for canvas in screen.stage.canvases] == [WordShape.PILLS] * 2
        await desk.press("V")
        assert [canvas.shape for canvas in screen.stage.canvases] == [WordShape.TEXT] * 2


@pytest.mark.parametrize("shape", [WordShape.TILES, WordShape.PILLS])
async def test_what_is_drawn_again_is_all_that_changes(shape: WordShape) -> None:
    """A tile's right end stands on the blanks of the next word, and changes its colour with its own."""
    run, width = read_session(README).last_run(), 60
    assert run is not None
    async with replaying(README) as desk:
        styles = desk.replay.stage.canvas.token_styles
    pictures, frame_rows = RowPictures(MARGIN), FrameRows()
    pictures.shape, frame_rows.spread = shape, True
    before: list[PlacedRow] = []
    changes = 0
    for frame in range(run.last + 1):
        frame_rows.show(run, frame, ColourBy.STATE, True, width - 2)
        rows = [place_row(row, frame_rows.looks, range(0), {}, ()) for row in frame_rows.rows]
        for old, new in zip(before, rows, strict=False):
            inside = {cell for start, end in pictures.changed(old, new) for cell in range(start, end)}
            pair = [cells(pictures.picture(row, width, styles)) for row in (old, new)]
            differing = {at for at, (left, right) in enumerate(zip(*pair, strict=True)) if left != right}
            assert differing <= inside
            changes += len(differing)
        before = rows
    assert changes > 100


def cells(strip: Strip) -> list[tuple[str, Style | None]]:
    """Each cell's character and style."""
    return [(character, segment.style) for segment in strip for character in segment.text]
