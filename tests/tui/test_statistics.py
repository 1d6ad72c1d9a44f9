"""The page of statistics: read beside the screen, sorted, grouped, and the pictures of the runs that are marked."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from textual.content import Content
from textual.pilot import Pilot
from textual.widgets import DataTable, Static

from llada_tui.analysis.statistics import Statistics, read_statistics
from llada_tui.trace.events import Choice, Message, PiecesEvent
from llada_tui.trace.session import Session
from llada_tui.tui.app import LladaApp, ReplayOptions
from llada_tui.tui.chat.chat import Chat
from llada_tui.tui.replay import statistics_screen
from llada_tui.tui.replay.marked_runs import MarkedRuns
from llada_tui.tui.replay.run_plot import RunPlot
from llada_tui.tui.replay.statistics_screen import StatisticsScreen
from tests.conftest import Home
from tests.export.support import written
from tests.trace.support import end, start, step
from tests.tui.pictures import Picture, opened
from tests.tui.sessions import fox
from tests.tui.support import PATIENCE, Desk, chatting, replaying


def recorded(home: Home) -> Path:
    """A session of three runs: of three steps, of one, and of two, with another temperature."""
    begin = msgspec.structs.replace(start(3), messages=[Message("user", "a sum?")])
    warm = begin.settings.replace(temperature=0.5)
    all_at_once = msgspec.structs.replace(step(0, {}, run="r2"), commits=[Choice(at, 7 + at, 0.25) for at in range(3)])
    return written(
        home.sessions / "sum.jsonl",
        PiecesEvent({7: b"one ", 8: b"two ", 9: b"three"}),
        *(begin, *(step(at, {at: 7 + at}) for at in range(3)), end("one two three", steps=3)),
        *(msgspec.structs.replace(begin, run="r2"), all_at_once, end("one four three", run="r2", steps=1)),
        msgspec.structs.replace(begin, run="r3", settings=warm),
        *(step(0, {0: 7}, run="r3"), step(1, {1: 8, 2: 9}, run="r3"), end("five", run="r3", steps=2)),
    )


def column(place: Desk, name: str) -> list[str]:
    """The cells of a column of the table."""
    table = place.app.screen.query_one(DataTable)
    return [str(cell) for cell in table.get_column(name)] if name in table.columns else []


async def show(place: Desk, *keys: str) -> None:
    """Open the page with keys, and wait for the runs."""
    await place.press(*keys)
    await place.until(lambda: isinstance(place.app.screen, StatisticsScreen), "the page is open")
    await place.until(lambda: column(place, "passes"), "the runs are read")


@pytest.mark.parametrize("size", [(60, 20), (120, 40)])
async def test_runs_are_sorted_and_grouped(home: Home, size: tuple[int, int]) -> None:
    recorded(home)
    async with chatting(size=size) as place:
        await place.ready()
        await show(place, "f4", "s")
        assert column(place, "passes") == ["3", "1", "2"]
        assert column(place, "tokens_per_pass") == ["1.00", "3.00", "1.50"]
        assert column(place, "confidence") == ["50%", "25%", "50%"]
        await place.press("s", "s", "s")  # by session, run, passes
        assert column(place, "passes") == ["3", "2", "1"]
        await place.press("r")
        assert column(place, "passes") == ["1", "2", "3"]
        await place.press("g")
        assert column(place, "temperature") == ["0", "0.5"]
        assert (column(place, "mark"), column(place, "passes")) == (["2", "1"], ["2", "2"])
        await place.press("enter")
        assert column(place, "passes") == ["1", "3"]
        await place.press("escape", "escape")
        assert len(column(place, "passes")) == 3
        await place.press("escape")
        await place.until(lambda: isinstance(place.app.screen, Chat), "escape leads back")


async def test_a_click_on_a_head_sorts(home: Home) -> None:
    path = recorded(home)
    async with replaying(path) as place:
        await show(place, "S")
        table = place.app.screen.query_one(DataTable)
        left = sum(table_column.get_render_width(table) for table_column in table.ordered_columns[:3])
        for expected in (["3", "2", "1"], ["1", "2", "3"]):
            await place.pilot.click(DataTable, offset=(left + 4, 1))
            await place.pilot.pause()
            assert column(place, "passes") == expected
        await place.press("home", "end", "enter")
        await place.until(lambda: not isinstance(place.app.screen, StatisticsScreen), "the replay is open")
        shown = place.replay.stage.player.run
        assert shown is not None
        assert shown.id == "r1"


async def test_keys_can_be_clicked_and_of_many_runs_the_first_are_shown(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorded(home)
    monkeypatch.setattr(statistics_screen, "MAX_SHOWN", 2)
    async with chatting() as place:
        await place.ready()
        await show(place, "f4", "s")
        assert column(place, "passes") == ["3", "1"]
        assert "The first 2 are shown" in str(place.app.screen.query_one("#words", Static).render())
        await place.pilot.click("#keys", offset=(31, 0))  # sort
        await place.pilot.click("#keys", offset=(31, 0))
        await place.pilot.click("#keys", offset=(31, 0))
        assert column(place, "passes") == ["3", "2"]


async def test_marked_runs_have_curves_and_texts(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    recorded(home)
    monkeypatch.delattr(Session, "read_links")  # a curve needs no picture
    async with chatting() as place:
        await place.ready()
        await show(place, "f4", "s")
        marked, plot = (place.app.screen.query_one(kind) for kind in (MarkedRuns, RunPlot))
        assert not marked.display
        for _ in range(2):
            before = column(place, "mark")
            await place.press("space")
            await place.until(lambda before=before: column(place, "mark") != before, "it is marked")
            await place.press("down")
        assert column(place, "mark") == ["a", "b", " "]
        drawn = "\n".join(plot.render_line(y).text for y in range(plot.size.height))
        assert "a" in drawn
        assert "b" in drawn
        assert "step 3" in drawn
        await place.press("m")
        assert "entropy" in str(marked.border_title)
        await place.press("t")
        assert not plot.display
        texts = [place.app.screen.query_one(id, Static).render() for id in ("#first", "#second")]
        assert [str(text).splitlines()[1] for text in texts] == ["one two three", "one four three"]
        for text, word in zip(texts, ("two", "four"), strict=True):
            assert [str(text)[span.start : span.end] for span in text.spans if "underline" in str(span.style)] == [word]  # type: ignore[union-attr]
        await place.press("u")
        assert column(place, "mark") == [" ", " ", " "]
        assert not marked.display


async def test_the_page_answers_while_sessions_are_read(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    recorded(home)
    begun, go_on, stopped = threading.Event(), threading.Event(), threading.Event()

    def slow(folder: Path, progress: Callable[[int, int], bool]) -> Statistics:
        assert progress(0, 7)
        begun.set()
        assert go_on.wait(PATIENCE)
        if not progress(1, 7):
            stopped.set()
        return read_statistics(folder)

    monkeypatch.setattr(statistics_screen, "read_statistics", slow)
    async with chatting() as place:
        await place.ready()
        await place.press("f4", "s")
        await place.until(begun.is_set)
        await place.press("s", "g", "space", "t", "r")
        words = place.app.screen.query_one("#words", Static)
        await place.until(lambda: "Reading session 1 of 7" in str(words.render()))
        await place.press("escape", "escape")
        await place.until(lambda: isinstance(place.app.screen, Chat))
        go_on.set()
        await place.until(stopped.is_set, "who left does not wait for the rest")


async def test_a_group_is_named_as_it_stands(home: Home) -> None:
    begin = msgspec.structs.replace(start(3), messages=[Message("user", "[red]x[/blue]")])
    written(home.sessions / "other.jsonl", begin, step(0, {0: 7}), end("five"))
    recorded(home)
    async with chatting() as place:
        await place.ready()
        await show(place, "f4", "s")
        await place.press("G")
        assert column(place, "session") == ["[red]x[/blue]", "a sum?"]
        await place.press("enter")
        table = place.app.screen.query_one(DataTable)
        assert Content.from_markup(str(table.border_title)).plain == "Statistics · 4 runs · by session · [red]x[/blue]"


@pytest.mark.usefixtures("home")
async def test_without_runs_it_is_said_what_to_do() -> None:
    async with chatting() as place:
        await place.ready()
        place.app.navigation.show_statistics()
        await place.until(lambda: isinstance(place.app.screen, StatisticsScreen))
        words = place.app.screen.query_one("#words", Static)
        await place.until(lambda: "No run is recorded yet" in str(words.render()))
        await place.press("space", "g", "s", "enter", "t", "m", "u", "escape")


@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids="{0[0]}x{0[1]}".format)
def test_a_picture_of_the_page(picture: Picture, home: Home, size: tuple[int, int]) -> None:
    path = fox(home.sessions / "2023-11-14-fox.jsonl")

    async def marked(pilot: Pilot[Any]) -> None:
        await opened(pilot)
        for key in ("S", "space", "down", "space"):
            await pilot.press(key)
            await pilot.app.workers.wait_for_complete()
            await pilot.pause()

    assert picture(LladaApp(replay=ReplayOptions(path, frame=12)), size, marked)
