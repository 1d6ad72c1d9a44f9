"""Lesson files with mistakes: what is said of them on the command line and on the screen."""

from __future__ import annotations

from pathlib import Path

import pytest

from llada_tui import cli
from tests.conftest import Home
from tests.tui.lessons import written
from tests.tui.pseudo_terminal import Terminal
from tests.tui.support import WORKER, chatting

FRONT = "---\ntitle: T\nsummary: s\n---\n"


def test_a_broken_file_is_one_sentence(tmp_path: Path, home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "mine.md"
    path.write_text(f"{FRONT}text\n```run\nprompt: hi\nsteps: many\nstop: never\n```\n")

    with Terminal("-m", "llada_tui", "lesson", str(path)) as terminal:
        terminal.until(lambda: terminal.process.poll() is not None)
        terminal.until("tells all.)")
        words = "".join(terminal.text.split())  # where lines break depends on the length of the path
    assert "line8:'many'isnotanumber.Thereisonemistakemore." in words
    assert "Traceback" not in words
    assert cli.run(["lesson", "masks"]) == 2
    assert "needs a terminal" in capsys.readouterr().err
    assert cli.run(["lesson", "--notes", "nothing"]) == 2
    assert cli.run(["lesson", "--check"]) == 2
    assert "Which lesson?" in capsys.readouterr().err


async def test_a_broken_file_on_the_shelf_is_told_in_the_contents(home: Home) -> None:
    folder = home.config / "lessons"
    folder.mkdir(parents=True)
    (folder / "broken.md").write_text("no lesson\n")
    async with chatting() as desk:
        await desk.press("f11")
        words = "\n".join(str(part.render()) for part in desk.app.screen.query("Contents > Vertical > Static"))
        assert "broken.md, line 1" in words


def test_the_first_page_of_a_lesson_is_laid_out_for_its_canvas(home: Home) -> None:
    """The canvas has its width only after the run began on it: the screen shows the masks in rows of that width."""
    home.config.mkdir()
    (home.config / "config.toml").write_text(f"worker = {WORKER!r}\nmodel = 'fake'\n")
    lesson = written(home.sessions)
    assert lesson.path is not None
    with Terminal("-m", "llada_tui", "lesson", str(lesson.path), size=(60, 20)) as terminal:
        terminal.until("step 0/12")
        terminal.until(lambda: terminal.text.count("░░░") >= 12)
        assert terminal.leave() == 0
