"""What is remembered between two openings, and the notes that a presenter sees of the page on show."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llada_tui.cli.presenter_notes import lines
from llada_tui.lessons.lesson_parser import parse
from llada_tui.lessons.progress import (
    LessonProgress,
    ReadingPlace,
    ShownPage,
    progress_path,
    read_progress,
    read_shown,
    shown_path,
    write_progress,
    write_shown,
)
from tests.conftest import Home
from tests.tui.lessons import TEXT, written
from tests.tui.pseudo_terminal import Terminal

LESSON = parse(TEXT, "letter")


def test_what_is_written_is_read_and_nothing_is_made_by_reading(tmp_path: Path) -> None:
    folder = tmp_path / "none" / "yet"
    assert read_progress(folder) == LessonProgress()
    assert read_shown(folder) is None
    assert not folder.parent.exists()

    progress = LessonProgress(True, {"masks": ReadingPlace(3), "own ✓": ReadingPlace(0, True)})
    assert write_progress(folder, progress)
    assert write_shown(folder, ShownPage("/a/b.md", 2, True))
    assert read_progress(folder) == progress
    assert read_shown(folder) == ShownPage("/a/b.md", 2, True)
    assert write_shown(folder, None)
    assert read_shown(folder) is None
    assert [path.name for path in folder.iterdir()] == ["lessons.json"]


def test_a_program_that_is_gone_shows_nothing_any_more(tmp_path: Path) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    write_shown(tmp_path, ShownPage("/a.md", 1, process=gone.pid))
    assert read_shown(tmp_path) is None
    write_shown(tmp_path, ShownPage("/a.md", 1, process=os.getpid()))
    assert read_shown(tmp_path) is not None


@given(st.binary(max_size=40) | st.sampled_from([b'{"lessons": {"a": {"page": "x"}}}', b'{"tour": 3}', b"[]", b"{"]))
def test_a_file_that_cannot_be_read_is_forgotten(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    folder = tmp_path_factory.mktemp("folder")
    progress_path(folder).write_bytes(data)
    shown_path(folder).write_bytes(data)
    assert isinstance(read_progress(folder), LessonProgress)
    assert read_shown(folder) is None


def test_where_nothing_can_be_written_a_lesson_goes_on(tmp_path: Path) -> None:
    folder = tmp_path / "file"
    folder.write_text("not a folder")
    assert not write_progress(folder, LessonProgress())
    assert not write_shown(folder, ShownPage("x", 0))
    assert write_shown(folder, None)


def test_the_notes_of_a_page() -> None:
    shown = "\n".join(lines(LESSON, ShownPage("", 0), 60))
    assert "page 1 of 5" in shown
    assert "Let them guess." in shown
    assert "Ask: Which comes first?" in shown
    assert "enter shows it" in shown
    assert "Next: After three steps" in shown
    assert "Answer (shown)" in "\n".join(lines(LESSON, ShownPage("", 0, True), 60))
    assert "no notes to this page" in "\n".join(lines(LESSON, ShownPage("", 1), 60))
    assert "Next: the end" in "\n".join(lines(LESSON, ShownPage("", 4), 60))
    assert lines(LESSON, ShownPage("", 5), 60) == ["One letter: the end."]
    assert lines(LESSON, ShownPage("", -1), 60) == ["One letter: the end."]


def test_before_the_class_sees_anything_all_notes_are_there() -> None:
    text = "\n".join(lines(LESSON, None, 60))
    assert "Nobody has One letter open" in text
    assert "Let them guess." in text
    assert "5. Another letter" in text


def test_notes_in_another_terminal_follow_the_class(home: Home, tmp_path: Path) -> None:
    lesson = written(tmp_path)
    other = written(tmp_path, TEXT.replace("One letter", "Another one"), "other")
    with Terminal("-m", "llada_tui", "lesson", str(lesson.path), "--notes") as terminal:
        terminal.until("Nobody has One letter open")
        write_shown(home.sessions, ShownPage(str(lesson.path), 0))
        terminal.until("Let them guess.")
        write_shown(home.sessions, ShownPage(str(lesson.path), 1))
        terminal.until("AFTER THREE STEPS")
        assert "Let them guess." not in terminal.text
        write_shown(home.sessions, ShownPage(str(other.path), 0))
        terminal.until("Another one · page 1 of 5")
        other.path.unlink()  # type: ignore[union-attr]
        write_shown(home.sessions, ShownPage(str(other.path), 1))
        terminal.until("page 2 of 5")
        write_shown(home.sessions, None)
        terminal.until("Nobody has Another one open")
        terminal.type("\x03")
        terminal.until(lambda: terminal.process.poll() is not None)
        assert terminal.process.returncode == 0
        assert "Traceback" not in terminal.text
