"""The line of tabs and the footer: that they list what is registered, and pictures of them with four pages."""

from __future__ import annotations

from pathlib import Path

import pytest

from llada_tui.tui.app import LladaApp
from llada_tui.tui.shell.footer import Footer, key_name
from llada_tui.tui.stage.pages import PAGES
from llada_tui.tui.stage.stage import Stage
from tests.conftest import Home, first_quick
from tests.tui.lessons import reading, written
from tests.tui.pictures import SIZES, Picture, pressed
from tests.tui.sessions import about_pictures, fox
from tests.tui.support import Desk, chatting, replaying
from tests.tui.test_snapshots import CHANGED, branching, replay

WIDE = (240, 30)
"""Too low for all pages at once: they are behind tabs."""


def footer(desk: Desk) -> str:
    return desk.app.screen.query_one(Footer).render_line(0).text


async def lists_all(desk: Desk) -> None:
    """The tabs and the footer name every page that is registered and has something to show, in its order."""
    panel = desk.app.screen.query_one(Stage).panel
    assert [type(page) for page in panel.pages] == [*PAGES]
    needed = [page for page in panel.pages if page.is_needed]
    tabs = [name.strip() for name in panel.tabs.render_line(0).text.split("│")]
    assert [name.partition("  ")[0] for name in tabs] == [page.title for page in needed]
    entries = [f"{key_name(page.opening.keys.split(',')[0])} {page.opening.label}" for page in needed if page.shows_run]
    places = [footer(desk).find(entry) for entry in entries]
    assert -1 not in places
    assert places == sorted(places)


async def test_a_replay_lists_every_page(home: Home) -> None:
    async with replaying(about_pictures(home.sessions / "fox.jsonl", [b""]), size=WIDE) as desk:
        assert all(page.is_needed for page in desk.replay.stage.panel.pages)
        await lists_all(desk)
    async with replaying(fox(home.sessions / "fox.jsonl"), size=WIDE) as desk:
        await lists_all(desk)


async def test_a_chat_lists_every_page() -> None:
    async with chatting("missing", size=WIDE) as desk:
        await lists_all(desk)


async def lists_what_each_page_can(desk: Desk) -> None:
    """The tabs and the footer list what can be done with the page that has the focus."""
    stage = desk.app.screen.query_one(Stage)
    for page in stage.panel.pages:
        await desk.press(page.opening.keys.split(",")[0])
        stage.panel.front.focus()
        await desk.pilot.pause()
        ids = {part.action for part in stage.panel.tabs.right_parts(WIDE[0])}
        assert ("whole" in ids) == page.shows_run
        for id, label in page.footer_items():
            action = desk.app.actions[id]
            assert f"{key_name(action.keys.split(',')[0])} {label or action.label}" in footer(desk)
            assert id in ids


async def test_a_replay_lists_what_can_be_done_with_the_page(home: Home) -> None:
    async with replaying(about_pictures(home.sessions / "fox.jsonl", [b"", b"a"]), size=WIDE) as desk:
        await lists_what_each_page_can(desk)


async def test_a_chat_lists_what_can_be_done_with_the_page() -> None:
    async with chatting(size=WIDE) as desk:
        await desk.ready()
        await desk.answer()
        await lists_what_each_page_can(desk)


async def test_a_lesson_lists_every_page_and_what_can_be_done_with_it(tmp_path: Path) -> None:
    async with reading(written(tmp_path), size=WIDE) as room:
        await room.there()
        await lists_all(room.desk)
        await lists_what_each_page_can(room.desk)


async def test_in_the_chat_the_pages_own_entries_take_the_place_of_the_canvas_own() -> None:
    async with chatting(size=(120, 40)) as desk:
        await desk.ready()
        await desk.answer()
        await desk.until(lambda: not desk.chat.stage.player.moving)  # while it moves, the footer leads to the end
        await desk.press("tab")
        on_canvas = footer(desk)
        await desk.press("ctrl+o")
        on_page = footer(desk)
        for words in ("space play/pause", "← step back", "→ step", "b branch", "v colours"):
            assert words in on_canvas
            assert words in on_page
        assert ("i zoom in" in on_page, "g guesses" in on_page) == (True, False), on_page


# -- pictures ---------------------------------------------------------------------------------------------------------

pytestmark = pytest.mark.usefixtures("home")
OPENED = pytest.mark.parametrize(
    "keys", [(), ("f3",), ("ctrl+o",), ("ctrl+g",)], ids=["knobs", "token", "spacetime", "curves"]
)


@pytest.mark.usefixtures("four_pages")
@pytest.mark.parametrize("size", first_quick([*SIZES[:2], (200, 30)]), ids="{0[0]}x{0[1]}".format)
@OPENED
def test_tabs(picture: Picture, home: Home, keys: tuple[str, ...], size: tuple[int, int]) -> None:
    assert picture(replay(home), size, pressed(*keys), "PanelTabs")


@pytest.mark.usefixtures("four_pages")
@pytest.mark.parametrize("size", first_quick(SIZES), ids="{0[0]}x{0[1]}".format)
@pytest.mark.parametrize("keys", [("f3", "ctrl+l"), ("ctrl+o",)], ids=["token", "spacetime"])
def test_the_footer_of_a_page(picture: Picture, home: Home, keys: tuple[str, ...], size: tuple[int, int]) -> None:
    assert picture(replay(home), size, pressed(*keys), "Footer")


@pytest.mark.usefixtures("four_pages")
@pytest.mark.parametrize("size", first_quick(SIZES), ids="{0[0]}x{0[1]}".format)
@pytest.mark.parametrize("keys", [(), ("tab",), ("f2",), CHANGED], ids=["prompt", "canvas", "knobs", "branch"])
def test_the_footer_of_a_chat(picture: Picture, home: Home, keys: tuple[str, ...], size: tuple[int, int]) -> None:
    assert picture(branching(home), size, pressed(*keys), "Footer")


@pytest.mark.usefixtures("four_pages")
@pytest.mark.parametrize("part", ["PanelTabs", "Footer"])
@pytest.mark.parametrize("theme", first_quick(["ansi", None, "light", "contrast", "colour-blind"], 2))
def test_bars_in_themes(
    picture: Picture, home: Home, monkeypatch: pytest.MonkeyPatch, theme: str | None, part: str
) -> None:
    if theme is None:
        monkeypatch.setenv("NO_COLOR", "1")
    app: LladaApp = replay(home, f"llada-{theme}" if theme is not None else None)
    assert picture(app, (120, 40), pressed("ctrl+o"), part)
