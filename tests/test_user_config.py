"""The user's configuration: read whole, and every value that cannot be used is told by name."""

from __future__ import annotations

import codecs
import os
from itertools import pairwise
from pathlib import Path

import pytest

from llada_tui.analysis.statistics import read_statistics
from llada_tui.cli import doctor
from llada_tui.drawing.palette import load_palettes
from llada_tui.lessons.lesson_files import list_lessons
from llada_tui.lessons.progress import LessonProgress, read_progress, read_shown
from llada_tui.trace.session_folder import list_sessions
from llada_tui.tui.shell.footer import Footer
from llada_tui.tui.shell.key_problems import key_problems
from llada_tui.tui.stage.pages import all_actions
from llada_tui.user_config import Config, load_config, value_problems
from tests.conftest import Home
from tests.tui.pseudo_terminal import Terminal
from tests.tui.sessions import fox
from tests.tui.support import WORKER, replaying


def test_a_byte_order_mark_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes(codecs.BOM_UTF8 + b"dwell = 0.5\n[keys]\ntoken = 'ctrl+x'\n")
    assert load_config(path) == (Config(dwell=0.5, keys={"token": "ctrl+x"}), [])
    (tmp_path / "mine.toml").write_bytes(codecs.BOM_UTF8 + b"name = 'mine'\nprimary = 'red'\n")
    path.unlink()
    palettes, problems = load_palettes([tmp_path])
    assert (list(palettes), problems) == (["mine"], [])


def test_keys_that_are_none() -> None:
    keys = {"token": "f3,alt+x,alt+enter,ctrl+right_square_bracket", "knobs": "", "help": "?,question_mark,nokey"}
    (problem,) = key_problems(Path("c"), Config(keys=keys), all_actions())
    assert problem == "c: help is bound to 'nokey', which is no key."
    (problem,) = key_problems(Path("c"), Config(keys={"fly": "f3"}), all_actions())
    assert "no action fly" in problem
    assert not [
        problem
        for action in all_actions().values()
        for problem in key_problems(Path("c"), Config(keys={action.id: action.keys}), all_actions())
    ]


def test_a_key_of_two_actions_is_told() -> None:
    """Which of them has it: the one that works wherever the focus is, then the one that was configured."""
    clash = "c: x is bound to hold and to mark: hold has it."
    assert key_problems(Path("c"), Config(keys={"hold": "f7, x"}), all_actions()) == [clash]
    (problem,) = key_problems(Path("c"), Config(keys={"hold": "?"}), all_actions())
    assert problem == "c: question_mark is bound to hold and to help: hold has it."
    (problem,) = key_problems(Path("c"), Config(keys={"hold": "ctrl+l"}), all_actions())
    assert problem == "c: ctrl+l is bound to whole and to hold: whole has it."
    both = {"hold": "f7,x", "mark": "u", "undo": "ctrl+z"}  # none is lost
    assert key_problems(Path("c"), Config(keys=both), all_actions()) == []
    assert key_problems(Path("c"), Config(keys={"pace": "x"}), all_actions()) == []  # on lanes there is no range


async def test_keys_are_bound_as_configured_and_take_no_other_keys(home: Home) -> None:
    """A key that was given to one action leaves the others those that they have besides."""
    home.config.mkdir()
    (home.config / "config.toml").write_text('[keys]\nguesses = "p, alt+g"\nchange = "alt+z"\n')
    async with replaying(fox(home.sessions / "fox.jsonl")) as desk:
        assert desk.notices == [
            f"{home.config / 'config.toml'}: p is bound to guesses and to {other}: guesses has it."
            for other in ("page_back", "previous_run")
        ]
        canvas = desk.replay.stage.canvas
        before = canvas.guesses
        await desk.press("p")
        assert canvas.guesses != before
        assert ("p", " guesses   ") in pairwise(part.text for part in desk.replay.query_one(Footer).parts(200))
        await desk.press("g")
        assert canvas.guesses != before  # it is another key's now
        await desk.press("alt+z")
        assert canvas.selected is not None


@pytest.mark.parametrize(
    ("config", "words"),
    [
        (Config(theme="nosuch"), "no theme 'nosuch'"),
        (Config(worker="ssh 'box"), "quotation mark"),
        (Config(worker="no-such-command here"), "no command 'no-such-command'"),
        (Config(model="./nowhere"), "no folder ./nowhere"),
    ],
)
def test_values_that_cannot_be_used(config: Config, words: str) -> None:
    (problem,) = value_problems(Path("c"), config, {"llada-dark"})
    assert words in problem


def test_values_that_can(tmp_path: Path) -> None:
    config = Config(theme="dark", worker="sh -c true", model=str(tmp_path))
    assert value_problems(Path("c"), config, {"llada-dark"}) == []
    assert value_problems(Path("c"), Config(model="acme/llada"), set()) == []


def test_the_chat_takes_a_strategy_that_the_configured_worker_may_know(home: Home) -> None:
    home.config.mkdir()
    (home.config / "config.toml").write_text(f'worker = "{WORKER}"\nmodel = "fake"\n')
    with Terminal("-m", "llada_tui", "chat", "--remasking", "theirs") as terminal:
        terminal.until("Ask something")
        assert terminal.leave() == 0


def test_every_mistake_is_told(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text("theme = 5\ndwell = -1\nmodel = 'x'\nworker = true\n")
    config, problems = load_config(path)
    assert config == Config()
    assert problems == [
        f"{path} has a mistake, so the defaults hold: {mistake}"
        for mistake in (
            "theme must be a text in quotation marks, not 5.",
            "dwell must be a number from 0 to 60, not -1.",
            "worker must be a text in quotation marks, not True.",
        )
    ]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes in folders")
@pytest.mark.parametrize("place", ["pipe", "device", "large"])
def test_what_is_no_plain_file_is_not_waited_for(tmp_path: Path, place: str) -> None:
    """Everywhere where the program reads a file that it was not given by name."""
    (tmp_path / "deleted").mkdir()
    names = ("config.toml", "a.toml", "a.md", "lessons.json", "lesson-on-show.json", "a.jsonl")
    for name in names:
        if place == "pipe":
            os.mkfifo(tmp_path / name)
        elif place == "device":
            (tmp_path / name).symlink_to("/dev/zero")
        else:
            with (tmp_path / name).open("wb") as file:
                file.truncate(1 << 40)
    reason = "no plain file" if place != "large" else "more than"
    config, (problem,) = load_config(tmp_path / "config.toml")
    assert config == Config()
    assert reason in problem
    palettes, (_, problem) = load_palettes([tmp_path])
    assert palettes == {}
    assert reason in problem
    lessons, problems = list_lessons([tmp_path])
    assert lessons == []
    assert problems[tmp_path / "a.md"][0].message.endswith(
        "it is no plain file." if place != "large" else "200 kB that a lesson may be."
    )
    assert read_progress(tmp_path) == LessonProgress()
    assert read_shown(tmp_path) is None
    assert list_sessions(tmp_path) == []
    assert read_statistics(tmp_path).rows == []


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"a = '\xff'", "cannot be read, so the defaults hold: it is not UTF-8 text."),
        (b"a = " + b"[" * 10_000, "the defaults hold: it is no TOML: its lists are nested too deep."),
        (None, "cannot be read, so the defaults hold: is a directory."),
    ],
    ids=["bytes", "nested", "folder"],
)
def test_a_file_of_no_use_is_told_in_our_words(tmp_path: Path, content: bytes | None, words: str) -> None:
    path = tmp_path / "config.toml"
    if content is None:
        path.mkdir()
    else:
        path.write_bytes(content)
    config, (problem,) = load_config(path)
    assert config == Config()
    assert problem.endswith(words)


def test_a_folder_that_cannot_be_looked_into_holds_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "loop").symlink_to("loop")
    for folder in (tmp_path / ("x" * 5000), tmp_path / "file", tmp_path / "file" / "inside", tmp_path / "loop"):
        assert list_sessions(folder) == []
        assert read_statistics(folder).rows == []
        assert load_palettes([folder]) == ({}, [])
        assert list_lessons([folder]) == ([], {})
        assert load_config(folder / "config.toml")[0] == Config()


def test_doctor_checks_every_value(home: Home) -> None:
    home.config.mkdir()
    path = home.config / "config.toml"
    for text, words in (
        ("dwell = 1e9", "dwell must be a number from 0 to 60, not 1000000000.0."),
        ("dwell = 'slow'", "dwell must be a number, not 'slow'."),
        ("theme = 5", "theme must be a text in quotation marks, not 5."),
        ("keys = 'f3'", "keys must be a table of actions with their keys, not 'f3'."),
        ("[keys]\nhold = ['f3']", "keys.hold must be a text in quotation marks, not ['f3']."),
        ("theme = 'nosuch'", "no theme"),
        ("worker = 'no-such-command'", "no command"),
        ("[keys]\nfly = 'f3'", "no action fly"),
        ("[keys]\nhold = 'x'", "x is bound to hold and to mark"),
        ("speed = 3", "speed cannot be set: there are theme, model, worker, dwell, words, pictures, keys."),
        ("words = 'round'", "words must be text, tiles or pills, not 'round'."),
        ("pictures = 'sixel'", "pictures must be auto or cells, not 'sixel'."),
        ("words = 1", "words must be text, tiles or pills, not 1."),
        ("theme = ", "it is no TOML: Invalid value (at end of document)."),
        (f"dwell = {'1' * 5000}", "it is no TOML: "),
        (f"dwell = {'[' * 5000}{']' * 5000}", "it is no TOML: "),
    ):
        path.write_text(text)
        (finding,) = doctor.configuration()
        assert finding.verdict == doctor.NOTE
        assert words in finding.what
        assert finding.advice
    path.write_text("dwell = 0.2")
    (finding,) = doctor.configuration()
    assert finding.verdict == doctor.OK
    (home.config / "themes").mkdir()
    (home.config / "themes" / "bad.toml").write_text("name = 'BAD'")
    assert [finding.verdict for finding in doctor.configuration()] == [doctor.NOTE, doctor.OK]
