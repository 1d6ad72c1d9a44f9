"""Several replicas behind one address: what they answer, and what clients hear when one ends. They are in this process:
tests/serving/test_on_ray.py has those of Ray."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager

import httpx
import pytest

from llada_tui.server_address import SHARED_PATH
from llada_tui.serving.access import Gate, Message, Scope
from llada_tui.serving.limits import ServeLimits
from llada_tui.serving.listening import http_server
from llada_tui.serving.metrics import Metrics
from llada_tui.serving.model_host import ModelHost
from llada_tui.serving.relay import LOST, Relay, ReplicaLost
from llada_tui.serving.replica import Replica
from llada_tui.trace.events import CANCELLED, FINISHED, EndEvent, RunEvent, StepEvent
from llada_tui.worker.client import WorkerDied
from llada_tui.worker.protocol import Load, Loaded
from tests.worker.client_screen import Screen
from tests.worker.driver import ask

from .support import ASKED, FAKE, PATIENCE, parts


class NearReplicas:
    """Replicas in this process, which take turns. One that is lost ends what it answers."""

    def __init__(self, hosts: Sequence[ModelHost]) -> None:
        self.hosts = hosts
        self._replicas = [Replica(host) for host in hosts]
        self._lost = [asyncio.Event() for _ in hosts]
        self.asked = 0
        """Answers that were begun."""

    def lose(self, number: int) -> None:
        self._lost[number].set()

    async def answer(self, scope: Scope, body: bytes, name: str) -> AsyncGenerator[list[Message], None]:
        number = self.asked % len(self._replicas)
        self.asked += 1
        lost = asyncio.ensure_future(self._lost[number].wait())
        async with aclosing(self._replicas[number].answer(scope, body, name)) as batches:
            while True:
                batch = asyncio.ensure_future(anext(batches, None))
                try:
                    await asyncio.wait({batch, lost}, return_when=asyncio.FIRST_COMPLETED)
                    if lost.done():
                        raise ReplicaLost
                    if (messages := await batch) is None:
                        return
                finally:
                    batch.cancel()
                    await asyncio.gather(batch, return_exceptions=True)
                yield messages

    async def tell(self, name: str, message: Message) -> None:
        for replica in self._replicas:
            await replica.take(name, message)

    async def counts(self) -> Sequence[Metrics]:
        return [await replica.counts() for replica in self._replicas]

    async def until(self, at_work: int) -> None:
        """Wait until so many requests are at work, all of which have begun."""
        async with asyncio.timeout(PATIENCE):
            while sum(host.at_work for host in self.hosts) != at_work or not all(
                host.has_begun for host in self.hosts if host.at_work
            ):
                await asyncio.sleep(0.005)


class Front:
    """An address with replicas behind it, and a client of it."""

    def __init__(self, replicas: NearReplicas, http: httpx.AsyncClient, url: str) -> None:
        self.replicas, self.http, self.url = replicas, http, url

    async def ask(self, path: str = "/v1/chat/completions", **fields: object) -> httpx.Response:
        return await self.http.post(path, json={**ASKED, **fields})


@asynccontextmanager
async def front(model: str = "paced") -> AsyncIterator[Front]:
    limits = ServeLimits(body=10_000)
    hosts = [ModelHost(FAKE, Load(model), limits) for _ in range(2)]
    await asyncio.gather(*(host.open() for host in hosts))
    replicas = NearReplicas(hosts)
    listener = socket.create_server(("127.0.0.1", 0))
    server = http_server(Gate(Relay(replicas, limits, model), None, (), limits.patience), limits)
    serving = asyncio.ensure_future(server.serve(sockets=[listener]))
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    try:
        async with httpx.AsyncClient(base_url=url, timeout=PATIENCE) as http:
            yield Front(replicas, http, url)
    finally:
        server.should_exit = True
        await serving
        listener.close()
        await asyncio.gather(*(host.close() for host in hosts))


async def test_replicas_answer_as_one_server_does() -> None:
    async with front() as opened:
        answers = await asyncio.gather(*(opened.ask(seed=number) for number in range(4)))
        assert {answer.json()["choices"][0]["message"]["content"] for answer in answers} == {"a" * 8}
        streamed = parts((await opened.ask(stream=True, stream_options={"include_steps": True})).text)
        assert sum(part.get("event", {}).get("event") == "step" for part in streamed) == 8
        lines = [json.loads(line) for line in (await opened.ask("/v1/runs")).text.splitlines()]
        assert lines[-1]["reason"] == FINISHED
        assert [host.metrics.runs[FINISHED] for host in opened.replicas.hosts] == [3, 3]
        counts = (await opened.http.get("/metrics")).text.splitlines()
        assert 'llada_tui_runs_total{reason="finished"} 6' in counts
        assert "llada_tui_ready 2" in counts
        assert (await opened.http.get("/v1/models")).json()["data"][0]["id"] == "paced"
        assert (await opened.http.get(SHARED_PATH)).json()["model"] == "paced"
        assert (await opened.ask(steps="many")).status_code == 400
        assert (await opened.http.post("/v1/runs", content=b"x" * 20_000)).status_code == 413
        assert (await opened.http.get("/nowhere")).status_code == 404


@pytest.mark.parametrize("stream", [True, False])
async def test_a_client_that_goes_away_frees_its_run(stream: bool) -> None:
    async with front() as opened:
        task = asyncio.ensure_future(opened.ask(stream=stream, gen_length=1000, steps=1000))
        await opened.replicas.until(1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await opened.replicas.until(0)
        assert opened.replicas.hosts[0].metrics.runs[CANCELLED] == 1


async def test_a_client_of_the_workers_protocol_that_goes_away_frees_its_run() -> None:
    async with front() as opened:
        screen = Screen(opened.url)
        await screen.client.load(Load("paced"))
        await screen.client.generate(ask("mine", hold=True))
        await screen.until(RunEvent)
        screen.client.kill()
        await opened.replicas.until(0)
        assert opened.replicas.hosts[0].metrics.runs[CANCELLED] == 1


async def test_a_request_of_which_nothing_was_sent_goes_to_another_replica() -> None:
    async with front() as opened:
        whole = asyncio.ensure_future(opened.ask(gen_length=1000, steps=1000))
        await opened.replicas.until(1)
        opened.replicas.lose(0)
        assert (await whole).json()["choices"][0]["message"]["content"] == "a" * 1000
        assert opened.replicas.asked == 2
        assert [host.metrics.runs for host in opened.replicas.hosts] == [
            {FINISHED: 0, CANCELLED: 1, "failed": 0},
            {FINISHED: 1, CANCELLED: 0, "failed": 0},
        ]


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/runs"])
async def test_a_client_that_was_sent_something_hears_that_its_replica_ended(path: str) -> None:
    async with front() as opened:
        fields = {**ASKED, "gen_length": 1000, "steps": 1000, "stream": path != "/v1/runs"}
        async with opened.http.stream("POST", path, json=fields) as answer:
            text = ""
            async for piece in answer.aiter_text():
                text += piece
                opened.replicas.lose(0)
        if path == "/v1/runs":
            assert json.loads(text.splitlines()[-1]) == {"error": LOST}
        else:
            assert parts(text)[-1]["error"]["message"] == LOST
        assert opened.replicas.asked == 1
        assert (await opened.ask()).status_code == 200


async def test_where_every_replica_ends_it_is_said() -> None:
    async with front() as opened:
        for number in range(2):
            opened.replicas.lose(number)
        answer = await opened.ask()
        assert (answer.status_code, answer.json()["error"]["message"]) == (503, LOST)


async def test_the_workers_protocol_goes_to_one_replica_and_its_end_is_heard() -> None:
    async with front() as opened:
        screen = Screen(opened.url)
        await screen.client.load(Load("paced"))
        await screen.until(Loaded)
        await screen.client.generate(ask("first"))
        assert (await screen.until(EndEvent)).reason == FINISHED
        await screen.client.generate(ask("second", hold=True))
        await screen.until(RunEvent, run="second")
        opened.replicas.lose(0)
        assert (await screen.until(WorkerDied)).message == f"The worker ended with exit code 1: {LOST}"
        await screen.client.generate(ask("third"))  # connects again
        assert (await screen.until(EndEvent, run="third")).reason == FINISHED
        assert len([step for step in screen.all(StepEvent) if step.run == "third"]) == 12
        await screen.client.stop()
