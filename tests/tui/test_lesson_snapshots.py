"""Pictures of a lesson, the contents and the tour, on a made-up model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from llada_tui.lessons.progress import LessonProgress, ReadingPlace, write_progress
from llada_tui.tui import navigation
from llada_tui.tui.app import ChatOptions, LladaApp
from llada_tui.tui.chat.chat import Chat
from llada_tui.tui.lesson.lesson_screen import LessonScreen
from llada_tui.tui.model_link.worker_link import Phase
from llada_tui.tui.shell.options import LessonOptions
from tests.conftest import Home, first_quick
from tests.tui.lessons import TEXT, written
from tests.tui.pictures import Before, Picture, opened
from tests.tui.support import WORKER

SIZES = pytest.mark.parametrize("size", first_quick([(80, 24), (120, 40)]), ids="{0[0]}x{0[1]}".format)


def shelf(home: Home, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three lessons, and no others."""
    folder = home.config / "lessons"
    for number, name in enumerate(("blanks", "letter", "numbers"), 1):
        written(folder, TEXT.replace("order: 40", f"order: {number}").replace("One letter", name.title()), name)
    monkeypatch.setattr(navigation, "lessons_folders", lambda: [folder])
    (home.config / "config.toml").write_text("dwell = 0.0\n")
    return folder


def at_step(*keys: str) -> Before:
    """Press keys in a lesson, each once the page's step is on show."""

    async def before(pilot: Pilot[Any]) -> None:
        await opened(pilot)
        while not isinstance(pilot.app.screen, LessonScreen):
            await pilot.pause(0.01)
        screen = pilot.app.screen
        for key in (*keys, ""):
            while (
                screen.scenes.stopped_at is None
                or screen.stage.player.frame != screen.scenes.stopped_at
                or screen.link.phase is not Phase.READY
            ):
                await pilot.pause(0.01)
            if key:
                await pilot.press(key)
        await pilot.pause()

    return before


def lesson(folder: Path, **more: Any) -> LladaApp:
    opened = navigation.Navigation.lessons()[0][1]
    assert opened.path == folder / "letter.md"
    return LladaApp(ChatOptions("acme/tiny", worker=WORKER), lesson=LessonOptions(opened, **more))


@SIZES
def test_a_page_with_its_question(
    picture: Picture, home: Home, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int]
) -> None:
    app = lesson(shelf(home, monkeypatch))
    assert picture(app, size, at_step("enter"), "#lesson")


@SIZES
def test_a_page_at_its_step(
    picture: Picture, home: Home, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int]
) -> None:
    app = lesson(shelf(home, monkeypatch), page=1)
    assert picture(app, size, at_step())


def test_large_text(picture: Picture, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    app = lesson(shelf(home, monkeypatch), page=1, present=True)
    assert picture(app, (120, 40), at_step())


def test_the_contents(picture: Picture, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = shelf(home, monkeypatch)
    write_progress(home.sessions, LessonProgress(True, {"blanks": ReadingPlace(0, True)}))
    assert picture(lesson(folder, page=1), (80, 24), at_step("c"), "Contents Vertical")


@SIZES
def test_the_tour(picture: Picture, home: Home, size: tuple[int, int]) -> None:
    async def before(pilot: Pilot[Any]) -> None:
        await opened(pilot)
        chat = pilot.app.screen
        assert isinstance(chat, Chat)
        await pilot.press("0", "enter", "enter")
        await pilot.pause()

    assert picture(LladaApp(ChatOptions("acme/tiny", worker="cat")), size, before)


@SIZES
@pytest.mark.parametrize("keys", [("enter",), ("tab",)], ids=["text", "canvas"])
def test_the_footer_of_a_lesson(
    picture: Picture, home: Home, monkeypatch: pytest.MonkeyPatch, keys: tuple[str, ...], size: tuple[int, int]
) -> None:
    assert picture(lesson(shelf(home, monkeypatch)), size, at_step(*keys), "Footer")
