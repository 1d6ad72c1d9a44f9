"""Paths of pictures as people give them: typed, quoted, dropped on the terminal, half typed."""

from __future__ import annotations

import os
import shlex
from itertools import takewhile
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from llada_tui.paths import typed_path

SUFFIXES = tuple(".png .jpg .jpeg .jfif .webp .gif .bmp .tif .tiff .ppm .pgm".split())
"""Ends of the names of files that may be pictures, in lower case."""
_MOST_DROPPED = 16
"""Most files that are dropped at once."""
_MOST_LISTED, _MOST_LOOKED_AT = 200, 5000
"""Most entries of a folder that are offered, and that are looked at."""


class PathMatch(NamedTuple):
    """An entry of a folder that what was typed may become: a picture, or a folder to look into."""

    text: str
    """The typed text that means it; a folder's ends in a separator."""
    name: str
    is_folder: bool


def written_path(words: str) -> Path:
    """A path as it is typed, quoted, or dropped on a terminal."""
    if len(words) > 1 and words[0] == words[-1] and words[0] in "'\"":
        words = words[1:-1]
    if words.startswith("file://"):
        words = unquote(urlsplit(words).path)
    return typed_path(words)


def dropped_pictures(text: str) -> list[Path]:
    """The pictures whose paths a pasted text consists of: whole paths of files that are there, and nothing else. A
    terminal pastes what is dropped on it, in quotes or with backslashes before its blanks."""
    line = text.strip()
    if not line or "\n" in line or len(line) > 4096 * _MOST_DROPPED:
        return []
    if _is_picture(whole := written_path(line)):
        return [whole]
    try:
        words = shlex.split(line)
    except ValueError:
        return []
    paths = [written_path(word) for word in words]
    return paths if len(paths) <= _MOST_DROPPED and all(map(_is_picture, paths)) else []


def _is_picture(path: Path) -> bool:
    try:
        return path.is_absolute() and path.suffix.lower() in SUFFIXES and path.is_file()
    except (OSError, ValueError):
        return False


def matches(typed: str) -> list[PathMatch]:
    """The folders, and after them the pictures, whose paths begin with what was typed; in alphabetical order."""
    folder, beginning = os.path.split(typed)
    before = typed[: len(typed) - len(beginning)]
    listed: list[PathMatch] = []
    try:
        with os.scandir(typed_path(folder) if folder else ".") as entries:
            for _, entry in zip(range(_MOST_LOOKED_AT), entries, strict=False):
                is_folder = os.path.isdir(entry.path)  # `entry.is_dir` raises for a loop of links
                hidden = entry.name.startswith(".") and not beginning.startswith(".")
                may_be = is_folder or os.path.splitext(entry.name)[1].lower() in SUFFIXES
                if may_be and not hidden and entry.name.casefold().startswith(beginning.casefold()):
                    listed.append(PathMatch(before + entry.name + os.sep * is_folder, entry.name, is_folder))
    except (OSError, ValueError):
        return []
    return sorted(listed, key=lambda match: (not match.is_folder, match.name.casefold()))[:_MOST_LISTED]


def completed(typed: str, offered: list[PathMatch]) -> str:
    """The typed text, with the letters behind it on which all that is offered agrees."""
    alike = takewhile(lambda letters: len(set(letters)) == 1, zip(*(match.text for match in offered), strict=False))
    common = "".join(letters[0] for letters in alike)
    return common if len(common) > len(typed) else typed
