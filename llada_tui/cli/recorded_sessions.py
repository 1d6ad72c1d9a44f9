"""Recorded sessions as commands name them: a file or the latest, a run by its number or id."""

from __future__ import annotations

from pathlib import Path

from llada_tui.cli.output import USAGE, CommandError
from llada_tui.trace.run import Run
from llada_tui.trace.session import Session, SessionError, read_session


def latest() -> Path:
    """The session recorded last. Raises `CommandError` where there is none."""
    from llada_tui.paths import sessions_folder
    from llada_tui.trace.session_folder import list_sessions

    entries = list_sessions(sessions_folder())
    if not entries:
        raise CommandError(f"Nothing was recorded yet in {sessions_folder()}: chat first, or name a file.")
    return entries[0].path


def read(path: Path) -> Session:
    """A session's file. Raises `CommandError` if it is none."""
    try:
        return read_session(path)
    except SessionError as error:
        raise CommandError(str(error)) from None


def find_run(session: Session, wanted: str) -> Run:
    """A run by its id, its name, or its number, counted from 1. Raises `CommandError` if there is none."""
    if wanted in session.runs:
        return session.runs[wanted]
    runs = list(session.runs.values())
    named = [run for run in runs if session.names.get(run.id) == wanted]
    number = int(wanted) if wanted.isdecimal() else 0
    if not named and not 1 <= number <= len(runs):
        count = f"{len(runs)} run{'s' * (len(runs) != 1)}"
        raise CommandError(f"There is no run {wanted!r}: the session has {count}.", USAGE)
    return named[-1] if named else runs[number - 1]
