"""The worker of a lesson: the chat's or its own, and what is said when it refuses, fails or dies."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from llada_tui.tui.model_link.worker_link import Phase
from tests.conftest import Home
from tests.tui import support
from tests.tui.lessons import TEXT, reading, written
from tests.tui.support import chatting

pytestmark = pytest.mark.usefixtures("no_dwell")


async def test_the_chat_shares_its_worker_and_goes_on_with_its_conversation(home: Home) -> None:
    lesson = written(home.config / "lessons")
    async with chatting("demo", settings={"seed": 3}) as desk:
        await desk.ready()
        before = await desk.answer("before")
        hello = desk.chat.link.client.hello
        await desk.app.navigation.open_lesson(lesson)
        screen = desk.app.navigation.lesson_screen
        assert screen is not None
        await desk.until(lambda: screen.scenes.stopped_at == 0, "the first page")
        assert screen.link is desk.chat.link
        assert screen.worker is not desk.chat.worker
        assert list(screen.worker.session.runs.values()) != [before]
        await desk.press("escape")
        await desk.until(lambda: desk.app.screen is desk.chat, "the chat")
        assert list(desk.chat.worker.session.runs.values()) == [before]
        after = await desk.answer("after")
        assert desk.chat.link.client.hello is hello
        assert [run.question for run in desk.recorded().runs.values()] == ["before", "after"]
        assert desk.recorded().runs[after.id].answer() == after.answer()


@pytest.mark.slow
async def test_the_chat_goes_on_after_a_lesson_that_another_way_leads_out_of(home: Home) -> None:
    lesson = written(home.config / "lessons")
    async with chatting("demo") as desk:
        await desk.ready()
        await desk.answer("before")
        path = desk.chat.worker.path
        assert path is not None
        await desk.press("ctrl+n")
        await desk.app.navigation.open_lesson(lesson)
        screen = desk.app.navigation.lesson_screen
        assert screen is not None
        await desk.until(lambda: screen.scenes.stopped_at == 0, "the first page")
        await desk.app.navigation.continue_session(path)
        await desk.until(lambda: desk.app.screen is desk.chat, "the chat")
        assert [run.question for run in desk.chat.worker.session.runs.values()] == ["before"]
        await desk.answer("after")
        assert [run.question for run in desk.recorded().runs.values()] == ["before", "after"]


async def test_beside_another_model_a_lesson_has_a_worker_of_its_own(home: Home) -> None:
    async with chatting() as desk:
        await desk.ready()
        await desk.app.navigation.open_lesson(written(home.config / "lessons"))
        screen = desk.app.navigation.lesson_screen
        assert screen is not None
        await desk.until(lambda: screen.scenes.stopped_at == 0, "the first page")
        assert screen.link is not desk.chat.link
        assert screen.link.checkpoint.source == "demo"
        await desk.press("escape")
        await desk.until(lambda: desk.app.screen is desk.chat, "the chat")
        assert not screen.link.client.running
        assert desk.chat.link.phase is Phase.READY


async def test_a_worker_with_a_question_at_hand_is_not_shared(home: Home) -> None:
    async with chatting("demo", worker="sleep 600") as desk:
        await desk.ask()
        await desk.app.navigation.open_lesson(written(home.config / "lessons"))
        await desk.until(lambda: any("esc cancels it" in notice for notice in desk.notices), "a sentence")
        assert desk.app.navigation.lesson_screen is None


async def test_what_goes_wrong_with_a_run_is_said_on_the_page(tmp_path: Path) -> None:
    text = TEXT.replace("steps: 12", "steps: 12\nremasking: telepathy")
    async with reading(written(tmp_path, text)) as room:
        await room.desk.until(lambda: "telepathy" in room.text, "a sentence")
        assert "Traceback" not in room.text
        await room.desk.press("n")
        assert room.screen.page == 1


async def test_what_was_refused_is_asked_again_by_the_reader_alone(tmp_path: Path) -> None:
    text = TEXT.replace("steps: 12", "steps: 12\nremasking: telepathy")
    async with reading(written(tmp_path, text)) as room:
        await room.desk.until(lambda: "telepathy" in room.text, "a sentence")
        asked, ask = [], room.screen.worker.ask

        async def count(*settings: Any, **more: Any) -> bool:
            asked.append(settings)
            return await ask(*settings, **more)

        room.screen.worker.ask = count  # type: ignore[method-assign]
        await room.desk.answers()
        assert not asked
        await room.desk.press("l")
        await room.desk.until(lambda: "telepathy" in room.text, "the sentence again")
        await room.desk.answers()
        assert len(asked) == 1


async def test_a_worker_that_died_is_started_again(tmp_path: Path) -> None:
    async with reading(written(tmp_path), page=1) as room:
        await room.there()
        link = room.screen.link
        support.kill(link)
        await room.desk.until(lambda: link.phase is Phase.FAILED, "the end of the worker")
        await room.desk.press(*["n"] * 3)
        await room.desk.until(lambda: room.screen.scenes.run is not None and room.arrived, "the other run")
        assert room.screen.stage.player.run is room.screen.scenes.run
