"""A page from a file of its own, registered and nothing else: all that lists pages has it, and no picture changes."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest
from textual.widgets import Static

from llada_tui.tui.shell.footer import Footer
from llada_tui.tui.stage import pages
from tests.conftest import Home
from tests.tui.sessions import fox
from tests.tui.support import ROOT, Desk, chatting, replaying

PAGE = '''
"""How many masks are left, in words."""

from textual.widgets import Static

from llada_tui.tui.shell.action import Action
from llada_tui.tui.shell.bar import BarText
from llada_tui.tui.stage.page import Page


class Masks(Static, can_focus=True):
    pass


class MasksPage(Page):
    name = "masks"
    title = "Masks"
    opening = Action("masks", "alt+m", "masks left", "Show how many masks are left.", "Program", everywhere=True)
    actions = (Action("masks_in_words", "j", "in words", "Show the number of masks in words.", "Canvas"),)
    help = "In the masks: there is nothing to choose."

    def __init__(self, panel):
        super().__init__(panel)
        self.widget = Masks(id=self.name)
        self.ending = ""

    def update(self):
        player = self.panel.player
        self.widget.update(f"{player.run.masks_left(player.frame)} left{self.ending}" if player.run else "no run")

    def tab_parts(self, width):
        return [BarText(" words ", "accent", "masks_in_words")]

    def footer_items(self):
        return [("masks_in_words", None)]

    def action_masks(self):
        self.open()

    def action_masks_in_words(self):
        self.ending = " of the canvas"
        self.panel.update()
'''
REGISTRATION = """
from masks_page import MasksPage

from llada_tui.tui.stage import pages

pages.PAGES = (*pages.PAGES, MasksPage)
"""


@pytest.fixture
def masks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The page is registered."""
    (tmp_path / "masks_page.py").write_text(PAGE)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(pages, "PAGES", (*pages.PAGES, import_module("masks_page").MasksPage))
    yield
    del sys.modules["masks_page"]


def footer(desk: Desk) -> str:
    return desk.app.screen.query_one(Footer).render_line(0).text


def shown(desk: Desk) -> str:
    """The text of the open page of a replay."""
    return desk.replay.stage.panel.front.render_line(0).text.strip()


@pytest.mark.usefixtures("masks")
async def test_a_key_and_a_click_open_it_and_it_shows_the_run(home: Home) -> None:
    async with replaying(fox(home.sessions / "fox.jsonl"), size=(200, 30)) as desk:
        stage = desk.replay.stage
        stage.seek(5)
        run = stage.player.run
        assert run is not None
        assert "alt+m masks left" in footer(desk)
        await desk.press("alt+m")
        assert shown(desk) == f"{run.masks_left(5)} left"
        await desk.press("right")
        assert shown(desk) == f"{run.masks_left(6)} left"
        assert "j in words" in footer(desk)
        assert stage.panel.tabs.render_line(0).text.rstrip().endswith("words   whole side")
        await desk.press("j")
        assert shown(desk) == f"{run.masks_left(6)} left of the canvas"
        await desk.press("ctrl+l")
        assert stage.whole
        await desk.press("escape", "f2")
        tabs = stage.panel.tabs
        assert not shown(desk).startswith(f"{run.masks_left(6)} left")
        await desk.pilot.click(tabs, offset=(tabs.render_line(0).text.index("Masks"), 0))
        await desk.pilot.pause()
        assert shown(desk) == f"{run.masks_left(6)} left of the canvas"


@pytest.mark.usefixtures("masks")
async def test_help_palette_and_configuration_have_it(home: Home) -> None:
    home.config.mkdir()
    (home.config / "config.toml").write_text('[keys]\nmasks = "f18"\nmasks_in_words = "Q"\n')
    async with chatting("missing", size=(240, 50)) as desk:
        assert not desk.notices
        assert "f18 masks left" in footer(desk)
        commands = {command.title: command.help for command in desk.app.get_system_commands(desk.chat)}
        assert commands["masks left"] == "f18 · Show how many masks are left."
        assert commands["in words"] == "Q · Show the number of masks in words."
        await desk.press("f18")
        assert desk.chat.stage.panel.page.name == "masks"
        await desk.press("escape", "f1")
        help = "\n".join(str(part.render()) for part in desk.app.screen.query(Static))
        lines = [" ".join(line.split()) for line in help.splitlines()]
        at = lines.index("Show how many masks are left. masks")
        assert lines[at - 1] == "f18"
        assert lines[at - 2].endswith("pictures")
        assert lines[lines.index("Show the number of masks in words. masks_in_words") - 1] == "Q"
        assert "In the masks: there is nothing to choose." in lines


@pytest.mark.slow
def test_no_picture_changes_by_it(tmp_path: Path) -> None:
    (tmp_path / "masks_page.py").write_text(PAGE)
    (tmp_path / "registration.py").write_text(REGISTRATION)
    tests = sorted(str(path) for path in (ROOT / "tests" / "tui").glob("test_*snapshots.py"))
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "registration", "-p", "no:xdist", "-p", "no:cacheprovider",
         f"--snapshot-report={tmp_path / 'report.html'}", *tests, str(ROOT / "tests" / "tui" / "test_bars.py")],
        env={**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}"},
        cwd=ROOT,
        capture_output=True,
        text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:]
