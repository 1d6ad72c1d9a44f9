"""Requests that go through the model together: which may, and that none is in the way of another."""

from __future__ import annotations

import asyncio
import json
import shlex
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from llada_tui.serving.fair_queue import QueueFull
from llada_tui.serving.run_request import Delivery, RunRequest
from llada_tui.serving.shared_pass import may_share
from llada_tui.settings.prompt import Prompt
from llada_tui.settings.sampler_settings import SamplerSettings
from llada_tui.trace.events import CANCELLED, FAILED, FINISHED, EndEvent
from llada_tui.trace.resume import Resume
from llada_tui.worker.protocol import MAX_LANES, Failure, Generate

from .support import FAKE, PATIENCE, TestServer, serving

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server() -> AsyncIterator[TestServer]:
    async with serving("paced") as opened:
        yield opened


async def test_one_that_cannot_begin_leaves_the_others_alone(server: TestServer) -> None:
    async with server.held():
        good = [asyncio.ensure_future(server.ask(seed=number)) for number in range(3)]
        bad = asyncio.ensure_future(server.ask("/v1/completions", prompt=[10**6], messages=None))
        await server.until(lambda host: host.waiting == 4)
    assert {(await task).status_code for task in good} == {200}
    answer = await bad
    assert answer.status_code == 400
    assert "a token id that this model does not have" in answer.text


async def test_the_events_of_a_run_that_waited_and_cannot_begin_end_with_the_reason(server: TestServer) -> None:
    async with server.held():
        bad = asyncio.ensure_future(server.http.post("/v1/runs", json={"prompt": [10**6]}))
        await server.until(lambda host: host.waiting == 1)
    answer = await bad
    assert answer.status_code == 200  # said when it waited
    *_, last = answer.text.splitlines()
    assert "a token id that this model does not have" in json.loads(last)["error"]


async def test_the_worker_does_not_go_on_with_a_row_that_its_client_left() -> None:
    async with serving("uneven") as server:
        first = asyncio.ensure_future(server.ask(seed=1))  # with an odd seed a run never ends
        await server.until(lambda host: host.has_begun)
        left, stays = [asyncio.ensure_future(server.ask(seed=seed, gen_length=1000, steps=1000)) for seed in (1, 2)]
        await server.until(lambda host: host.waiting == 2)
        first.cancel()
        await server.until(lambda host: host.at_work == 2 and host.has_begun)
        left.cancel()
        await server.until(lambda host: host.at_work == 1)
        assert not stays.done()
        assert (await stays).status_code == 200
        assert (await asyncio.wait_for(server.ask(seed=2), PATIENCE)).status_code == 200
        assert server.host.metrics.runs == {FINISHED: 2, CANCELLED: 2, FAILED: 0}


async def test_a_row_that_its_client_left_is_ended_in_the_worker_while_the_others_go_on(tmp_path: Path) -> None:
    heard = tmp_path / "commands"
    async with serving("uneven", shlex.join(["sh", "-c", f"tee {shlex.quote(str(heard))} | {FAKE}"])) as server:
        async with server.held():
            left, stays = [asyncio.ensure_future(server.ask(seed=seed)) for seed in (1, 3)]  # neither ever ends
            await server.until(lambda host: host.waiting == 2)
        await server.until(lambda host: host.at_work == 2 and host.has_begun)
        left.cancel()
        await server.until(lambda host: b'"cancel_lane"' in heard.read_bytes())
        assert server.host.at_work == 1
        assert not stays.done()
        stays.cancel()
        assert (await server.ask(seed=2)).status_code == 200


def _ask_many(server: TestServer, *deliveries: Callable[[Delivery], None]) -> list[RunRequest]:
    """Requests that share a pass, one for each that takes what comes of it."""
    settings = SamplerSettings(steps=8, gen_length=8, block_length=8)
    command = Generate("mine", settings, Prompt(text="hi"))
    requests = [RunRequest("a", command, deliver) for deliver in deliveries]
    for request in requests:
        server.host.ask(request)
    return requests


async def test_a_class_behind_one_address_has_room_in_the_queue(server: TestServer) -> None:
    items: list[Delivery] = []
    async with server.held():
        _ask_many(server, *[items.append] * 32)
        with pytest.raises(QueueFull, match="32 of your requests are waiting already"):
            _ask_many(server, items.append)
    await server.until(lambda host: host.at_work + host.waiting == 0)
    assert [item.reason for item in items if isinstance(item, EndEvent)] == [FINISHED] * 32


async def test_a_batch_that_the_worker_does_not_take_is_told_so() -> None:
    async with serving(queue=100, queue_of_client=100, batch=MAX_LANES + 1) as server:
        items: list[Delivery] = []
        _ask_many(server, *[items.append] * (MAX_LANES + 1))
        await server.until(lambda host: host.at_work + host.waiting == 0)
        failures = [item for item in items if isinstance(item, Failure)]
        words = "Runs side by side are 1 to 64, each with its name."
        assert failures == [Failure("request", words, run="mine", command="generate")] * (MAX_LANES + 1)
        assert server.host.metrics.runs[FAILED] == MAX_LANES + 1
        assert (await server.ask()).status_code == 200


async def test_a_defect_in_one_request_does_not_end_the_queue(caplog: pytest.LogCaptureFixture) -> None:
    items: list[Delivery] = []
    defects = [ValueError("made up")]

    def fail_once(item: Delivery) -> None:
        if defects:
            raise defects.pop()
        items.append(item)

    async with serving(batch=1) as server:
        _ask_many(server, items.append, fail_once)
        words = "The server failed unexpectedly; its log tells where."
        await server.until(lambda host: Failure("internal", words, run="mine", command="generate") in items)
        assert "made up" in caplog.text
        assert (await server.ask()).status_code == 200
        assert isinstance(items[-1], EndEvent)


@pytest.mark.parametrize(
    "fields",
    [{"hold": True}, {"parent": "b"}, {"resume": Resume(changes=[(0, 1)])}],
    ids=lambda fields: next(iter(fields)),
)
async def test_what_begins_held_or_goes_on_from_a_step_shares_no_pass(fields: dict[str, Any]) -> None:
    settings, prompt = SamplerSettings(steps=8, gen_length=8, block_length=8), Prompt(text="hi")
    commands = Generate("a", settings, prompt), Generate("a", settings, prompt, **fields)
    requests = [RunRequest("a", command, lambda item: None) for command in commands]
    assert may_share(requests[0], requests[0])
    assert not may_share(*requests)
    assert not may_share(*reversed(requests))


@pytest.mark.parametrize(
    ("changes", "prompt", "expected"),
    [
        ({"temperature": 1.0, "seed": 4, "steps": 3, "remasking": "random"}, {}, True),
        ({"gen_length": 16}, {}, False),
        ({"block_length": 4}, {}, False),
        ({"cache": "prefix"}, {}, False),
        ({"remasking": "editing"}, {}, False),
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
