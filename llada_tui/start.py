"""The ``llada-tui`` command. Opening the screen without options goes straight to it: importing what reads options
takes longer than painting. Everything else is the command line's (`llada_tui.cli`).

Nothing is imported here that Python has not imported to start: until `main` runs, an interrupt is told by Python
itself, with a trace."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

INTERRUPTED = 130


def main() -> None:
    """Run the command in ``sys.argv`` and leave with its exit code. Ctrl+c ends it without a word, at any time."""
    try:
        code = _imported()()
    except KeyboardInterrupt:
        code = INTERRUPTED
    if code == INTERRUPTED or "llada_tui.tui.app" in sys.modules:
        # Python would kill itself with an interrupt, if that came while a text was run as code (dataclasses are made
        # so), and would take seconds to take apart what the screen of a long session holds.
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except (AttributeError, OSError, ValueError):
                continue
        os._exit(code)
    sys.exit(code)


def _imported() -> Callable[[], int]:
    """The function to run, imported. An interrupt in the middle of an import cannot be told from a broken module, so it
    ends the process at once: nothing has been opened or written yet."""
    # signal itself, which mypy knows alone, is made of enums, and takes longer
    import _signal as signal  # type: ignore[import-not-found]

    interrupt = signal.getsignal(signal.SIGINT)
    if interrupt is signal.default_int_handler:  # else it is ignored, as in the background of a shell
        signal.signal(signal.SIGINT, lambda *_: os._exit(INTERRUPTED))
    try:
        match sys.argv[1:]:
            case [] | ["chat"] if _terminal():
                _pass_over_garbage()
                from llada_tui.tui.app import run_chat

                return run_chat
            case ["replay", path] if os.path.isfile(path) and _terminal():
                _pass_over_garbage()
                from llada_tui.tui.app import run_replay_file

                return lambda: run_replay_file(path)
            case _:
                from llada_tui.cli import run

                return run
    finally:
        signal.signal(signal.SIGINT, interrupt)


def _pass_over_garbage() -> None:
    """Have Python search for no garbage until the first screen is open, which has it search again: nearly all that is
    made until then stays, and to look through it takes a seventh of the start."""
    import gc

    gc.disable()


def _terminal() -> bool:
    return sys.stdin.isatty() and sys.stdout.isatty()
