"""Bytes to lines, in bounded memory."""

from __future__ import annotations

from collections.abc import Iterator


class Lines:
    """Splits a stream into lines. Of a line longer than ``limit`` nothing is kept: it comes out as None."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._parts: list[bytes] = []
        self._size = 0

    def feed(self, chunk: bytes) -> Iterator[bytes | None]:
        """The lines that ``chunk`` completes, without their ends."""
        *whole, rest = chunk.split(b"\n")
        for part in whole:
            self._keep(part)
            yield self._take()
        self._keep(rest)

    def end(self) -> bytes | None:
        """What is left when the stream is over: the last line, if nothing ended it."""
        return self._take()

    def _keep(self, part: bytes) -> None:
        self._size += len(part)
        if self._size > self._limit:
            self._parts.clear()
        elif part:
            self._parts.append(part)

    def _take(self) -> bytes | None:
        line = None if self._size > self._limit else b"".join(self._parts)
        self._parts.clear()
        self._size = 0
        return line
