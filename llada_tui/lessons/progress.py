"""What is remembered of lessons between two openings: how far a person came, and which page a class sees."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import TypeVar

import msgspec

MAX_BYTES = 1_000_000
"""Largest file that is read."""


class Place(msgspec.Struct):
    """How far a lesson was read: the page that was open last, counted from 0, and whether its end was ever seen."""

    page: int = 0
    done: bool = False


class Progress(msgspec.Struct):
    """All lessons that were begun, by name; ``tour``: whether the tour was taken, or declined."""

    tour: bool = False
    lessons: dict[str, Place] = {}


class Shown(msgspec.Struct):
    """What is on the screen of a lesson: its file, the page, counted from 0, and whether its answer is shown.
    ``process`` is the program's, if that is known: without it nothing is on show any more."""

    lesson: str
    page: int
    revealed: bool = False
    process: int = 0


S = TypeVar("S", Progress, Shown)


def progress_path(folder: Path) -> Path:
    """The file of the progress in the folder of recorded sessions."""
    return folder / "lessons.json"


def shown_path(folder: Path) -> Path:
    """The file that tells a presenter's notes which page is on show."""
    return folder / "lesson-on-show.json"


def read_progress(folder: Path) -> Progress:
    """What is remembered; nothing, where there is no such file, or one that cannot be read."""
    return _read(progress_path(folder), Progress) or Progress()


def write_progress(folder: Path, progress: Progress) -> bool:
    """Remember. False if the file cannot be written: a lesson goes on without."""
    return _write(progress_path(folder), progress)


def read_shown(folder: Path) -> Shown | None:
    """The page on show; None if no lesson is."""
    shown = _read(shown_path(folder), Shown)
    return shown if shown is not None and _runs(shown.process) else None


def _runs(process: int) -> bool:
    """Whether a process is there; where that cannot be asked without harm it is taken to be."""
    if process <= 0 or os.name != "posix":
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):  # somebody else's, or no number of a process
        return True
    return True


def write_shown(folder: Path, shown: Shown | None) -> bool:
    """Tell which page is on show, or that none is. False if the file cannot be written."""
    if shown is not None:
        return _write(shown_path(folder), shown)
    with contextlib.suppress(OSError):
        shown_path(folder).unlink(missing_ok=True)
    return True


def _read(path: Path, kind: type[S]) -> S | None:
    try:
        with path.open("rb") as file:
            return msgspec.json.decode(file.read(MAX_BYTES), type=kind)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return None


def _write(path: Path, value: msgspec.Struct) -> bool:
    """Put a file in place of another in one move, so that nobody reads half of it."""
    beside = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside.write_bytes(msgspec.json.encode(value))
        os.replace(beside, path)
    except OSError:
        with contextlib.suppress(OSError):
            beside.unlink(missing_ok=True)
        return False
    return True
