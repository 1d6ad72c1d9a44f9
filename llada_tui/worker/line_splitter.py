"""Bytes to lines, in bounded memory."""

from __future__ import annotations

from collections.abc import Iterator

from llada_tui.worker.freed_memory import give_back_memory

_LARGE = 2**20
"""Bytes of a line after which memory is given back to the system."""


class LineSplitter:
    """Splits a stream into lines. Of a line longer than ``limit`` nothing is kept: it comes out as None."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._line = bytearray()
        self._size = 0

    def feed(self, chunk: bytes) -> Iterator[bytes | None]:
        """The lines that ``chunk`` completes, without their ends."""
        *whole, rest = chunk.split(b"\n")
        for part in whole:
            self._keep(part)
            large = self._size > _LARGE
            yield self._take()
            if large:
                give_back_memory()  # what the line was, and all that was made of it
        self._keep(rest)

    def end(self) -> bytes | None:
        """The rest when the stream is over: the last line, if nothing ended it."""
        return self._take()

    def _keep(self, part: bytes) -> None:
        already_too_long = self._size > self._limit
        self._size += len(part)
        if self._size <= self._limit:
            self._line += part
        elif not already_too_long:
            self._line = bytearray()
            give_back_memory()

    def _take(self) -> bytes | None:
        line = None if self._size > self._limit else bytes(self._line)
        self._line = bytearray()
        self._size = 0
        return line
