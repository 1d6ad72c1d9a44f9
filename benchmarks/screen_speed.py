"""The cost of the screen to the sampler: tokens a second inside the chat, with the canvas on show, against
``generate``'s.

    python benchmarks/screen_speed.py [--rounds 3] [--model demo]

Both talk to a worker process of their own through the same client, and make the same run: its settings, which the two
commands would not begin with alike, are given, and compared. The chat runs in a pseudo-terminal of 120x40 that is read
as fast as it writes. Rounds alternate. Speeds are those of the run's end event: committed tokens over the seconds from
the first step to the last.
"""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import pty
import select
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import time
from pathlib import Path

QUESTION = "Tell me a story about a fox and a lantern."
LENGTH = 128
SETTINGS = [
    "--steps", str(LENGTH), "--gen-length", str(LENGTH), "--block-length", "32", "--no-early-stop",
    "--temperature", "0", "--no-confidence-eos-eot-inf",
]  # fmt: skip
"""The chat with the embedded model begins with a temperature, whose noise costs the sampler about 3%."""


def generate(model: str, environment: dict[str, str], record: Path) -> tuple[float, object]:
    """Tokens a second, and the run's settings."""
    command = [sys.executable, "-m", "llada_tui", "generate", QUESTION, "--model", model, "--json", *SETTINGS]
    command += ["--record", str(record)]
    done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    return float(json.loads(done.stdout)["tokens_per_second"]), settings_in(record)


def settings_in(session: Path) -> object:
    """The settings of a session's first run."""
    lines = session.read_text("utf-8").splitlines()
    return next(json.loads(line)["settings"] for line in lines if line.startswith('{"event":"run"'))


def chat(model: str, environment: dict[str, str], sessions: Path) -> tuple[float, object]:
    """Ask in the chat once its first screen is at rest, wait for the run's end in the session file, and quit. Gives
    tokens a second, and the run's settings."""
    command = [sys.executable, "-m", "llada_tui", "chat", "--model", model, *SETTINGS]
    pid, terminal = pty.fork()
    if pid == 0:
        os.execvpe(command[0], command, environment)
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
    output, is_asked, ended = b"", False, None
    read_to: dict[Path, int] = {}  # what was read of a file is not read again: that takes from the sampler, too
    until = time.monotonic() + 300
    while ended is None and time.monotonic() < until:
        ready, _, _ = select.select([terminal], [], [], 0.2)
        if ready:
            output = (output + os.read(terminal, 65536))[-200_000:]
        if not ready and not is_asked and b"ready" in output:
            os.write(terminal, QUESTION.encode() + b"\r")
            is_asked = True
        for path in sessions.glob("*.jsonl") if is_asked else ():
            with path.open("rb") as file:
                file.seek(read_to.get(path, 0))
                lines = file.read().rpartition(b"\n")[0]
            read_to[path] = read_to.get(path, 0) + (len(lines) + 1 if lines else 0)
            for line in lines.splitlines():
                if line.startswith(b'{"event":"end"'):
                    ended = json.loads(line)
    os.write(terminal, b"\x11")  # ctrl+q
    with_output = time.monotonic() + 10
    while os.waitpid(pid, os.WNOHANG)[0] == 0 and time.monotonic() < with_output:
        if select.select([terminal], [], [], 0.1)[0]:
            try:
                os.read(terminal, 65536)
            except OSError:
                break
    os.close(terminal)
    if ended is None:
        raise SystemExit("the chat gave no answer in 300 seconds")
    return float(ended["tokens_per_second"]), settings_in(next(iter(read_to)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--model", default="demo")
    options = parser.parse_args()
    alone, inside = [], []
    for _ in range(options.rounds):
        with tempfile.TemporaryDirectory() as name:
            sessions = Path(name) / "sessions"
            environment = {
                **os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor",
                "LLADA_TUI_SESSIONS": str(sessions), "LLADA_TUI_CONFIG": str(Path(name) / "config"),
            }  # fmt: skip
            speed, settings = generate(options.model, environment, Path(name) / "record.jsonl")
            chat_speed, chat_settings = chat(options.model, environment, sessions)
            if settings != chat_settings:
                raise SystemExit(f"the two made different runs: {settings} and {chat_settings}")
            alone.append(speed)
            inside.append(chat_speed)
    print(f"{options.model}, {LENGTH} tokens in {LENGTH} steps, median of {options.rounds}")
    base, screen = statistics.median(alone), statistics.median(inside)
    print(f"generate   {base:7.1f} tokens/s")
    print(f"the chat   {screen:7.1f} tokens/s   {screen / base:.0%}")


if __name__ == "__main__":
    main()
