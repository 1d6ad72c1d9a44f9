"""A session file that is appended to, by one program at a time, and copies of files that are whole or not there."""

from __future__ import annotations

import contextlib
import errno
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import msgspec

from llada_tui.trace.bounds import MAX_LINE
from llada_tui.trace.events import FORMAT, VERSION, Event, PictureEvent, SessionEvent, decode, encode
from llada_tui.trace.session import SessionError, read_header

try:
    import fcntl
except ImportError:  # Windows, where nothing is protected
    fcntl = None  # type: ignore[assignment]

_HEADER = b'{"event":"session","format":"llada-tui",'
_NOT_A_DISK = (errno.EINVAL, errno.ENOTSUP, errno.EROFS)
"""The errors of fsync for a pipe or a device."""


class SessionInUse(SessionError):
    """Another window or command records into the session file."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path.name} is open in another window or command of llada-tui.")


class SessionWriter:
    """Appends events to a session file, which is made with its folder at the first event written, not before.

    Every event is on its way to the disk when `write` returns; one that does not fit is taken off the file again.
    From `hold` or the first event to `close` no other program can write into the file: the lock is the file's own, and
    ends with the process. Raises OSError as writing does, `SessionInUse`, and `SessionError`, changing nothing, if the
    file there is no session or a newer version's.
    """

    def __init__(self, path: Path, tool: str) -> None:
        self.path = path
        self.tool = tool
        self.protected = True
        """Whether other programs are kept off the file: False on a disk without locks."""
        self._file: BinaryIO | None = None
        self._begun = False

    @property
    def held(self) -> bool:
        """Whether the file is open here."""
        return self._file is not None

    def hold(self, *, make: bool = False, new: bool = False) -> None:
        """Open the file and keep others off it. ``make``: it is made if it is not there; ``new``: only then."""
        while self._file is None:
            file = _open(self.path, make=make or new, new=new)
            try:
                self.protected = _lock(file, self.path)
                if not self.protected or _is_at(file, self.path):  # else it was moved away meanwhile
                    self._file = file
            finally:
                if self._file is not file:
                    file.close()

    def write(self, event: Event) -> None:
        if self._file is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self.hold(make=True)
        assert self._file is not None
        if os.fstat(self._file.fileno()).st_nlink == 0 and not self.path.exists():
            raise FileNotFoundError(errno.ENOENT, "the file was deleted meanwhile")
        if not self._begun:
            _mend_tail(self._file)
            if self._file.tell() == 0:
                _append(self._file, encode(SessionEvent(FORMAT, VERSION, self.tool, time.time())) + b"\n")
            self._begun = True
        if isinstance(event, PictureEvent) and event.path:
            event = msgspec.structs.replace(event, content=b"")  # the file has the link alone
        _append(self._file, encode(event) + b"\n")

    def close(self) -> None:
        """Raises OSError where the end of what was written did not reach the disk; the file is closed all the same."""
        file, self._file, self._begun = self._file, None, False
        if file is None:
            return
        try:
            os.fsync(file.fileno())
        except OSError as error:
            if error.errno not in _NOT_A_DISK:
                raise
        finally:
            file.close()


def _open(path: Path, *, make: bool, new: bool) -> BinaryIO:
    flags = os.O_RDWR | os.O_APPEND | (os.O_CREAT if make else 0) | (os.O_EXCL if new else 0)
    flags |= getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
    return os.fdopen(os.open(path, flags, 0o666), "ab+", buffering=0)


def _lock(file: BinaryIO, path: Path) -> bool:
    """Keep other programs off an open file; False where its disk has no locks. Raises `SessionInUse`."""
    if fcntl is None:
        return False
    try:
        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        raise SessionInUse(path) from None
    except OSError:
        return False
    return True


def _is_at(file: BinaryIO, path: Path) -> bool:
    with contextlib.suppress(OSError):
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    return False


def _append(file: BinaryIO, data: bytes) -> None:
    """Write all of it, or nothing."""
    size = file.seek(0, os.SEEK_END) if file.seekable() else 0
    rest = memoryview(data)
    try:
        while rest:
            rest = rest[file.write(rest) :]
    except OSError:
        with contextlib.suppress(OSError):
            file.truncate(size)
        raise


@contextlib.contextmanager
def alone_with(path: Path, tool: str) -> Iterator[SessionWriter]:
    """Change a session file while no other program has it. Raises as `SessionWriter` does."""
    writer = SessionWriter(path, tool)
    writer.hold()
    try:
        yield writer
    except BaseException:
        with contextlib.suppress(OSError):
            writer.close()
        raise
    writer.close()


def append(path: Path, event: Event, tool: str) -> None:
    """Write one event to the end of a session file, whose time stays what it was. Raises as `SessionWriter` does."""
    stat = path.stat()
    with alone_with(path, tool) as writer:
        writer.write(event)
    os.utime(path, (stat.st_atime, stat.st_mtime))  # the list is by when something happened in a session


def _mend_tail(file: BinaryIO) -> None:
    """Before appending: end a whole last line that lacks its end, and cut off a torn one, which nothing can read."""
    size = file.seek(0, os.SEEK_END)
    if size == 0:
        return
    _check_ours(file)
    start = max(0, size - MAX_LINE)
    file.seek(start)
    tail = file.read()
    if tail.endswith(b"\n"):
        return
    line = tail[tail.rfind(b"\n") + 1 :]
    if len(line) == len(tail) and start:  # Longer than any line that is read: it is left out on reading.
        _append(file, b"\n")
        return
    try:
        decode(line)
    except msgspec.DecodeError:
        file.truncate(size - len(line))
        file.seek(0, os.SEEK_END)
    else:
        _append(file, b"\n")


def _check_ours(file: BinaryIO) -> None:
    """Nothing is ever appended to, or cut off, a file that is not ours. A header that was torn itself is ours."""
    file.seek(0)
    line = file.readline(MAX_LINE)
    if line.endswith(b"\n") or not (_HEADER.startswith(line) or line.startswith(_HEADER)):
        read_header(line, str(file.name))
