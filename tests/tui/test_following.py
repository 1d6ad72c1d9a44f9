"""Following a session of somebody else: it is played, inspected, saved and branched while it grows."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec

from llada_tui.trace.events import DeleteEvent, EndEvent, PictureEvent, encode
from llada_tui.trace.session import read_session
from llada_tui.tui.app import LladaApp
from llada_tui.tui.chat.chat import Chat
from llada_tui.tui.model_link.presented_page import PresentedPage
from llada_tui.tui.replay.replay import Replay
from llada_tui.tui.shell.bar import Bar
from llada_tui.tui.shell.drawable import is_displayed
from llada_tui.tui.shell.footer import Footer
from llada_tui.tui.shell.options import ChatOptions, FollowOptions
from tests.cli.support import environment
from tests.tui.sessions import EVIL, fox
from tests.tui.support import WORKER, Desk, desk


class Show:
    """A session that is on show here, line by line."""

    def __init__(self, process: asyncio.subprocess.Process, url: str) -> None:
        assert process.stdin is not None
        self.process, self.stdin, self.url = process, process.stdin, url

    async def write(self, *lines: bytes) -> None:
        self.stdin.write(b"".join(line + b"\n" for line in lines))
        await self.stdin.drain()

    async def end(self) -> None:
        await self.write(b"")
        self.stdin.close()


@asynccontextmanager
async def showing() -> AsyncIterator[Show]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "llada_tui.serving.share_process", "class", "127.0.0.1:0",
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, env=environment(),
    )  # fmt: skip
    assert process.stdout is not None
    try:
        yield Show(process, json.loads(await process.stdout.readline())["url"])
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


@asynccontextmanager
async def following(show: Show, options: ChatOptions | None = None) -> AsyncIterator[Desk]:
    app = LladaApp(options or ChatOptions(), follow=FollowOptions(show.url, "class"))
    async with desk(app) as place:
        try:
            yield place
        finally:
            await app.navigation.close_workers()


def lines_of(folder: Path) -> list[bytes]:
    """The lines of a session of two runs, the header first."""
    return fox(folder / "fox.jsonl").read_bytes().splitlines()


def encode_page(page: PresentedPage) -> bytes:
    return msgspec.json.encode(page)


def until_run(lines: list[bytes], number: int) -> int:
    """The number of lines before that run, counted from 1."""
    return [at for at, line in enumerate(lines) if line.startswith(b'{"event":"run"')][number - 1]


async def test_a_session_is_played_while_it_grows(tmp_path: Path) -> None:
    lines = lines_of(tmp_path)
    second = until_run(lines, 2)
    async with showing() as show, following(show) as place:
        replay = place.replay
        player = replay.stage.player
        assert "Nothing has been asked in class yet" in str(replay.stage.welcome.render())
        keys, stage = replay.query_one(Footer), replay.stage
        empty = (stage.panel, stage.timeline, stage.legend)
        assert not any(map(is_displayed, empty)), "no settings, no player, where nothing was recorded"
        assert not any(words in str(keys.render_line(0)) for words in ("play/pause", "branch", "step back", "runs"))
        await show.write(*lines[:6])
        await place.until(lambda: player.run is not None and player.run.last == 3, "three steps came")
        await place.until(lambda: player.frame == 3, "they are shown")
        await place.until(lambda: all(map(is_displayed, empty)) and "play/pause" in str(keys.render_line(0)))
        await place.until(lambda: stage.canvas.has_focus, "keys are the canvas'")
        await place.press("left")
        assert (player.frame, player.playing) == (2, False)
        await place.until(lambda: "to the present" in str(replay.query_one(Footer).render_line(0)))
        await show.write(*lines[6:8])
        await place.until(lambda: player.last == 5, "two more came")
        assert player.frame == 2, "who looks at a step stays there"
        await place.press("right", "tab")
        await show.write(*lines[8 : second + 2])
        await place.until(lambda: len(replay.session.runs) == 2, "another run began")
        await place.until(lambda: any("Another run began" in notice for notice in place.notices))
        first = player.run
        assert first is replay.session.runs["run-1"]
        await place.press("P")
        assert player.run is not None
        assert player.run.id == "run-2"
        await place.press("end")
        await show.write(*lines[second + 2 :])
        await place.until(lambda: replay.session.runs["run-2"].end is not None, "the run is over")
        await place.until(lambda: player.over, "it is shown to its end")


async def test_who_is_at_the_end_goes_along_to_the_next_run(tmp_path: Path) -> None:
    lines = lines_of(tmp_path)
    second = until_run(lines, 2)
    async with showing() as show:
        await show.write(*lines[:second])
        async with following(show) as place:
            player = place.replay.stage.player
            await place.until(lambda: player.run is not None and player.over, "the last step of what there is")
            await show.write(*lines[second:])
            await place.until(lambda: player.run is not None and player.run.id == "run-2", "the next run is shown")
            await show.write(encode(DeleteEvent(["run-2"])))
            await place.until(lambda: player.run is not None and player.run.id == "run-1", "it was deleted there")


async def test_the_page_of_a_lesson_that_is_presented_is_told_in_the_header(tmp_path: Path) -> None:
    lines = lines_of(tmp_path)
    async with showing() as show, following(show) as place:
        header = place.replay.query_one("#header", Bar)
        await show.write(lines[0], encode_page(PresentedPage("One letter", 1, 2, "[bold]Nothing[/bold]\x1b[31m\nyet")))
        await place.until(lambda: "page 1 of 2  [bold]Nothing[/bold]" in header.render_line(0).text, "its heading")
        assert "\x1b" not in header.render_line(0).text
        await show.write(b'{"event":"page","number":"x"}', b'{"event":"page"', *lines[1:4])
        await place.until(lambda: place.replay.session.runs, "a run of the page")
        assert place.replay.followed is not None
        assert place.replay.followed.page is not None
        assert place.replay.followed.page.number == 1, "what is no page changes nothing"
        await show.write(encode_page(PresentedPage("One letter", 3, 2, "What now?")))
        await place.until(lambda: "the end of the lesson  One letter" in header.render_line(0).text, "its end")


async def test_the_end_is_told_in_words_and_what_was_shown_can_be_saved(tmp_path: Path) -> None:
    lines = lines_of(tmp_path)
    target = tmp_path / "kept.jsonl"
    async with showing() as show:
        await show.write(*lines[:9])
        async with following(show) as place:
            replay = place.replay
            await place.until(lambda: replay.session.runs, "a run came")
            await show.end()
            await place.until(lambda: replay.followed is not None and replay.followed.ended, "it ended")
            await place.until(lambda: any("taken off show" in notice for notice in place.notices))
            assert any("^s saves it" in notice for notice in place.notices)
            assert "over" in str(replay.query_one("#header").render_line(0))
            await place.press("ctrl+s", "home", "shift+end", *str(target), "enter")
            await place.until(target.exists, "it is saved")
    kept = read_session(target)
    assert [run.question for run in kept.runs.values()] == ["Tell me a story about a fox and a lantern."]
    assert next(iter(kept.runs.values())).last == replay.session.runs["run-1"].last > 0


async def test_the_death_of_the_server_is_told_and_nothing_is_lost(tmp_path: Path) -> None:
    async with showing() as show:
        await show.write(*lines_of(tmp_path))
        async with following(show) as place:
            replay = place.replay
            await place.until(lambda: len(replay.session.runs) == 2)
            show.process.kill()
            await place.until(lambda: any("broke." in notice for notice in place.notices))
            assert len(replay.session.runs) == 2


async def test_a_branch_is_a_run_of_the_readers_own_and_a_key_leads_back(tmp_path: Path) -> None:
    async with showing() as show, following(show, ChatOptions("fake", worker=WORKER)) as place:
        replay = place.replay
        from_fake = [line.replace(b"acme/llada-tiny", b"fake") for line in lines_of(tmp_path)]
        await show.write(*from_fake)
        await place.until(lambda: len(replay.session.runs) == 2)
        await place.until(lambda: place.replay.stage.canvas.has_focus, "keys are the canvas'")
        await place.press("b")
        await place.until(lambda: isinstance(place.app.screen, Chat), "the chat is open")
        assert not any(isinstance(screen, Replay) for screen in place.app.screen_stack)
        path = place.chat.worker.path
        assert path is not None
        assert path.parent == place.app.sessions_folder
        assert len(read_session(path).runs) == 2
        await place.press("F")
        again = place.replay
        assert again.session is replay.session
        await place.until(lambda: again.stage.player.run is not None, "what there is is shown")
        await show.write(encode(DeleteEvent(["run-2"])))
        await place.until(lambda: "run-2" in replay.session.deleted, "it is followed on")
        assert "run-2" not in place.chat.worker.session.deleted
        await place.press("escape")
        assert isinstance(place.app.screen, Chat)


async def test_a_file_does_not_name_what_is_loaded_and_a_sentence_says_which_model_is_missing(tmp_path: Path) -> None:
    async with showing() as show, following(show, ChatOptions(worker=WORKER)) as place:
        said_embedded = [line.replace(b'"mask_id"', b'"demo":true,"mask_id"') for line in lines_of(tmp_path)]
        await show.write(*said_embedded)
        await place.until(lambda: len(place.replay.session.runs) == 2)
        assert place.replay.session.runs["run-1"].start.model.demo
        await place.until(lambda: place.replay.stage.canvas.has_focus, "keys are the canvas'")
        await place.press("b")
        await place.until(lambda: isinstance(place.app.screen, Chat), "the chat is open")
        assert place.chat.link.checkpoint.source == "demo"
        words = "This run was made by acme/llada-tiny, and this chat has demo."
        await place.until(lambda: any(words in notice for notice in place.notices), "it is said")
        await place.ready()
        await place.press("b")
        await place.until(lambda: any("and demo is loaded" in notice for notice in place.notices), "and again")
        assert len(place.chat.worker.session.runs) == 2


async def test_a_branch_is_made_by_the_model_that_is_named(tmp_path: Path) -> None:
    async with showing() as show, following(show, ChatOptions("fake", worker=WORKER)) as place:
        await show.write(*(line.replace(b"acme/llada-tiny", b"demo") for line in lines_of(tmp_path)))
        await place.until(lambda: len(place.replay.session.runs) == 2)
        await place.until(lambda: place.replay.stage.canvas.has_focus, "keys are the canvas'")
        await place.press("b")
        await place.until(lambda: isinstance(place.app.screen, Chat), "the chat is open")
        assert place.chat.link.checkpoint.source == "fake"


async def test_what_is_sent_is_checked(tmp_path: Path) -> None:
    lines = lines_of(tmp_path)
    async with showing() as show, following(show) as place:
        replay = place.replay
        run = encode(EndEvent("nobody", "finished", "", 0, 0, 0.0, 0.0))
        linked = encode(PictureEvent("a" * 64, b"", "/etc/passwd"))
        torn = b"x" * 100
        evil = lines[2].replace(b"Tell me a story", json.dumps(EVIL)[1:-1].encode())
        await show.write(lines[0], run, linked, torn, lines[1], evil, *lines[3:5])
        await place.until(lambda: replay.session.runs)
        await place.until(lambda: replay.stage.player.last == 2)
        assert replay.session.links == {}
        assert len(replay.session.problems) == 2
        assert "\x1b" not in replay.session.title


async def test_what_is_no_session_ends_the_following(tmp_path: Path) -> None:
    for first, words in ((b'{"event":"end"}', "no session of llada-tui"), (b"{}", "no session of llada-tui")):
        async with showing() as show, following(show) as place:
            await show.write(first, *lines_of(tmp_path)[1:])
            await place.until(lambda: any(words in notice for notice in place.notices))  # noqa: B023
            assert not place.replay.session.runs


async def test_lines_of_a_run_are_the_very_events_of_the_file(tmp_path: Path) -> None:
    async with showing() as show, following(show) as place:
        await show.write(*lines_of(tmp_path))
        await place.until(lambda: len(place.replay.session.runs) == 2)
        there, here = read_session(tmp_path / "fox.jsonl"), place.replay.session
        for name, run in there.runs.items():
            await place.until(lambda: here.runs[name].end is not None)  # noqa: B023
            assert list(here.runs[name].steps) == list(run.steps)
            assert here.runs[name].start == run.start
            assert here.runs[name].end == run.end
