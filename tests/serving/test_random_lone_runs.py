"""Many runs in batches, each held, stepped, retuned, let go or cancelled by chance: each has one unbroken story."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from llada_tui.serving.run_request import QueuePlace, RunRequest
from llada_tui.settings.prompt import Prompt
from llada_tui.trace.events import CANCELLED, FAILED, FINISHED, EndEvent, RetuneEvent, RunEvent, StepEvent
from llada_tui.worker.protocol import Advance, Failure, Generate, Held, Hold, Release, Retune
from llada_tui.worker.reading_messages import Rank
from tests.worker.driver import short

from .support import TestServer, serving

LENGTH = 60
_COMMANDS = ("hold", "release", "advance", "retune", "read", "cancel")
_WEIGHTS = (3, 4, 6, 2, 2, 0.3)


class RestlessClient:
    """A client that asks for a run, and for something of it by chance."""

    def __init__(self, server: TestServer, random: Random, name: str) -> None:
        self.items: list[Any] = []
        self.end: EndEvent | None = None
        self._is_held = self._is_cancelled = False
        self._server, self._random = server, random
        self.settings = short(steps=LENGTH, gen_length=LENGTH, block_length=LENGTH, seed=random.randrange(100))
        self.request = RunRequest(name, Generate(name, self.settings, Prompt(text="hi")), self._take)
        server.host.ask(self.request)

    def _take(self, item: Any) -> None:
        self.items.append(item)
        if isinstance(item, EndEvent):
            self.end = item
        elif isinstance(item, Held):
            self._is_held = item.held

    @property
    def rests(self) -> bool:
        """Whether nothing is to come of itself: it has ended, or is held."""
        return self.end is not None or self._is_held

    async def fidget(self) -> None:
        """Ask for something."""
        host, request = self._server.host, self.request
        if self.end is not None or not any(isinstance(item, RunEvent) for item in self.items):
            return
        match self._random.choices(_COMMANDS, _WEIGHTS)[0]:
            case "hold":
                host.change(request, Hold(""))
            case "release":
                host.change(request, Release(""))
            case "advance":
                host.change(request, Advance(""))
            case "retune":
                warmer = self.settings.replace(temperature=float(self._random.randrange(3)))
                host.change(request, Retune("", warmer))
            case "read":
                answer = await host.read(request, Rank(1, request.asked_runs[0], 0, 97))
                assert answer is None or isinstance(answer, Failure), "this model keeps no pass"
            case _:
                self._is_cancelled = True
                host.cancel(request)

    def check(self) -> None:
        """Check that what was told is one run."""
        begin, *_, end = [item for item in self.items if isinstance(item, RunEvent | StepEvent | EndEvent)]
        assert isinstance(begin, RunEvent)
        assert isinstance(end, EndEvent)
        assert self.items[-1] is end, "nothing comes after it"
        assert not [item for item in self.items if isinstance(item, Failure)]
        assert [type(item) for item in self.items].count(EndEvent) == 1
        steps = [item for item in self.items if isinstance(item, StepEvent)]
        assert [step.index for step in steps] == list(range(len(steps)))
        assert (end.steps, end.forward_passes, end.run) == (len(steps), len(steps), begin.run)
        assert end.reason == FINISHED or (self._is_cancelled and end.reason == CANCELLED)
        assert end.reason == CANCELLED or len(steps) == LENGTH
        retunes = {item.step: item.settings for item in self.items if isinstance(item, RetuneEvent)}
        now, letters = self.settings, ""
        for step in steps:
            now = retunes.get(step.index, now)
            assert chr(step.commits[0].token) == "abc"[int(now.temperature)]
            places = sorted(choice.position for choice in (*step.commits, *step.predictions))
            chosen = Random(f"{now.seed} {step.index}").choice(places)
            assert step.commits[0].position == chosen, "as the model draws it by the seed and the step"
            letters += chr(step.commits[0].token)
        assert sorted(end.text) == sorted(letters)
        if self.request.lone is not None:
            is_held = is_told_place = False
            for item in self.items:
                if isinstance(item, Held):
                    assert item.held != is_held or (is_held and is_told_place), "held and let go in turns"
                    is_held = item.held
                is_told_place = isinstance(item, QueuePlace) or (is_told_place and not isinstance(item, Held))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
async def test_runs_of_restless_clients_are_each_one_run(seed: int) -> None:
    random = Random(seed)
    async with serving("paced", hold=0.05, batch=5) as server:
        clients: list[RestlessClient] = []
        # How many runs leave their batch depends on the machine's pace.
        while len(clients) < 24 or sum(client.request.lone is not None for client in clients) < 5:
            assert len(clients) < 300
            clients.append(RestlessClient(server, random, f"client {len(clients)}"))
            await server.until(lambda host: host.waiting < 8)
            for client in random.sample(clients, min(3, len(clients))):
                await client.fidget()
        for _ in range(20):
            steps = server.host.metrics.steps
            for client in clients:
                await client.fidget()
            await server.until(
                lambda host, steps=steps: host.metrics.steps > steps or all(client.rests for client in clients)
            )
        for client in clients:
            server.host.change(client.request, Release(""))
        await server.until(lambda _: all(client.end is not None for client in clients))
        for client in clients:
            client.check()
        await server.until(lambda host: host.at_work + host.waiting == 0)
        runs = server.host.metrics.runs
        assert (sum(runs.values()), runs[FAILED]) == (len(clients), 0)
