"""The bytes that the program sends to a terminal for a step: a recorded run plays in a real pseudo-terminal.

    python benchmarks/terminal_bytes.py [--steps 40] [--size 120x40 --size 250x70] [--page spacetime]

The run is that of `canvas.py`: 1,000 tokens, 20 changes a step. A step stays for 0.3 s, so that each is drawn by
itself, also on a busy machine. Bytes do not depend on load. Prints a row a size; --show prints what one step sends.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import pty
import re
import select
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
from pathlib import Path

from canvas import EVEN, WORDS, make_run

from llada_tui.trace.events import FINISHED, FORMAT, VERSION, SessionEvent, encode
from llada_tui.trace.run import Run

DWELL = 0.3
QUIET = 0.12
"""Seconds of silence after which a step has been sent."""


def write_session(path: Path, run: Run) -> None:
    events = [
        SessionEvent(FORMAT, VERSION, "llada-tui", 1.7e9),
        run.token_bytes.event("benchmark"),
        run.start,
        *run.steps,
        run.end_event(FINISHED),
    ]
    path.write_bytes(b"".join(encode(event) + b"\n" for event in events))


class PseudoTerminal:
    """A program in a pseudo-terminal."""

    def __init__(self, words: list[str], columns: int, rows: int, variables: dict[str, str]) -> None:
        self.ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        variables = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor", **variables}
        self.program = subprocess.Popen(
            words,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env=variables,
            start_new_session=True,
            cwd=variables["LLADA_TUI_CONFIG"],
        )
        os.close(theirs)

    def burst(self, patience: float) -> bytes:
        """The bytes that are sent until nothing more comes for a moment; nothing if nothing comes at all."""
        sent = b""
        while select.select([self.ours], [], [], QUIET if sent else patience)[0]:
            try:
                sent += os.read(self.ours, 1 << 16)
            except OSError:
                break
        return sent


def measure(columns: int, rows: int, steps: int, keys: str, tree: Path, run: Run) -> list[bytes]:
    """The bytes that each step sent."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_session(folder / "run.jsonl", run)
        (folder / "config.toml").write_text(f"dwell = {DWELL}\n")
        variables = {"LLADA_TUI_CONFIG": name, "LLADA_TUI_SESSIONS": name, "PYTHONPATH": str(tree)}
        words = [sys.executable, "-m", "llada_tui", "replay", str(folder / "run.jsonl")]
        terminal = PseudoTerminal(words, columns, rows, variables)
        try:
            opened = b""
            while b"steps" not in opened:
                opened += terminal.burst(60)
            for key in (" ", *keys, "\x1b[H", " "):  # pauses, wherever the start has got to; home; plays
                os.write(terminal.ours, key.encode())
                terminal.burst(2)
            sent: list[bytes] = []
            while len(sent) < steps - 4 and (burst := terminal.burst(3)):
                sent.append(burst)
            return sent
        finally:
            terminal.program.kill()
            terminal.program.wait()
            os.close(terminal.ours)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--steps", type=int, default=40)
    parser.add_argument("--size", action="append", help="COLUMNSxROWS; 120x40 and 250x70 where none is named")
    parser.add_argument("--keys", default="", help="keys to press before it plays, as for another page")
    parser.add_argument("--tree", type=Path, default=Path(__file__).parents[1], help="whose program plays it")
    parser.add_argument("--show", action="store_true", help="print the sequences that a step in the middle sends")
    options = parser.parse_args()
    print(f"1,000 tokens, 20 changes a step, {options.steps} steps, replay playing: bytes a step")
    steps = options.steps
    for title, run in (
        ("words of one width", make_run(steps, EVEN)),
        ("words of many widths", make_run(steps, WORDS)),
        ("words of one width, and the confidence of all 200 guesses changes", make_run(steps, EVEN, steady=False)),
    ):
        print(title)
        for size in options.size or ["120x40", "250x70"]:
            columns, rows = map(int, size.split("x"))
            sent = measure(columns, rows, options.steps, options.keys, options.tree, run)
            sizes = sorted(map(len, sent))
            mean, median = statistics.mean(sizes), statistics.median(sizes)
            print(f"  {size:>7}  {len(sent):4} steps  mean {mean:7.0f}  median {median:7.0f}  most {sizes[-1]:7}")
            if options.show:
                for piece in re.split(rb"(?=\x1b\[\d+;\d+H)", sent[len(sent) // 2]):
                    print(f"    {len(piece):6}", piece[:200])


if __name__ == "__main__":
    main()
