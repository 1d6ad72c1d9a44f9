"""A served run is the local run: the same text and the same events, token for token."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from msgspec.structs import replace

from llada_tui.models.catalog import DEMO
from llada_tui.settings.presets import first_settings
from llada_tui.settings.prompt import Message, Prompt
from llada_tui.trace.events import EndEvent, PiecesEvent, RunEvent, StepEvent
from llada_tui.worker.engine import Engine
from llada_tui.worker.protocol import Generate, Load
from llada_tui.worker.run_control import RunControl
from llada_tui.worker.torch_backend import load

from .support import TestServer, serving

pytestmark = pytest.mark.asyncio(loop_scope="module")


class Local:
    """The engine in this process, and its model."""

    def __init__(self) -> None:
        self.sent: list[Any] = []
        self.engine = Engine(load, self.sent.append)
        self.engine.load(Load(DEMO))

    def events(self, prompt: Prompt, **settings: Any) -> list[Any]:
        """The events of a run, as a fresh worker tells them."""
        self.engine.replies.change_backend(self.engine.replies.backend)
        self.sent.clear()
        command = Generate("r1", first_settings(DEMO).replace(**settings), prompt)
        self.engine.generate(command, RunControl())
        return list(self.sent)


@pytest.fixture(scope="module")
def local() -> Local:
    return Local()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server() -> AsyncIterator[TestServer]:
    async with serving(DEMO, None) as opened:
        yield opened


def timeless(events: list[Any]) -> list[Any]:
    """Events without what the clock or the memory decides."""
    timeless_events = []
    for event in events:
        if isinstance(event, RunEvent):
            event = replace(event, time=0.0)
        elif isinstance(event, StepEvent):
            event = replace(event, seconds=0.0)
        elif isinstance(event, EndEvent):
            event = replace(event, seconds=0.0, tokens_per_second=0.0, peak_memory=0)
        timeless_events.append(event)
    return timeless_events


QUESTION = [Message("user", "What is 2 + 3?")]


@pytest.mark.parametrize(
    "settings",
    [
        {"gen_length": 16, "steps": 16, "top_k": 3},
        {"gen_length": 16, "steps": 4, "temperature": 0.8, "seed": 3, "block_length": 8, "look_ahead": True},
        {"gen_length": 16, "steps": 8, "remasking": "random", "cache": "prefix", "block_length": 8},
    ],
)
async def test_a_served_run_is_the_local_run(server: TestServer, local: Local, settings: dict[str, Any]) -> None:
    expected = timeless(local.events(Prompt(messages=QUESTION), **settings))
    _, *events = await server.events(messages=[{"role": "user", "content": "What is 2 + 3?"}], **settings)
    expected_bytes, bytes_told = (
        {token: piece for event in each if isinstance(event, PiecesEvent) for token, piece in event.pieces.items()}
        for each in (expected, events)
    )
    assert bytes_told == expected_bytes
    assert [event for event in timeless(events) if not isinstance(event, PiecesEvent)] == [
        event for event in expected if not isinstance(event, PiecesEvent)
    ]
    answer = await server.ask(messages=[{"role": "user", "content": "What is 2 + 3?"}], **{"top_k": 0, **settings})
    assert answer.json()["choices"][0]["message"]["content"] == expected[-1].text
