"""The run of a lesson's page that does not finish: the reader alone asks for it again."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from llada_tui.tui.model_link.worker_link import Phase
from tests.conftest import first_quick
from tests.tui import support
from tests.tui.lessons import Class, reading, written

pytestmark = pytest.mark.usefixtures("no_dwell")


@asynccontextmanager
async def killed_on_the_way(folder: Path) -> AsyncIterator[tuple[Class, support.Gate]]:
    """A lesson whose worker was killed two steps into the run of the page that is open."""
    gate = support.Gate(folder / "gate")
    gate.open(2)
    async with reading(written(folder), page=1, model=gate.model) as room:
        await room.desk.until(lambda: room.screen.worker.run and room.screen.worker.run.last == 2, "two steps")
        support.kill(room.screen.link)
        await room.desk.until(lambda: "SIGKILL" in room.text, "the end of the worker is told")
        await room.desk.answers()
        yield room, gate


def only_what_it_had(room: Class) -> bool:
    """Whether a lesson shows what its run had, and has begun nothing since."""
    screen = room.screen
    nothing = not (screen.worker.busy or screen.worker.recording or screen.link.client.running)
    return (
        nothing and screen.scenes.run is None and list(screen.worker.session.runs) == ["run-1"] and screen.scenes.away
    )


@pytest.mark.parametrize("keys", first_quick([["l"], ["n", "p"], ["r"]]), ids=["rejoin", "turning the page", "again"])
async def test_the_run_of_a_page_whose_worker_was_killed_is_asked_by_the_reader_alone(
    tmp_path: Path, keys: list[str]
) -> None:
    async with killed_on_the_way(tmp_path) as (room, gate):
        assert only_what_it_had(room)
        assert room.screen.link.phase is Phase.FAILED
        gate.open()
        await room.desk.press(*keys)
        await room.there()
        assert room.screen.stage.player.run is room.screen.scenes.run
        assert room.screen.scenes.run is room.screen.worker.session.runs["run-2"]
        assert (room.frame, room.screen.scenes.away, room.screen.worker.recording) == (3, False, False)


async def test_with_a_knob_turned_the_run_after_a_killed_worker_is_the_readers(tmp_path: Path) -> None:
    async with killed_on_the_way(tmp_path) as (room, gate):
        gate.open()
        await room.desk.press("f2", "right", "f2", "r")
        runs = room.screen.worker.session.runs
        await room.desk.until(lambda: len(runs) == 2 and not room.screen.worker.busy, "a run of the reader's own")
        await room.desk.answers()
        assert (len(runs), room.screen.scenes.run, room.screen.worker.recording) == (2, None, True)


async def test_a_page_does_not_ask_again_for_the_run_that_the_reader_ended(tmp_path: Path) -> None:
    gate = support.Gate(tmp_path / "gate")
    gate.open(2)
    async with reading(written(tmp_path), page=1, model=gate.model) as room:
        await room.desk.until(lambda: room.screen.worker.run and room.screen.worker.run.last == 2, "two steps")
        await room.desk.press("tab", "escape")
        gate.open(3)
        await room.desk.until(lambda: not room.screen.worker.busy, "the end of the run")
        await room.desk.answers()
        assert list(room.screen.worker.session.runs) == ["run-1"]
        gate.open()
        await room.desk.press("l")
        await room.there()
        assert room.screen.stage.player.run is room.screen.scenes.run
