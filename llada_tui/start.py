"""The ``llada-tui`` command. Opening the screen without options goes straight to it: importing what reads options
takes longer than painting. Everything else is the command line's (`llada_tui.cli`)."""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Run the command in ``sys.argv`` and leave with its exit code."""
    match sys.argv[1:]:
        case [] | ["chat"] if _terminal():
            from llada_tui.tui.app import run_chat

            sys.exit(run_chat())
        case ["replay", path] if os.path.isfile(path) and _terminal():
            from llada_tui.tui.app import run_replay_file

            sys.exit(run_replay_file(path))
        case _:
            from llada_tui.cli import main as command_line

            command_line()


def _terminal() -> bool:
    return sys.stdin.isatty() and sys.stdout.isatty()
