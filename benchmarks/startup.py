"""Time from start to first paint, and to the whole screen, of the chat and of a replay, against an empty Textual
application.

    python benchmarks/startup.py [--rounds 7]

Each program is started in a pseudo-terminal; its first paint is there when a word of it has come out. Rounds
alternate between the programs; the table gives medians. Modules are read as bytecode, as they are once a program was
started, even where PYTHONDONTWRITEBYTECODE is set: to compile them takes more than a quarter of
the whole time.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import pty
import select
import signal
import statistics
import struct
import sys
import tempfile
import termios
import time
from pathlib import Path

EMPTY = "from textual.app import App\nfrom textual.widgets import Static\n" \
    "class Empty(App):\n    def compose(self):\n        yield Static('painted')\nEmpty().run()\n"  # fmt: skip


def first_paint(command: list[str], marker: bytes, environment: dict[str, str]) -> float:
    """Seconds from the start of a command until ``marker`` is in its output."""
    began = time.perf_counter()
    pid, terminal = pty.fork()
    if pid == 0:
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        os.environ.update(environment)
        os.execvp(command[0], command)
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
    output = b""
    try:
        while marker not in output:
            ready, _, _ = select.select([terminal], [], [], 60)
            if not ready:
                raise SystemExit(f"{command} painted nothing in 60 seconds")
            output += os.read(terminal, 65536)
        return time.perf_counter() - began
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        os.close(terminal)


def record(folder: Path) -> Path:
    """A small session file to replay."""
    from llada_tui.settings.sampler_settings import SamplerSettings
    from llada_tui.trace.events import Choice, EndEvent, ModelInfo, PiecesEvent, RunEvent, StepEvent
    from llada_tui.trace.resume import Resume
    from llada_tui.trace.session_writer import SessionWriter

    path = folder / "session.jsonl"
    writer = SessionWriter(path, "benchmark")
    info = ModelInfo("demo", "llada", "float32", "cpu", 0)
    writer.write(PiecesEvent({1: b" painted"}))
    writer.write(RunEvent("run-1", info, SamplerSettings(64, 64, 64), [], Resume([0] * 64), text="a question"))
    for index in range(64):
        writer.write(
            StepEvent(
                run="run-1", index=index, block=0, block_step=index, seconds=0.01, commits=[Choice(index, 1, 0.9)]
            )
        )
    writer.write(EndEvent("run-1", "finished", " painted" * 64, 64, 64, 0.64, 100.0))
    writer.close()
    return path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=7)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "empty.py").write_text(EMPTY)
        session = record(folder)
        environment = {
            "TERM": "xterm-256color", "COLORTERM": "truecolor",
            "LLADA_TUI_SESSIONS": str(folder / "sessions"), "LLADA_TUI_CONFIG": str(folder / "config"),
            "PYTHONPYCACHEPREFIX": str(folder / "bytecode"),
        }  # fmt: skip
        program = [sys.executable, "-m", "llada_tui"]
        programs = {
            "an empty Textual application": ([sys.executable, str(folder / "empty.py")], b"painted"),
            "chat, first paint": ([*program, "chat"], b"opening"),
            "chat, whole screen": ([*program, "chat"], b"Conversation"),
            "replay, first paint": ([*program, "replay", str(session)], b"opening"),
            "replay, whole screen": ([*program, "replay", str(session)], b"Canvas"),
        }
        times: dict[str, list[float]] = {title: [] for title in programs}
        for _ in range(rounds + 1):
            for title, (command, marker) in programs.items():
                times[title].append(first_paint(command, marker, environment))
    base = statistics.median(times["an empty Textual application"][1:])
    for title, seconds in times.items():
        median = statistics.median(seconds[1:])  # the first round writes the bytecode, and fills the disk cache
        print(f"{title:<30} {median * 1000:6.0f} ms   {median / base:4.2f}x")


if __name__ == "__main__":
    main()
