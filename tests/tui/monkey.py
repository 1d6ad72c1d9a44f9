"""Keys, mouse, pastes, sizes and a terminal's answers, drawn at random from a seed, for a program in a pseudo-terminal.

By hand, for as long as wanted: ``python -m tests.tui.monkey SEED SECONDS``. Everything that the program saves goes
into a folder of its own.
"""

from __future__ import annotations

import math
import os
import random
import sys
import tempfile
import time
from pathlib import Path

from tests.tui.pseudo_terminal import Terminal
from tests.tui.support import ROOT, WORKER
from tests.tui.test_terminal_input import ANSWERS

_QUIT = 0x11
_KEYS = [
    *(b"\x1bO%c" % letter for letter in b"PQRS"),
    *(b"\x1b[%d~" % number for number in (3, 5, 6, 15, 17, 18, 19, 20, 21, 23, 24)),
    *(b"\x1b[%c" % letter for letter in b"ABCDHFZ"),
    *(b"\x1b[1;2%c" % letter for letter in b"ABCD"),
    *([b"\t", b"\r", b"\x1b", b" "] * 3),
    b"\x1b\r", b"\x7f", b"hi\r", b"\x1b[200~pasted\nx\x1b[201~",
    *(bytes([code]) for code in range(127) if code not in (_QUIT, 0x1B)),
]  # fmt: skip


def draw(source: random.Random) -> list[bytes]:
    """The input that is sent next: pieces, between which a moment passes."""
    answer = source.choice(list(ANSWERS.values()))
    cut = source.randrange(1, len(answer))
    mouse = (source.choice([0, 0, 0, 1, 2, 32, 35, 64, 65]), source.randint(1, 130), source.randint(1, 45))
    kitty = (source.choice([97, 13, 27, 9, 127, 57399, 57441, 32]), source.randint(1, 9), source.randint(1, 3))
    size = (source.randint(0, 60), source.randint(0, 200))
    kinds = {
        "key": [source.choice(_KEYS)],
        "answer": [answer],
        "pieces": [answer[:cut], answer[cut:]],
        "mouse": [b"\x1b[<%d;%d;%d" % mouse + source.choice([b"M", b"m"])],
        "kitty": [b"\x1b[%d;%d:%du" % kitty],
        "noise": [bytes(code for code in source.randbytes(12) if code != _QUIT)],
        "size": [b"\x1b[48;%d;%d;600;800t" % size],
    }
    (kind,) = source.choices(list(kinds), [50, 10, 5, 12, 6, 12, 3])
    return kinds[kind]


def settle(terminal: Terminal) -> None:
    """Let the program take what was sent, so that nothing is waited for at the end."""
    end = time.monotonic() + 10
    while time.monotonic() < end:
        before = len(terminal.raw)
        terminal.read(0.1)
        if len(terminal.raw) == before:
            return


def play(seed: int, folder: Path, *, seconds: float = math.inf, things: float = math.inf) -> int:
    """Send for so long or so many things, opening the program again when a key has ended it. The number of things sent;
    raises `AssertionError` when the program fails or leaves the terminal as it should not."""
    source, sent, end = random.Random(seed), 0, time.monotonic() + seconds
    crash = Path(os.environ["XDG_DATA_HOME"]) / "llada-tui" / "last-crash.txt"
    before = os.getcwd()
    os.chdir(folder)
    try:
        while time.monotonic() < end and sent < things:
            last: list[bytes] = []
            with Terminal("-m", "llada_tui", "chat", "--model", "fake", "--worker", WORKER, size=(110, 34)) as terminal:
                terminal.drawn = False
                while b"\x1b[?2004h" not in terminal.raw:  # before, a ctrl+c ends the program, as it should
                    terminal.read()
                while time.monotonic() < end and sent < things and terminal.process.poll() is None:
                    pieces = draw(source)
                    last = [*last[-20:], *pieces]
                    terminal.send(*pieces, apart=0.13 if len(pieces) > 1 else 0.0)
                    terminal.read(0.1 if source.random() < 0.1 else 0.002)
                    if source.random() < 0.01:
                        terminal.resize(source.randint(5, 160), source.randint(3, 50))
                    sent += 1
                    if sent % 10 == 0:
                        settle(terminal)
                if terminal.process.poll() is None:
                    terminal.send(b"\x1b", apart=0.3)
                    terminal.type("\x11")
                code = terminal.ended()
            details = crash.read_text() if crash.exists() else ""
            assert (code, details) == (0, ""), f"seed {seed}: exit code {code} after {last}\n{details}"
            assert terminal.after == terminal.before
            assert terminal.raw.count(b"\x1b[?1049h") == terminal.raw.count(b"\x1b[?1049l")
    finally:
        os.chdir(before)
    return sent


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as home:
        for variable in ("HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"):
            os.environ[variable] = home
        os.environ["PYTHONPATH"] = str(ROOT)
        print(f"{play(int(sys.argv[1]), Path(home), seconds=float(sys.argv[2]))} things sent, and nothing failed.")
