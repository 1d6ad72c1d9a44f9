"""Many clients of one server at once: steps a second, and the time to the first step, with batches and without.

    python benchmarks/serving_load.py [--clients 30] [--seconds 120] [--model demo]

Each client asks again as soon as it is answered (a closed loop). Prompts, seeds and numbers of steps differ.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import socket
import statistics
import time

import httpx
import psutil

from llada_tui.serving.limits import ServeLimits
from llada_tui.serving.model_host import ModelHost
from llada_tui.serving.run_server import server_of
from llada_tui.worker.protocol import Load

PROMPTS = ("What is 2 + 3?", "Tell me a story about a bear.", "Name three animals.", "hello")


async def client(http: httpx.AsyncClient, number: int, until: float, firsts: list[float], errors: list[str]) -> int:
    """One client; gives the number of runs that it got whole."""
    runs = 0
    while time.monotonic() < until:
        fields = {"messages": [{"role": "user", "content": PROMPTS[number % 4]}], "gen_length": 32, "block_length": 32}
        fields |= {"steps": (8, 16, 32)[runs % 3], "seed": number * 1000 + runs, "temperature": 0.5 * (number % 2)}
        asked, first, end = time.monotonic(), 0.0, ""
        async with http.stream("POST", "/v1/runs", json=fields) as answer:
            if answer.status_code != 200:
                errors.append((await answer.aread()).decode()[:200])
                continue
            async for line in answer.aiter_lines():
                if not first and line.startswith('{"event":"step"'):
                    first = time.monotonic() - asked
                elif line.startswith('{"event":"end"'):
                    end = json.loads(line)["reason"]
        if end == "finished":
            runs += 1
            firsts.append(first)
        else:
            errors.append(f"a run ended as {end or 'nothing'}")
    return runs


async def measure(model: str, clients: int, seconds: float, batch: int) -> None:
    """One row of the table."""
    host = ModelHost(None, Load(model), ServeLimits(batch=batch, queue=1000, queue_of_client=1000))
    await host.open()
    listener = socket.create_server(("127.0.0.1", 0))
    server = server_of(host)
    serving = asyncio.ensure_future(server.serve(sockets=[listener]))
    limits = httpx.Limits(max_connections=clients)
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    firsts: list[float] = []
    errors: list[str] = []
    async with httpx.AsyncClient(base_url=url, timeout=300, limits=limits) as http:
        warm = time.monotonic() + min(seconds / 4, 5)
        await asyncio.gather(*(client(http, number, warm, [], errors) for number in range(clients)))
        worker = psutil.Process(host.worker_pid)
        memory, steps, began = worker.memory_info().rss, host.metrics.steps, time.monotonic()
        until = began + seconds
        runs = await asyncio.gather(*(client(http, number, until, firsts, errors) for number in range(clients)))
        took = time.monotonic() - began
        grown = (worker.memory_info().rss - memory) / 1e6
    ordered = sorted(firsts)
    late = ordered[int(len(ordered) * 0.95)]
    rate = (host.metrics.steps - steps) / took
    print(
        f"batch {batch:>2}: {rate:.1f} steps/s, {sum(runs)} runs, {len(errors)} errors; "
        f"first step after {statistics.median(ordered):.2f} s (median), {late:.2f} s (95 %); "
        f"the worker grew by {grown:.0f} MB",
        flush=True,
    )
    server.should_exit = True
    await serving
    await host.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clients", type=int, default=30)
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--model", default="demo")
    arguments = parser.parse_args()
    load = psutil.getloadavg()[0]
    print(f"{arguments.clients} clients, {arguments.seconds:g} s each, {arguments.model}; load before {load:.1f}")
    for batch in (1, 16):
        asyncio.run(measure(arguments.model, arguments.clients, arguments.seconds, batch))


if __name__ == "__main__":
    main()
