"""Requests that go through the model together: which may, and that none is in the way of another."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from llada_tui.serving.model_host import may_share
from llada_tui.serving.run_request import RunRequest
from llada_tui.settings.prompt import Prompt
from llada_tui.settings.sampler_settings import SamplerSettings
from llada_tui.worker.protocol import Generate

from .support import TestServer, serving

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server() -> AsyncIterator[TestServer]:
    async with serving("paced") as opened:
        yield opened


async def test_one_that_cannot_begin_leaves_the_others_alone(server: TestServer) -> None:
    first = asyncio.ensure_future(server.ask(gen_length=64, steps=64))
    await server.until(lambda host: host.at_work == 1)
    good = [asyncio.ensure_future(server.ask(seed=number)) for number in range(3)]
    bad = asyncio.ensure_future(server.ask("/v1/completions", prompt=[10**6], messages=None))
    assert {(await task).status_code for task in (first, *good)} == {200}
    answer = await bad
    assert answer.status_code == 400
    assert "a token id that this model does not have" in answer.text


async def test_the_events_of_a_run_that_waited_and_cannot_begin_end_with_the_reason(server: TestServer) -> None:
    first = asyncio.ensure_future(server.ask(gen_length=64, steps=64))
    await server.until(lambda host: host.at_work == 1)
    answer = await server.http.post("/v1/runs", json={"prompt": [10**6]})
    assert answer.status_code == 200  # said when it waited
    *_, last = answer.text.splitlines()
    assert "a token id that this model does not have" in json.loads(last)["error"]
    assert (await first).status_code == 200


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
