"""A served run is the local run, token for token: alone, and in a batch with fifteen others."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from random import Random
from typing import Any

import pytest
import pytest_asyncio

from llada_tui.models.catalog import DEMO
from llada_tui.settings.prompt import Message, Prompt
from llada_tui.trace.events import PiecesEvent

from .local_runs import LocalRuns, timeless, tokens_of
from .support import TestServer, serving

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.fixture(scope="module")
def local() -> LocalRuns:
    return LocalRuns(DEMO)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server() -> AsyncIterator[TestServer]:
    async with serving(DEMO, None) as opened:
        yield opened


QUESTION = [Message("user", "What is 2 + 3?")]


@pytest.mark.parametrize(
    "settings",
    [
        {"gen_length": 16, "steps": 16, "top_k": 3},
        {"gen_length": 16, "steps": 4, "temperature": 0.8, "seed": 3, "block_length": 8, "look_ahead": True},
        {"gen_length": 16, "steps": 8, "remasking": "random", "cache": "prefix", "block_length": 8},
    ],
)
async def test_a_served_run_is_the_local_run(server: TestServer, local: LocalRuns, settings: dict[str, Any]) -> None:
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


STRATEGIES = ("low_confidence", "random", "entropy", "margin", "threshold")
PROMPTS = ("What is 2 + 3?", "Name three animals.", "Tell me a story about a bear.", "hello")


def mixed(random: Random) -> dict[str, Any]:
    """A request of 16 tokens with settings of its own."""
    return {
        "messages": [{"role": "user", "content": random.choice(PROMPTS)}],
        "gen_length": 16,
        "block_length": 8,
        "steps": random.choice((2, 5, 8, 16)),
        "temperature": random.choice((0.0, 0.7, 1.5)),
        "remasking": random.choice(STRATEGIES),
        "seed": random.randrange(1000),
        "early_stop": random.random() < 0.3,
        "cfg_scale": random.choice((0.0, 0.0, 1.0)),
        "top_k": 2,
    }


@pytest.mark.parametrize("seed", [1, pytest.param(4, marks=pytest.mark.slow), pytest.param(3, marks=pytest.mark.slow)])
async def test_sixteen_together_are_each_as_if_alone(server: TestServer, seed: int) -> None:
    random = Random(seed)
    requests = [mixed(random) for _ in range(16)]
    alone = [tokens_of(await server.events(**fields)) for fields in requests]
    async with server.held():
        tasks = [asyncio.ensure_future(server.events(**fields)) for fields in requests]
        await server.until(lambda host: host.waiting == 16)
    await server.until(lambda host: host.waiting < 16)
    assert server.host.waiting == 0, "the worker was given all of them at once"
    assert [tokens_of(await task) for task in tasks] == alone


@pytest.mark.slow
async def test_who_is_done_first_does_not_wait_for_the_others(server: TestServer) -> None:
    fields: dict[str, Any] = {"gen_length": 256, "block_length": 256}
    async with server.held():
        long, short = [asyncio.ensure_future(server.ask(steps=steps, **fields)) for steps in (256, 2)]
        await server.until(lambda host: host.waiting == 2)
    assert (await short).status_code == 200
    assert not long.done(), "it has 254 steps to go"
    long.cancel()
    await server.until(lambda host: host.at_work == 0)
