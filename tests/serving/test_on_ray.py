"""``llada-tui serve --ray`` as a program, with two replicas of the embedded model; and Ray's own ``serve run``."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import psutil
import pytest
import yaml
from filelock import FileLock

from llada_tui import cli
from llada_tui.serving.relay import LOST
from llada_tui.trace.events import FINISHED, EndEvent
from llada_tui.worker.client import WorkerError
from llada_tui.worker.protocol import Load
from tests.cli.support import command, environment
from tests.worker.client_screen import Screen
from tests.worker.driver import ask

from .support import parts

pytestmark = pytest.mark.timeout(1800)
LONGEST = 600.0
"""Seconds that anything may take on a busy machine: there Ray needs minutes to start a replica."""
ATTEMPTS = 5
"""The most times that Ray is started: it gives up what has not started after 30 or 60 seconds, which cannot be
changed."""
PATIENT = {"RAY_SERVE_PROXY_READY_CHECK_TIMEOUT_S": "600", "RAY_SERVE_PROXY_HEALTH_CHECK_TIMEOUT_S": "600"}
"""Ray ends a proxy that does not answer for three times 5 seconds, also while it starts."""
LONG = {"prompt": "Once upon a time", "gen_length": 256, "block_length": 32, "steps": 256}


@dataclass
class OnRay:
    """A server at work."""

    url: str
    process: psutil.Process

    def replicas(self) -> list[psutil.Process]:
        """The processes of the replicas."""
        return [each for each in self.process.children(recursive=True) if "ray::ServeReplica" in _words(each)]

    def post(self, path: str, **fields: Any) -> httpx.Response:
        return httpx.post(f"{self.url}{path}", json=fields, timeout=LONGEST)


def _words(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.NoSuchProcess:
        return ""


def _end(process: subprocess.Popen[str]) -> None:
    """End it, and what it started, whatever happened."""
    with suppress(psutil.NoSuchProcess):
        for each in psutil.Process(process.pid).children(recursive=True):
            with suppress(psutil.NoSuchProcess):
                each.kill()
    process.kill()
    with suppress(ValueError):  # what it printed was read already
        process.communicate()


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No other test process has a cluster of Ray: two start too slowly on two cores."""
    with FileLock(tmp_path_factory.getbasetemp().parent / "ray.lock"):
        yield


@pytest.fixture(scope="module")
def server(alone: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OnRay]:
    home = tmp_path_factory.mktemp("home")
    words = command("serve", "--ray", "--replicas", "2", "--replica-gpus", "0", "--port", "0", "--model", "demo")
    environ = {**environment(), "HOME": str(home), "RAY_AUTH_MODE": "disabled"}
    line, errors = "", [""]
    while not line:
        assert len(errors) <= ATTEMPTS, errors[-1]
        process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environ)
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line:
            errors.append(process.communicate()[1])
    try:
        match = re.fullmatch(r"demo is served at (http://\S+); ctrl-C ends it.\n", line)
        assert match
        opened = OnRay(match[1], psutil.Process(process.pid))
        yield opened
        everything = opened.process.children(recursive=True)
        folders = {folder for each in everything for folder in re.findall(r"/tmp/llada-\w+", _words(each))}
        assert len(folders) == 1
        process.send_signal(signal.SIGINT)
        assert process.wait(LONGEST) in (0, 130)
        assert psutil.wait_procs(everything, timeout=LONGEST)[1] == []
        assert not any(map(os.path.exists, folders))
        assert list(home.iterdir()) == []
    finally:
        _end(process)


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/v1/models", timeout=LONGEST).status_code == 200
    except httpx.HTTPError:
        return False


@pytest.mark.slow
def test_ray_serves_it_by_its_own_command(alone: None, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = Path(os.path.realpath("/tmp")) / f"llada-{os.getpid()}"  # short: sockets lie in it
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    configuration = tmp_path_factory.mktemp("ray") / "serve.yaml"
    configuration.write_text(
        json.dumps(
            {
                "proxy_location": "HeadOnly",
                "http_options": {"host": "127.0.0.1", "port": port},
                "applications": [
                    {
                        "name": "llada-tui",
                        "route_prefix": "/",
                        "import_path": "llada_tui.serving.on_ray:app",
                        "args": {"model": "demo", "gpus": 0, "limits": {"canvas": 64}},
                    }
                ],
            }
        )
    )
    words = [sys.executable, "-m", "ray.serve.scripts", "run", str(configuration)]
    home = str(tmp_path_factory.mktemp("home"))
    environ = {**environment(), "HOME": home, "RAY_TMPDIR": str(folder), "RAY_USAGE_STATS_ENABLED": "0", **PATIENT}
    url, ready, printed = f"http://127.0.0.1:{port}", False, [""]
    try:
        while not ready:
            assert len(printed) <= ATTEMPTS, printed[-1]
            process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environ)
            while process.poll() is None and not (ready := _answers(url)):
                time.sleep(0.1)
            if not ready:
                printed.append(process.communicate()[0])
        asked = {"prompt": "Once upon a time", "gen_length": 16, "steps": 8}
        assert httpx.post(f"{url}/v1/completions", json=asked, timeout=LONGEST).json()["choices"][0]["text"]
        refused = httpx.post(f"{url}/v1/completions", json={**asked, "gen_length": 128}, timeout=LONGEST)
        assert "This server allows gen_length of 64 at most" in refused.json()["error"]["message"]
        process.send_signal(signal.SIGINT)
        process.wait(LONGEST)
    finally:
        _end(process)
        subprocess.run(["rm", "-rf", folder], check=True)


@pytest.mark.slow
def test_replicas_answer_alike_and_everything_is_served(server: OnRay) -> None:
    fields = {"prompt": "Once upon a time", "gen_length": 16, "steps": 8, "temperature": 0.8, "seed": 3}
    answers = {server.post("/v1/completions", **fields).json()["choices"][0]["text"] for _ in range(6)}
    assert len(answers) == 1
    streamed = parts(server.post("/v1/completions", **fields, stream=True).text)
    assert "".join(part["choices"][0]["text"] for part in streamed if part["choices"]) == answers.pop()
    *_, last = server.post("/v1/runs", **fields).text.splitlines()
    assert json.loads(last)["reason"] == FINISHED
    while "llada_tui_ready 2" not in httpx.get(f"{server.url}/metrics", timeout=LONGEST).text.splitlines():
        time.sleep(0.1)  # on a busy machine the replicas may not answer in time
    assert server.post("/v1/runs", promt="x").status_code == 400


@pytest.mark.slow
def test_ray_listens_to_this_machine_alone_and_asks_for_its_token(server: OnRay) -> None:
    programs = server.process.children(recursive=True)
    modes = {program.environ().get("RAY_AUTH_MODE") for program in programs}  # some have no environment, but a title
    assert modes - {None} == {"token"}
    (folder,) = {folder for each in programs for folder in re.findall(r"/tmp/llada-\w+", _words(each))}
    assert stat.S_IMODE(os.stat(folder).st_mode) == 0o700
    open_to_all = [
        program.pid
        for program in [server.process, *programs]
        for connection in program.net_connections("tcp")
        if connection.status == psutil.CONN_LISTEN and connection.laddr.ip.rpartition(":")[2] != "127.0.0.1"
    ]
    assert sorted(open_to_all) == sorted(replica.pid for replica in server.replicas())  # one each, with the token


@pytest.mark.slow
async def test_the_workers_protocol_is_spoken(server: OnRay) -> None:
    screen = Screen(server.url)
    await screen.client.load(Load("demo"))
    await screen.client.generate(ask("mine"))
    assert (await screen.until(EndEvent)).reason == FINISHED
    await screen.client.stop()


def _worker_seconds(replica: psutil.Process) -> float:
    """The seconds for which a replica's worker was at work on the processor."""
    times = [each.cpu_times() for each in replica.children(recursive=True)]
    return sum(each.user + each.system for each in times)


@dataclass(eq=False)
class Watcher:
    """The client of a streamed answer."""

    begun: asyncio.Event
    error_at: float | None = None
    text: str = ""

    async def watch(self, http: httpx.AsyncClient, seed: int) -> None:
        async with http.stream("POST", "/v1/completions", json={**LONG, "stream": True, "seed": seed}) as answer:
            async for piece in answer.aiter_text():
                self.begun.set()
                self.text += piece
                if '"error"' in self.text and self.error_at is None:
                    self.error_at = time.monotonic()


Watching = asyncio.Task[None]
Answering = asyncio.Task[httpx.Response]


async def _at_work(server: OnRay, http: httpx.AsyncClient) -> tuple[dict[Watcher, Watching], list[Answering]]:
    """Ten watchers, and four requests for a whole answer, at work on both replicas. Ray chooses the replica of
    a request, and on a busy machine it may choose one for all: then these end, and there are others."""
    while True:
        before = {replica: _worker_seconds(replica) for replica in server.replicas()}
        tasks = {}
        for number in range(10):
            watcher = Watcher(asyncio.Event())
            tasks[watcher] = asyncio.ensure_future(watcher.watch(http, number))
            await watcher.begun.wait()
        whole = [
            asyncio.ensure_future(http.post("/v1/completions", json={**LONG, "seed": number})) for number in range(4)
        ]
        shares = [0.0]
        while sum(shares) < 1:
            await asyncio.sleep(0.01)
            shares = [_worker_seconds(replica) - seconds for replica, seconds in before.items()]
        if min(shares) > 0.1 * sum(shares):
            return tasks, whole
        await asyncio.gather(*tasks.values(), *whole)


@pytest.mark.slow
async def test_a_replica_that_is_killed_is_heard_of_at_once_and_the_next_request_works(server: OnRay) -> None:
    async with httpx.AsyncClient(base_url=server.url, timeout=LONGEST) as http, asyncio.timeout(LONGEST):
        await _until_both_are_ready(http)
        tasks, whole = await _at_work(server, http)
        killed = time.monotonic()
        server.replicas()[0].kill()
        while all(watcher.error_at is None for watcher in tasks):
            await asyncio.sleep(0.001)
        answer = await http.post("/v1/completions", json={**LONG, "gen_length": 32, "steps": 8})
        assert answer.status_code == 200
        assert {answer.status_code for answer in await asyncio.gather(*whole)} == {200}  # nothing was sent of these
        await asyncio.gather(*tasks.values())
        heard = [(watcher.text, watcher.error_at - killed) for watcher in tasks if watcher.error_at is not None]
        assert 0 < len(heard) < 10
        for text, seconds in heard:
            assert seconds < 60, "on a busy machine: a quiet one takes 0.05"
            assert parts(text + "data: [DONE]\n\n" if "[DONE]" not in text else text)[-1]["error"]["message"] == LOST
        await _until_both_are_ready(http)


async def _until_both_are_ready(http: httpx.AsyncClient) -> None:
    while "llada_tui_ready 2" not in (await http.get("/metrics")).text.splitlines():
        await asyncio.sleep(0.1)


def test_the_configurations_of_the_page_can_be_deployed() -> None:
    from llada_tui.serving import on_ray  # here: others need not wait for Ray

    page = (Path(__file__).parents[2] / "docs" / "serving.md").read_text("utf-8")
    blocks = [yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)]
    configurations = [yaml.safe_load(block["spec"]["serveConfigV2"]) if "spec" in block else block for block in blocks]
    assert len(configurations) == 2
    for configuration in configurations:
        (application,) = configuration["applications"]
        assert application["import_path"] == "llada_tui.serving.on_ray:app"
        assert on_ray.app(application["args"]) is not None
    with pytest.raises(ValueError, match="unknown field `modle`"):
        on_ray.app({"modle": "demo"})


def test_ray_serve_that_does_not_start_is_told_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    from llada_tui.serving import ray_cluster  # here: others need not wait for Ray

    def busy(**_: object) -> None:
        raise TimeoutError("The controller was not there after 60s.\nTraceback: ...")

    monkeypatch.setenv("RAY_ADDRESS", "127.0.0.1:1")
    monkeypatch.setattr(ray_cluster.ray, "init", lambda **_: None)
    monkeypatch.setattr(ray_cluster.serve, "status", lambda: SimpleNamespace(applications={}, proxies={}))
    monkeypatch.setattr(ray_cluster.serve, "start", busy)
    with (
        pytest.raises(WorkerError, match=r"^Ray Serve cannot be started: The controller was not there after 60s\.$"),
        ray_cluster.ray_cluster(1, "llada-tui"),
    ):
        raise AssertionError("nothing was started")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--replicas", "2"], "--replicas, --max-replicas and --replica-gpus need --ray."),
        (["--ray", "--replicas", "0"], "--replicas must be a whole number from 1 to 1000, not 0."),
    ],
)
def test_options_of_replicas_that_cannot_be(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(["serve", *arguments]) == 2
    assert words in capsys.readouterr().err


def test_without_the_extra_it_says_how_to_install_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("llada_tui.cli.serve.find_spec", lambda name: None if name == "ray" else object())
    assert cli.run(["serve", "--ray"]) == 1
    assert 'pip install "llada-tui[serve,ray]"' in capsys.readouterr().err
