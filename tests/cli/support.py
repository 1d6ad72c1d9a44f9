"""The command line as a person types it: a process of its own, and a made-up model where one is needed."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
FAKE_WORKER = shlex.join([sys.executable, str(ROOT / "tests" / "worker" / "fakes.py")])

SCREEN_WORKER = shlex.join([sys.executable, str(ROOT / "tests" / "tui" / "fakes.py")])
"""A worker whose models do more, by their names."""


@dataclass(frozen=True)
class Result:
    code: int
    out: str
    err: str

    @property
    def sentence(self) -> str:
        """The sentence on stderr: one line, which is no traceback."""
        lines = self.err.splitlines()
        assert len(lines) == 1, self.err
        assert lines[0].startswith("llada-tui: ")
        assert "Traceback" not in self.err
        return lines[0].removeprefix("llada-tui: ")


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "ignore"}


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "llada_tui", *arguments]


_PATIENT = """
import sys
from llada_tui.cli import worker_for_command
from llada_tui.worker.client import WorkerClient
worker_for_command.GRACE = WorkerClient.__init__.__kwdefaults__["cancel_grace"] = 120.0
sys.argv[0] = "llada-tui"
from llada_tui.start import main
main()
"""


def patient_command(*arguments: str) -> list[str]:
    """The same command, which would wait two minutes for a worker that does not cancel: longer than a test does."""
    return [sys.executable, "-c", _PATIENT, *arguments]


def llada(*arguments: str, stdin: bytes = b"") -> Result:
    """Run a command and wait for it."""
    done = subprocess.run(command(*arguments), input=stdin, capture_output=True, env=environment(), timeout=100)
    return Result(done.returncode, done.stdout.decode(), done.stderr.decode())


def generate(*arguments: str, model: str = "fake", stdin: bytes = b"") -> Result:
    """``generate`` with a worker whose model is made up: it says only "a", or "b" at temperature 1."""
    return llada("generate", "--worker", FAKE_WORKER, "--model", model, *arguments, stdin=stdin)
