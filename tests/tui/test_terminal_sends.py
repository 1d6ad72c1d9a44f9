"""What a terminal sends to the running program, through a real pseudo-terminal: nothing of it ends the program, and
only what a person typed is in the prompt."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from llada_tui.tui.shell.actions import ACTIONS
from tests.conftest import first_quick
from tests.tui.monkey import play
from tests.tui.pseudo_terminal import Terminal
from tests.tui.support import WORKER
from tests.tui.test_terminal import check_restored

pytestmark = pytest.mark.usefixtures("home")
CHAT = ("-m", "llada_tui", "chat", "--model", "fake", "--worker", WORKER)


def prompt(terminal: Terminal) -> list[str]:
    """The text of the prompt, line by line; nothing while the screen is half painted."""
    lines = terminal.text.splitlines()
    top = next((index for index, line in enumerate(lines) if line.startswith("╭─ Ask") and "╮" in line), len(lines))
    end = next((index for index in range(top + 1, len(lines)) if lines[index].startswith("╰")), 0)
    if not end:
        return []
    width = lines[top].index("╮")
    return [text for line in lines[top + 1 : end] if (text := line[1:width].strip())]


def test_bytes_that_are_no_text_and_keys_with_event_types() -> None:
    with Terminal(*CHAT) as terminal:
        terminal.until("ready")
        terminal.send(b"a\xe9\xffb", b"\x1b[M \x84*", b"c\x1b[97;1:3u\x1b[100;1:1u\x1b[101;1:2u\x1b[101;1:3u")
        terminal.send(b"\x1b[99999999999u", b"\x1b[1;1:3A", b"\x1b[0;;1114112u", b"\x1b[<35;99999999;1M", b"f")
        terminal.until(lambda: prompt(terminal) == ["abcdef"])
        assert terminal.leave() == 0
    check_restored(terminal)


def click(terminal: Terminal, text: str, at: int) -> None:
    """Click a cell of a text on the screen."""
    row, line = next((row, line) for row, line in enumerate(terminal.text.splitlines()) if text in line)
    column = line.index(text) + at
    terminal.type(f"\x1b[<0;{column + 1};{row + 1}M\x1b[<0;{column + 1};{row + 1}m")


def footer_ends(terminal: Terminal, columns: int) -> bool:
    """Whether the last line is a footer that is drawn for so many columns."""
    line = terminal.text.splitlines()[-1]
    return line.endswith("^p commands") and len(line) == columns - 1


ANSWERS = (
    b"\x1b]10;rgb:c8c8/cece/e6e6\x1b\\",
    b"\x1b]11;rgb:1a1a/1b1b/1c1c\x07",
    b"\x1b[?64;1;2;6;22c",
    b"\x1b[>41;388;0c",
    b"\x1bP>|XTerm(388)\x1b\\",
    b"\x1bP!|7E565445\x1b\\",
    b"\x1b[?2004;2$y",
    b"\x1b[12;40R",
    b"\x1b[<35;12;10M",
)


def test_answers_that_come_late_and_in_pieces() -> None:
    with Terminal(*CHAT) as terminal:
        terminal.until("ready")
        for answer in ANSWERS:
            terminal.send(answer)
            terminal.send(answer[:4], answer[4:-1], answer[-1:], apart=0.25)
            terminal.send(answer[:1], answer[1:], apart=0.25)
        terminal.type("x")
        terminal.until(lambda: prompt(terminal) == ["x"])
        assert "Help" not in terminal.text  # no dialog was opened by a key
        assert terminal.leave() == 0
    check_restored(terminal)


@pytest.mark.parametrize("key", first_quick(["\x1b\r", "\x1b[13;2u", "\x1b[13;3u", "\x1b[27;2;13~", "\n"], 2))
def test_keys_for_a_new_line(key: str) -> None:
    with Terminal(*CHAT) as terminal:
        terminal.until("ready")
        terminal.type(f"one{key}two")
        terminal.until(lambda: prompt(terminal) == ["one", "two"])
        assert terminal.leave() == 0


def test_a_report_of_the_size_in_pixels_leaves_the_mouse_in_cells() -> None:
    with Terminal(*CHAT, size=(120, 40)) as terminal:
        terminal.until("ready")
        terminal.send(b"\x1b[?2048;2$y")
        terminal.until(lambda: b"\x1b[?2048h" in terminal.raw)
        terminal.send(b"\x1b[48;40;120;800;1200t")
        click(terminal, "│ Token │", 4)
        terminal.until("No token is selected")
        assert b"\x1b[?1016h" not in terminal.raw
        terminal.resize(100, 30)  # and SIGWINCH is still heard
        terminal.until(lambda: footer_ends(terminal, 100))
        assert terminal.leave() == 0
    assert terminal.raw.rindex(b"\x1b[?2048l") > terminal.raw.rindex(b"\x1b[?2048h")


def test_the_environment_does_not_beat_the_real_size() -> None:
    with Terminal(*CHAT, size=(110, 32), COLUMNS="60", LINES="20") as terminal:
        terminal.until(lambda: footer_ends(terminal, 110))
        terminal.resize(90, 28)
        terminal.until(lambda: footer_ends(terminal, 90))
        assert terminal.leave() == 0


@pytest.mark.slow
@pytest.mark.parametrize("theme", first_quick(["llada-dark", "llada-light", "llada-ansi"]))
def test_no_colour_is_sent(theme: str) -> None:
    with Terminal(*CHAT, "--theme", theme, NO_COLOR="1") as terminal:
        terminal.until("ready")
        terminal.type("what?\r")
        terminal.until("1x done")
        for keys in ("\x1bOQ\x1b[B", "\x1bOR", "\x0f", "\x07", "\x1bOP", "\x1bOS", "\x10", "\x1b[20~"):
            terminal.send(keys.encode(), apart=0.2)
            terminal.send(b"\x1b", apart=0.2)
        assert terminal.leave() == 0
    numbers = {
        int(number or 0)
        for sequence in re.findall(rb"\x1b\[([\d;:]*)m", terminal.raw)
        for number in re.split(rb"[;:]", sequence)
    }
    assert numbers - {39, 49} <= {0, 1, 2, 3, 4, 7, 9, 22, 23, 24, 27, 29}
    assert {1, 2, 7} <= numbers


KEYS = {
    "knobs": ("\x1f", "esc back"),
    "sessions": ("\x1c", "No session is recorded yet"),
    "model": ("\x1e", "╭─ Model"),
    "details": ("\x00", "There was no problem"),
    "token": ("\x1d", "No token is selected"),
}


def test_actions_without_function_keys() -> None:
    """With words in the prompt too, where their keys type nothing."""
    with Terminal(*CHAT) as terminal:
        terminal.until("ready")
        terminal.type("words")
        for name, (key, what) in KEYS.items():
            assert what not in terminal.text
            terminal.type(key)
            terminal.until(what)
            if name != "token":  # which stays as it is
                terminal.send(b"\x1b")
                terminal.until(lambda gone=what: gone not in terminal.text)
        terminal.until(lambda: prompt(terminal) == ["words"])
        assert terminal.leave() == 0


def test_every_action_has_a_key_that_is_no_function_key() -> None:
    for action in ACTIONS:
        assert [key for key in action.keys.split(",") if not re.fullmatch(r"f\d+", key)], action.id


def test_an_empty_list_takes_every_key() -> None:
    """Keys of the command palette before its list is drawn, and while nothing is in it."""
    with Terminal(*CHAT) as terminal:
        terminal.until("ready")
        terminal.type("\x10\x1b[5~\x1b[6~nothing like this\x1b[5~\x1b[6~\x1b[A\x1b[B")
        terminal.until("nothing like this")
        for _ in range(5):
            terminal.send(b"\x1b")
            terminal.until(lambda: "🔎" not in terminal.text)
            terminal.send(b"\x10x\x1b[5~")
            terminal.until("🔎")
        terminal.send(b"\x1b")
        terminal.until(lambda: "🔎" not in terminal.text)
        terminal.type("abc")
        terminal.until(lambda: re.search("abc$", prompt(terminal)[0]))
        assert terminal.leave() == 0
    check_restored(terminal)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [2, 4])
def test_whatever_is_sent(seed: int, tmp_path: Path) -> None:
    """Longer by hand: ``python -m tests.tui.monkey SEED SECONDS``."""
    assert play(seed, tmp_path, things=150) == 150
