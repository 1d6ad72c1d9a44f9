"""Files beside the sessions: how far lessons were read, and which page of a lesson is on show."""

from __future__ import annotations

import codecs
import contextlib
import os
from pathlib import Path
from typing import TypeVar

import msgspec

from llada_tui.paths import read_plain
from llada_tui.trace.bounds import Count, decode_bounded

MAX_BYTES = 1_000_000
"""Largest file that is read."""


class ReadingPlace(msgspec.Struct):
    """The progress of a reader in a lesson: the page that was open last, counted from 0, and whether its end was ever
    seen."""

    page: Count = 0
    done: bool = False


class LessonProgress(msgspec.Struct):
    """The lessons that were begun, by name; ``tour``: whether the tour was taken or declined."""

    tour: bool = False
    lessons: dict[str, ReadingPlace] = {}


class ShownPage(msgspec.Struct):
    """The place that a lesson's screen shows: the lesson's file, the page, counted from 0, and whether its answer is
    revealed.

    ``process`` is the id of the program that shows it, 0 if unknown; once it has ended, nothing is shown.
    """

    lesson: str
    page: Count
    revealed: bool = False
    process: int = 0


Stored = TypeVar("Stored", LessonProgress, ShownPage)


def progress_path(folder: Path) -> Path:
    """The file of the progress, in the folder of sessions."""
    return folder / "lessons.json"


def shown_path(folder: Path) -> Path:
    """The file that tells a presenter's notes which page is on show."""
    return folder / "lesson-on-show.json"


def read_progress(folder: Path) -> LessonProgress:
    """The progress so far; none where the file is missing or cannot be read."""
    return _read(progress_path(folder), LessonProgress) or LessonProgress()


def write_progress(folder: Path, progress: LessonProgress) -> bool:
    """Returns False if the file cannot be written: a lesson goes on without it."""
    return _write(progress_path(folder), progress)


def read_shown(folder: Path) -> ShownPage | None:
    """The page on show; None if no lesson is."""
    shown = _read(shown_path(folder), ShownPage)
    return shown if shown is not None and _runs(shown.process) else None


def _runs(process: int) -> bool:
    """Whether a process exists; True where that cannot be asked without harm."""
    if process <= 0 or os.name != "posix":
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):  # somebody else's, or no number of a process
        return True
    return True


def write_shown(folder: Path, shown: ShownPage | None) -> bool:
    """Write which page is on show, or that none is. Returns False if the file cannot be written."""
    if shown is not None:
        return _write(shown_path(folder), shown)
    with contextlib.suppress(OSError):
        shown_path(folder).unlink(missing_ok=True)
    return True


def _read(path: Path, kind: type[Stored]) -> Stored | None:
    try:
        data = read_plain(path, MAX_BYTES).removeprefix(codecs.BOM_UTF8)
        decoded: Stored = decode_bounded(msgspec.json.Decoder(kind), data, kind)
    except (OSError, msgspec.DecodeError):
        return None
    return decoded


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
