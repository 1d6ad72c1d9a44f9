"""The lessons that ship, read on the screen from the first page of the first to the end of the last.

The embedded model runs in a worker, as it does for a reader. What each page says is looked for in the run that the
screen has recorded, by the same functions as without a screen (``tests/lessons/test_lessons.py``): after a new
checkpoint both depend on its prompts.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import pytest

from llada_tui.lessons.lesson import Lesson
from llada_tui.lessons.lesson_files import list_lessons
from llada_tui.paths import lessons_folders
from llada_tui.trace.run import Run
from llada_tui.tui.model_link.worker_link import Phase
from tests.conftest import Home
from tests.lessons.support import demo, faults_of
from tests.tui.lessons import Class, reading

PATIENCE = 300.0
"""Seconds for a model to be loaded, or to write an answer: it does so for real, beside other tests."""
LESSONS = list_lessons(lessons_folders()[:1])[0]


@pytest.mark.slow
async def test_a_reader_sees_what_every_lesson_says(home: Home) -> None:
    home.config.mkdir(parents=True)
    (home.config / "config.toml").write_text("dwell = 0.0\n")
    assert len(LESSONS) == 15
    async with reading(LESSONS[0], worker=None, model="demo") as room:
        await _until(room, lambda: room.screen.link.phase is Phase.READY, "the model is loaded")
        for lesson in LESSONS:
            assert room.screen.lesson.name == lesson.name
            await _read(lesson, room)
            assert "That was this lesson" in room.text
            await room.desk.press("enter")  # the next lesson, but for the last
        assert not room.screen.workbench.last_problem


async def _until(room: Class, condition: Callable[[], object], what: str) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, f"Never happened: {what}"
        await asyncio.sleep(0.01)
    await room.desk.pilot.pause()


async def _read(lesson: Lesson, room: Class) -> None:
    """Turn every page of a lesson, as soon as its step is on show, its question is answered and all holds."""
    screen, player = room.screen, room.screen.stage.player
    shown: list[Run] = []
    for number, page in enumerate(lesson.pages):
        where, scene = f"{lesson.name}, page {number + 1}", page.scene
        assert screen.page == number, where
        assert scene is not None
        await _until(room, lambda: screen.scenes.run is not None and room.arrived, where)
        run = screen.scenes.run
        assert run is not None
        assert player.run is run, where
        await _until(room, lambda: run.end is not None, f"the end of the run of {where}")  # noqa: B023
        assert player.frame == scene.stop.frame(run), where
        assert run.question == scene.prompt, where
        changed = set(run.start.settings.changes_from(scene.settings))
        assert changed <= ({"gen_length"} if scene.template else set()), where
        marked = {position for point in scene.points for position in point.positions(run, player.frame)}
        assert screen.stage.canvas.pointed == marked, where
        if not scene.same:
            shown.append(run)
        assert not list(faults_of(scene, run, shown[-2] if len(shown) > 1 else None, demo().score)), where
        if scene.scores:
            await _until(room, lambda: "log p" in room.text and "…" not in room.text, f"the scores of {where}")
        assert "! " not in room.text, where
        if screen.pane.hides:
            await room.desk.press("enter")
            assert not screen.pane.hides, where
        await room.desk.press("enter")
    assert screen.page == len(lesson.pages)
