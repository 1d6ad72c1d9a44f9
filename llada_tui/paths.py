"""The folders of llada-tui, and files that are whole or not there. Nothing here makes a folder."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

APP = "llada-tui"
TRACEBACK = "LLADA_TUI_TRACEBACK"
"""The variable with which an error that nobody expected is shown with its traceback."""


def typed_path(text: str) -> Path:
    """The path that a person typed. ``~`` is a home; as in a shell it stays as it is where there is no such home."""
    return Path(os.path.expanduser(text))


def _folder(variable: str, default: Callable[[], Path]) -> Path:
    chosen = os.environ.get(variable)
    return typed_path(chosen) if chosen else default()


def _data_folder() -> Path:
    """The user's data folder."""
    from platformdirs import user_data_path  # here: the worker, which imports this, has no folder of its own

    return user_data_path(APP)


def _config_folder() -> Path:
    """The user's folder for configuration."""
    from platformdirs import user_config_path

    return user_config_path(APP)


def sessions_folder() -> Path:
    """Recorded sessions: ``$LLADA_TUI_SESSIONS``, or ``sessions`` in the user's data folder."""
    return _folder("LLADA_TUI_SESSIONS", lambda: _data_folder() / "sessions")


def pictures_folder() -> Path:
    """Pictures saved from the screen: ``$LLADA_TUI_PICTURES``, or ``pictures`` in the user's data folder."""
    return _folder("LLADA_TUI_PICTURES", lambda: _data_folder() / "pictures")


def crash_file() -> Path:
    """The details of the last error that ended the screen: ``last-crash.txt`` in the user's data folder."""
    return _data_folder() / "last-crash.txt"


def config_folder() -> Path:
    """``config.toml``, the user's ``themes`` and ``lessons``: ``$LLADA_TUI_CONFIG``, or the user's folder for such."""
    return _folder("LLADA_TUI_CONFIG", _config_folder)


def themes_folders() -> list[Path]:
    """Folders of theme files, later ones winning: those that ship with the package, then the user's own."""
    package = Path(__file__).parent
    shipped = package / "themes"
    return [shipped if shipped.is_dir() else package.parent / "themes", config_folder() / "themes"]


def lessons_folders() -> list[Path]:
    """Folders of lessons, later ones winning: those that ship with the package, then the user's ``lessons``."""
    return [Path(__file__).parent / "lessons" / "texts", config_folder() / "lessons"]


def reason(error: OSError | UnicodeDecodeError) -> str:
    """Why a file or folder cannot be used, for the end of a sentence."""
    if isinstance(error, UnicodeDecodeError):
        return "it is not UTF-8 text"
    return (error.strerror or str(error)).lower().removesuffix(".")


def files_in(folder: Path, pattern: str) -> list[Path]:
    """The paths in a folder that match a pattern, in order; none where there is no such folder."""
    try:
        return sorted(folder.glob(pattern)) if folder.is_dir() else []
    except OSError:  # a name too long, a disk that is gone
        return []


def read_plain(path: Path, limit: int) -> bytes:
    """All of a plain file. Raises OSError, with EINVAL for another kind of file (a pipe or a device may never end) and
    with EFBIG for one of more than ``limit`` bytes."""
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    with os.fdopen(handle, "rb") as file:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise OSError(errno.EINVAL, "it is no plain file", str(path))
        data = file.read(limit + 1)
    if len(data) > limit:
        raise OSError(errno.EFBIG, f"it has more than {limit:,} bytes", str(path))
    return data


def write_new(path: Path, data: bytes) -> None:
    """Write a file where none is yet: all of it, or nothing stays there. Raises OSError."""
    with _new(path) as file:
        file.write(data)


def copy_new(source: Path, path: Path) -> None:
    """Copy a file to where none is yet: all of it, or nothing stays there. Raises OSError."""
    import shutil

    with source.open("rb") as original, _new(path) as file:
        shutil.copyfileobj(original, file, 2**20)


@contextlib.contextmanager
def _new(path: Path) -> Iterator[BinaryIO]:
    file = path.open("xb")
    try:
        with file:
            yield file
    except BaseException:
        with contextlib.suppress(OSError):
            path.unlink()
        raise
