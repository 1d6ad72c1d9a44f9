"""Pictures of the screen with a picture that was asked about: in the conversation, and with what a token leans on."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image
from textual.pilot import Pilot

from llada_tui.tui.app import ChatOptions, LladaApp, ReplayOptions
from llada_tui.tui.chat.picture_entry import PictureEntry
from llada_tui.tui.replay.replay import Replay
from llada_tui.tui.stage import pages
from llada_tui.tui.stage.pages.curves_page import CurvesPage
from llada_tui.tui.stage.pages.knobs_page import KnobsPage
from llada_tui.tui.stage.pages.picture_page import PicturePage
from llada_tui.tui.stage.pages.spacetime_page import SpacetimePage
from llada_tui.tui.stage.pages.token_page import TokenPage
from llada_tui.worker.protocol import Influences, PicturePart
from tests.conftest import Home, first_quick
from tests.tui.pictures import SIZES, Picture, opened, pressed
from tests.tui.sessions import about_pictures

PAGES = (KnobsPage, TokenPage, SpacetimePage, CurvesPage, PicturePage)
NATS = [0.02, 0.31, 0.1, 2.2, 0.04, 1.12, -0.9, 0.0, 0.0, 0.6, 0.2, 0.03]


@pytest.fixture(autouse=True)
def _these_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """The panel has these pages, whatever else is registered."""
    monkeypatch.setattr(pages, "PAGES", PAGES)


def session(home: Home) -> Path:
    """A session whose question is about a picture of four colours."""
    picture = Image.new("RGB", (48, 32), (40, 90, 160))
    picture.paste((240, 210, 80), (30, 4, 42, 14))
    picture.paste((60, 140, 70), (0, 22, 48, 32))
    picture.paste((170, 60, 50), (8, 14, 20, 26))
    file = io.BytesIO()
    picture.save(file, "PNG")
    return about_pictures(home.sessions / "seeing.jsonl", [file.getvalue()])


async def leant_on(pilot: Pilot[None]) -> None:
    """The parts of the picture that the selected token leans on are shown, one of them chosen."""
    await pressed("f3", "shift+right", "shift+right", "I")(pilot)
    (screen,) = (screen for screen in pilot.app.screen_stack if isinstance(screen, Replay))
    stage, page = screen.stage, screen.stage.panel.find(PicturePage)
    run, frame, position = stage.player.run, stage.player.frame, stage.canvas.selected
    assert run is not None
    assert position is not None
    token = run.cell(position, frame).token
    assert token is not None
    parts = [
        PicturePart(0, at % 4 / 4, at // 4 / 3, (at % 4 + 1) / 4, (at // 4 + 1) / 3, gain)
        for at, gain in enumerate(NATS)
    ]
    page.show_influences(run, frame, Influences(1, position, token, 0.731, [], 0.084, parts))
    while page.widget.drawing is None:
        await pilot.pause(0.01)
    page.choose(3)
    await pilot.pause()


@pytest.mark.parametrize("size", first_quick([SIZES[0], (60, 20), *SIZES[1:]], 2), ids="{0[0]}x{0[1]}".format)
def test_what_a_token_leans_on_in_a_picture(picture: Picture, home: Home, size: tuple[int, int]) -> None:
    app = LladaApp(replay=ReplayOptions(session(home), frame=12))
    assert picture(app, size, leant_on, "PicturePane")


def test_parts_of_a_picture_without_colours(picture: Picture, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app = LladaApp(replay=ReplayOptions(session(home), frame=12))
    assert picture(app, (80, 24), leant_on, "PicturePane")


@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids="{0[0]}x{0[1]}".format)
def test_a_conversation_about_a_picture(picture: Picture, home: Home, size: tuple[int, int]) -> None:
    async def decoded(pilot: Pilot[None]) -> None:
        await opened(pilot)
        while not all(entry.drawing for entry in pilot.app.screen.query(PictureEntry)):
            await pilot.pause(0.01)
        await pilot.pause()

    app = LladaApp(ChatOptions("acme/llada-tiny", worker="cat", resume=session(home)))
    assert picture(app, size, decoded, "#conversation")
