"""The page: what is in its file, and what it does in a browser."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from msgspec.structs import replace

from llada_tui.analysis.token_history import TokenHistory
from llada_tui.drawing.palette import DARK, LIGHT
from llada_tui.export.html_page import render_html
from llada_tui.export.run_timeline import RunTimeline
from llada_tui.export.timed_frames import time_frames
from llada_tui.trace.cell import Cell, State
from llada_tui.trace.events import PiecesEvent
from tests.export.browser import Page, browsing, find_browser
from tests.export.support import PALETTES, branched, hostile, long_run, timeline_of
from tests.trace.support import start, step


def page_of(timeline: RunTimeline, path: Path, *, open_in: str = "") -> Path:
    timed_frames = time_frames(timeline, timeline.frames, 1.0)
    palettes = (PALETTES[DARK], PALETTES[LIGHT])
    path.write_text(render_html(timeline, timed_frames, palettes, title="a title", width=100, open_in=open_in), "utf-8")
    return path


def _thousandths(cell: Cell) -> int:
    return round(1000 * max(0.0, min(cell.confidence, 1.0)))


class _Parts(HTMLParser):
    """The elements of a page, and the text of the data in it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.addresses += [value or "" for name, value in attrs if name in ("src", "href", "action", "data")]


def test_a_page_of_128_steps_is_small_and_needs_nothing_else(tmp_path: Path) -> None:
    path = page_of(timeline_of(long_run(flips=1.0)), tmp_path / "a.html")
    text = path.read_text("utf-8")
    assert path.stat().st_size < 2_000_000
    assert _Parts(text).addresses == []
    assert not re.search(r"https?:|//[a-z]|url\(|@import|fetch\(|XMLHttpRequest", text.replace("// ", ""))
    assert "default-src 'none'" in text


def test_nothing_hostile_is_markup_in_a_page(tmp_path: Path) -> None:
    harmless, evil = (
        _Parts(page_of(timeline_of(events), tmp_path / "a.html").read_text("utf-8")).tags
        for events in (branched()[:7], hostile())
    )
    assert evil == harmless
    assert "\x1b" not in (tmp_path / "a.html").read_text("utf-8")


def test_the_data_of_a_page_gives_the_cells_of_every_moment(tmp_path: Path) -> None:
    """Folded here as the page's script does it, and compared with what the timeline says."""
    for timeline in (timeline_of(long_run(10, 40)), timeline_of(branched(), "r2"), timeline_of(hostile())):
        text = page_of(timeline, tmp_path / "a.html").read_text("utf-8")
        (script,) = re.findall(r'<script id="run" type="application/json">(.*?)</script>', text, re.DOTALL)
        data = json.loads(script)
        cells: dict[int, list[int]] = {}
        counts: dict[int, int] = {}
        for made, frame in zip(data["moments"], timeline.frames, strict=True):
            flat = made["c"]
            revised = iter(made.get("r", []))
            counts |= dict(zip(revised, revised, strict=True))
            cells |= {flat[at]: flat[at + 1 : at + 6] for at in range(0, len(flat), 6)}
            sure = iter(re.findall("..", made["p"]))
            for cell in timeline.cells(frame):
                state, _, label, since, thousandths = cells[cell.position]
                flips = TokenHistory(frame.run, cell.position).flips
                until = frame.run_frame if cell.guessed else frame.run.cell(cell.position, frame.run_frame).since
                assert counts.get(cell.position, 0) == sum(flip <= until for flip in flips)
                assert data["states"][state] == cell.state.value.replace(" ", "-")
                if cell.state is State.PREDICTED:
                    assert int(next(sure), 36) == _thousandths(cell)
                elif cell.token is not None:
                    assert (since, thousandths) == (cell.since, _thousandths(cell))
                if cell.token is not None:
                    assert data["texts"][label] == frame.run.token_bytes.label(cell.token)
            assert next(sure, None) is None


# -- in a browser -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    browser = find_browser()
    if browser is None and os.environ.get("CI"):
        pytest.fail("There is no Chromium or Chrome here, and the page has to be tried in one: .ci/run installs it.")
    if browser is None:
        pytest.skip(
            "There is no Chromium or Chrome to try the page in (on Debian: apt install chromium-headless-shell)."
        )
    with browsing(browser, tmp_path_factory.mktemp("profile")) as opened:
        yield opened


@pytest.fixture
def timeline_page(page: Page, tmp_path: Path) -> Iterator[Page]:
    """The page of a branch, opened. Whatever a test does there, nothing goes wrong and nothing is asked of anybody."""
    path = page_of(timeline_of(branched(), "r2"), tmp_path / "branch.html")
    page.errors.clear()
    page.requests.clear()
    page.open(path)
    yield page
    assert page.errors == []
    assert page.requests == [path.as_uri()]


def canvas(page: Page) -> str:
    return page.text("#canvas").replace(" ░░░", "_")


def test_the_slider_shows_every_moment(timeline_page: Page) -> None:
    assert timeline_page.eval("document.querySelector('#slider').max") == "5"
    assert (canvas(timeline_page), timeline_page.text("#caption")) == ("____", "step 0/4 · 4 masks")
    timeline_page.point("#slider", click=True, across=0.4)
    assert canvas(timeline_page) == "one two__"
    timeline_page.point("#slider", click=True, across=0.99)
    assert (canvas(timeline_page), timeline_page.text("#caption")) == ("one zwei drei four", "step 4/4 · 0 masks")
    timeline_page.point("#slider", click=True, across=0.6)
    assert (canvas(timeline_page), timeline_page.text("#caption")) == (
        "one zwei__",
        "step 2/4 · 2 masks · changed by hand",
    )


def test_the_keys_move_the_slider(timeline_page: Page) -> None:
    timeline_page.press("ArrowRight")
    assert canvas(timeline_page) == "one two__"  # of which "two" is a guess
    assert timeline_page.eval("document.querySelector('[data-position=\"1\"]').className") == "token predicted"
    for key, expected in (
        ("ArrowRight", "1 2"),
        ("ArrowLeft", "1 1"),
        ("End", "1 5"),
        ("ArrowRight", "1 5"),
        ("Home", "1 0"),
    ):
        timeline_page.press(key)
        assert f"1 {timeline_page.eval('document.querySelector(`#slider`).value')}" == expected


def test_a_focused_slider_moves_by_one_step_for_a_key(timeline_page: Page) -> None:
    timeline_page.eval("document.querySelector('#slider').focus()")
    timeline_page.press("ArrowRight")
    assert timeline_page.eval("document.querySelector('#slider').value") == "1"


def test_the_play_button_plays_to_the_end(timeline_page: Page) -> None:
    timeline_page.point("#play", click=True)
    assert timeline_page.eval("document.querySelector('#play').ariaLabel") == "Pause"
    timeline_page.until("document.querySelector('#slider').value === '5'")
    assert timeline_page.eval("document.querySelector('#play').ariaLabel") == "Play"
    timeline_page.press(" ")
    assert timeline_page.eval("document.querySelector('#slider').value") == "0"
    timeline_page.press("ArrowRight")
    assert timeline_page.eval("document.querySelector('#play').ariaLabel") == "Play"


def test_a_page_plays_by_itself_where_movement_is_welcome(page: Page, tmp_path: Path) -> None:
    page.open(page_of(timeline_of(branched(), "r2"), tmp_path / "a.html"), still=False)
    page.until("document.querySelector('#slider').value === '5'")


def test_pointing_at_a_token_tells_what_is_known_of_it(page: Page, tmp_path: Path) -> None:
    page.open(page_of(timeline_of(long_run(8, 40)), tmp_path / "a.html"))
    timeline = timeline_of(long_run(8, 40))
    page.press("ArrowRight")
    page.press("ArrowRight")
    cells = timeline.cells(timeline.frames[2])
    guess, kept = (next(cell for cell in cells if cell.state is state) for state in (State.PREDICTED, State.COMMITTED))
    page.point(f'[data-position="{guess.position}"] b')
    assert f"guessed: {guess.confidence:.1%}" in page.text("#card")
    page.point(f'[data-position="{kept.position}"] b')
    assert f"kept in step 1: {kept.confidence:.1%}" in page.text("#card")
    assert page.eval("document.querySelectorAll('#card .row').length") == 5
    page.point("h1")
    assert page.eval("document.querySelector('#card').hidden") is True


def test_guesses_colours_and_theme_can_be_changed(page: Page, tmp_path: Path) -> None:
    page.open(page_of(timeline_of(long_run(8, 40)), tmp_path / "a.html"), dark=True)
    ground = "getComputedStyle(document.documentElement).backgroundColor"
    dark, light = page.eval(ground), None
    page.press("t")
    light = page.eval(ground)
    assert [dark, light] == [_rgb(PALETTES[name].colours["background"]) for name in (DARK, LIGHT)]
    page.press("ArrowRight")
    page.press("g")
    assert page.eval("getComputedStyle(document.querySelector('.predicted b')).color") == "rgba(0, 0, 0, 0)"
    page.press("v")
    assert page.text("#colours") == "v colours: confidence"
    assert "unsure" in page.text("#legend")


def test_what_was_computed_anew_is_among_the_colours_where_it_is_recorded(page: Page, tmp_path: Path) -> None:
    begun = start(2)
    shares = ([1.0, 1.0], [0.0, 1.0])
    steps = [step(at, {at: 7}, recomputed=anew) for at, anew in enumerate(shares)]
    hue = "document.querySelector('[data-position=\"0\"] b').style.getPropertyValue('--hue')"
    for is_recorded in (True, False):
        settings = begun.settings.replace(recomputed=is_recorded)
        timeline = timeline_of([replace(begun, settings=settings), PiecesEvent({7: b"seven"}), *steps])
        page.open(page_of(timeline, tmp_path / f"{is_recorded}.html"))
        for _ in range(4):
            page.press("v")
        if not is_recorded:
            assert page.text("#colours") == "v colours: state"
            continue
        assert page.text("#colours") == "v colours: recomputed"
        assert page.text("#legend").split() == "from the cache computed anew".split()
        colours = []
        for key in ("Home", "ArrowRight", "ArrowRight"):
            page.press(key)
            colours.append(page.eval(hue))
        assert colours[0] == ""
        assert "committed-now) 100%" in colours[1]
        assert "committed-now) 0%" in colours[2]


def test_a_named_theme_is_what_the_page_opens_in(page: Page, tmp_path: Path) -> None:
    page.open(page_of(timeline_of(branched(), "r2"), tmp_path / "a.html", open_in="light"), dark=True)
    ground = page.eval("getComputedStyle(document.documentElement).backgroundColor")
    assert ground == _rgb(PALETTES[LIGHT].colours["background"])


def test_nothing_hostile_runs_in_a_page(page: Page, tmp_path: Path) -> None:
    page.errors.clear()
    page.open(page_of(timeline_of(hostile()), tmp_path / "a.html"))
    page.press("End")
    for position in range(4):
        page.point(f'[data-position="{position}"]')
    assert page.errors == []
    assert page.eval("document.querySelectorAll('script').length") == 2
    assert "alert(1)" in page.text("#canvas")


def _rgb(colour: str) -> str:
    return f"rgb({int(colour[1:3], 16)}, {int(colour[3:5], 16)}, {int(colour[5:7], 16)})"
