"""``s`` on the screen: the picture of the step on show."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest

from llada_tui.paths import pictures_folder
from tests.conftest import Home
from tests.export.support import branched, written
from tests.tui.support import chatting, replaying


@pytest.fixture
def session(home: Home) -> Path:
    return written(home.sessions / "talk.jsonl", *branched()[:7])


def pictures() -> list[str]:
    return sorted(path.name for path in pictures_folder().iterdir()) if pictures_folder().is_dir() else []


async def test_the_picture_is_saved_and_the_toast_says_where(session: Path) -> None:
    async with replaying(session) as desk:
        await desk.press("end", "home", "right", "s")
        assert pictures() == ["a-question-step-1.svg", "a-question-step-1.txt"]
        assert any(f"Saved a-question-step-1.svg and .txt in {pictures_folder()}." in notice for notice in desk.notices)
    svg = (pictures_folder() / "a-question-step-1.svg").read_text("utf-8")
    assert "step 1/4" in svg
    assert desk.app.theme_variables["background"].lower() in svg.lower()
    ElementTree.fromstring(svg)
    text = (pictures_folder() / "a-question-step-1.txt").read_text("utf-8")
    assert text.splitlines()[:4] == ["a question", "", "one", "░░░ ░░░ ░░░"]
    assert "with its guesses:\n\none two\n" in text


async def test_a_second_picture_takes_another_name(session: Path) -> None:
    async with replaying(session) as desk:
        await desk.press("end", "s", "s")
    assert pictures() == [f"a-question-step-4{more}" for more in ("-2.svg", "-2.txt", ".svg", ".txt")]


async def test_the_picture_is_as_the_canvas_is(session: Path) -> None:
    async with replaying(session) as desk:
        await desk.press("end", "home", "right", "g", "v", "s")
    svg = (pictures_folder() / "a-question-step-1.svg").read_text("utf-8")
    assert "confidence: unsure" in svg
    assert ">two<" not in svg
    assert "guesses" not in (pictures_folder() / "a-question-step-1.txt").read_text("utf-8")


async def test_themes_of_the_terminals_colours_have_a_picture_too(session: Path) -> None:
    async with replaying(session) as desk:
        desk.app.theme = "llada-ansi"
        await desk.press("end", "s")
    assert "#14161f" in (pictures_folder() / "a-question-step-4.svg").read_text("utf-8")


async def test_a_folder_that_cannot_be_written_is_a_sentence(session: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    taken = session.parent / "file"
    taken.write_text("")
    monkeypatch.setenv("LLADA_TUI_PICTURES", str(taken / "pictures"))
    async with replaying(session) as desk:
        await desk.press("end", "s")
        assert any(notice.startswith("No picture could be saved in") for notice in desk.notices)


@pytest.mark.usefixtures("home")
async def test_an_empty_chat_has_no_picture() -> None:
    async with chatting() as desk:
        await desk.press("tab")
        await desk.chat.run_action("picture")
        await desk.pilot.pause()
        assert "There is no picture to save yet." in desk.notices
    assert pictures() == []


@pytest.mark.usefixtures("home")
async def test_the_chat_saves_its_pictures_too() -> None:
    async with chatting() as desk:
        await desk.ready()
        await desk.answer("hi there")
        desk.chat.stage.canvas.focus()
        await desk.press("end", "s")
    assert pictures() == ["hi-there-step-12.svg", "hi-there-step-12.txt"]
