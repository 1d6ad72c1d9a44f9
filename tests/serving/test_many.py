"""Many clients at once: the queue, batches, clients that go away, readers that are slow, a worker that is killed."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from pathlib import Path

import pytest

from llada_tui.serving.api_request import ApiRequest
from llada_tui.serving.fair_queue import FairQueue, QueueFull
from llada_tui.serving.run_request import Mailbox, QueuePlace
from llada_tui.serving.run_stream import RunFailed, open_stream
from llada_tui.settings.prompt import Prompt
from llada_tui.settings.sampler_settings import SamplerSettings
from llada_tui.trace.events import CANCELLED, FAILED, FINISHED

from .support import TestServer, parts, serving


def test_clients_take_turns() -> None:
    queue: FairQueue[str] = FairQueue(10, 5)
    for client, item in [("a", "a1"), ("a", "a2"), ("a", "a3"), ("b", "b1"), ("c", "c1"), ("b", "b2")]:
        queue.add(client, item)
    order = ["a1", "b1", "c1", "a2", "b2", "a3"]
    assert list(queue.in_order()) == order
    assert [queue.take() for _ in order] == order
    assert queue.take() is None


def test_who_asks_late_and_seldom_comes_before_who_asks_much() -> None:
    queue: FairQueue[str] = FairQueue(10, 5)
    for number in range(4):
        queue.add("much", f"m{number}")
    assert queue.take() == "m0"
    queue.add("seldom", "s")
    assert [queue.take() for _ in range(4)] == ["m1", "s", "m2", "m3"]


def test_a_queue_is_bounded_in_all_and_by_client() -> None:
    queue: FairQueue[int] = FairQueue(3, 2)
    queue.add("a", 1)
    queue.add("a", 2)
    with pytest.raises(QueueFull, match="2 of your requests"):
        queue.add("a", 3)
    queue.add("b", 4)
    with pytest.raises(QueueFull, match="3 requests are waiting"):
        queue.add("c", 5)
    assert queue.remove(1)
    assert not queue.remove(1)
    assert queue.take(lambda item: item > 2) == 4


async def test_a_reader_that_takes_nothing_is_dropped() -> None:
    dropped = []
    mailbox = Mailbox(3, lambda: dropped.append(True))
    for number in range(10):
        mailbox.put(QueuePlace(number, 10))
    assert dropped == [True]
    read = [await mailbox.next() for _ in range(4)]
    assert read == [*(QueuePlace(number, 10) for number in range(3)), None]


async def test_a_stream_that_was_not_read_ends_as_an_error() -> None:
    async with serving(unread=3) as server:
        asked = ApiRequest(SamplerSettings(steps=8, gen_length=8, block_length=8), Prompt(text="hi"))
        stream = await open_stream(server.host, asked, "slow")
        await server.until(lambda host: host.metrics.dropped == 1)
        with pytest.raises(RunFailed, match="The client did not read") as raised:
            async for _ in stream:
                pass
        assert raised.value.status == 503


async def _is_gone(server: TestServer) -> None:
    """Wait until nothing is at work, and check that it was cancelled."""
    await server.until(lambda host: host.at_work + host.waiting == 0)
    assert server.host.metrics.runs[CANCELLED] == 1


@pytest.mark.parametrize("stream", [True, False])
async def test_a_client_that_goes_away_frees_its_run(stream: bool) -> None:
    async with serving("paced") as server:
        task = asyncio.ensure_future(server.ask(stream=stream, gen_length=1000, steps=1000))
        await server.until(lambda host: host.has_begun)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await _is_gone(server)
        assert (await server.ask()).status_code == 200


async def test_who_waits_is_told_the_place_and_who_is_too_many_is_refused(tmp_path: Path) -> None:
    async with serving(f"waits:{tmp_path / 'go'}", queue=2, batch=1) as server:
        first = asyncio.ensure_future(server.ask(stream=True))
        await server.until(lambda host: host.at_work == 1)
        others = []
        for number in range(2):
            others.append(asyncio.ensure_future(server.ask(stream=True, seed=number)))
            await server.until(lambda host: host.waiting == len(others))
        refused = await server.ask()
        assert refused.status_code == 429
        assert refused.headers["retry-after"] == "5"
        (tmp_path / "go").touch()
        answers = [(await task).text for task in (first, *others)]
        assert ": 1 of 1 in the queue" in answers[1]
        assert ": 2 of 2 in the queue" in answers[2]
        assert ": 1 of 1 in the queue" in answers[2]
        assert all(parts(answer) for answer in answers)


async def test_a_run_has_a_time_limit() -> None:
    async with serving("stuck", seconds=2, cancel=0.1) as server:
        answer = await server.ask()
        assert answer.status_code == 200
        (choice,) = answer.json()["choices"]
        assert choice["message"]["content"].count("a") == 2
        assert choice["finish_reason"] == "length"


async def test_clients_of_ten_runs_hear_at_once_that_the_worker_was_killed() -> None:
    async with serving("paced") as server:
        fields = {"gen_length": 1000, "steps": 1000}
        async with server.held():
            tasks = [
                asyncio.ensure_future(server.ask(stream=number % 2 == 0, seed=number, **fields)) for number in range(9)
            ]
            tasks.append(asyncio.ensure_future(server.ask("/v1/runs", **fields)))
            await server.until(lambda host: host.waiting == 10)
        await server.until(lambda host: host.at_work == 10 and host.has_begun)
        os.kill(server.host.worker_pid, signal.SIGKILL)
        async with asyncio.timeout(20):  # a busy machine; a quiet one needs a twentieth of a second
            answers = [await task for task in tasks]
        whole, streamed, events = answers[1:9:2], answers[0:9:2], answers[9]
        words = "The worker was killed (SIGKILL)"
        assert [answer.status_code for answer in whole] == [500] * 4
        assert all(answer.json()["error"]["message"].startswith(words) for answer in whole)
        assert all(parts(answer.text)[-1]["error"]["message"].startswith(words) for answer in streamed)
        end = json.loads(events.text.splitlines()[-1])
        assert (end["reason"], end["message"].startswith(words)) == (FAILED, True)
        assert server.host.metrics.runs == {FINISHED: 0, CANCELLED: 1, FAILED: 10}
        assert (await server.ask()).status_code == 200


async def test_requests_that_wait_are_answered_by_the_next_worker(tmp_path: Path) -> None:
    async with serving(f"waits:{tmp_path / 'go'}", batch=1) as server:
        tasks = [asyncio.ensure_future(server.ask(seed=number)) for number in range(3)]
        await server.until(lambda host: host.at_work + host.waiting == 3 and host.has_begun)
        (tmp_path / "go").touch()
        os.kill(server.host.worker_pid, signal.SIGKILL)
        assert sorted([(await task).status_code for task in tasks]) == [200, 200, 500]
