"""The screen over ``--worker http://...``: a lesson whose model is a server's, and a session that is followed there."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from websockets.asyncio.client import connect

from llada_tui.trace.events import RunEvent, encode
from llada_tui.trace.session import read_session
from llada_tui.tui.app import LladaApp
from llada_tui.tui.chat.chat import Chat
from llada_tui.tui.model_link.worker_link import Phase
from llada_tui.tui.shell.options import ChatOptions, FollowOptions, ShareOptions
from tests.conftest import Home
from tests.serving.support import serving
from tests.tui.lessons import PAGES, reading, written
from tests.tui.support import WORKER, chatting, desk

pytestmark = pytest.mark.usefixtures("no_dwell")


@asynccontextmanager
async def showing(url: str, lines: list[bytes]) -> AsyncIterator[None]:
    """Lines on show at a server whose token is known."""
    async with connect(url.replace("http", "ws") + "/v1/shared/class?token=s3cret") as socket:
        await socket.recv()
        for line in lines:
            await socket.send(line + b"\n")
        yield


async def test_a_lesson_is_shown_on_the_servers_model_and_has_runs_of_its_readers_own(home: Home) -> None:
    lesson = written(home.config / "lessons")
    async with serving("fake", WORKER, token="s3cret") as server:
        async with reading(lesson, worker=f"{server.url}?token=s3cret") as lesson_desk:
            place, screen = lesson_desk.desk, lesson_desk.screen
            for page in range(PAGES):
                if lesson.pages[page].scene is not None:
                    await lesson_desk.there()
                await place.press("pagedown")
            assert screen.page == PAGES
            assert {run.question for run in screen.worker.session.runs.values()} == {"write"}
            await place.press("pageup", "tab", "home", "b")
            await place.until(lambda: screen.workbench.drafting.draft is not None, "a branch")
            before = len(screen.worker.session.runs)
            await place.press("b")
            await place.until(lambda: len(screen.worker.session.runs) > before and not screen.worker.busy, "its run")
            assert screen.worker.path is not None, "it is recorded: it is the reader's own"
        await server.until(lambda host: host.at_work == 0)


async def test_a_lesson_goes_on_when_the_server_is_gone(home: Home) -> None:
    lesson = written(home.config / "lessons")
    async with serving("fake", WORKER) as server, reading(lesson, worker=server.url) as lesson_desk:
        await lesson_desk.there()
        server.end()
        place, screen = lesson_desk.desk, lesson_desk.screen
        await place.until(lambda: screen.link.phase is Phase.FAILED, "the connection broke")
        assert "The connection to the server" in lesson_desk.text or "ended" in lesson_desk.text
        await place.press("pagedown")
        assert screen.page == 1


async def test_a_chat_is_shown_at_its_workers_server_and_branched_there(home: Home, tmp_path: Path) -> None:
    async with serving("fake", WORKER, token="s3cret") as server:
        address = f"{server.url}?token=s3cret"
        async with chatting(worker=address, share=ShareOptions("chat", "class")) as place:
            await place.ready()
            run = await place.answer("first")
            share = place.chat.worker.share
            await place.until(lambda: share is not None and share.place is not None, "it is on show")
            assert (await server.http.get("/v1/shared?token=s3cret")).json()["sessions"] == ["class"]
            kept = tmp_path / "kept.jsonl"
            place.chat.workbench.copy_session(kept)
        assert (await server.http.get("/v1/shared?token=s3cret")).json()["sessions"] == []

        follow = FollowOptions(address, "class", "fake")
        lines = [line for line in kept.read_bytes().splitlines() if line]
        async with showing(server.url, lines), desk(LladaApp(ChatOptions(), follow=follow)) as place:
            replay = place.replay
            player = replay.stage.player
            await place.until(lambda: player.run is not None and player.over, "it is shown to its end")
            there = replay.session.runs[run.id]
            assert isinstance(there.start, RunEvent)
            assert encode(there.start) == encode(run.start)
            await place.press("home", "b")
            await place.until(lambda: isinstance(place.app.screen, Chat), "the chat")
            await place.ready()
            assert place.chat.link.client.command[-1] == server.url, "the server has the model: it makes the branch"
            await place.until(lambda: place.chat.workbench.drafting.draft is not None, "a branch")
            await place.until(lambda: place.chat.stage.canvas.has_focus, "keys are the canvas'")
            await place.press("b")
            branch = await place.ended(2)
            assert branch.start.parent == run.id
            assert branch.text(branch.last) == run.text(run.last)
            path = place.chat.worker.path
            assert path is not None
            await place.app.navigation.close_workers()
        assert len(read_session(path).runs) == 2
