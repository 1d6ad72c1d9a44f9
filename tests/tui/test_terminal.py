"""The program in a real terminal: opened, used and left, with the terminal as it was before."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from llada_tui.trace.session import read_session
from tests.checkpoints import make_checkpoint
from tests.conftest import Home
from tests.tui.pseudo_terminal import Terminal
from tests.tui.sessions import hostile
from tests.tui.support import WORKER


def check_restored(terminal: Terminal) -> None:
    """The terminal is as the program found it."""
    assert terminal.raw.count(b"\x1b[?1049h") == terminal.raw.count(b"\x1b[?1049l") == 1
    assert terminal.raw.rindex(b"\x1b[?25h") > terminal.raw.rindex(b"\x1b[?25l")
    assert not terminal.screen.cursor.hidden
    for mode in (b"1000", b"1003", b"1006", b"2004"):  # the mouse, and pasting in brackets
        on, off = b"\x1b[?" + mode + b"h", b"\x1b[?" + mode + b"l"
        assert on not in terminal.raw or terminal.raw.rindex(off) > terminal.raw.rindex(on), mode
    assert terminal.after == terminal.before
    assert b"Traceback" not in terminal.raw


@pytest.mark.slow
def test_a_question_is_asked_and_answered_by_a_real_model(home: Home, tmp_path: Path) -> None:
    checkpoint = make_checkpoint(tmp_path / "tiny", layers=1)
    home.config.mkdir()
    (home.config / "config.toml").write_text(f'model = "{checkpoint}"\ndwell = 0.0\n')
    with Terminal("-m", "llada_tui") as terminal:
        terminal.until("Ask")
        terminal.type("What is it?\r")
        terminal.until("What is it?")
        terminal.until(lambda: re.search(r"(\d+)/\1 .*1x done", terminal.text))
        assert terminal.leave() == 0
    check_restored(terminal)
    (path,) = home.sessions.glob("*.jsonl")
    (run,) = read_session(path).runs.values()
    assert run.question == "What is it?"
    assert run.end is not None
    assert run.end.reason == "finished"
    assert run.start.model.id == str(checkpoint)


@pytest.mark.usefixtures("home")
def test_a_replay_loads_no_torch(tmp_path: Path) -> None:
    path = hostile(tmp_path / "one.jsonl", [b" word"] * 40)
    with Terminal("-m", "llada_tui", "replay", str(path)) as terminal:
        terminal.until("word")
        maps = Path(f"/proc/{terminal.process.pid}/maps")
        if maps.exists():
            loaded = maps.read_text()
            assert "python" in loaded
            assert "libtorch" not in loaded
            assert "numpy" not in loaded
        assert terminal.leave() == 0
    check_restored(terminal)


@pytest.mark.usefixtures("home")
def test_what_is_typed_at_once_is_asked() -> None:
    """Before the first paint, the prompt and the model."""
    with Terminal("-m", "llada_tui", "chat", "--model", "fake", "--worker", WORKER) as terminal:
        terminal.until(lambda: b"\x1b[?1049h" in terminal.raw)
        terminal.type("at once\r")
        terminal.until("at once")
        terminal.until("aaaa")
        assert terminal.leave() == 0
    check_restored(terminal)


@pytest.mark.usefixtures("home")
def test_a_file_that_is_no_session_is_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "notes.jsonl"
    path.write_text("dear diary\n")
    with Terminal("-m", "llada_tui", "replay", str(path)) as terminal:
        terminal.until(lambda: terminal.process.poll() is not None)
        terminal.until(lambda: "is not a session that llada-tui recorded." in " ".join(terminal.text.split()))
        assert terminal.process.returncode == 1
    check_restored(terminal)
