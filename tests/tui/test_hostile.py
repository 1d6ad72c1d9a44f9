"""What a model, a file, a worker or a clipboard brings never reaches the terminal raw, nor is it read as markup."""

from __future__ import annotations

import random
import re
import unicodedata
from pathlib import Path

import pytest

from llada_tui.tui.stage.pages.spacetime_page import SpacetimePage
from llada_tui.tui.stage.pages.token_page import TokenPage
from tests.conftest import Home
from tests.tui.fakes import HOSTILE
from tests.tui.pseudo_terminal import Terminal
from tests.tui.sessions import EVIL, hostile
from tests.tui.support import WORKER, chatting, replaying

_SEQUENCE = re.compile(r"\x1b\[(?P<private>[<>=?]?)(?P<numbers>[0-9;:]*)[ $]?(?P<final>[a-zA-Z])")
_POINTER = re.compile(r"\x1b\]22;[a-z-]+\x07")
"""The shape of the mouse pointer, which the screen does send."""
_EVIL = re.compile(r"\x1b\[5;35;45m|\x1b\[2J|\x1b\[31m|\x1b\[32m|\x1b\[7moat")


def unsafe(raw: bytes) -> list[str]:
    """The parts of a program's output that should not be there: a control character, or a sequence of nobody's."""
    text = raw.decode("utf-8", "surrogateescape")
    problems = [repr(match[0]) for match in _EVIL.finditer(text)]
    problems += [repr(m[0]) for m in _SEQUENCE.finditer(text) if m["final"] not in "mHhlpnutqc"]
    rest = _SEQUENCE.sub("", _POINTER.sub("", text))
    bad = {char for char in rest if unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp") and char not in "\r\n"}
    return problems + sorted(f"U+{ord(char):04X}" for char in bad)


def test_the_check_finds_what_it_looks_for() -> None:
    assert unsafe(b"\x1b[1;38;2;1;2;3mok\x1b[0m\r\n\x1b[?25l\x1b[3;4H") == []
    for piece in (*HOSTILE[:6], EVIL.encode(), b"\x07", b"\x1b", "\u202e".encode(), "\u2028".encode()):
        assert unsafe(b"fine " + piece + b" fine"), piece


def test_a_hostile_session_is_replayed_without_a_raw_byte(tmp_path: Path, home: Home) -> None:
    path = hostile(tmp_path / "evil.jsonl", list(HOSTILE) * 3)
    with Terminal("-m", "llada_tui", "replay", str(path), size=(110, 32)) as terminal:
        terminal.until("Canvas")
        terminal.until(lambda: re.search(r"\b6/6\b", terminal.text))
        assert "[MASK]" in terminal.text
        assert "[/INST]" in terminal.text
        assert "[bold]x[/bold]" in terminal.text
        for key in ("\x1b[H", "\x1b[C", "g", "v", "v", "\x1bOR", "\x1b[1;2C", "\x1b[B", "\x1b[1;2C", "p", "\x1b[24~"):
            terminal.type(key)
            terminal.read(0.2)
        terminal.until("There was no problem")
        terminal.type("\x1b")
        terminal.until(lambda: "There was no problem" not in terminal.text)
        assert terminal.leave() == 0
    assert unsafe(terminal.raw) == []
    assert b"Traceback" not in terminal.raw


def test_statistics_of_a_hostile_session_are_shown_without_a_raw_byte(home: Home) -> None:
    path = hostile(home.sessions / "evil.jsonl", list(HOSTILE) * 3)
    with Terminal("-m", "llada_tui", "replay", str(path), size=(110, 32)) as terminal:
        terminal.until("Canvas")
        terminal.type("\x1bOS")
        terminal.until("title ␛")
        terminal.type("s")
        terminal.until("2 runs")
        terminal.type(" ")
        terminal.until("Curves")
        terminal.type("\x1b[B")
        terminal.type(" ")
        terminal.until("b title ␛")
        terminal.type("t")
        terminal.until("Texts of a and b")
        assert terminal.leave() == 0
    assert unsafe(terminal.raw) == []
    assert b"Traceback" not in terminal.raw


def test_a_hostile_model_and_worker_are_shown_without_a_raw_byte(home: Home) -> None:
    arguments = ("-m", "llada_tui", "chat", "--model", "hostile", "--worker", WORKER, "--gen-length", "36")
    with Terminal(*arguments, size=(120, 32)) as terminal:
        terminal.until("ready")
        terminal.type("hello\r")
        terminal.until("[bold]x[/bold]")
        terminal.until(lambda: re.search(r"\b36/36\b", terminal.text))
        for key in ("\x1bOQ", "\x1bOQ", "\x1bOR", "\x1b[1;2C", "\x1b[24~", "\x1b", "\x1bOS"):
            terminal.type(key)
            terminal.read(0.3)
        terminal.until("hello")
        assert terminal.leave() == 0
    assert unsafe(terminal.raw) == []
    assert b"Traceback" not in terminal.raw


@pytest.mark.slow
def test_a_hostile_session_is_resumed_without_a_raw_byte(tmp_path: Path, home: Home) -> None:
    """Its questions come back in the prompt, its system prompt in a dialog, its title in the list."""
    path = hostile(tmp_path / "evil.jsonl", list(HOSTILE))
    arguments = ("-m", "llada_tui", "chat", "--resume", str(path), "--model", "missing", "--worker", WORKER)
    with Terminal(*arguments, size=(120, 32)) as terminal:
        terminal.until("no model")
        for key in ("\x1b[A", "\x1b[A", "\x14"):
            terminal.type(key)
            terminal.read(0.3)
        terminal.until("ctrl+s accepts")
        terminal.type("\x1b")
        terminal.until(lambda: "ctrl+s accepts" not in terminal.text)
        terminal.type(f"\x1b[200~pasted {EVIL.replace(chr(27), '')}\x1b[201~")
        terminal.until("pasted")
        assert terminal.leave() == 0
    assert unsafe(terminal.raw) == []
    assert b"Traceback" not in terminal.raw


@pytest.mark.slow
@pytest.mark.usefixtures("home")
async def test_ten_thousand_random_tokens(tmp_path: Path) -> None:
    source = random.Random(7)
    pieces = [source.randbytes(source.randrange(13)) for _ in range(10_000)]
    path = hostile(tmp_path / "random.jsonl", pieces, steps=3)
    async with replaying(path, size=(100, 30)) as desk:
        stage = desk.replay.stage
        for frame in (0, 1, 2, 3, 2):
            stage.seek(frame)
            await desk.pilot.pause()
            canvas = stage.canvas
            for top in (0, canvas.max_scroll_y // 2, canvas.max_scroll_y):
                canvas.scroll_to(y=top, animate=False, immediate=True)
                for y in range(canvas.size.height):
                    strip = canvas.render_line(y)
                    assert unsafe(strip.text.encode()) == []
                    assert strip.cell_length == canvas.size.width
        for position in range(0, 10_000, 501):
            stage.canvas.selected = position
            await desk.pilot.pause()
            token, spacetime = stage.panel.find(TokenPage), stage.panel.find(SpacetimePage)
            lines = [token.widget.render_line(y).text for y in range(6)]
            stage.panel.open(spacetime)
            lines += [spacetime.words, spacetime.widget.render_line(0).text]
            stage.panel.open(token)
            assert unsafe("".join(lines).encode()) == []


@pytest.mark.usefixtures("home")
async def test_a_question_with_markup_is_shown_as_it_stands() -> None:
    async with chatting() as desk:
        await desk.ready()
        await desk.answer("[bold]x[/bold] [/] [@click=app.quit]y[/] $error")
        assert "[bold]x[/bold] [/] [@click=app.quit]y[/] $error" in desk.conversation
        await desk.press("f4")
        await desk.press("escape")
        assert desk.recorded().title == "[bold]x[/bold] [/] [@click=app.quit]y[/] $error"
