"""A served run is the local run, token for token: alone, in a batch with fifteen others, and when it leaves its batch
to be held, read, stepped and retuned."""

from __future__ import annotations

import asyncio
import shlex
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
import pytest_asyncio

from llada_tui.models.catalog import DEMO
from llada_tui.serving.run_request import Delivery, RunRequest
from llada_tui.settings.prompt import Message, Prompt
from llada_tui.settings.sampler_settings import SamplerSettings
from llada_tui.trace.events import EndEvent, PiecesEvent, RetuneEvent, StepEvent
from llada_tui.worker.protocol import Advance, Generate, Held, Hold, Release, Retune
from llada_tui.worker.reading_messages import Rank, Ranked, Read, Reading
from llada_tui.worker.run_control import RunControl

from .local_runs import LocalRuns, timeless, tokens_of
from .patient_worker import LENGTH, PASSES
from .support import TestServer, serving

pytestmark = pytest.mark.asyncio(loop_scope="module")
PATIENT_WORKER = shlex.join([sys.executable, str(Path(__file__).with_name("patient_worker.py"))])


@pytest.fixture(scope="module")
def local() -> LocalRuns:
    return LocalRuns(DEMO)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server() -> AsyncIterator[TestServer]:
    async with serving(DEMO, PATIENT_WORKER) as opened:
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


# With seed 2 one number lies between two tokens' edges, which the batch's rounding moves: see docs/serving.md.
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


class Asker:
    """A client that asks for a run, and holds it after a step."""

    def __init__(self, server: TestServer, command: Generate, hold_after: int | None = None) -> None:
        self.items: list[Any] = []
        self._server, self._hold_after = server, hold_after
        self.request = RunRequest("somebody", command, self._take)
        server.host.ask(self.request)

    def _take(self, item: Delivery) -> None:
        self.items.append(item)
        if isinstance(item, StepEvent) and item.index == self._hold_after:
            self._server.host.change(self.request, Hold(""))

    def all(self, kind: Any) -> list[Any]:
        return [item for item in self.items if isinstance(item, kind)]

    async def until(self, kind: Any, count: int = 1) -> Any:
        """The last item of a kind, when so many have come."""
        await self._server.until(lambda _: len(self.all(kind)) >= count or bool(self.all(EndEvent)))
        assert len(self.all(kind)) >= count, "the run ended before"
        return self.all(kind)[-1]

    async def ask(self, question: Read | Rank) -> Any:
        """The answer to a question about the last pass."""
        return await self._server.host.read(self.request, question)


def local_items(local: LocalRuns, command: Generate, read: Read, retune: Retune, retuned_at: int) -> list[Any]:
    """What a run of this process tells that is retuned before a step, and read two steps before that."""
    control, items, send = RunControl(), list[Any](), local.engine.replies.send

    def take(item: Any) -> None:
        items.append(item)
        if isinstance(item, StepEvent) and item.index == retuned_at - 3:
            control.take(read)
        if isinstance(item, StepEvent) and item.index == retuned_at - 1:
            control.take(retune)

    local.engine.replies.send = take
    local.engine.generate(command, control)
    local.engine.replies.send = send
    return items


def local_run(local: LocalRuns, command: Generate) -> list[Any]:
    """What a run of this process tells."""
    local.sent.clear()
    local.engine.generate(command, RunControl())
    return list(local.sent)


def tokens_read(reading: Reading) -> list[tuple[int, int]]:
    return [(choice.position, choice.token) for choice in reading.data.commits]


@pytest.mark.slow
@pytest.mark.parametrize(
    "changes",
    [
        {"remasking": "low_confidence", "cache": "prefix", "block_length": 32},
        {"remasking": "random", "cfg_scale": 1.0},
        {"remasking": "saber"},
        {"remasking": "wino", "logits_eos_inf": True},
        {"remasking": "margin", "cache": "dual", "block_length": 32},
        {"remasking": "random", "cache": "dllm_cache"},
    ],
    ids=lambda changes: " ".join(map(str, changes.values())),
)
async def test_a_run_that_leaves_its_batch_is_the_local_run(
    server: TestServer, local: LocalRuns, changes: dict[str, Any]
) -> None:
    fields: dict[str, Any] = {"gen_length": LENGTH, "steps": LENGTH, "block_length": LENGTH, "top_k": 2}
    settings = SamplerSettings(**{**fields, "temperature": 0.7, **changes})
    commands = [Generate("mine", settings.replace(seed=seed), Prompt(text="Once")) for seed in (0, 1)]
    async with server.held():
        left, stays = Asker(server, commands[0], hold_after=PASSES - 1), Asker(server, commands[1])
    assert (await left.until(Held)).held
    held_at = len(left.all(StepEvent))
    assert held_at in (PASSES, PASSES + 1)
    await stays.until(EndEvent)
    assert tokens_of(stays.items) == tokens_of(await asyncio.to_thread(local_run, local, commands[1]))

    read = Read(1, "mine", settings.replace(remasking="low_confidence", remasking_params={}, temperature=0.0))
    reading = await left.ask(read)
    first = reading.data.commits[0]
    ranked = await left.ask(Rank(2, "mine", first.position, first.token))
    assert isinstance(ranked, Ranked)
    assert ranked.rank <= 1 + settings.logits_eos_inf, "the end of text may be likelier, where it is banned"
    for _ in range(2):
        server.host.change(left.request, Advance(""))
    await left.until(StepEvent, held_at + 2)
    retune = Retune("mine", settings.replace(temperature=0.0))
    server.host.change(left.request, retune)
    assert (await left.until(RetuneEvent)).step == held_at + 2
    server.host.change(left.request, Release(""))
    end = await left.until(EndEvent)
    assert [held.held for held in left.all(Held)] == [True, False]

    items = await asyncio.to_thread(local_items, local, commands[0], read, retune, held_at + 2)
    (local_reading,) = [item for item in items if isinstance(item, Reading)]
    assert (reading.index, tokens_read(reading)) == (local_reading.index, tokens_read(local_reading))
    assert tokens_of(left.items) == tokens_of(items)
    assert (end.steps, end.forward_passes) == (items[-1].steps, items[-1].forward_passes)
