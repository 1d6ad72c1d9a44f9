"""``llada-tui replay``: a recorded session on the screen, or one canvas of it as text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from llada_tui.cli import options
from llada_tui.cli.output import DONE, USAGE, CommandError, need_terminal, say, warn
from llada_tui.settings.sampler_settings import MAX_CANVAS

if TYPE_CHECKING:
    from llada_tui.trace.run import Run

app = typer.Typer()


@app.command()
def replay(
    file: options.SessionFile = None,
    step: Annotated[
        int | None, options.number("--step", "Steps made; the last where none is named.", 0, MAX_CANVAS)
    ] = None,
    text: Annotated[bool, typer.Option("--text", help="Print the canvas at that step and leave.")] = False,
    run: options.WhichRun = None,
    present: options.Present = False,
) -> int:
    """Show a recorded session again, step by step. Needs no model."""
    from llada_tui.cli.recorded_sessions import find_run, latest, read

    path = file or latest()
    session = read(path)
    if not session.listed() and (text or run is not None or step is not None):
        raise CommandError(f"{path} holds no run yet.")
    shown = find_run(session, run) if run is not None else session.last_run()
    frame = None if step is None or shown is None else _frame(shown, step)
    if text and shown is not None:
        for problem in session.problems:
            warn(problem)
        say(shown.text(shown.last if frame is None else frame, cut=False))
        return DONE
    need_terminal("add --text to print the canvas")
    from llada_tui.tui.app import run_replay

    begin_at = shown if run is not None or step is not None else None
    return run_replay(session, path, run=begin_at, frame=frame, present=present)


def _frame(run: Run, step: int) -> int:
    """The frame after ``step`` steps; a branch counts the steps of its parent that it keeps."""
    first, last = run.start.step, run.start.step + run.last
    if not first <= step <= last:
        raise CommandError(f"There is no step {step} in the run: its steps are {first} to {last}.", USAGE)
    return step - first
