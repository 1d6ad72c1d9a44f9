"""Sessions that are very large: open soon, or are refused in a sentence; and a key is answered meanwhile."""

from __future__ import annotations

import asyncio
import os
import re
import threading
import time
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec
import pytest
from textual.widgets import DataTable

from benchmarks.large_sessions import Pieces, answers, chain, remasks
from llada_tui.analysis.colour_scale import ColourBy
from llada_tui.drawing.frame_rows import FrameRows
from llada_tui.trace import canvas_history, recorder, session, session_folder
from llada_tui.trace.cell import State, TokenChange
from llada_tui.trace.events import Message
from llada_tui.trace.recorder import SessionRecorder
from llada_tui.trace.session import Session, SessionError, read_session
from llada_tui.tui import navigation
from llada_tui.tui.app import LladaApp
from llada_tui.tui.chat.conversation import conversation_of
from llada_tui.tui.chat.conversation_view import MAX_EXCHANGES, Entry
from llada_tui.tui.replay.replay import Replay
from llada_tui.tui.replay.sessions_dialog import SessionsDialog
from llada_tui.tui.shell import sliced_reading
from llada_tui.tui.shell.help import Help
from llada_tui.tui.shell.options import ChatOptions
from llada_tui.tui.shell.text_fields import LineText
from llada_tui.tui.stage import spacetime_grid
from llada_tui.tui.stage.run_tree import MAX_GUIDE, RunTree
from llada_tui.tui.stage.spacetime_pane import SpacetimePane
from tests.conftest import Home
from tests.export.support import written
from tests.trace.support import start
from tests.tui.pseudo_terminal import Terminal
from tests.tui.sessions import fox
from tests.tui.support import PATIENCE, WORKER, Desk, chatting, replaying


def test_a_conversation_is_found_in_time_in_proportion_to_its_session() -> None:
    made = Session()
    for event in answers(1000):
        made.add(event)  # type: ignore[arg-type]
    began = time.process_time()
    conversation = conversation_of(made)
    assert time.process_time() - began < 2  # of each message with each run it took 5
    assert [len(exchange.runs) for exchange in conversation.exchanges] == [1] * 1000
    assert conversation.exchanges[7].run is made.runs["run-8"]


def test_the_conversation_of_one_long_prompt_is_found_in_time_in_proportion_to_it() -> None:
    messages = [Message("assistant" if number % 2 else "user", f"{number}") for number in range(60_001)]
    made = Session()
    made.add(msgspec.structs.replace(start(3), messages=messages))
    began = time.process_time()
    conversation = conversation_of(made)
    assert time.process_time() - began < 1  # with a copy of the messages for each it took 4
    assert [exchange.question for exchange in conversation.exchanges[-2:]] == ["59998", "60000"]


@pytest.mark.usefixtures("home")
async def test_of_a_long_conversation_the_end_is_shown_and_all_of_it_is_gone_on_with(tmp_path: Path) -> None:
    path = written(tmp_path / "long.jsonl", *answers(MAX_EXCHANGES + 30))
    async with chatting(resume=path) as place:
        pane = place.chat.conversation_pane
        await place.until(lambda: len(pane.view.query(Entry)) == 2 * MAX_EXCHANGES + 1)
        questions = re.findall(r"question \d+", place.conversation)
        assert questions == [f"question {number}" for number in range(30, MAX_EXCHANGES + 30)]
        assert "30 earlier exchanges are part of the conversation and not shown here." in " ".join(
            place.conversation.split()
        )
        assert f"question {MAX_EXCHANGES + 29}" in place.conversation
        assert len(pane.conversation.exchanges) == MAX_EXCHANGES + 30
        assert len(pane.conversation.messages()) == 2 * (MAX_EXCHANGES + 30)


async def test_a_chain_of_branches_is_listed_with_short_guides(tmp_path: Path, home: Home) -> None:
    path = written(tmp_path / "chain.jsonl", *chain(300))
    async with replaying(path) as place:
        runs = place.replay.query_one(RunTree)
        assert len(runs.entries) == 300
        texts = [str(runs.get_option_at_index(at).prompt) for at in range(300)]
        assert max(len(line) for text in texts for line in text.splitlines()) < MAX_GUIDE + 120
        assert texts[299].splitlines()[0].endswith("run 300")


def test_a_session_that_is_too_large_is_refused_in_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path / "s.jsonl", *remasks(50_000))
    assert read_session(path).runs["run-1"].last == 50
    monkeypatch.setattr(session, "MAX_CHANGES", 10_000)
    with pytest.raises(
        SessionError, match=r"s\.jsonl is too large to open: its runs change more than 10,000 tokens\.$"
    ):
        read_session(path)


def test_runs_are_folded_when_they_are_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path / "s.jsonl", *answers(20))
    folded: list[int] = []

    def change(frame: int, token: int | None, state: State, confidence: float) -> TokenChange:
        folded.append(frame)
        return TokenChange(frame, token, state, confidence)

    monkeypatch.setattr(canvas_history, "TokenChange", change)
    made = read_session(path)
    assert made.summary().tokens == 80
    assert conversation_of(made).exchanges[19].answer == "an answer"
    assert folded == []
    assert made.runs["run-7"].canvas(4) == [0, 1, 2, 3]
    assert len(folded) == 4 + 4


async def test_a_key_is_answered_while_a_session_is_read(
    tmp_path: Path, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = fox(tmp_path / "fox.jsonl")
    begun, go_on = threading.Event(), threading.Event()

    def slow(path: Path) -> Session:
        begun.set()
        assert go_on.wait(PATIENCE)
        return read_session(path)

    monkeypatch.setattr(navigation, "read_session", slow)
    async with chatting() as place:
        await place.ready()
        place.app.run_worker(place.app.navigation.open_session(path))
        await place.until(begun.is_set)
        await place.press("f1")
        await place.until(lambda: isinstance(place.app.screen, Help))
        await place.press("escape")
        assert not go_on.is_set()
        go_on.set()
        await place.until(lambda: isinstance(place.app.screen, Replay))


class _SlowRead:
    """Reads sessions once it may."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, reader: ModuleType = recorder) -> None:
        self.begun, self.go_on = threading.Event(), threading.Event()
        monkeypatch.setattr(reader, "read_session", self)

    def __call__(self, path: Path, *, linked: bool = True) -> Session:
        self.begun.set()
        assert self.go_on.wait(PATIENCE)
        return read_session(path, linked=linked)


@pytest.mark.slow
async def test_a_key_is_answered_while_the_chat_reads_what_it_goes_on_with(
    tmp_path: Path, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = fox(home.sessions / "fox.jsonl")
    async with chatting() as place:
        await place.ready()
        await place.press("f4")
        await place.until(lambda: isinstance(place.app.screen, SessionsDialog))
        slow = _SlowRead(monkeypatch)
        await place.press("c")
        await place.until(slow.begun.is_set)
        await place.press("f1")
        await place.until(lambda: isinstance(place.app.screen, Help))
        await place.press("escape")
        assert not slow.go_on.is_set()
        assert place.chat.worker.path is None
        await place.until(lambda: "Reading fox.jsonl …" in place.notices)
        slow.go_on.set()
        await place.until(lambda: place.chat.worker.path == path)
        assert "fox and a lantern" in place.conversation


async def test_a_key_is_answered_while_a_session_is_renamed(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    fox(home.sessions / "fox.jsonl")
    async with chatting() as place:
        await place.press("f4")
        await place.until(lambda: place.app.screen.query_one(DataTable).row_count == 1)
        slow = _SlowRead(monkeypatch, session_folder)
        await place.press("r", "!", "enter")
        await place.until(slow.begun.is_set)
        await place.press("slash")
        assert place.app.screen.query_one(LineText).has_focus
        assert not slow.go_on.is_set()
        slow.go_on.set()
        (path,) = home.sessions.glob("*.jsonl")
        await place.until(lambda: read_session(path).title.endswith("!"))


async def test_a_question_that_is_asked_while_a_session_is_read_stays(
    tmp_path: Path, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = fox(tmp_path / "fox.jsonl")
    async with chatting() as place:
        await place.ready()
        slow = _SlowRead(monkeypatch)
        for _ in range(2):  # the second is passed over
            place.app.run_worker(place.app.navigation.continue_session(path))
        await place.until(slow.begun.is_set)
        run = await place.answer("meanwhile")
        slow.go_on.set()
        await place.until(lambda: any("was not opened" in notice for notice in place.notices))
        assert place.chat.worker.session.last_run() is run
        other = SessionRecorder(tmp_path, "other")
        assert other.resume(path) == ""  # the file is nobody's
        other.close()


async def test_the_chat_opens_beside_the_session_that_it_reads(
    tmp_path: Path, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = fox(tmp_path / "fox.jsonl")
    slow = _SlowRead(monkeypatch)
    app = LladaApp(ChatOptions("fake", worker=WORKER, resume=path))
    async with app.run_test() as pilot:
        while not slow.begun.is_set():
            await pilot.pause(0.01)
        await pilot.press("h", "i")
        assert len(app.screen_stack) == 1
        slow.go_on.set()
        while len(app.screen_stack) < 2:
            await pilot.pause(0.01)
        place = Desk(app, pilot)
        await place.until(lambda: place.chat.conversation_pane.prompt.text == "hi")
        assert place.chat.worker.path == path
        await place.chat.close()


@pytest.mark.slow
async def test_a_key_is_answered_while_all_of_a_long_run_is_drawn(
    tmp_path: Path, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of 400,000 tokens that are taken back spacetime once made each row in seconds."""
    path = written(tmp_path / "remasks.jsonl", *remasks(400_000))
    monkeypatch.setattr(asyncio.Handle, "_run", asyncio.Handle._run)  # type: ignore[attr-defined]
    pieces = Pieces()
    async with replaying(path) as place:
        pane = place.replay.query_one(SpacetimePane)
        await place.until(lambda: pane.run is not None)
        pieces.longest()
        await place.press("home", "v")
        await place.until(lambda: all(len([*pane.render_line(y)]) > 1 for y in range(pane.size.height)))
        assert pieces.longest() < 0.5
    monkeypatch.setattr(canvas_history.CanvasHistory, "_fold_step", None)  # the file is folded where it is read
    with pytest.raises(TypeError):
        read_session(path)


async def test_colours_by_revisions_come_once_they_are_read(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Meanwhile the canvas has the colours of states, and keys are answered: no slice reads more than a step."""
    monkeypatch.setattr(sliced_reading, "SLICE", -1)
    monkeypatch.setattr(sliced_reading, "_AT_ONCE", -1)
    monkeypatch.setattr(spacetime_grid, "_LARGE", 0)
    async with replaying(fox(tmp_path / "fox.jsonl")) as place:
        stage = place.replay.stage
        stage.seek(20)
        canvas, run = stage.canvas, stage.player.run
        assert run is not None
        looks = []
        show = FrameRows.show

        def note(rows: FrameRows, *arguments: Any) -> set[int] | None:
            dirty = show(rows, *arguments)
            looks.append([*rows.looks])
            return dirty

        monkeypatch.setattr(FrameRows, "show", note)
        canvas.colour_by = ColourBy.REVISIONS
        exact = FrameRows()
        exact.show(run, 20, ColourBy.REVISIONS, True, 100)
        looks.pop()
        await place.until(lambda: looks[-1] == exact.looks, "the colours are there")
        assert looks[0] != exact.looks
        pane = place.replay.query_one(SpacetimePane)
        await place.until(lambda: all(len([*pane.render_line(y)]) > 1 for y in range(pane.size.height)), "its lines")


async def test_another_run_is_marked_without_making_the_list_anew(tmp_path: Path, home: Home) -> None:
    path = written(tmp_path / "chain.jsonl", *chain(3000))
    async with replaying(path) as place:
        runs = place.replay.query_one(RunTree)
        for number in (7, 2900, 8):
            place.replay.show_run(place.replay.session.runs[f"run-{number}"])
            await place.pilot.pause()
            assert runs.run is place.replay.session.runs[f"run-{number}"]
            texts = [str(runs.get_option_at_index(at).prompt) for at in range(3000)]
            assert [at for at, text in enumerate(texts) if "● " in text] == [number - 1]
            assert {text.count("\n") for text in texts} == {2}


def test_the_program_is_left_while_a_disk_hangs(home: Home, tmp_path: Path) -> None:
    """Reading waits for ever: the file is a pipe into which nobody writes."""
    os.mkfifo(tmp_path / "pipe.jsonl")
    program = (
        "import sys; from pathlib import Path; from llada_tui.tui.app import LladaApp; "
        "from llada_tui.tui.shell.options import ReplayOptions; "
        "sys.exit(LladaApp(replay=ReplayOptions(Path(sys.argv[1]))).run_to_its_end())"
    )
    with Terminal("-c", program, str(tmp_path / "pipe.jsonl")) as terminal:
        terminal.until("Reading pipe.jsonl …")
        assert terminal.leave() == 0
