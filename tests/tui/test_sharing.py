"""Putting the session of a chat or a lesson on show: everything of it is sent, and nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx

from llada_tui.settings.sampler_settings import SamplerSettings
from llada_tui.trace.events import Choice, DeleteEvent, ModelInfo, NameEvent, RunEvent, StepEvent, decode, encode
from llada_tui.trace.resume import Resume
from llada_tui.trace.session import Session, read_session
from llada_tui.tui.app import LladaApp
from llada_tui.tui.lesson.lesson_screen import LessonScreen
from llada_tui.tui.model_link.session_share import SharePlace
from llada_tui.tui.model_link.worker_session import WorkerSession
from llada_tui.tui.shell.dialogs import AskYes
from llada_tui.tui.shell.options import ChatOptions, LessonOptions, ShareOptions
from tests.tui.lessons import written
from tests.tui.sessions import fox
from tests.tui.support import PATIENCE, WORKER, Desk, Gate, chatting, desk

GONE = DeleteEvent(["run-1"])
HERE = ShareOptions("chat", where="127.0.0.1:0")


class Follower:
    """Reads a session on show, as curl does."""

    def __init__(self, lines: AsyncIterator[str]) -> None:
        self._lines = lines
        self.session = Session()
        self.text = ""
        self.last_words = ""

    async def until(self, what: str) -> None:
        """Read up to a line with these words in it."""
        async with asyncio.timeout(PATIENCE):
            async for line in self._lines:
                self.text += line
                if (event := decode(line.encode())) is not None:
                    self.session.add(event)
                else:
                    self.last_words = line
                if what in line:
                    return
        raise AssertionError(f"{what} never came")


@asynccontextmanager
async def followed(place: SharePlace) -> AsyncIterator[Follower]:
    async with (
        httpx.AsyncClient(timeout=PATIENCE) as http,
        http.stream("GET", f"{place.url}/v1/shared/{place.name}") as answer,
    ):
        assert answer.status_code == 200
        yield Follower(answer.aiter_lines())


async def place_of(place: Desk, worker: WorkerSession) -> SharePlace:
    """The place of a session once it is on show."""
    await place.until(lambda: worker.share is not None and worker.share.place is not None, "it is on show")
    assert worker.share is not None
    assert worker.share.place is not None
    return worker.share.place


async def test_a_chat_is_on_show_from_its_beginning(gate: Gate) -> None:
    async with chatting(gate.model, share=HERE) as place:
        where = await place_of(place, place.chat.worker)
        assert where.name == "chat"
        await place.until(lambda: any(where.command in notice for notice in place.notices), "the command is told")
        assert any(notice.endswith("alt+w and then c copies it.") for notice in place.notices)
        assert "shown as chat" in str(place.chat.header.render_line(0))
        async with followed(where) as follower:
            await place.run_to(gate, 3)
            await follower.until('"index":2')
            await place.until(lambda: "shown as chat, 1 follower" in str(place.chat.header.render_line(0)))
            gate.open()
            await place.ended()
            await follower.until('"event":"end"')
            run, there = place.chat.worker.session.runs["run-1"], follower.session.runs["run-1"]
            assert (there.start, list(there.steps), there.end) == (run.start, list(run.steps), run.end)
            assert there.text(there.last) == run.text(run.last)
            await place.press("ctrl+q")
            await follower.until("taken off show")


async def test_a_key_puts_on_show_what_there_is_already_and_takes_it_off() -> None:
    async with chatting(share=ShareOptions(where="127.0.0.1:0", name="mine")) as place:
        await place.ready()
        await place.answer("first")
        await place.press("tab", "W")
        where = await place_of(place, place.chat.worker)
        assert where.name == "mine"
        async with followed(where) as follower:
            await follower.until('"event":"end"')
            assert [run.question for run in follower.session.runs.values()] == ["first"]
            await place.press("W")
            assert isinstance(place.app.screen, AskYes)
            assert where.command in str(place.app.screen.query_one("Static").render())  # type: ignore[attr-defined]
            await place.press("c")
            assert place.app.clipboard == where.command
            await place.press("y")
            await follower.until("taken off show")
        await place.until(lambda: "The session is on show no longer." in place.notices)
        await place.until(lambda: "shown as" not in str(place.chat.header.render_line(0)))
        await place.press("W")
        again = await place_of(place, place.chat.worker)
        assert again != where


async def test_a_chat_in_which_nothing_was_asked_is_shown_by_the_key_too() -> None:
    async with chatting(share=ShareOptions(where="127.0.0.1:0")) as place:
        await place.ready()
        await place.press("tab", "W")
        assert place.app.focused is place.chat.stage.knobs
        where = await place_of(place, place.chat.worker)
        assert where.name == "chat"


async def test_another_session_is_not_shown_because_the_one_before_was(tmp_path: Path) -> None:
    async with chatting(share=HERE) as place:
        await place.ready()
        where = await place_of(place, place.chat.worker)
        async with followed(where) as follower:
            await place.answer("shown")
            await follower.until('"event":"end"')
            await place.press("ctrl+n")
            await follower.until("taken off show")
        await place.until(lambda: any("no longer. Another was begun. alt+w shows" in each for each in place.notices))
        await place.answer("secret")
        assert "secret" not in follower.text


async def test_what_cannot_be_shown_is_a_sentence_and_the_chat_goes_on() -> None:
    async with chatting(share=ShareOptions("chat", where="http://127.0.0.1:1")) as place:
        await place.until(lambda: any("answers at 127.0.0.1:1. alt+w tries again." in each for each in place.notices))
        await place.ready()
        await place.answer()


async def test_a_picture_is_sent_once_and_without_its_path(cat: Path) -> None:
    async with chatting("sees", share=HERE, link_images=True) as place:
        await place.ready()
        where = await place_of(place, place.chat.worker)
        async with followed(where) as follower:
            for question in ("one", "two"):
                await place.type(f"/image {cat}")
                await place.press("enter")
                await place.answer(question)
                await follower.until('"event":"end"')
        pictures = follower.text.count('"event":"picture"')
        assert pictures == 1
        assert cat.name not in follower.text
        assert len(follower.session.pictures) == 1


async def test_a_session_that_was_recorded_is_shown_with_its_interrupted_run(tmp_path: Path) -> None:
    path = fox(tmp_path / "fox.jsonl")
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:-4]))
    assert [run.end is not None for run in read_session(path).runs.values()] == [True, True]
    async with chatting(share=HERE, resume=path) as place:
        where = await place_of(place, place.chat.worker)
        async with followed(where) as follower:
            await follower.until('"reason":"interrupted"')
            assert all(run.end is not None for run in follower.session.runs.values())


async def test_a_run_that_was_deleted_before_is_sent_once_it_is_listed_again(tmp_path: Path) -> None:
    path = fox(tmp_path / "fox.jsonl")
    lines = path.read_bytes().replace(b"Tell me a story", b"Tell me a secret", 1).splitlines(keepends=True)
    rest = [line for line in lines if not line.startswith(b'{"event":"summary"')]
    path.write_bytes(b"".join([*rest, *(encode(each) + b"\n" for each in (NameEvent("run-1", "hidden"), GONE))]))
    assert read_session(path).title.startswith("Tell me a secret")
    async with chatting(share=HERE, resume=path) as place:
        where = await place_of(place, place.chat.worker)
        async with followed(where) as follower:
            await follower.until('"event":"summary"')
            assert [*follower.session.runs] == ["run-2"]
            assert follower.session.title.startswith("Tell me a story")
            assert not any(secret in follower.text for secret in ("run-1", "secret", "hidden"))
            place.chat.workbench.change_tree(NameEvent("run-1", "hidden still"))
            place.chat.workbench.change_tree(DeleteEvent(["run-1"], deleted=False))
            await follower.until('"event":"delete"')
            session = place.chat.worker.session
            there, here = follower.session.runs["run-1"], session.runs["run-1"]
            assert (there.start, list(there.steps), there.end) == (here.start, list(here.steps), here.end)
            assert follower.session.name_of(there) == "hidden still"
            await follower.until('"event":"summary"')
            assert follower.session.title.startswith("Tell me a secret")


async def test_a_session_that_is_too_large_is_said_to_be_that() -> None:
    model = ModelInfo("acme/wide", "llada", "float32", "cpu", 900)
    settings = SamplerSettings(steps=1100, gen_length=4096, block_length=4096)
    guesses = [Choice(at, at % 900, 0.12345) for at in range(4096)]
    async with chatting() as place:
        await place.ready()
        recorder = place.chat.worker.recorder
        recorder.recording = False
        recorder.add(RunEvent("wide", model, settings, [1], Resume([900] * 4096)))
        for index in range(1100):
            made = {"run": "wide", "index": index, "block": 0, "block_step": index, "seconds": 0}
            recorder.add(StepEvent(**made, commits=[], predictions=guesses))
        await place.chat.worker.put_on_show("wide", "127.0.0.1:0", lambda: None)
        share = place.chat.worker.share
        assert share is not None
        await place.until(lambda: not share.is_open, "it is on show no longer")
        assert share.problem == "The session is too large to be on show: 64 MB at most."


async def test_a_lesson_is_shown_without_its_notes(tmp_path: Path) -> None:
    lesson = written(tmp_path / "lessons")
    share = ShareOptions("lesson", where="127.0.0.1:0")
    app = LladaApp(ChatOptions("fake", worker=WORKER, share=share), lesson=LessonOptions(lesson, present=True))
    async with desk(app) as place:
        await place.until(lambda: isinstance(place.app.screen, LessonScreen))
        screen = place.app.screen
        assert isinstance(screen, LessonScreen)
        where = await place_of(place, screen.worker)
        assert where.name == "lesson"
        assert place.chat.worker.share is None
        assert screen.page == 0
        assert screen.worker.path is None, "the file is only made for what is the reader's own"
        async with followed(where) as follower:
            await follower.until('"event":"end"')
            assert [run.question for run in follower.session.runs.values()] == ["write"]
            assert "Let them guess" not in follower.text
            first = '{"event":"page","lesson":"One letter","number":1,"pages":5,"heading":"Nothing yet"}'
            if first not in follower.text:  # the run may have ended before the session was on show
                await follower.until(first)
            await place.press("pagedown")
            await follower.until('"number":2,"pages":5,"heading":"After three steps"')
            assert "are **masks**" not in follower.text, "the text stays with the presenter"
            await place.press("escape")
            await follower.until("taken off show")


def test_a_share_is_at_the_server_of_the_worker_where_nothing_else_is_named() -> None:
    def where(worker: str | None, at: str = "") -> str:
        return LladaApp(ChatOptions(worker=worker, share=ShareOptions(where=at))).share.where

    assert where(None) == "127.0.0.1"
    assert where("ssh box llada-tui worker") == "127.0.0.1"
    assert where("http://box:8000?token=x") == "http://box:8000?token=x"
    assert where("http://box:8000", "0.0.0.0") == "0.0.0.0"


def test_the_command_that_follows_has_the_token_and_nothing_a_terminal_acts_on() -> None:
    place = SharePlace("class", "http://box:8001\x1b[31m", "t0ken")
    assert place.command == "LLADA_TUI_TOKEN=t0ken llada-tui follow http://box:8001 class"
