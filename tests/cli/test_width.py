"""What is printed reads well at the terminal's width, and whole where it is no terminal."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios

import pytest
from rich.cells import cell_len

from tests.cli.support import ROOT

WORDS = "a terminal's lines break between words and go on below where the text begins, however long it is " * 2
SCRIPT = f"""
from llada_tui.cli.output import hung, say, say_prose, warn
say_prose({WORDS!r})
say(hung({WORDS!r}, "note  "))
warn({WORDS!r})
"""


def on_terminal(code: str, columns: int = 80) -> list[str]:
    """The lines that a program writes, stdout and stderr both a terminal."""
    here, there = pty.openpty()
    fcntl.ioctl(there, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    environment = {key: value for key, value in os.environ.items() if key not in ("COLUMNS", "LINES")}
    environment |= {"TERM": "xterm", "PYTHONPATH": str(ROOT)}
    program = subprocess.Popen([sys.executable, "-c", code], stdin=there, stdout=there, stderr=there, env=environment)
    os.close(there)
    output = b""
    while True:
        try:
            chunk = os.read(here, 4096)
        except OSError:  # Linux says so that the other side is closed
            break
        if not chunk:
            break
        output += chunk
    os.close(here)
    assert program.wait() == 0, output
    return output.decode().splitlines()


@pytest.mark.parametrize("columns", [40, 80])
def test_a_terminals_lines_break_between_words(columns: int) -> None:
    lines = on_terminal(SCRIPT, columns)
    assert max(map(cell_len, lines)) <= columns
    words = " ".join(lines).split()
    assert words == [*WORDS.split(), "note", *WORDS.split(), "llada-tui:", *WORDS.split()]
    hung = lines[next(at for at, line in enumerate(lines) if line.startswith("note  ")) + 1]
    assert hung.startswith(" " * 6 + hung.strip()[0])


def test_a_pipe_gets_whole_lines() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "40"},
    )
    assert done.stdout == f"{WORDS}\nnote  {WORDS}\n"
    assert done.stderr == f"llada-tui: {WORDS}\n"
