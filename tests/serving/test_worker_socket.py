"""``--worker http://...``: a server as the worker of the program's own client and commands."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from llada_tui.server_address import TOKEN_VARIABLE, WORKER_PATH, is_server_address, split_token
from llada_tui.settings.prompt import Prompt
from llada_tui.settings.sampler_settings import SamplerSettings
from llada_tui.trace.events import (
    CANCELLED,
    FAILED,
    FINISHED,
    EndEvent,
    InterveneEvent,
    PiecesEvent,
    RetuneEvent,
    RunEvent,
    StepEvent,
)
from llada_tui.trace.resume import EarlierStep, EarlierSteps, Resume, RunPoint
from llada_tui.worker.client import WorkerError
from llada_tui.worker.codec import encode
from llada_tui.worker.job_messages import Quantize
from llada_tui.worker.protocol import (
    Advance,
    Compare,
    Count,
    Counted,
    Encode,
    Encoded,
    Failure,
    Generate,
    Held,
    Hello,
    Hold,
    Influence,
    Influences,
    Load,
    Loaded,
    Progress,
    Release,
    Retune,
)
from llada_tui.worker.reading_messages import Rank, Read
from tests.cli.support import command, environment
from tests.worker.client_screen import Screen
from tests.worker.driver import ask, short

from .support import PATIENCE, TestServer, serving

pytestmark = pytest.mark.asyncio(loop_scope="module")
LONG = {"length": 1000}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server() -> AsyncIterator[TestServer]:
    async with serving("paced") as opened:
        yield opened


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def screen(server: TestServer) -> AsyncIterator[Screen]:
    """A client whose worker is the server."""
    opened = Screen(server.url)
    await opened.client.load(Load("paced"))
    await opened.until(Loaded)
    yield opened
    await opened.client.stop()


async def test_a_run_goes_from_its_beginning_to_its_end(screen: Screen) -> None:
    await screen.client.generate(ask("mine"))
    start = await screen.until(RunEvent)
    assert (start.run, start.model.id, start.prompt_ids) == ("mine", "paced", list(b"hi"))
    end = await screen.until(EndEvent)
    assert (end.run, end.reason, end.text, end.steps) == ("mine", FINISHED, "a" * 12, 12)
    spelled = {token for event in screen.all(PiecesEvent) for token in event.pieces}
    assert all(step.token_ids() <= spelled for step in screen.all(StepEvent))


async def test_a_run_is_held_stepped_retuned_and_cancelled(screen: Screen) -> None:
    await screen.client.generate(ask("long", hold=True, **LONG))
    assert (await screen.until(Held)).held
    await screen.client.send(Advance("long"))
    assert (await screen.until(StepEvent)).index == 0
    settings = short(steps=1000, gen_length=1000, temperature=1.0)
    await screen.client.send(Retune("long", settings))
    assert (await screen.until(RetuneEvent)).settings == settings
    await screen.client.send(Release("long"))
    assert not (await screen.until(Held)).held
    step = await screen.until(StepEvent, index=2)
    assert step.commits[0].token == ord("b")
    await screen.client.send(Hold("long"))
    assert (await screen.until(Held)).held
    await screen.client.cancel("long")
    assert (await screen.until(EndEvent)).reason == CANCELLED


async def test_a_branch_goes_on_from_a_step(screen: Screen) -> None:
    canvas = [ord("x"), *[256] * 11]
    resume = Resume(canvas=canvas, step=1, changes=[(3, ord("y"))])
    await screen.client.generate(ask("branch", canvas=canvas, step=1, changes=[(3, ord("y"))], parent="mine"))
    start = await screen.until(RunEvent)
    assert (start.parent, start.step, start.canvas) == ("mine", 1, resume.canvas)
    assert (await screen.until(InterveneEvent)).tokens == [(3, ord("y"))]
    assert (await screen.until(EndEvent)).text.startswith("xaay")


@pytest.mark.parametrize("order", ["turns", "batched", "apart"])
async def test_lanes_are_compared(screen: Screen, order: Any) -> None:
    lanes = [ask("one", settings=short()), ask("two", settings=short(temperature=1.0))]
    await screen.client.generate(Compare(lanes, order))
    ends = {end.run: end.text for end in (await screen.until(EndEvent), await screen.until(EndEvent))}
    assert ends == {"one": "a" * 12, "two": "b" * 12}


async def test_questions_are_answered_while_a_run_is_held(screen: Screen) -> None:
    await screen.client.generate(ask("held", hold=True))
    await screen.until(Held)
    await screen.client.send(Count(Prompt(text="four")))
    assert (await screen.until(Counted)).tokens == 4
    await screen.client.send(Encode("zz"))
    assert (await screen.until(Encoded)).tokens == list(b"zz")
    await screen.client.send(Influence(3, list(b"hi"), [256] * 4, 1, ord("h")))
    assert (await screen.until(Influences)).asked == 3
    await screen.client.cancel("held")
    await screen.until(EndEvent)


async def test_questions_about_a_pass_are_about_ones_own_run(screen: Screen) -> None:
    await screen.client.generate(ask("asked", hold=True))
    await screen.until(Held)
    await screen.client.send(Rank(1, "asked", 0, 97))
    failure = await screen.until(Failure, command="rank")
    assert (failure.run, failure.message) == (
        "asked",
        "No step was made yet, so that there is no pass to read: make one.",
    )
    await screen.client.send(Read(2, "another", short()))
    assert (await screen.until(Failure, command="read")).message == "This run is not at work."
    await screen.client.cancel("asked")
    await screen.until(EndEvent)


async def test_a_run_is_not_held_for_ever_where_others_wait() -> None:
    async with serving("paced", hold=0.1) as server:
        screen = Screen(server.url)
        await screen.client.load(Load("paced"))
        await screen.client.generate(ask("held", hold=True))
        assert (await screen.until(Held)).held
        answer = await server.ask()
        assert answer.status_code == 200
        assert not (await screen.until(Held)).held
        assert (await screen.until(EndEvent)).reason == FINISHED
        await screen.client.stop()


async def test_what_would_change_the_server_is_refused(screen: Screen, tmp_path: Path) -> None:
    await screen.client.load(Load("other"))
    failure = await screen.until(Failure)
    assert failure.message == "This server has the model paced alone: choose it with --model."
    await screen.client.send(Quantize("copy", "paced", str(tmp_path / "copy"), "nf4"))
    assert (await screen.until(Failure)).run == "copy"
    assert not (tmp_path / "copy").exists()
    await screen.client.generate(ask("large", settings=SamplerSettings(steps=2000, gen_length=2000)))
    assert (await screen.until(Failure)).message == "This server allows gen_length of 1024 at most, not 2000."
    earlier = EarlierSteps(RunPoint(), [EarlierStep()] * 2050)
    await screen.client.generate(Generate("long", SamplerSettings(), resume=Resume(earlier=earlier)))
    assert (await screen.until(Failure)).message == "This server allows steps of 1024 at most, not 1025."
    await screen.client.generate(Generate("holes", SamplerSettings(), Prompt(template="a{mask:2000}")))
    assert (await screen.until(Failure)).message == "A canvas of 1024 tokens at most is allowed here, not 2001."
    await screen.client.generate(ask("again"))
    await screen.until(EndEvent, run="again")


async def test_a_canvas_grows_to_no_more_than_the_server_allows(screen: Screen) -> None:
    settings = ask("grows").settings.replace(length="append")
    await screen.client.generate(ask("grows", settings=settings, hold=True))
    start = await screen.until(RunEvent, run="grows")
    assert start.settings == settings.replace(length_params={"max_gen_length": 1024})
    await screen.client.send(Retune("grows", settings.replace(temperature=0.5)))
    assert (await screen.until(RetuneEvent, run="grows")).settings == start.settings.replace(temperature=0.5)
    await screen.client.send(Release("grows"))
    await screen.until(EndEvent, run="grows")


async def test_who_waits_is_told_the_place_and_sees_nothing_of_others(server: TestServer, screen: Screen) -> None:
    await screen.client.generate(ask("first", hold=True))
    await screen.until(Held)
    other = Screen(server.url)
    try:
        await other.client.load(Load("paced"))
        await other.until(Loaded)
        await other.client.generate(ask("second", text="secret"))
        place = await other.until(Progress)
        assert (place.stage, place.done, place.total) == ("queue", 1, 1)
        await screen.client.cancel("first")
        await other.until(EndEvent)
        assert {event.run for event in other.all(RunEvent)} == {"second"}
        assert b"secret" not in repr(screen.items).encode()
    finally:
        await other.client.stop()


async def test_a_client_that_goes_away_leaves_nothing_at_work(server: TestServer) -> None:
    other = Screen(server.url)
    await other.client.load(Load("paced"))
    await other.client.generate(ask("left", **LONG))
    await other.until(StepEvent)
    other.client.kill()
    await server.until(lambda host: host.at_work == 0)


@pytest.mark.parametrize(
    "arguments",
    [
        ("generate", "hi", "--gen-length", "8", "--steps", "8"),
        pytest.param(
            ("compare", "hi", "--gen-length", "8", "--steps", "8", "--seeds", "1,2", "--mc-num", "2"),
            marks=pytest.mark.slow,
        ),
        pytest.param(("score", "hi", "there", "--mc-num", "4"), marks=pytest.mark.slow),
    ],
)
async def test_commands_reach_the_model_through_the_server(server: TestServer, arguments: tuple[str, ...]) -> None:
    words = command(*arguments, "--model", "paced", "--worker", server.url)
    process = await asyncio.create_subprocess_exec(
        *words, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, env=environment()
    )
    out, err = await asyncio.wait_for(process.communicate(), PATIENCE)
    assert process.returncode == 0, err.decode()
    assert out.strip()


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("http://127.0.0.1:1", "No llada-tui serve answers at 127.0.0.1:1."),
        ("http://", "This is no address of a server"),
        ("http://127.0.0.1:x", "This is no address of a server"),
        ("{}/nothing", "or is no llada-tui serve."),
    ],
)
async def test_a_server_that_cannot_be_used_is_a_sentence(server: TestServer, address: str, words: str) -> None:
    other = Screen(address.format(server.url))
    with pytest.raises(WorkerError) as raised:
        await other.client.start()
    assert words in str(raised.value)


async def test_a_token_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    async with serving(token="secret") as server:
        with pytest.raises(InvalidStatus, match="401"):
            await connect(server.url.replace("http", "ws") + WORKER_PATH)
        other = Screen(server.url)
        with pytest.raises(WorkerError, match="needs its token: set LLADA_TUI_TOKEN"):
            await other.client.start()
        monkeypatch.setenv(TOKEN_VARIABLE, "secret")
        other = Screen(server.url)
        await other.client.start()
        assert isinstance(other.items[0], Hello)
        await other.client.stop()


async def test_the_token_in_an_address_is_seen_in_no_argument_and_no_error() -> None:
    async with serving(token="s3cret") as server:
        other = Screen(f"{server.url}?token=s3cret")
        await other.client.start()
        (hello,) = other.items
        assert isinstance(hello, Hello)
        assert other.client.command[-1] == server.url
        await other.client.stop()
    other = Screen(f"{server.url}?token=s3cret", start_timeout=0.001)
    with pytest.raises(WorkerError) as raised:
        await other.client.start()
    assert "did not answer as a worker" in str(raised.value)
    assert "s3cret" not in str(raised.value)


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("http://box:8000", ("http://box:8000", "")),
        ("http://box:8000?token=a%2Bb", ("http://box:8000", "a+b")),
        ("http://box/x?a=1&token=b&c", ("http://box/x?a=1&c", "b")),
        ("http://[?token=b", ("http://[", "b")),
    ],
)
async def test_the_token_of_an_address(address: str, expected: tuple[str, str]) -> None:
    assert split_token(address) == expected


async def test_a_server_that_ends_is_told_in_words() -> None:
    async with serving("paced") as server:
        other = Screen(server.url)
        await other.client.load(Load("paced"))
        await other.client.generate(ask("cut", **LONG))
        await other.until(StepEvent)
    end = await other.until(EndEvent)
    assert end.reason == FAILED
    assert end.message
    await other.client.stop()


async def test_a_client_that_does_not_read_is_dropped() -> None:
    async with (
        serving("fake", unread=20, canvas=2000) as server,
        connect(server.url.replace("http", "ws") + WORKER_PATH, max_queue=1, close_timeout=0.1) as socket,
    ):
        await socket.recv()
        # 36 MB: the buffers of both ends take about 10
        settings = short(steps=2000, gen_length=2000, block_length=2000, top_k=0)
        await socket.send(encode(ask("large", settings=settings)).decode())
        await server.until(lambda host: host.metrics.dropped == 1)
        await server.until(lambda host: host.at_work == 0)
        assert server.host.metrics.runs[CANCELLED] == 1


async def test_an_address_is_told_from_a_command() -> None:
    assert is_server_address(["http://box:8000"])
    assert is_server_address(["HTTPS://box"])
    assert not is_server_address(["ssh", "http://box"])
    assert not is_server_address([shutil.which("true") or "true"])
