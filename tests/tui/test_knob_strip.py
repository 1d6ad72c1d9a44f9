"""The main knobs on one line: in sight at every size, set by a click, and folded away where the page has room."""

from __future__ import annotations

from pathlib import Path

import pytest

from llada_tui.settings.sampler_settings import KNOBS, SamplerSettings
from llada_tui.tui.stage.knob_line import GAP
from llada_tui.tui.stage.knob_rows import rows_for
from llada_tui.tui.stage.knob_words import Words, words
from llada_tui.worker.sampler_parts import StrategyInfo
from tests.conftest import Home, first_quick
from tests.tui.lessons import reading, written
from tests.tui.sessions import fox
from tests.tui.support import Desk, chatting, replaying

MAIN = [name for name, knob in KNOBS.items() if knob.main]


def in_sight(desk: Desk) -> str:
    """The lines of the strip and the knobs that are on show."""
    knobs = desk.chat.stage.knobs
    lines = [knobs.strip.render_line(0).text] if knobs.strip.display else []
    if knobs.display and knobs.size.height:
        lines += [knobs.render_line(y).text for y in range(knobs.size.height)]
    return "\n".join(lines)


@pytest.mark.parametrize(
    "size", first_quick([(40, 12), (80, 24), (60, 20), (120, 40), (200, 50)], 2), ids="{0[0]}x{0[1]}".format
)
@pytest.mark.usefixtures("home")
async def test_the_main_knobs_are_in_sight_whichever_page_is_open(size: tuple[int, int]) -> None:
    values = {"steps": 48, "gen_length": 96, "block_length": 24, "temperature": 0.7}
    async with chatting(settings=values, size=size) as desk:
        await desk.ready()
        for key in ("f3", "ctrl+o", "ctrl+g", "f2"):
            await desk.press(key, "escape")
            assert all(text in in_sight(desk) for text in ("48", "96", "24", "0.7", "low_conf")), (key, in_sight(desk))


@pytest.mark.usefixtures("home")
async def test_a_click_on_a_bar_sets_the_knob_and_one_on_a_name_goes_there() -> None:
    async with chatting(size=(200, 30)) as desk:
        await desk.ready()
        await desk.press("f3", "escape")
        knobs = desk.chat.stage.knobs
        strip = knobs.strip
        items = strip.lines(strip.size)[0]
        assert [item.row.name for item in items] == MAIN
        column = 1 + items[0].width + 2
        await desk.pilot.click(strip, offset=(column + items[1].bar_column + items[1].bar - 1, 0))
        assert 240 <= desk.chat.workbench.settings.gen_length <= 256
        assert not knobs.has_focus
        await desk.pilot.click(strip, offset=(2, 0))
        await desk.until(lambda: knobs.has_focus, "the knobs")
        assert knobs.row.name == "steps"


@pytest.mark.usefixtures("home")
async def test_beside_another_page_of_120_columns_bars_of_two_cells_are_set_by_a_click() -> None:
    async with chatting(size=(120, 40)) as desk:
        await desk.ready()
        await desk.press("f3", "escape")
        strip = desk.chat.stage.knobs.strip
        (items,) = strip.lines(strip.size)
        assert [item.bar for item in items] == [2, 2, 2, 2, 0]
        assert all(item.label for item in items[:4])
        column = 1 + items[0].width + len(GAP)
        await desk.pilot.click(strip, offset=(column + items[1].bar_column, 0))
        low = desk.chat.workbench.settings.gen_length
        await desk.pilot.click(strip, offset=(column + items[1].bar_column + 1, 0))
        assert 32 < low < desk.chat.workbench.settings.gen_length < 256


async def test_a_lesson_of_80_columns_has_bars_on_several_lines(home: Home) -> None:
    async with reading(written(home.sessions), size=(80, 24)) as room:
        await room.there()
        knobs = room.screen.stage.knobs
        strip = knobs.strip
        lines = strip.lines(strip.size)
        assert len(lines) == strip.size.height > 1
        bars = [[(item.width, item.bar_column, item.bar) for item in line if item.bar] for line in lines]
        assert len(bars[0]) > 1
        assert all(line == bars[0][: len(line)] for line in bars), "labels, values and bars stand below each other"
        y, item = next((y, item) for y, line in enumerate(lines) for item in line if item.row.name == "temperature")
        column = 1 + sum(before.width + len(GAP) for before in lines[y][: lines[y].index(item)])
        await room.desk.pilot.click(strip, offset=(column + item.width - 1, y))
        await room.desk.until(lambda: knobs.settings.temperature > 1, "the last cell of the bar is much")


@pytest.mark.usefixtures("home")
async def test_the_name_of_a_strategy_is_never_cut_and_no_knob_is_nameless() -> None:
    values = {"steps": 1000, "gen_length": 1000, "block_length": 1000, "remasking": "entropy_threshold"}
    async with chatting(settings=values, size=(60, 20)) as desk:
        await desk.ready()
        strip = desk.chat.stage.knobs.strip
        text = " ".join(word for y in range(strip.size.height) for word in strip.render_line(y).text.split())
        assert all(words in text for words in ("steps 1000", "canvas 1000", "block 1000", "temp", "entropy_threshold"))
        desk.chat.stage.knobs.set_to(remasking="random", steps=100)
        await desk.until(lambda: strip.size.height == 1, "shorter values have room on one line")


@pytest.mark.parametrize("steps", [48, 1000])
@pytest.mark.usefixtures("home")
async def test_in_the_smallest_terminal_every_number_has_a_name(steps: int) -> None:
    values = {"steps": steps, "gen_length": 2 * steps, "block_length": steps // 2, "temperature": 0.7}
    async with chatting(settings=values, size=(40, 12)) as desk:
        await desk.ready()
        knobs = desk.chat.stage.knobs
        text = knobs.strip.render_line(0).text.strip()
        if steps == 48:
            assert text == "step 48 canv 96 blk 24 t 0.7 low_conf…"
        else:
            assert text == "step 1000 canv 2000 t 0.7 low_confide…"
        await desk.pilot.click(knobs.strip, offset=(1 + text.index("t 0.7"), 0))
        await desk.until(lambda: knobs.has_focus, "the knobs")
        assert knobs.row.name == "temperature"


@pytest.mark.usefixtures("home")
async def test_in_a_small_terminal_the_main_knobs_have_bars_while_their_page_is_open() -> None:
    async with chatting(size=(60, 20)) as desk:
        await desk.ready()
        knobs = desk.chat.stage.knobs
        strip = knobs.strip
        assert strip.size.height == 1
        await desk.press("f2")
        await desk.until(lambda: strip.size.height == 2, "a line more, with bars")
        items = strip.lines(strip.size)[0]
        item = next(item for item in items if item.row.name == "temperature")
        column = 1 + sum(before.width + len(GAP) for before in items[: items.index(item)])
        await desk.pilot.click(strip, offset=(column + item.width - 1, 0))
        await desk.until(lambda: desk.chat.workbench.settings.temperature > 1, "the last cell of the bar is much")
        await desk.press("escape", "escape")
        await desk.until(lambda: strip.size.height == 1, "the canvas has its line again")


async def test_nothing_is_set_in_a_replay(home: Home) -> None:
    path: Path = fox(home.sessions / "fox.jsonl")
    async with replaying(path, size=(200, 30)) as desk:
        await desk.press("f3")
        knobs = desk.replay.stage.knobs
        before = knobs.settings
        item = knobs.strip.lines(knobs.strip.size)[0][0]
        await desk.pilot.click(knobs.strip, offset=(1 + item.bar_column + item.bar - 1, 0))
        assert knobs.settings == before


@pytest.mark.parametrize("size", [(60, 20), (40, 12)], ids="{0[0]}x{0[1]}".format)
@pytest.mark.usefixtures("home")
async def test_the_canvas_keeps_a_third_of_a_small_terminal(size: tuple[int, int]) -> None:
    async with chatting(size=size) as desk:
        await desk.ready()
        await desk.press("x", "enter")
        await desk.ended()
        box = desk.chat.stage.query_one("#canvas-box")
        assert 3 * box.size.height >= size[1] - 3, "its border and the prompt's are not counted"
        assert desk.chat.stage.panel.size.height == 1


def test_words_that_have_no_room_end_with_a_clause() -> None:
    """No word below the knobs is cut in two, and a whole sentence has no mark of what follows."""
    row = next(row for row in rows_for(SamplerSettings(), []) if row.name == "steps")
    about = Words(SamplerSettings(64, 64, 64), row, "", "", focused=False, strategy=StrategyInfo("low_confidence", ""))
    assert words(about, 42, 2) == [
        ("One token a step, in one block.", "help"), ("Forward passes for the whole canvas …", "help"),
    ]  # fmt: skip
    assert words(about, 42, 1) == [("One token a step, in one block.", "help")]
    assert words(about, 20, 2)[1][0].endswith(" …")
