"""Recorded sessions as commands name them: a file or the latest, a run by its number or id, a file to record into."""

from __future__ import annotations

import contextlib
from pathlib import Path

from llada_tui.cli.output import USAGE, CommandError, warn
from llada_tui.trace.recorder import SessionRecorder
from llada_tui.trace.run import Run
from llada_tui.trace.session import Session, SessionError, read_session, reason
from llada_tui.trace.session_writer import SessionInUse
from llada_tui.version import __version__


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


def find_run(session: Session, name: str) -> Run:
    """A run by its id, its name, or its number, counted from 1. Raises `CommandError` if there is none."""
    if name in session.runs:
        return session.runs[name]
    runs = list(session.runs.values())
    named = [run for run in runs if session.names.get(run.id) == name]
    number = int(name) if name.isdecimal() else 0
    if not named and not 1 <= number <= len(runs):
        count = f"{len(runs)} run{'s' * (len(runs) != 1)}"
        raise CommandError(f"There is no run {name!r}: the session has {count}.", USAGE)
    return named[-1] if named else runs[number - 1]


def recorder_into(path: Path | None) -> SessionRecorder:
    """A recorder into a file, new or one that holds a session; in memory alone where none is named.

    Raises `CommandError`, before any work is done, for a file that is no session.
    """
    recorder = SessionRecorder(None, f"llada-tui {__version__}", path=path)
    if path is None:
        return recorder
    try:
        if not path.exists() or (path.is_file() and not path.stat().st_size):
            _claim(recorder, path)
        if path.is_dir() or (path.is_file() and path.stat().st_size):
            warning = recorder.resume(path)
            if recorder.path is None:
                raise SessionInUse(path)
            if warning:
                warn(warning)
    except SessionInUse:
        raise CommandError(f"{path} is open in another window or command: record into another file.", USAGE) from None
    except SessionError as error:
        raise CommandError(str(error), USAGE) from None
    except OSError as error:
        raise CommandError(_refusal(path, error), USAGE) from None
    if count := len(recorder.session.runs):
        warn(f"{path} holds {count} run{'s' * (count > 1)} already: what is new is added to it.")
    return recorder


def _claim(recorder: SessionRecorder, path: Path) -> None:
    """Keep a new file for a recorder. What cannot be written is told by the first event."""
    if path.parent.is_dir():
        with contextlib.suppress(OSError):
            recorder.claim(path)


def recording_problem(recorder: SessionRecorder) -> str:
    """Why a recorder stopped writing, in a sentence; empty while it goes on."""
    return "" if recorder.failure is None else _refusal(recorder.path, recorder.failure)


def _refusal(path: Path | None, error: OSError | SessionError) -> str:
    if not isinstance(error, OSError):
        return str(error)
    return f"{path} cannot be recorded into: {reason(error)}."
