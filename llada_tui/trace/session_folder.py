"""The folder of recorded sessions: listing, naming, renaming, deleting and taking back."""

from __future__ import annotations

import contextlib
import re
import time
from dataclasses import dataclass
from pathlib import Path

import msgspec

from llada_tui.paths import files_in
from llada_tui.trace.events import DeleteEvent, EndEvent, RunEvent, SummaryEvent, decode
from llada_tui.trace.run import Run, TraceError
from llada_tui.trace.session import SUFFIX, SessionError, read_header, read_session, title_of
from llada_tui.trace.session_writer import alone_with, append
from llada_tui.trace.text import TokenBytes


@dataclass(frozen=True, slots=True)
class SessionEntry:
    """A session in a list. ``modified`` is in seconds since 1970; ``runs`` is None where the file does not tell."""

    path: Path
    title: str
    runs: int | None
    tokens: int
    modified: float
    size: int


_PEEK = 64 * 1024


def list_sessions(folder: Path) -> list[SessionEntry]:
    """The sessions in a folder, latest first, reading only the ends of each file; an absent folder holds none."""
    entries = []
    for path in files_in(folder, f"*{SUFFIX}"):
        with contextlib.suppress(OSError, SessionError):
            if path.is_file():  # a pipe or a device may never end
                entries.append(peek(path))
    return sorted(entries, key=lambda entry: (entry.modified, entry.path.name), reverse=True)


def peek(path: Path) -> SessionEntry:
    """A session's entry, from the ends of its file. Raises OSError, or `SessionError` if it is no session."""
    stat = path.stat()
    with path.open("rb") as file:
        head = file.read(_PEEK)
        if stat.st_size > _PEEK:
            file.seek(stat.st_size - _PEEK)
        tail = file.read(_PEEK) if stat.st_size > _PEEK else head
    lines = head.split(b"\n")
    read_header(lines[0], path.name)
    for line in reversed(tail.split(b"\n")):
        if line.startswith(b'{"event":"summary"'):
            with contextlib.suppress(msgspec.DecodeError):
                event = decode(line)
                if isinstance(event, SummaryEvent):
                    title = title_of(event.title)
                    return SessionEntry(path, title, event.runs, event.tokens, stat.st_mtime, stat.st_size)
    title = title_of(path.stem)
    for line in lines[1:]:
        if line.startswith(b'{"event":"run"'):
            with contextlib.suppress(msgspec.DecodeError, TraceError):
                event = decode(line)
                if isinstance(event, RunEvent):
                    title = title_of(Run(event, TokenBytes()).question) or title
                    break
    return SessionEntry(path, title, None, 0, stat.st_mtime, stat.st_size)


@dataclass(frozen=True, slots=True)
class SessionExcerpt:
    """The questions and answers of a session. ``question`` and ``answer`` are the first words of its first run that is
    listed. ``words`` is the text of all of them, in lower case, to search in: of a long session its beginning."""

    question: str = ""
    answer: str = ""
    words: str = ""


MAX_EXCERPT = 8 * 2**20
"""Most bytes of a session file that are read for its excerpt."""
_MOST_WORDS = 20_000
_TELLING = tuple(f'{{"event":"{kind}"'.encode() for kind in ("run", "end", "delete"))


def read_excerpt(path: Path) -> SessionExcerpt:
    """Read what was asked and answered in a session, passing over its steps; nothing of a file that cannot be read."""
    asked: dict[str, str] = {}
    answered: dict[str, str] = {}
    deleted: set[str] = set()
    read = 0
    with contextlib.suppress(OSError), path.open("rb") as file:
        while read < MAX_EXCERPT and (line := file.readline(MAX_EXCERPT - read)):
            read += len(line)
            if not line.startswith(_TELLING):
                continue
            with contextlib.suppress(msgspec.DecodeError, TraceError):
                event = decode(line)
                if isinstance(event, RunEvent):
                    asked[event.run] = Run(event, TokenBytes()).question
                elif isinstance(event, EndEvent):
                    answered[event.run] = event.text
                elif isinstance(event, DeleteEvent):
                    (deleted.update if event.deleted else deleted.difference_update)(event.runs)
    texts = [(question, answered.get(run, "")) for run, question in asked.items() if run not in deleted]
    if not texts:
        return SessionExcerpt()
    question, answer = texts[0]
    words = "\n".join(dict.fromkeys(text for pair in texts for text in pair))
    return SessionExcerpt(title_of(question), title_of(answer), words[:_MOST_WORDS].casefold())


def new_path(folder: Path, question: str, now: float | None = None) -> Path:
    """A file name for a new session, from the time and the first words of its question, not taken yet."""
    words = re.findall(r"[a-z0-9]+", question.lower())[:6]
    stamp = time.strftime("%Y-%m-%d-%H%M%S", time.localtime(now))
    stem = "-".join([stamp, *words])[:80]
    path = folder / f"{stem}{SUFFIX}"
    number = 2
    while path.exists():
        path = folder / f"{stem}-{number}{SUFFIX}"
        number += 1
    return path


def rename_session(path: Path, title: str, tool: str) -> None:
    """Give a session another title, by appending it to the file. Raises OSError or `SessionError`."""
    session = read_session(path, linked=False)
    session.title = title_of(title)
    if not session.title:
        raise SessionError("A session needs a title of at least one letter.")
    append(path, session.summary(), tool)


TRASH = "deleted"


def delete_session(path: Path) -> Path:
    """Move a session into the folder's ``deleted`` folder, from where `restore_session` takes it back.

    Raises OSError, and `SessionError` while another window or command records into it.
    """
    trash = path.parent / TRASH
    trash.mkdir(exist_ok=True)
    target = trash / path.name
    number = 2
    while target.exists():
        target = trash / f"{path.stem}-{number}{path.suffix}"
        number += 1
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(OSError):  # one that cannot be written can be moved all the same
            stack.enter_context(alone_with(path, ""))
        path.rename(target)
    return target


def restore_session(trashed: Path) -> Path:
    """Take a deleted session back; returns where it is now."""
    target = trashed.parent.parent / trashed.name
    if target.exists():
        raise SessionError(f"{target.name} is there again already: rename it first.")
    return trashed.rename(target)
