"""The sessions on show at a server: the lines of each, from the first one on, for whoever follows it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import msgspec

from llada_tui.server_address import ALIVE, NAMING, UNSHARED, is_share_name
from llada_tui.trace.bounds import MAX_LINE
from llada_tui.worker.line_splitter import LineSplitter

_QUIET = 10.0
"""Seconds without a line, until it is said."""
_CHUNK = 2**16
"""Bytes of lines that are sent together, about."""
_MOST = 16
"""Most sessions on show at a time."""
_MOST_BYTES = 64_000_000
"""Most bytes of all lines of a session on show."""


class ShareRefused(Exception):
    """A session that cannot be on show, or no longer. The message is a sentence."""

    def __init__(self, message: str, status: int = 409) -> None:
        super().__init__(message)
        self.status = status


class SharedSession:
    """A session on show. Every follower reads the same lines, at its own pace: nothing is buffered for one of them."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.watchers = 0
        """The number of those who follow it."""
        self.counted = asyncio.Event()
        """Set where that number is another."""
        self._blocks: list[bytearray] = []
        """Its lines, with their ends, as many in each as are sent together: a line alone would take 50 bytes more."""
        self._splitter = LineSplitter(MAX_LINE)
        self._size = 0
        self._ended = ""
        self._news = asyncio.Event()

    def feed(self, chunk: bytes) -> None:
        """Take more of the session's lines, in pieces of any length. Raises `ShareRefused` for too many."""
        self._size += len(chunk)
        too_large = ShareRefused(f"The session is too large to be on show: {_MOST_BYTES // 1_000_000} MB at most.", 413)
        if self._size > _MOST_BYTES:
            raise too_large
        for line in self._splitter.feed(chunk):
            if line is None:
                raise too_large
            if line:
                self._keep(line)
        self._tell()

    def _keep(self, line: bytes) -> None:
        if not self._blocks or len(self._blocks[-1]) >= _CHUNK:
            self._blocks.append(bytearray())
        self._blocks[-1] += line
        self._blocks[-1] += b"\n"

    def count(self, more: int) -> None:
        """So many more follow it, or fewer."""
        self.watchers += more
        self.counted.set()

    def end(self, message: str) -> None:
        """The session is on show no longer; ``message`` tells its followers why."""
        self._ended = self._ended or message
        self._tell()

    def _tell(self) -> None:
        self._news.set()
        self._news = asyncio.Event()

    async def counts(self) -> AsyncIterator[bytes]:
        """A line with the number of those who follow, each time that it is another."""
        while await self.counted.wait():
            self.counted.clear()
            yield msgspec.json.encode({"watchers": self.watchers}) + b"\n"

    async def lines(self) -> AsyncIterator[bytes]:
        """All lines so far, then each that comes, several at a time; at the end why it ended."""
        block = read = 0
        while True:
            news = self._news
            while block < len(self._blocks):
                if unread := bytes(self._blocks[block][read:]):
                    read += len(unread)
                    yield unread
                elif block + 1 < len(self._blocks):
                    block, read = block + 1, 0
                else:
                    break
            if self._ended:
                yield UNSHARED + b',"message":' + msgspec.json.encode(self._ended) + b"}\n"
                return
            try:
                async with asyncio.timeout(_QUIET):
                    await news.wait()
            except TimeoutError:
                yield ALIVE + b"}\n"


class SharedSessions:
    """The sessions on show, by their names."""

    def __init__(self) -> None:
        self._sessions: dict[str, SharedSession] = {}

    @property
    def names(self) -> list[str]:
        """The names of the sessions on show."""
        return [*self._sessions]

    @property
    def watchers(self) -> list[int]:
        """The number of those who follow each."""
        return [session.watchers for session in self._sessions.values()]

    def get(self, name: str) -> SharedSession | None:
        """The session of a name."""
        return self._sessions.get(name)

    def open(self, name: str) -> SharedSession:
        """A new session under a name; where another has it, a number is put behind it. Raises `ShareRefused`."""
        if not is_share_name(name):
            raise ShareRefused(NAMING, 400)
        if len(self._sessions) >= _MOST:
            raise ShareRefused(f"{_MOST} sessions are on show already: no more can be.", 429)
        numbered = (f"{name[: 31 - len(str(number))]}-{number}" for number in range(2, _MOST + 2))
        free = next(each for each in (name, *numbered) if each not in self._sessions)
        self._sessions[free] = session = SharedSession(free)
        return session

    def close(self, session: SharedSession, message: str) -> None:
        """Take a session off show, and tell its followers why."""
        session.end(message)
        self._sessions.pop(session.name, None)
