"""The screen's side against real processes: a worker that works, and one that dies."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from llada_tui.settings.prompt import Prompt
from llada_tui.trace.events import CANCELLED, FAILED, EndEvent, RunEvent, StepEvent
from llada_tui.worker.client import WorkerClient, WorkerDied
from llada_tui.worker.protocol import (
    Advance,
    Cancel,
    Count,
    Counted,
    Failure,
    Held,
    Hello,
    Hold,
    Load,
    Loaded,
    Progress,
    Release,
)

from .client_screen import HELLO, STUBBORN, Screen, exists, script, works
from .driver import FAKE, PATIENCE, ask

# -- a worker that works ----------------------------------------------------------------------------------------------


async def test_load_and_generate_start_the_worker(screen: Screen) -> None:
    assert not screen.client.running
    await screen.client.load(Load("fake"))
    assert screen.client.running
    await screen.until(Loaded)
    await works(screen)
    assert isinstance(screen.items[0], Hello)
    assert len(screen.pids) == 1


async def test_starting_twice_at_once_starts_one(screen: Screen) -> None:
    await asyncio.gather(screen.client.start(), screen.client.load(Load("fake")), screen.client.start())
    await works(screen)
    assert len(screen.pids) == 1


async def test_commands_reach_the_run(screen: Screen) -> None:
    await screen.client.load(Load("fake"))
    await screen.client.generate(ask("a", hold=True))
    await screen.until(Held, held=True)
    assert await screen.client.send(Advance("a"))
    await screen.until(StepEvent, index=0)
    await screen.client.send(Count(Prompt(text="abc")))
    assert (await screen.until(Counted)).tokens == 3
    await screen.client.send(Release("a"))
    await screen.until(EndEvent)


async def test_a_command_for_a_run_that_is_over_is_no_failure(screen: Screen) -> None:
    await screen.client.load(Load("fake"))
    await works(screen, "a")
    for command in (Cancel("a"), Hold("a"), Release("a"), Advance("a")):
        await screen.client.send(command)
    await works(screen, "b")
    assert screen.all(Failure) == []
    await screen.client.cancel("a")


async def test_cancel_waits_for_the_end(screen: Screen) -> None:
    await screen.client.load(Load("paced"))
    await screen.client.generate(ask("a", 1000))
    await screen.until(StepEvent, index=2)
    await screen.client.cancel("a")
    assert screen.all(EndEvent)[0].reason == CANCELLED
    await works(screen)
    assert len(screen.pids) == 1


async def test_a_worker_that_does_not_cancel_is_ended_and_replaced(open_screen: Callable[..., Screen]) -> None:
    screen = open_screen(cancel_grace=0.2)
    await screen.client.load(Load("stuck"))
    await screen.client.generate(ask("a"))
    async with asyncio.timeout(PATIENCE):
        while "stuck" not in screen.client.log:
            await asyncio.sleep(0.01)
    await screen.client.cancel("a")
    end = screen.all(EndEvent)[0]
    assert (end.reason, end.steps, end.text) == (CANCELLED, 2, "aa")
    died = screen.all(WorkerDied)
    assert len(died) == 1
    assert "did not cancel" in died[0].message
    await works(screen)
    assert len(screen.pids) == 2


async def test_a_raising_callback_does_not_end_the_reading(caplog: pytest.LogCaptureFixture) -> None:
    ends = asyncio.Event()

    def take(item: Any) -> None:
        if isinstance(item, EndEvent):
            ends.set()
        raise RuntimeError("a defect of the screen")

    client = WorkerClient(FAKE, on_item=take)
    with caplog.at_level(logging.CRITICAL + 1):
        await client.load(Load("fake"))
        await client.generate(ask("a"))
        async with asyncio.timeout(PATIENCE):
            await ends.wait()
        await client.stop()


async def test_ctrl_c_in_the_terminal_does_not_reach_the_worker(screen: Screen) -> None:
    await screen.client.start()
    assert os.getsid(screen.pids[0]) == screen.pids[0] != os.getsid(0)


# -- a worker that dies -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("when", ["idle", "load", "run", "held"])
async def test_sigkill_at_any_moment_is_survived(screen: Screen, when: str) -> None:
    await screen.client.load(Load("endless" if when == "load" else "paced"))
    if when == "load":
        await screen.until(Progress, stage="download")
    else:
        await screen.until(Loaded)
    if when in ("run", "held"):
        await screen.client.generate(ask("a", 1000, hold=when == "held"))
        await screen.client.generate(ask("b", 2))
        await screen.until(*((StepEvent,) if when == "run" else (Held,)))
    os.kill(screen.pids[0], signal.SIGKILL)
    died = await screen.until(WorkerDied)
    assert (died.exit_code, died.signal) == (None, "SIGKILL")
    assert died.message.startswith("The worker was killed (SIGKILL)")
    assert not screen.client.running
    if when in ("run", "held"):
        end = screen.all(EndEvent)[0]
        steps = screen.all(StepEvent)
        assert (end.run, end.reason, end.steps, end.message) == ("a", FAILED, len(steps), died.message)
        assert end.text == "a" * len(steps)
        assert [(item.code, item.run) for item in screen.all(Failure)] == [("died", "b")]
    if when == "load":
        await screen.client.load(Load("fake"))
    await works(screen)
    assert len(screen.pids) == 2
    assert len(screen.all(WorkerDied)) == 1
    assert [loaded.model.id for loaded in screen.all(Loaded)][-1] == ("fake" if when == "load" else "paced")


async def test_killed_during_a_load_the_next_generate_loads_again(screen: Screen, tmp_path: Path) -> None:
    await screen.client.load(Load("once:" + str(tmp_path / "tried")))
    await screen.until(WorkerDied)
    await works(screen)
    assert len(screen.pids) == 2


async def test_after_a_failed_load_a_new_worker_loads_the_earlier_model(screen: Screen) -> None:
    await screen.client.load(Load("fake"))
    await screen.until(Loaded)
    await screen.client.load(Load("missing"))
    await screen.until(Failure, command="load")
    os.kill(screen.pids[0], signal.SIGKILL)
    await screen.until(WorkerDied)
    await works(screen)
    assert screen.all(RunEvent)[0].model.id == "fake"


async def test_a_command_for_a_dead_worker_is_not_sent(screen: Screen) -> None:
    assert not await screen.client.send(Cancel("a"))
    await screen.client.start()
    os.kill(screen.pids[0], signal.SIGKILL)
    await screen.until(WorkerDied)
    assert not await screen.client.send(Hold("a"))
    await screen.client.cancel("a")


async def test_an_exit_code_shows_the_last_line_of_its_log(open_screen: Callable[..., Screen]) -> None:
    code = f"{HELLO}; sys.stderr.write('\\x1b[31mthe reason\\x1b[0m\\x07\\n'); sys.stdin.readline(); sys.exit(3)"
    screen = open_screen(script(code))
    await screen.client.load(Load("fake"))
    died = await screen.until(WorkerDied)
    assert died == WorkerDied(3, None, "The worker ended with exit code 3: the reason", ["the reason"])


# -- stopping ---------------------------------------------------------------------------------------------------------


async def test_stop_in_mid_run_ends_run_and_process_and_reports_no_failure(screen: Screen) -> None:
    await screen.client.load(Load("paced"))
    await screen.client.generate(ask("a", 1000))
    await screen.until(StepEvent, index=2)
    await screen.client.stop()
    assert not exists(screen.pids[0])
    end = screen.all(EndEvent)[0]
    assert (end.reason, end.steps) == (CANCELLED, len(screen.all(StepEvent)))
    assert screen.all(WorkerDied) == []
    await screen.client.stop()
    await works(screen)


async def test_a_stopped_client_can_start_again(screen: Screen) -> None:
    await screen.client.start()
    await screen.client.stop()
    await screen.client.start()
    assert len(screen.pids) == 2


async def test_stop_kills_what_does_not_listen(open_screen: Callable[..., Screen]) -> None:
    screen = open_screen(script(f"{STUBBORN}{HELLO}; time.sleep(3600)"), stop_grace=0.2)
    await screen.client.start()
    async with asyncio.timeout(PATIENCE):
        await screen.client.stop()
    assert screen.all(WorkerDied) == []


async def test_an_interrupted_stop_still_kills(open_screen: Callable[..., Screen]) -> None:
    screen = open_screen(script(f"{STUBBORN}{HELLO}; time.sleep(3600)"), stop_grace=20)
    await screen.client.start()
    (pid,) = screen.pids
    stopping = asyncio.create_task(screen.client.stop())
    await asyncio.sleep(0)
    stopping.cancel()
    async with asyncio.timeout(PATIENCE):
        while exists(pid):
            await asyncio.sleep(0.01)


async def test_kill_needs_no_waiting(screen: Screen) -> None:
    await screen.client.start()
    screen.client.kill()
    async with asyncio.timeout(PATIENCE):
        while screen.client.running:
            await asyncio.sleep(0.01)
    assert screen.all(WorkerDied) == []
