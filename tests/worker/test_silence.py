"""A worker that is stopped is found silent, and ended or waited for as one wishes; one that is slow is not."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from llada_tui.trace.events import CANCELLED, FINISHED, EndEvent, StepEvent
from llada_tui.worker import heartbeat
from llada_tui.worker.client import WorkerDied, WorkerSilent, WorkerStill
from llada_tui.worker.heartbeat import PATIENCE, Heartbeat
from llada_tui.worker.open_runs import OpenRuns
from llada_tui.worker.protocol import Failure, Held, Hold, Load, Loaded, Ping, Pong, Progress
from tests.trace.support import end, start, step

from .client_screen import Screen, script, works
from .driver import PATIENCE as TEST_PATIENCE
from .driver import RawWorker, ask

TICK = 0.2
MINUTE = 60.0


@pytest.fixture(autouse=True)
def short_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heartbeat, "TICK", TICK)


async def as_long_as_silence_takes() -> None:
    """Wait until a worker that began to be silent now would be found to be."""
    silent = asyncio.Event()
    clock = Heartbeat(lambda seconds: silent.set())
    clock.begin(os.getpid(), lambda: None)
    await silent.wait()
    clock.end()


@pytest.fixture
async def stopped(open_screen: Callable[..., Screen]) -> Screen:
    """A worker that is stopped in the middle of a run."""
    screen = open_screen(cancel_grace=MINUTE, stop_grace=MINUTE)
    await screen.client.load(Load("paced"))
    await screen.client.generate(ask("a", 2000))
    await screen.until(StepEvent, index=2)
    os.kill(screen.pids[0], signal.SIGSTOP)
    return screen


async def test_a_stopped_worker_is_silent_until_it_goes_on(stopped: Screen) -> None:
    silent = await stopped.until(WorkerSilent)
    assert silent == WorkerSilent(PATIENCE)
    assert silent.message == "The worker has not answered for 8 seconds."
    assert stopped.client.silent == PATIENCE
    os.kill(stopped.pids[0], signal.SIGCONT)
    assert (await stopped.until(WorkerSilent)).message == "The worker answers again."
    assert not stopped.client.silent
    await stopped.client.cancel("a")
    await works(stopped)
    assert stopped.all(WorkerDied) == []


async def test_a_silent_worker_is_ended_at_once_when_its_run_is_cancelled(stopped: Screen) -> None:
    await stopped.until(WorkerSilent)
    began = time.monotonic()
    await stopped.client.cancel("a")
    assert time.monotonic() - began < MINUTE / 2  # its grace would be a minute
    end = stopped.all(EndEvent)[0]
    assert (end.reason, end.steps) == (CANCELLED, len(stopped.all(StepEvent)))
    assert stopped.all(WorkerDied)[0].message == "The worker had not answered for 8 seconds and was ended."
    await works(stopped)
    assert len(stopped.pids) == 2


async def test_a_cancel_does_not_wait_with_a_worker_that_falls_silent(stopped: Screen) -> None:
    """Its grace would be a minute."""
    async with asyncio.timeout(MINUTE / 2):
        await stopped.client.cancel("a")
    assert stopped.all(EndEvent)[0].reason == CANCELLED


async def test_a_run_that_waits_is_cancelled_with_a_silent_worker(stopped: Screen) -> None:
    await stopped.client.generate(ask("b"))
    await stopped.until(WorkerSilent)
    await stopped.client.cancel("b")
    assert [(failure.code, failure.run) for failure in stopped.all(Failure)] == [("died", "b")]
    assert stopped.all(EndEvent)[0].run == "a"


async def test_a_silent_worker_is_left_at_once(stopped: Screen) -> None:
    await stopped.until(WorkerSilent)
    began = time.monotonic()
    await stopped.client.stop()
    assert time.monotonic() - began < MINUTE / 2  # asking and waiting would take a minute
    assert stopped.all(WorkerDied) == []


async def test_an_idle_worker_that_is_stopped_is_silent_too(open_screen: Callable[..., Screen]) -> None:
    screen = open_screen()
    await screen.client.load(Load("fake"))
    await screen.until(Loaded)
    os.kill(screen.pids[0], signal.SIGSTOP)
    await screen.until(WorkerSilent)
    await screen.client.end_hanging()
    await works(screen)


async def test_a_worker_stopped_while_it_loads_is_silent_too(open_screen: Callable[..., Screen]) -> None:
    screen = open_screen()
    await screen.client.load(Load("endless"))
    await screen.until(Progress, stage="download")
    os.kill(screen.pids[0], signal.SIGSTOP)
    assert await screen.until(WorkerSilent) == WorkerSilent(PATIENCE)


@pytest.fixture
def longer_ticks(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker has three seconds for its answer, also where much else is done on the machine."""
    monkeypatch.setattr(heartbeat, "TICK", 0.5)


@pytest.mark.usefixtures("longer_ticks")
async def test_a_step_that_takes_long_is_not_silence(open_screen: Callable[..., Screen]) -> None:
    """The step never ends."""
    screen = open_screen()
    await screen.client.load(Load("stuck"))
    await screen.client.generate(ask("a"))
    await screen.until(StepEvent, index=1)
    await as_long_as_silence_takes()
    assert screen.all(WorkerSilent) == []


@pytest.fixture
def short_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heartbeat, "STEP_PATIENCE", 10)
    monkeypatch.setattr(heartbeat, "LOAD_PATIENCE", 12)
    monkeypatch.setattr(heartbeat, "TOLD_AGAIN", 2)


@pytest.mark.usefixtures("short_patience", "longer_ticks")
async def test_a_step_that_does_not_come_is_told_and_nothing_is_ended(open_screen: Callable[..., Screen]) -> None:
    screen = open_screen(cancel_grace=MINUTE, stop_grace=MINUTE)
    await screen.client.load(Load("stuck"))
    await screen.client.generate(ask("a"))
    await screen.until(StepEvent, index=1)
    standstill = await screen.until(WorkerStill)
    assert standstill == WorkerStill(10)
    assert standstill.message == "No step for 10 seconds: the worker may be stuck, or a large model takes that long."
    assert [await screen.until(WorkerStill), screen.client.still] == [WorkerStill(12), 12]
    assert (screen.all(WorkerSilent), screen.all(EndEvent), screen.all(WorkerDied)) == ([], [], [])
    began = time.monotonic()
    await screen.client.end_hanging()
    assert time.monotonic() - began < MINUTE / 2
    assert [(end.reason, end.steps) for end in screen.all(EndEvent)] == [(CANCELLED, 2)]
    assert re.fullmatch(
        r"The worker had not made a step for 1\d seconds and was ended\.", screen.all(WorkerDied)[0].message
    )
    await screen.client.load(Load("fake"))
    await works(screen)
    assert screen.client.still == 0


@pytest.mark.usefixtures("short_patience")
async def test_a_step_that_comes_late_ends_the_standstill(open_screen: Callable[..., Screen], tmp_path: Path) -> None:
    screen = open_screen()
    gate = tmp_path / "gate"
    await screen.client.load(Load(f"waits:{gate}"))
    await screen.client.generate(ask("a", 3))
    await screen.until(WorkerStill)
    gate.touch()
    assert (await screen.until(WorkerStill, seconds=0)).message == "The worker goes on."
    assert (await screen.until(EndEvent)).reason == FINISHED
    assert screen.client.still == 0


def test_a_step_may_take_three_times_as_long_as_those_before() -> None:
    runs = OpenRuns()
    assert runs.patience == 0
    runs.ask("a")
    assert runs.patience == heartbeat.LOAD_PATIENCE
    runs.note(start(3, run="a"))
    assert runs.patience == heartbeat.STEP_PATIENCE == 30
    runs.note(msgspec.structs.replace(step(0, {0: 7}, run="a"), seconds=40.0))
    assert runs.patience == 120
    runs.note(Held("a", True))
    assert runs.patience == 0
    runs.note(Held("a", False))
    assert runs.patience == 120
    runs.note(end(run="a", steps=1))
    assert runs.patience == 0


@pytest.mark.usefixtures("short_patience")
async def test_no_step_is_missed_of_a_run_that_is_held_or_over(open_screen: Callable[..., Screen]) -> None:
    screen = open_screen()
    await screen.client.load(Load("paced"))
    await screen.client.generate(ask("a", 2000))
    await screen.until(StepEvent)
    await screen.client.send(Hold("a"))
    await screen.until(Held)
    before = screen.all(WorkerStill)  # a start that took long
    await as_long_as_silence_takes()
    await as_long_as_silence_takes()
    await screen.client.cancel("a")
    await as_long_as_silence_takes()
    await as_long_as_silence_takes()
    assert screen.all(WorkerStill) == before


@pytest.mark.usefixtures("short_patience")
async def test_a_load_of_which_nothing_comes_is_told(open_screen: Callable[..., Screen]) -> None:
    screen = open_screen()
    await screen.client.load(Load("hangs"))
    standstill = await screen.until(WorkerStill)
    assert standstill == WorkerStill(12, "progress")
    assert (
        standstill.message == "No progress for 12 seconds: the worker may be stuck, or a large model takes that long."
    )
    await screen.client.end_hanging()
    died = screen.all(WorkerDied)[0].message
    assert re.fullmatch(r"The worker had not made progress for 1\d seconds and was ended\.", died)
    await screen.client.load(Load("fake"))
    await works(screen)


HELLO = (
    "import os, sys, time; from llada_tui.worker import codec, protocol as p; "
    "send = lambda item: (sys.stdout.buffer.write(codec.encode(item)), sys.stdout.flush()); "
)


@pytest.mark.parametrize("more", ["", "send(p.Failure('request', 'Too many questions.', command='count')); "])
async def test_libraries_that_hold_up_all_threads_while_loading_have_longer(
    open_screen: Callable[..., Screen], monkeypatch: pytest.MonkeyPatch, more: str
) -> None:
    """Also when a command was refused meanwhile."""
    monkeypatch.setattr(heartbeat, "LOADING_PATIENCE", 3 * PATIENCE)
    code = "send(p.Hello(p.PROTOCOL, '0.1.0', os.getpid(), [], answers_ping=True)); send(p.Progress('import', 0, 1)); "
    screen = open_screen(script(f"{HELLO}{code}{more}time.sleep(99)"))
    await screen.client.load(Load("fake"))
    assert await screen.until(WorkerSilent) == WorkerSilent(3 * PATIENCE)


async def test_a_worker_that_knows_no_ping_is_sent_none(open_screen: Callable[..., Screen]) -> None:
    """Nor is it ever called silent: of version 1, say, which may be at a long step."""
    code = "send(p.Hello(p.PROTOCOL, '0.1.0', os.getpid(), [])); [print(line, file=sys.stderr) for line in sys.stdin]"
    screen = open_screen(script(HELLO + code))
    await screen.client.start()
    await as_long_as_silence_takes()
    assert screen.client.log == []
    assert screen.all(WorkerSilent) == []


def test_a_ping_is_answered_at_once_whatever_is_at_work(worker: RawWorker) -> None:
    worker.send(Load("stuck"), ask("a"))
    worker.until_step(1)
    began = time.monotonic()
    for _ in range(3):
        worker.send(Ping())
        worker.until(Pong)
    assert time.monotonic() - began < TEST_PATIENCE / 10
