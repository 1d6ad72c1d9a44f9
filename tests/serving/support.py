"""A server in the test's own event loop, with a real worker process: its model is made up, or the embedded one."""

from __future__ import annotations

import asyncio
import json
import shlex
import socket
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import uvicorn

from llada_tui.serving.limits import ServeLimits
from llada_tui.serving.model_host import ModelHost
from llada_tui.serving.run_request import RunRequest
from llada_tui.serving.run_server import server_of
from llada_tui.settings.prompt import Prompt
from llada_tui.settings.sampler_settings import SamplerSettings
from llada_tui.trace.events import AnyEvent, decode
from llada_tui.worker.protocol import Generate, Load

FAKE = shlex.join([sys.executable, str(Path(__file__).parents[1] / "worker" / "fakes.py")])
PATIENCE = 300.0
"""Seconds that anything may take on a busy machine."""
ASKED: dict[str, Any] = {"messages": [{"role": "user", "content": "hi"}], "gen_length": 8, "steps": 8}
"""A run of eight steps."""


@dataclass
class TestServer:
    """A server that listens, and a client of it."""

    __test__ = False
    url: str
    host: ModelHost
    http: httpx.AsyncClient
    server: uvicorn.Server

    def end(self) -> None:
        """End it as a signal does."""
        self.server.should_exit = True

    async def ask(self, path: str = "/v1/chat/completions", **fields: Any) -> httpx.Response:
        """The answer to a run of eight steps, with other ``fields``."""
        return await self.http.post(path, json={**ASKED, **fields})

    async def events(self, **fields: Any) -> list[AnyEvent]:
        """The events of a run."""
        answer = await self.http.post("/v1/runs", json=fields)
        assert answer.status_code == 200, answer.text
        events = [decode(line) for line in answer.content.splitlines()]
        return [event for event in events if event is not None]

    @asynccontextmanager
    async def held(self) -> AsyncIterator[None]:
        """The worker is held at a run, which is cancelled in the end: what is asked for in between waits."""
        command = Generate("held", SamplerSettings(steps=8, gen_length=8, block_length=8), Prompt(text="hi"), hold=True)
        request = RunRequest("holder", command, lambda item: None, alone=True)
        self.host.ask(request)
        await self.until(lambda host: host.at_work == 1 and host.has_begun)
        yield
        self.host.cancel(request)

    async def until(self, condition: Callable[[ModelHost], bool]) -> None:
        """Wait until the host is so."""
        async with asyncio.timeout(PATIENCE):
            while not condition(self.host):
                await asyncio.sleep(0.005)


@asynccontextmanager
async def serving(
    model: str = "fake", command: str | None = FAKE, *, token: str | None = None, **limits: Any
) -> AsyncIterator[TestServer]:
    """A server of a model, which ends with the block."""
    host = ModelHost(command, Load(model), ServeLimits(**limits))
    await host.open()
    listener = socket.create_server(("127.0.0.1", 0))
    server = server_of(host, token)
    task = asyncio.ensure_future(server.serve(sockets=[listener]))
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    try:
        async with httpx.AsyncClient(base_url=url, timeout=PATIENCE) as http:
            yield TestServer(url, host, http, server)
    finally:
        server.should_exit = True
        await task
        listener.close()
        await host.close()


def parts(text: str) -> list[dict[str, Any]]:
    """The parts of a streamed answer, up to its end mark."""
    *lines, last = [line.removeprefix("data: ") for line in text.splitlines() if line.startswith("data: ")]
    assert last == "[DONE]"
    return [json.loads(line) for line in lines]
