"""The commands that open the screen, and the text that ``replay --text`` prints instead of it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from llada_tui.cli.chosen_settings import chosen
from llada_tui.cli.output import DONE, USAGE, CommandError, say, warn
from llada_tui.cli.recorded import find_run, latest, read
from llada_tui.models.catalog import DEMO
from llada_tui.settings.presets import Preset
from llada_tui.trace.run import Run


def chat(
    *,
    model: str | None = None,
    worker: str | None = None,
    preset: Preset | None = None,
    settings: dict[str, Any] | None = None,
    resume: Path | None = None,
    **options: Any,
) -> int:
    """Open the chat; ``options`` are further fields of the screen's `ChatOptions`. Raises `SettingsError`."""
    need_terminal("use llada-tui generate to print an answer")
    chosen(model or DEMO, preset, settings or {}, worker)
    if resume is not None:
        read(resume)
    from llada_tui.tui.app import run_chat
    from llada_tui.tui.shell.options import ChatOptions

    name = preset.name if preset else None
    return run_chat(ChatOptions(model, worker=worker, resume=resume, settings=settings or {}, preset=name, **options))


def replay(path: Path | None, *, step: int | None, text: bool, wanted: str | None) -> int:
    """Open a recorded session, or print one canvas of it."""
    if not text:
        need_terminal("add --text to print the canvas")
    path = path or latest()
    session = read(path)
    if not session.listed() and (text or wanted is not None or step is not None):
        raise CommandError(f"{path} holds no run yet.")
    run = find_run(session, wanted) if wanted is not None else session.last_run()
    frame = None if step is None or run is None else _frame(run, step)
    if text and run is not None:
        for problem in session.problems:
            warn(problem)
        say(run.text(run.last if frame is None else frame, cut=False))
        return DONE
    from llada_tui.tui.app import run_replay

    return run_replay(session, path, run=run if wanted is not None or step is not None else None, frame=frame)


def need_terminal(instead: str) -> None:
    """Raises `CommandError`, which says what to do ``instead``, where there is no terminal."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise CommandError(f"The screen needs a terminal: {instead}.", USAGE)


def _frame(run: Run, step: int) -> int:
    """The frame after ``step`` steps; a branch counts the steps of its parent that it keeps."""
    first, last = run.start.step, run.start.step + run.last
    if not first <= step <= last:
        raise CommandError(f"There is no step {step} in the run: its steps are {first} to {last}.", USAGE)
    return step - first
