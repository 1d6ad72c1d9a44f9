"""Requests that go through the model together: each comes out as if it were alone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from random import Random
from typing import Any

import pytest
import pytest_asyncio

from llada_tui.models.catalog import DEMO
from llada_tui.serving.model_host import may_share
from llada_tui.serving.run_request import RunRequest
from llada_tui.settings.prompt import Prompt
from llada_tui.settings.sampler_settings import SamplerSettings
from llada_tui.trace.events import AnyEvent, EndEvent, StepEvent
from llada_tui.worker.protocol import Generate

from .support import TestServer, serving

pytestmark = pytest.mark.asyncio(loop_scope="module")
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


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server() -> AsyncIterator[TestServer]:
    async with serving(DEMO, None) as opened:
        yield opened


def tokens_of(events: list[AnyEvent]) -> list[Any]:
    """The tokens and their positions, step by step, and the text."""
    steps = [
        (step.index, step.block, [(choice.position, choice.token) for choice in step.commits], step.remasked)
        for step in events
        if isinstance(step, StepEvent)
    ]
    return [*steps, *(event.text for event in events if isinstance(event, EndEvent))]


@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.slow), pytest.param(3, marks=pytest.mark.slow)])
async def test_sixteen_together_are_each_as_if_alone(server: TestServer, seed: int) -> None:
    random = Random(seed)
    requests = [mixed(random) for _ in range(16)]
    alone = [tokens_of(await server.events(**fields)) for fields in requests]
    first = asyncio.ensure_future(server.events(**{**requests[0], "seed": 7, "remasking": "random"}))
    await server.until(lambda host: host.at_work == 1)
    tasks = [asyncio.ensure_future(server.events(**fields)) for fields in requests]
    await server.until(lambda host: host.at_work == 16)
    assert [tokens_of(await task) for task in tasks] == alone
    await first


async def test_one_that_cannot_begin_leaves_the_others_alone(server: TestServer) -> None:
    first = asyncio.ensure_future(server.ask(gen_length=64, steps=64))
    await server.until(lambda host: host.at_work == 1)
    good = [asyncio.ensure_future(server.ask(seed=number)) for number in range(3)]
    bad = asyncio.ensure_future(server.ask("/v1/completions", prompt=[10**6], messages=None))
    assert {(await task).status_code for task in (first, *good)} == {200}
    answer = await bad
    assert answer.status_code == 400
    assert "a token id that this model does not have" in answer.text


async def test_who_is_done_first_does_not_wait_for_the_others(server: TestServer) -> None:
    first = asyncio.ensure_future(server.ask(gen_length=64, steps=64))
    await server.until(lambda host: host.at_work == 1)
    ended: list[str] = []
    fields: dict[str, Any] = {"gen_length": 16, "block_length": 16}
    tasks = {
        name: asyncio.ensure_future(server.ask(steps=steps, **fields)) for name, steps in (("long", 16), ("short", 2))
    }
    for name, task in tasks.items():
        task.add_done_callback(lambda _, name=name: ended.append(name))
    await server.until(lambda host: host.at_work == 2)
    await asyncio.gather(first, *tasks.values())
    assert ended == ["short", "long"]


@pytest.mark.parametrize(
    ("changes", "prompt", "expected"),
    [
        ({"temperature": 1.0, "seed": 4, "steps": 3, "remasking": "random"}, {}, True),
        ({"gen_length": 16}, {}, False),
        ({"block_length": 4}, {}, False),
        ({"cache": "prefix"}, {}, False),
        ({}, {"stop": ["x"]}, False),
        ({}, {"suffix": "x"}, False),
        ({}, {"template": "{mask:8}"}, False),
        ({}, {"text": "another question"}, True),
    ],
)
async def test_what_may_share_a_pass(changes: dict[str, Any], prompt: dict[str, Any], expected: bool) -> None:
    settings = SamplerSettings(steps=8, gen_length=8, block_length=8)
    requests = [
        RunRequest("a", Generate("a", each, Prompt(**{"text": "hi", **words})), lambda item: None)
        for each, words in ((settings, {}), (settings.replace(**changes), prompt))
    ]
    assert may_share(*requests) is expected
    requests[0].alone = True
    assert not may_share(*requests)
