"""Saving under a name that is typed."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

import pytest
from textual.widgets import Static

from llada_tui.export import formats
from llada_tui.export.export_format import ExportFormat, Rendering
from llada_tui.export.render_options import RenderOptions
from llada_tui.export.run_timeline import Frame, RunTimeline
from llada_tui.paths import sessions_folder, typed_path
from llada_tui.tui.player.export_work import Exporting
from llada_tui.tui.player.save_as import SaveAs, file_kinds
from tests.conftest import Home
from tests.tui.sessions import fox
from tests.tui.support import replaying


def test_a_tilde_is_a_home_where_there_is_one(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    assert typed_path("~/x.txt") == home.path / "x.txt"
    assert typed_path("~nobody-of-that-name/x.txt") == Path("~nobody-of-that-name/x.txt")
    monkeypatch.setenv("LLADA_TUI_SESSIONS", "~nobody-of-that-name/sessions")
    assert sessions_folder() == Path("~nobody-of-that-name/sessions")


async def test_the_home_of_nobody_is_a_sentence(home: Home) -> None:
    async with replaying(fox(home.sessions / "fox.jsonl")) as desk:
        await desk.press("ctrl+s", "ctrl+u", *"~nobody-of-that-name/x.txt", "enter")
        assert desk.notices == ["~nobody-of-that-name/x.txt could not be written: no such file or directory."]


async def test_a_name_typed_after_ctrl_u_is_saved_under(home: Home) -> None:
    async with replaying(fox(home.sessions / "fox.jsonl")) as desk:
        await desk.press("ctrl+s", "ctrl+u", *"~/q k.txt", "enter")
        assert desk.notices == [f"Saved to {home.path / 'q k.txt'}."]
        assert "llada:" in (home.path / "q k.txt").read_text()


KINDS = (".txt", ".jsonl", ".cast", ".gif", ".html", ".md", ".svg")


def begins(suffix: str) -> bytes:
    """The first bytes of a file of a kind."""
    return {
        ".txt": b"you: ", ".jsonl": b'{"event":"session"', ".cast": b'{"version"', ".gif": b"GIF89a", ".html": b"<!",
        ".md": b"# ", ".svg": b"<svg",
    }[suffix]  # fmt: skip


async def test_every_kind_is_offered(home: Home) -> None:
    assert tuple(file_kinds()) == KINDS


@pytest.mark.parametrize("suffix", [*KINDS, ".SVG"])
async def test_what_is_written_is_what_the_name_says(home: Home, suffix: str) -> None:
    path = home.path / f"fox{suffix}"
    async with replaying(fox(home.sessions / "fox.jsonl")) as desk:
        await desk.press("ctrl+s", "ctrl+u", *f"~/{path.name}", "enter")
        await desk.until(lambda: f"Saved to {path}." in desk.notices)
    assert path.read_bytes().startswith(begins(suffix.lower()))


async def test_a_name_without_an_ending_is_a_texts(home: Home) -> None:
    async with replaying(fox(home.sessions / "fox.jsonl")) as desk:
        await desk.press("ctrl+s", "ctrl+u", *"~/notes", "enter")
        assert (home.path / "notes").read_text().startswith("you: ")


async def test_an_unknown_ending_is_told_until_the_name_changes(home: Home) -> None:
    async with replaying(fox(home.sessions / "fox.jsonl")) as desk:
        await desk.press("ctrl+s", "ctrl+u", *"~/fox.doc", "enter")
        assert isinstance(desk.app.screen, SaveAs)
        problem = desk.app.screen.query_one("#problem", Static)
        assert str(problem.content) == (
            "No kind of file here ends in .doc: there are .txt, .jsonl, .cast, .gif, .html, .md or .svg."
        )
        await desk.press("backspace")
        assert str(problem.content) == ""
        await desk.press("escape")
    assert list(home.path.glob("fox*")) == []


async def test_the_list_gives_the_name_its_ending(home: Home) -> None:
    async with replaying(fox(home.sessions / "fox.jsonl")) as desk:
        await desk.press("ctrl+s", "ctrl+u", *"~/a fox.svg", "down", "end", "up", "enter", "enter")
        await desk.until(lambda: desk.notices)
        assert desk.notices == [f"Saved to {home.path / 'a fox.md'}."]


async def test_the_step_on_show_is_the_picture_and_every_step_the_document(home: Home) -> None:
    async with replaying(fox(home.sessions / "fox.jsonl")) as desk:
        await desk.press("end", "home", "right", "right")
        await desk.press("ctrl+s", "ctrl+u", *"~/fox.svg", "enter")
        await desk.until(lambda: (home.path / "fox.svg").exists())
        await desk.press("ctrl+s", "ctrl+u", *"~/fox.md", "enter")
        await desk.until(lambda: (home.path / "fox.md").exists())
    assert "step 2/" in (home.path / "fox.svg").read_text()
    assert (home.path / "fox.md").read_text().count("step ") > 2


async def test_a_file_that_is_there_stays(home: Home) -> None:
    home.path.mkdir(exist_ok=True)
    (home.path / "fox.gif").write_text("mine")
    async with replaying(fox(home.sessions / "fox.jsonl")) as desk:
        await desk.press("ctrl+s", "ctrl+u", *"~/fox.gif", "enter")
        assert desk.notices == [f"{home.path / 'fox.gif'} is there already: choose another name."]
    assert (home.path / "fox.gif").read_text() == "mine"


class Slow(ExportFormat):
    """A format that draws until the test says that it may end."""

    name = "slow"
    suffixes = (".slow",)
    summary = "drawn slowly"
    options = frozenset()
    may_end = threading.Event()

    def render(self, timeline: RunTimeline, frames: Sequence[Frame], options: RenderOptions) -> Rendering:
        assert self.may_end.wait(60)
        return Rendering("slow", "slow")


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    by_name = {**formats.by_name(), "slow": Slow()}
    monkeypatch.setattr(formats, "by_name", lambda: by_name)
    monkeypatch.setattr(Slow, "may_end", threading.Event())
    return Slow.may_end


async def test_the_screen_goes_on_while_a_file_is_drawn(home: Home, slow: threading.Event) -> None:
    async with replaying(fox(home.sessions / "fox.jsonl")) as desk:
        await desk.press("ctrl+s", "ctrl+u", *"~/fox.slow", "enter")
        await desk.until(lambda: isinstance(desk.app.screen, Exporting))
        slow.set()
        await desk.until(lambda: desk.notices)
        assert desk.notices == [f"Saved to {home.path / 'fox.slow'}."]
        await desk.until(lambda: not isinstance(desk.app.screen, Exporting))


async def test_a_file_that_is_drawn_can_be_left(home: Home, slow: threading.Event) -> None:
    async with replaying(fox(home.sessions / "fox.jsonl")) as desk:
        await desk.press("ctrl+s", "ctrl+u", *"~/fox.slow", "enter")
        await desk.until(lambda: isinstance(desk.app.screen, Exporting))
        await desk.press("escape")
        await desk.until(lambda: desk.notices)
        assert desk.notices == ["fox.slow was not written."]
        slow.set()
    assert not (home.path / "fox.slow").exists()
