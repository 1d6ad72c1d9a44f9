"""Many clients of one server at once: steps a second and the time to the first step, for one request at a time, for
batches, and for two replicas on Ray.

    python benchmarks/serving_load.py [--clients 30] [--seconds 120] [--rounds 2] [--model demo]

Each client asks again as soon as it is answered (a closed loop). Prompts, seeds and numbers of steps differ. The three
servers take turns, so many rounds, for so many seconds each in all. It ends with exit code 1 where a run is lost or
fails, or where the memory of a server's processes grows by more than `GROWTH`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

import httpx
import psutil

PROMPTS = ("What is 2 + 3?", "Tell me a story about a bear.", "Name three animals.", "hello")
STEPS = (8, 16, 32)
GROWTH = 0.05
"""The part by which memory may grow, from the second quarter of the measured time to the last."""
SERVERS = {
    "one at a time": ["--max-batch", "1"],
    "batches of up to 32": ["--max-batch", "32"],
    "two replicas on Ray, batches of up to 32": ["--max-batch", "32", "--ray", "--replicas", "2"],
}


@dataclass
class Measured:
    """The measurements of one server."""

    name: str
    url: str
    process: psutil.Process
    steps: int = 0
    seconds: float = 0.0
    asked: int = 0
    finished: int = 0
    firsts: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)
    """Bytes of all its processes together, each second."""

    async def client(self, http: httpx.AsyncClient, number: int, until: float) -> None:
        """One client, until it is answered after that time. Steps that come later are not counted."""
        while time.monotonic() < until:
            steps = STEPS[(self.asked + number) % 3]
            fields = {"messages": [{"role": "user", "content": PROMPTS[number % 4]}], "gen_length": 32, "steps": steps}
            fields |= {"block_length": 32, "seed": self.asked, "temperature": 0.5 * (number % 2)}
            self.asked += 1
            asked, first, indices, end = time.monotonic(), 0.0, [], ""
            try:
                async with http.stream("POST", "/v1/runs", json=fields) as answer:
                    async for line in answer.aiter_lines():
                        event = json.loads(line)
                        end = event.get("reason") or str(event.get("error") or "")
                        if event.get("event") == "step":
                            indices.append(event["index"])
                            first = first or time.monotonic() - asked
                            self.steps += time.monotonic() < until
            except httpx.HTTPError as error:
                end = repr(error)
            if end != "finished" or indices != list(range(steps)):
                self.errors.append(f"a run of {steps} steps came to {len(indices)} and ended as {end or 'nothing'!r}")
            else:
                self.finished += 1
                self.firsts.append(first)

    async def watch_memory(self) -> None:
        """Note the memory each second."""
        while True:
            await asyncio.sleep(1)
            total = 0
            for process in [self.process, *self.process.children(recursive=True)]:
                try:
                    total += process.memory_info().rss
                except psutil.NoSuchProcess:
                    continue
            self.memory.append(total)

    async def load(self, clients: int, seconds: float) -> None:
        """Ask, with so many clients."""
        limits = httpx.Limits(max_connections=clients)
        async with httpx.AsyncClient(base_url=self.url, timeout=300, limits=limits) as http:
            watching = asyncio.ensure_future(self.watch_memory())
            began = time.monotonic()
            await asyncio.gather(*(self.client(http, number, began + seconds) for number in range(clients)))
            self.seconds += seconds
            watching.cancel()

    async def lost(self) -> list[str]:
        """The runs that the server and its clients count differently."""
        async with httpx.AsyncClient(base_url=self.url, timeout=60) as http:
            lines = (await http.get("/metrics")).text.splitlines()
        counts = dict(line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
        pairs = {"llada_tui_requests_total": self.asked, 'llada_tui_runs_total{reason="finished"}': self.finished}
        return [
            f"{name} is {counts[name]}, the clients counted {count}"
            for name, count in pairs.items()
            if float(counts[name]) != count
        ]

    @property
    def growth(self) -> float:
        """The part by which the memory grew."""
        quarter = max(1, len(self.memory) // 4)
        before, after = statistics.mean(self.memory[quarter : 2 * quarter] or self.memory), self.memory[-quarter:]
        return statistics.mean(after) / before - 1

    def row(self) -> str:
        """Its row of the table."""
        firsts = sorted(self.firsts)
        late = firsts[int(len(firsts) * 0.95)]
        megabytes = statistics.mean(self.memory) / 1e6
        return (
            f"| {self.name} | {self.steps / self.seconds:.1f} | {statistics.median(firsts):.2f} s | {late:.2f} s | "
            f"{self.finished} | {len(self.errors)} | {megabytes:.0f} MB, {self.growth:+.1%} |"
        )


@contextmanager
def served(name: str, options: list[str], model: str) -> Iterator[Measured]:
    """A server, as the program serves it."""
    words = [sys.executable, "-m", "llada_tui", "serve", "--port", "0", "--model", model, "--max-queue", "1000"]
    process = subprocess.Popen([*words, *options], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        match = re.search(r"http://\S+(?=;)", process.stdout.readline())
        if match is None:
            raise SystemExit(f"{name}: the server did not start.")
        yield Measured(name, match[0], psutil.Process(process.pid))
    finally:
        process.send_signal(signal.SIGINT)
        process.wait()


async def measure(servers: list[Measured], clients: int, seconds: float, rounds: int) -> list[str]:
    """Have them take turns. Gives what is wrong."""
    wrong = []
    for number in range(rounds):
        for server in servers if number % 2 == 0 else reversed(servers):
            await server.load(clients, seconds / rounds)
    for server in servers:
        wrong += [f"{server.name}: {words}" for words in (*dict.fromkeys(server.errors), *await server.lost())]
        if server.growth > GROWTH:
            wrong.append(f"{server.name}: the memory grew by {server.growth:.1%}")
    return wrong


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clients", type=int, default=30)
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--model", default="demo")
    arguments = parser.parse_args()
    load = psutil.getloadavg()[0]
    print(
        f"{arguments.clients} clients, {arguments.seconds:g} s for each server in {arguments.rounds} rounds, "
        f"{arguments.model}; load before {load:.1f}\n"
    )
    with ExitStack() as stack:
        servers = [stack.enter_context(served(name, options, arguments.model)) for name, options in SERVERS.items()]
        wrong = asyncio.run(measure(servers, arguments.clients, arguments.seconds, arguments.rounds))
        print("| | steps/s | first step, median | first step, 95 % | runs | errors | memory, and its growth |")
        print("| --- | --- | --- | --- | --- | --- | --- |")
        for server in servers:
            print(server.row())
    print(*wrong, sep="\n")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
