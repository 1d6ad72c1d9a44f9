"""Session files and the screen: written whole, gone on with, listed, and what is said of those that are broken."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import msgspec
import pytest
from textual.widgets import DataTable

from llada_tui.trace.events import Message
from llada_tui.trace.session import read_session
from llada_tui.trace.session_folder import SessionExcerpt, peek, read_excerpt
from llada_tui.tui.chat.chat import Chat
from llada_tui.tui.replay import sessions_dialog
from llada_tui.tui.replay.replay import Replay
from llada_tui.tui.replay.sessions_dialog import SessionsDialog
from tests.conftest import Home
from tests.export.support import written
from tests.trace.support import end, start, step
from tests.trace.test_session_writer import Window
from tests.tui.sessions import fox
from tests.tui.support import PATIENCE, Desk, Gate, chatting, replaying


async def test_a_recording_that_cannot_be_written_is_said_and_the_chat_goes_on(home: Home) -> None:
    home.sessions.write_text("a file where the folder should be")
    async with chatting() as place:
        await place.ready()
        await place.answer("one")
        assert "Recording stopped" in place.conversation
        assert "not recorded" in place.chat.header.render_line(0).text
        run = await place.answer("two")
        assert run.answer() == "a" * 12
        assert place.conversation.count("Recording stopped") == 1


async def test_a_session_file_that_became_something_else_is_left_alone(home: Home) -> None:
    async with chatting() as place:
        await place.ready()
        await place.answer("one")
        path = place.chat.worker.path
    assert path is not None
    async with chatting(resume=path) as place:
        await place.ready()
        path.write_text("dear diary\n")
        run = await place.answer("two")
        assert run.answer() == "a" * 12
        assert "Recording stopped" in place.conversation
    assert path.read_text() == "dear diary\n"
    assert home.sessions.is_dir()


@pytest.mark.usefixtures("home")
async def test_quitting_in_a_run_leaves_a_whole_file(gate: Gate) -> None:
    async with chatting(gate.model) as place:
        await place.run_to(gate, 5, "one")
        path = place.chat.worker.path
        place.app.simulate_key("ctrl+q")
        await place.gone()
        assert place.app.return_code == 0
    check_whole(path)


def check_whole(path: Path | None) -> None:
    """The file of a chat that was left after five steps of its only run."""
    assert path is not None
    session = read_session(path)
    run = session.runs["run-1"]
    assert session.problems == []
    assert run.end is not None
    assert run.answer() == "a" * run.last == run.end.text
    assert run.last >= 5


@pytest.mark.usefixtures("home")
async def test_quitting_from_a_replay_over_a_run_leaves_a_whole_file(gate: Gate) -> None:
    async with chatting(gate.model) as place:
        await place.run_to(gate, 5, "one")
        path = place.chat.worker.path
        assert path is not None
        await place.app.navigation.open_session(path)
        await place.pilot.pause()
        assert isinstance(place.app.screen, Replay)
        place.app.simulate_key("ctrl+q")
        await place.gone()
    check_whole(path)


@pytest.mark.usefixtures("home")
async def test_a_chat_goes_on_from_its_file() -> None:
    async with chatting() as place:
        await place.ready()
        await place.answer("one")
        await place.answer("two")
        path = place.chat.worker.path
    async with chatting(resume=path) as place:
        assert "one" in place.conversation
        assert place.conversation.count("a" * 12) == 2
        await place.ready()
        run = await place.answer("three")

        assert [message.content for message in run.start.messages] == ["one", "a" * 12, "two", "a" * 12, "three"]
        assert run.id == "run-3"
        assert place.chat.worker.path == path
        recorded = place.recorded()
        assert list(recorded.runs) == ["run-1", "run-2", "run-3"]
        assert recorded.problems == []
        assert all(each.answer() == "a" * 12 for each in recorded.runs.values())


@pytest.mark.usefixtures("home")
async def test_a_file_that_cannot_be_resumed_is_said_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "notes.jsonl"
    path.write_text("dear diary\n")
    async with chatting(resume=path) as place:
        await place.ready()
        assert "is not a session that llada-tui recorded" in place.conversation
        await place.answer("hi")
        assert place.chat.worker.path != path
    assert path.read_text() == "dear diary\n"


async def old_and_new(place: Desk) -> tuple[Path, Path]:
    """The files of two sessions of the chat: an old one, and the one that goes on."""
    await place.ready()
    await place.answer("old")
    old = place.chat.worker.path
    await place.press("ctrl+n")
    await place.answer("new")
    new = place.chat.worker.path
    assert old is not None
    assert new is not None
    os.utime(old, (1, 1))
    return old, new


@pytest.mark.usefixtures("home")
async def test_the_list_opens_renames_deletes_and_takes_back() -> None:
    async with chatting() as place:
        old, new = await old_and_new(place)
        await place.press("f4")
        assert isinstance(place.app.screen, SessionsDialog)
        await place.press("d")
        assert new.exists(), "the session that goes on is not deleted"
        await place.press("down", "d")
        assert not old.exists()
        assert any(words.endswith("u takes it back.") for words in place.notices)
        await place.press("u")
        assert old.exists()
        await place.until(lambda: not place.notices_on_show)
        await place.press("up", "r")
        await place.press("home", "shift+end", *"better", "enter")
        assert read_session(new).title == "better"
        await place.press("escape")
        await place.answer("more")
        assert place.recorded().title == "better", "the chat that goes on keeps the new title"

        await place.press("f4", "down", "enter")
        await place.until(lambda: isinstance(place.app.screen, Replay), "the replay is open")
        assert place.replay.path == old
        await place.press("escape")
        await place.until(lambda: isinstance(place.app.screen, Chat), "escape leads back to the chat")


@pytest.mark.usefixtures("home")
async def test_the_list_continues_a_session() -> None:
    async with chatting() as place:
        old, _ = await old_and_new(place)
        await place.press("f4", "down", "c")
        await place.until(lambda: place.chat.worker.path == old, "it goes on")

        assert place.app.screen is place.chat
        assert "old" in place.conversation
        assert "new" not in place.conversation
        run = await place.answer("more")
        assert [message.content for message in run.start.messages] == ["old", "a" * 12, "more"]
        assert list(place.recorded().runs) == ["run-1", "run-2"]


@pytest.mark.usefixtures("home")
async def test_a_torn_file_is_replayed_as_far_as_it_goes() -> None:
    async with chatting() as place:
        await place.ready()
        run = await place.answer("one")
        path = place.chat.worker.path
    assert path is not None
    lines = path.read_bytes().splitlines(keepends=True)
    steps = [at for at, line in enumerate(lines) if line.startswith(b'{"event":"step"')]
    path.write_bytes(b"".join(lines[: steps[7]]) + lines[steps[7]][:40])
    async with replaying(path) as place:
        await place.press("end")
        shown = place.replay.stage.player.run
        assert shown is not None
        assert (shown.last, place.replay.stage.player.frame) == (7, 7)
        assert shown.cells(7) == run.cells(7)
        assert any("its last step was lost" in words for words in place.notices)


async def test_a_file_that_is_no_session_ends_the_replay_in_one_sentence(tmp_path: Path, home: Home) -> None:
    from llada_tui.tui.app import LladaApp, ReplayOptions

    path = tmp_path / "notes.jsonl"
    path.write_text("dear diary\n")
    app = LladaApp(replay=ReplayOptions(path))
    async with app.run_test() as pilot:
        await pilot.pause()
    assert app.return_code == 1
    assert not home.sessions.exists()


async def test_a_session_of_another_window_goes_on_in_a_file_of_its_own(tmp_path: Path) -> None:
    path = fox(tmp_path / "fox.jsonl")
    before = path.read_bytes()
    with Window(path):
        async with chatting(resume=path) as place:
            await place.ready()
            assert "fox.jsonl is open in another window" in " ".join(place.conversation.split())
            run = await place.answer("and then?")
            place.app.navigation.show_sessions()
            await place.press("c")
            mine = place.recorded()
        assert mine.problems == []
        assert [*mine.runs] == ["run-1", "run-2", run.id]
    assert path.read_bytes() == before


async def test_the_list_of_sessions_renames_the_open_one_and_leaves_those_of_other_windows(home: Home) -> None:
    home.sessions.mkdir(parents=True)
    theirs = fox(home.sessions / "theirs.jsonl")
    with Window(theirs):
        async with chatting() as place:
            await place.ready()
            await place.answer()
            await place.app.navigation.rename(place.chat.worker.path or theirs, "mine")
            assert peek(place.chat.worker.path or theirs).title == "mine"
            place.app.navigation.show_sessions()
            await place.until(lambda: place.app.screen.query(DataTable) and len(listed(place)) == 2, "they are listed")
            await place.press("down", "d")
            assert place.notices[-1] == (
                "It could not be deleted: theirs.jsonl is open in another window or command of llada-tui."
            )
            await place.press("escape")
    assert theirs.exists()


def three(home: Home) -> dict[str, Path]:
    """Three sessions, the latest first, each with a question and an answer."""
    texts = {"Where is the fox?": "In the wood.", "What is 2 + 3?": "2 + 3 = 5.", "Who are you?": "A model of a FOX."}
    paths = {}
    for age, (question, answer) in enumerate(texts.items()):
        begin = msgspec.structs.replace(start(2), messages=[Message("user", question)])
        path = written(home.sessions / f"{age}.jsonl", begin, step(0, {0: 7}), end(answer))
        os.utime(path, (1000 - age, 1000 - age))
        paths[question] = path
    return paths


def listed(place: Desk) -> list[list[str]]:
    """The rows of the list of sessions, but for the time and the numbers."""
    table = place.app.screen.query_one(DataTable)
    return [[str(cell) for cell in table.get_row_at(row)[1:3]] for row in range(table.row_count)]


@pytest.mark.parametrize("size", [(60, 20), (120, 40)])
async def test_the_list_shows_first_words_and_filters_as_one_types(home: Home, size: tuple[int, int]) -> None:
    paths = three(home)
    async with chatting(size=size) as place:
        await place.ready()
        await place.press("f4")
        everything = [["Where is the fox?", "In the wood."], ["What is 2 + 3?", "2 + 3 = 5."],
                      ["Who are you?", "A model of a FOX."]]  # fmt: skip
        await place.until(lambda: listed(place) == everything, "the answers are read")
        await place.press("slash", *"fo")
        assert listed(place) == [everything[0], everything[2]]
        await place.press("x", "space", *"mod")
        assert listed(place) == [everything[2]]
        await place.press(*"zz")
        assert listed(place) == []
        await place.press("escape")
        assert listed(place) == everything
        await place.press("slash", *"fox", "down", "enter")
        await place.until(lambda: isinstance(place.app.screen, Replay), "the replay is open")
        assert place.replay.path == paths["Who are you?"]


async def test_the_list_answers_while_files_are_read(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    three(home)
    begun, go_on = threading.Event(), threading.Event()

    def slow(path: Path) -> SessionExcerpt:
        begun.set()
        assert go_on.wait(PATIENCE)
        return read_excerpt(path)

    monkeypatch.setattr(sessions_dialog, "read_excerpt", slow)
    async with chatting() as place:
        await place.ready()
        await place.press("f4")
        await place.until(begun.is_set)
        await place.press("slash", *"fox")
        assert listed(place) == [["Where is the fox?", "–"]]
        go_on.set()
        await place.until(lambda: len(listed(place)) == 2, "answers are looked through, too")
        await place.press("escape", "escape")
        await place.until(lambda: isinstance(place.app.screen, Chat))
