"""Runs of the program itself, over ``--worker http://...``: they share passes, and one that its client holds, steps,
retunes or reads leaves its batch and goes on as if it had been alone, while the others are not disturbed."""

from __future__ import annotations

import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from llada_tui.trace.events import CANCELLED, FAILED, FINISHED, EndEvent, PiecesEvent, RetuneEvent, RunEvent, StepEvent
from llada_tui.worker.engine import Engine
from llada_tui.worker.messages import Command
from llada_tui.worker.protocol import (
    Advance,
    Cancel,
    CancelLane,
    Failure,
    Generate,
    Held,
    Hold,
    Load,
    Loaded,
    Progress,
    Release,
    Retune,
)
from llada_tui.worker.run_control import RunControl
from tests.worker import fakes
from tests.worker.client_screen import Screen
from tests.worker.driver import ask, short

from .local_runs import timeless
from .support import TestServer, serving

pytestmark = pytest.mark.asyncio(loop_scope="module")


@dataclass
class Classroom:
    """A server, and clients whose worker it is. Its model waits before a run's sixth step until ``gate`` exists."""

    server: TestServer
    gate: Path
    screens: list[Screen] = field(default_factory=list)

    async def client(self) -> Screen:
        """One more client."""
        screen = Screen(self.server.url)
        self.screens.append(screen)
        await self.hears(screen)
        return screen

    async def hears(self, screen: Screen, *commands: Command) -> None:
        """Send commands, and wait until the server has taken them: it answers a Load by itself."""
        for command in commands:
            await screen.client.send(command)  # type: ignore[arg-type]
        assert self.server.host.model is not None
        await screen.client.load(Load(self.server.host.model.id))
        await screen.until(Loaded)

    async def begin(self, *runs: tuple[Screen, Generate]) -> None:
        """Begin runs as rows of one batch, which comes to the gate."""
        self.gate.touch()  # for the run that holds the worker meanwhile
        async with self.server.held():
            for number, (screen, command) in enumerate(runs, 1):
                await screen.client.generate(command)
                await self.server.until(lambda host, count=number: host.waiting == count)
            self.gate.unlink()
        for screen, command in runs:
            await screen.until(StepEvent, run=command.run, index=4)
        assert self.server.host.at_work == len(runs), "they are made together"

    async def nothing_is_left(self) -> None:
        """Wait until nothing is at work, and nothing waits."""
        await self.server.until(lambda host: host.at_work + host.waiting == 0)


@asynccontextmanager
async def opened_room(folder: Path, **limits: Any) -> AsyncIterator[Classroom]:
    gate = folder / "gate"
    async with serving(f"gate:{gate}", canvas=4000, **limits) as server:
        opened = Classroom(server, gate)
        yield opened
        for screen in opened.screens:
            await screen.client.stop()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def room(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Classroom]:
    async with opened_room(tmp_path_factory.mktemp("gate")) as opened:
        yield opened


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def screen(room: Classroom) -> Screen:
    return await room.client()


def settings_of(length: int, **changes: Any) -> Any:
    return short(steps=length, gen_length=length, **changes)


def run_of(run: str, length: int = 200, **changes: Any) -> Generate:
    return ask(run, settings=settings_of(length, **changes))


def events_of(items: list[Any], run: str) -> list[Any]:
    """The events of a run, without what the clock decides."""
    kinds = (RunEvent, StepEvent, RetuneEvent, EndEvent)
    return timeless([item for item in items if isinstance(item, kinds) and item.run == run])


def alone(room: Classroom, command: Generate, retune: Retune | None = None, at: int = 0) -> list[Any]:
    """The events of a run that shares no pass, retuned before a step."""
    room.gate.touch()
    sent: list[Any] = []
    control = RunControl()

    def take(item: Any) -> None:
        sent.append(item)
        if retune is not None and isinstance(item, StepEvent) and item.index == at - 1:
            control.take(retune)

    engine = Engine(fakes.load, take)
    engine.load(Load(f"gate:{room.gate}"))
    engine.generate(command, control)
    return events_of(sent, command.run)


async def test_a_run_that_is_held_leaves_its_batch_and_goes_on_as_if_alone(room: Classroom, screen: Screen) -> None:
    other, server = await room.client(), room.server
    held, stays = run_of("held", seed=1), run_of("stays", seed=2)
    before = server.host.metrics.steps
    await room.begin((screen, held), (other, stays))
    await room.hears(screen, Hold("held"))
    await room.hears(other, Release("stays"))
    room.gate.touch()
    assert (await screen.until(Held)).held
    steps = len(events_of(screen.items, "held")) - 1  # beside its beginning
    assert (await other.until(EndEvent, run="stays")).steps == 200, "it goes on while the other is held"
    assert len(events_of(screen.items, "held")) - 1 == steps < 200, "no step is made while it is held"
    assert (server.host.at_work, server.host.waiting) == (0, 0), "it is in nobody's way"
    await screen.client.send(Advance("held"))
    assert (await screen.until(StepEvent, run="held")).index == steps
    await screen.client.send(Release("held"))
    assert not (await screen.until(Held)).held
    await screen.until(EndEvent, run="held")
    assert events_of(screen.items, "held") == alone(room, held)
    assert events_of(other.items, "stays") == alone(room, stays)
    assert server.host.metrics.steps - before == 401, "one step was made twice: the other run never left the batch"
    assert [item.held for item in screen.all(Held) if item.run == "held"] == [True, False]
    assert not [item for item in screen.all(Failure) if item.run in ("held", None)]
    spelled = {token for event in screen.all(PiecesEvent) for token in event.pieces}
    assert all(step.token_ids() <= spelled for step in screen.all(StepEvent))


@pytest.mark.slow
async def test_a_run_that_is_retuned_waits_for_its_batch_and_goes_on_with_other_settings(
    room: Classroom, screen: Screen
) -> None:
    command, retune = run_of("retuned", seed=3), Retune("retuned", settings_of(200, seed=3, temperature=1.0))
    await room.begin((screen, command), (screen, run_of("other", seed=4)))
    await room.hears(screen, retune)
    room.gate.touch()
    place = await screen.until(Progress, stage="queue", done=1, total=1)
    assert screen.items.index(place) < len(screen.items)
    await screen.until(EndEvent, run="other")
    step = (await screen.until(RetuneEvent, run="retuned")).step
    end = await screen.until(EndEvent, run="retuned")
    assert 5 < step < 200
    assert (end.text.count("a"), end.text.count("b")) == (step, 200 - step)
    assert events_of(screen.items, "retuned") == alone(room, command, retune, step)


async def test_a_run_that_is_stepped_and_let_go_on_while_it_waits_is_told_its_place(
    room: Classroom, screen: Screen
) -> None:
    await room.begin((screen, run_of("waits")), (screen, run_of("ends")))
    await room.hears(screen, Hold("waits"))
    room.gate.touch()
    assert (await screen.until(Held)).held
    await screen.until(EndEvent, run="ends")
    async with room.server.held():
        await room.hears(screen, Advance("waits"), Release("waits"))
        released = screen.items.index(Held("waits", False))
        assert Progress("queue", 1, 1) in screen.items[released:]
    assert (await screen.until(EndEvent, run="waits")).reason == FINISHED


@pytest.mark.slow
async def test_a_run_that_is_left_before_its_first_step_goes_on_as_if_alone(room: Classroom, screen: Screen) -> None:
    commands = run_of("first", 12, seed=5), run_of("second", 12, seed=6)
    room.gate.touch()
    async with room.server.held():
        for command in commands:
            await screen.client.generate(command)
        await room.server.until(lambda host: host.waiting == 2)
        await room.hears(screen, Hold("first"), Release("first"))
    for command in reversed(commands):
        await screen.until(EndEvent, run=command.run)
        assert events_of(screen.items, command.run) == alone(room, command)


async def test_what_is_asked_at_once_is_done_in_order(room: Classroom, screen: Screen) -> None:
    await room.begin((screen, run_of("asked", 4000)), (screen, run_of("beside", 4000)))
    asked = Advance("asked"), Retune("asked", settings_of(10)), Release("asked"), Hold("asked"), Advance("asked")
    await room.hears(screen, *asked)
    room.gate.touch()
    assert (await screen.until(Held, run="asked")).held
    left_at = len([step for step in screen.all(StepEvent) if step.run == "asked"])
    await screen.client.cancel("beside")
    failure = await screen.until(Failure)
    assert (failure.run, failure.command) == ("asked", "retune")
    assert (await screen.until(StepEvent, run="asked")).index == left_at
    await room.hears(screen, Advance("asked"))
    assert (await screen.until(StepEvent, run="asked")).index == left_at + 1
    await screen.client.cancel("asked")
    assert (await screen.until(EndEvent, run="asked")).steps == left_at + 2
    assert [step.index for step in screen.all(StepEvent) if step.run == "asked"] == list(range(left_at + 2))


@pytest.mark.parametrize(
    ("state", "command"),
    [
        ("leaving", Cancel),
        ("held", Cancel),
        pytest.param("waiting", Cancel, marks=pytest.mark.slow),
        pytest.param("at work", Cancel, marks=pytest.mark.slow),
        pytest.param("held", CancelLane, marks=pytest.mark.slow),
    ],
)
async def test_a_run_that_left_its_batch_is_cancelled(
    room: Classroom, screen: Screen, command: type[Cancel | CancelLane], state: str
) -> None:
    left, stays = (f"{name} {state} {command.__name__}" for name in ("left", "stays"))
    host = room.server.host
    before = dict(host.metrics.runs)
    await room.begin((screen, run_of(left, 4000)), (screen, run_of(stays, 4000)))
    await room.hears(screen, Retune(left, settings_of(4000)) if state == "waiting" else Hold(left))
    if state != "leaving":
        room.gate.touch()
        await room.server.until(lambda host: host.at_work == 1)
    if state == "waiting":
        assert host.waiting == 1
    if state == "at work":
        await screen.client.send(Advance(left))
        await screen.client.cancel(stays)
        await room.server.until(lambda host: host.at_work == 1 and host.has_begun and host.waiting == 0)
    await screen.client.send(command(left))
    end = await screen.until(EndEvent, run=left)
    steps = len([step for step in screen.all(StepEvent) if step.run == left])
    assert (end.reason, end.steps, end.forward_passes) == (CANCELLED, steps, steps)
    room.gate.touch()
    await screen.client.cancel(stays)
    await room.nothing_is_left()
    ended = {reason: count - before[reason] for reason, count in host.metrics.runs.items()}
    assert ended == {FINISHED: 0, CANCELLED: 3, FAILED: 0}, "these two, and the run that held the worker"


async def test_a_client_that_goes_away_while_its_run_is_held_leaves_nothing(room: Classroom, screen: Screen) -> None:
    other = await room.client()
    await room.begin((other, run_of("gone", 4000)), (screen, run_of("stayed", 4000)))
    await room.hears(other, Hold("gone"))
    room.gate.touch()
    await other.until(Held)
    before = room.server.host.metrics.runs[CANCELLED]
    other.client.kill()
    await room.server.until(lambda host: host.metrics.runs[CANCELLED] == before + 1)
    await screen.client.cancel("stayed")
    await room.nothing_is_left()


@pytest.mark.slow
async def test_a_run_that_is_held_outlives_the_worker(tmp_path: Path) -> None:
    async with opened_room(tmp_path) as room:
        screen = await room.client()
        await room.begin((screen, run_of("held", 4000)), (screen, run_of("lost", 4000)))
        await room.hears(screen, Hold("held"))
        room.gate.touch()
        await screen.until(Held)
        os.kill(room.server.host.worker_pid, signal.SIGKILL)
        assert (await screen.until(EndEvent, run="lost")).reason == FAILED
        await screen.client.send(Advance("held"))
        await screen.until(StepEvent, run="held")
        os.kill(room.server.host.worker_pid, signal.SIGKILL)
        end = await screen.until(EndEvent, run="held")
        assert (end.reason, end.message.startswith("The worker was killed (SIGKILL)")) == (FAILED, True)
        assert end.steps == len([step for step in screen.all(StepEvent) if step.run == "held"])


@pytest.mark.slow
async def test_a_run_that_is_stepped_is_in_the_way_of_others_no_longer_than_for_a_while(tmp_path: Path) -> None:
    async with opened_room(tmp_path, hold=0.1) as room:
        screen = await room.client()
        stepped = run_of("stepped", 100, seed=7)
        await room.begin((screen, stepped), (screen, run_of("beside", 100)))
        await room.hears(screen, Hold("stepped"))
        room.gate.touch()
        await screen.until(EndEvent, run="beside")
        index = [step.index for step in screen.all(StepEvent) if step.run == "stepped"][-1]
        await screen.client.send(Advance("stepped"))
        await screen.until(StepEvent, run="stepped", index=index + 1)
        retune = Retune("stepped", settings_of(100, seed=7, temperature=1.0))
        await screen.client.send(retune)
        assert (await screen.until(RetuneEvent, run="stepped")).step == index + 2
        for name, step in (("next", index + 2), ("last", index + 3)):
            await screen.client.generate(run_of(name, 12))
            await screen.until(EndEvent, run=name)  # it had to wait for the run that is held in the worker
            await screen.client.send(Advance("stepped"))
            await screen.until(StepEvent, run="stepped", index=step)
        assert [item.held for item in screen.all(Held) if item.run == "stepped"] == [True], "it was never let go"
        await screen.client.send(Release("stepped"))
        await screen.until(EndEvent, run="stepped")
        assert events_of(screen.items, "stepped") == alone(room, stepped, retune, index + 2)
