"""Sessions on show for tests: the processes that show and follow them, spoken to line by line."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from llada_tui.trace.events import FORMAT, VERSION, SessionEvent, SummaryEvent, encode
from tests.cli.support import environment

from .support import PATIENCE

HEADER = encode(SessionEvent(FORMAT, VERSION, "test", 0.0)) + b"\n"


def line(number: int) -> bytes:
    return encode(SummaryEvent(f"line {number}", number, 0)) + b"\n"


class Running:
    """A process of one of the two modules."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        self.stdin, self.stdout, self.stderr = process.stdin, process.stdout, process.stderr

    async def write(self, data: bytes) -> None:
        self.stdin.write(data)
        await self.stdin.drain()

    async def read_line(self) -> bytes:
        return await asyncio.wait_for(self.stdout.readline(), PATIENCE)

    async def last_words(self) -> str:
        """The sentence that it ends with."""
        words = await asyncio.wait_for(self.stderr.read(), PATIENCE)
        await self.process.wait()
        return words.decode().strip()


@asynccontextmanager
async def running(module: str, *arguments: str, **variables: str) -> AsyncIterator[Running]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        f"llada_tui.serving.{module}",
        *arguments,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**environment(), **variables},
    )
    try:
        yield Running(process)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


@asynccontextmanager
async def shown(where: str, name: str = "chat", **variables: str) -> AsyncIterator[tuple[Running, str, str]]:
    """A session on show whose header is written: its process, its address and its name."""
    async with running("share_process", name, where, **variables) as sharer:
        first_line = await sharer.read_line()
        assert first_line, await sharer.last_words()
        place = json.loads(first_line)
        await sharer.write(HEADER)
        token = f"?token={place['token']}" if place["token"] else ""
        yield sharer, place["url"] + token, place["name"]
