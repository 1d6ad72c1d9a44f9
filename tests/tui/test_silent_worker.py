"""A worker that is stopped: said in header and conversation, and started again with a key; nothing is lost."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from llada_tui.trace.events import CANCELLED, FINISHED
from llada_tui.tui.model_link.worker_link import Phase, WorkerLink
from llada_tui.tui.shell.footer import Footer
from llada_tui.worker import heartbeat
from tests.tui.lanes import ask as ask_in_lanes
from tests.tui.lessons import reading, written
from tests.tui.support import Desk, Gate, chatting

pytestmark = pytest.mark.usefixtures("home")
SILENCE = "The worker has not answered for 8 seconds."


@pytest.fixture(autouse=True)
def short_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heartbeat, "TICK", 0.2)


def send(link: WorkerLink, number: int) -> None:
    assert link.client.hello is not None
    os.kill(link.client.hello.pid, number)


async def stopped_in_a_run(desk: Desk, gate: Gate) -> None:
    """Ask, and stop the worker after five steps."""
    await desk.run_to(gate, 5, "one")
    send(desk.chat.link, signal.SIGSTOP)
    gate.open()
    await desk.until(lambda: desk.chat.link.silent, "the worker is silent")


def keys(desk: Desk) -> str:
    return desk.app.screen.query_one(Footer).render_line(0).text


async def test_it_is_said_and_started_again_with_a_key(gate: Gate) -> None:
    async with chatting(gate.model) as desk:
        await stopped_in_a_run(desk, gate)
        assert SILENCE in desk.conversation
        assert "^x restarts it; what it wrote is kept." in desk.conversation
        assert "not answering" in desk.chat.header.render_line(0).text
        assert "^x restart" in keys(desk)
        assert "restart" in [command.title for command in desk.app.get_system_commands(desk.app.screen)]
        pid = desk.chat.link.client.hello
        await desk.press("ctrl+x")
        run = await desk.ended()
        assert run.end is not None
        assert (run.end.reason, run.answer()) == (CANCELLED, "aaaaa")
        await desk.ready()
        assert "It is started again." in desk.conversation
        assert desk.chat.link.client.hello != pid
        assert "not answering" not in desk.chat.header.render_line(0).text
        assert "restart" not in keys(desk)
        assert "restart" not in [command.title for command in desk.app.get_system_commands(desk.app.screen)]
        await desk.press("f5")
        again = await desk.ended(2)
        assert (again.question, again.answer()) == ("one", "a" * 12)
        recorded = desk.recorded()
    assert [run.end and run.end.reason for run in recorded.runs.values()] == [CANCELLED, FINISHED]
    assert recorded.runs["run-1"].answer() == "aaaaa"


async def test_a_step_that_does_not_come_is_said_and_can_be_restarted(
    gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(heartbeat, "STEP_PATIENCE", 10)
    monkeypatch.setattr(heartbeat, "TOLD_AGAIN", 3)
    async with chatting(gate.model) as desk:
        await desk.run_to(gate, 5, "one")
        await desk.until(lambda: "no step for 10 s" in desk.chat.header.render_line(0).text, "it is said")
        sentence = "No step for 10 seconds: the worker may be stuck, or a large model takes that long."
        assert sentence in " ".join(desk.conversation.split())
        assert "^x restarts it; what it wrote is kept." in desk.conversation
        await desk.until(lambda: "no step for 13 s" in desk.chat.header.render_line(0).text, "it is counted")
        assert desk.conversation.count("No step for") == 1
        assert "^x restart" in keys(desk)
        await desk.press("ctrl+x")
        run = await desk.ended()
        assert run.end is not None
        assert (run.end.reason, run.answer()) == (CANCELLED, "aaaaa")
        await desk.ready()
        gate.open()
        assert (await desk.answer("two")).answer() == "a" * 12
        assert "restart" not in keys(desk)


async def test_silence_after_a_standstill_is_said_too(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heartbeat, "STEP_PATIENCE", 10)
    async with chatting(gate.model) as desk:
        await desk.run_to(gate, 5, "one")
        await desk.until(lambda: "No step for" in desk.conversation, "it is said")
        send(desk.chat.link, signal.SIGSTOP)
        await desk.until(lambda: desk.chat.link.silent, "the worker is silent")
        assert SILENCE in desk.conversation


async def test_it_goes_on_by_itself_when_it_answers_again(gate: Gate) -> None:
    async with chatting(gate.model) as desk:
        await stopped_in_a_run(desk, gate)
        send(desk.chat.link, signal.SIGCONT)
        run = await desk.ended()
        assert run.answer() == "a" * 12
        await desk.until(lambda: "The worker answers again." in desk.conversation, "it is said")
        await desk.until(lambda: "done" in desk.chat.header.render_line(0).text, "the header says so")
        assert "restart" not in keys(desk)


async def test_escape_ends_the_run_at_once(gate: Gate) -> None:
    async with chatting(gate.model) as desk:
        await stopped_in_a_run(desk, gate)
        await desk.press("escape")
        run = await desk.ended()
        assert run.end is not None
        assert (run.end.reason, run.answer()) == (CANCELLED, "aaaaa")
        assert "was ended. The next question starts it again." in desk.conversation
        assert (await desk.answer("two")).answer() == "a" * 12


async def test_a_question_that_waits_for_a_stopped_load_is_given_back(tmp_path: Path) -> None:
    async with chatting(f"wait:{tmp_path / 'go'}") as desk:
        await desk.until(lambda: desk.chat.link.phase is Phase.LOADING, "it loads")
        await desk.ask("kept")
        send(desk.chat.link, signal.SIGSTOP)
        await desk.until(lambda: desk.chat.link.silent, "the worker is silent")
        assert SILENCE in desk.conversation
        (tmp_path / "go").touch()
        await desk.press("ctrl+x")
        await desk.ready()
        assert desk.chat.conversation_pane.prompt.text == "kept"
        await desk.press("enter")
        assert (await desk.ended()).question == "kept"


async def test_it_is_said_of_lanes_too(gate: Gate) -> None:
    async with chatting(gate.model) as desk:
        await desk.ready()
        gate.open(3)
        screen = await ask_in_lanes(desk, "temperature=0,1")
        await desk.until(lambda: all(run.last >= 3 for run in screen.runs()) and len(screen.runs()) == 2, "they write")
        send(desk.chat.link, signal.SIGSTOP)
        await desk.until(lambda: desk.chat.link.silent, "the worker is silent")
        assert screen.state == ("not answering", "error")
        assert "^x restart" in keys(desk)
        await desk.press("ctrl+x")
        await desk.until(lambda: all(run.end for run in screen.runs()), "the lanes have their ends")
        assert [run.end.reason for run in screen.runs() if run.end] == [CANCELLED, CANCELLED]
        await desk.until(lambda: desk.chat.link.phase is Phase.READY, "it is there again")
        assert "not answering" not in screen.state


async def test_it_is_said_beside_a_lesson_too(tmp_path: Path) -> None:
    async with reading(written(tmp_path)) as room:
        await room.there()
        send(room.screen.link, signal.SIGSTOP)
        await room.desk.until(lambda: room.screen.link.silent, "the worker is silent")
        assert SILENCE in room.text
        assert "^x restarts it; what it wrote is kept." in room.text
        assert "not answering" in room.screen.header.render_line(0).text
        await room.desk.press("ctrl+x")
        await room.desk.until(lambda: room.screen.link.phase is Phase.READY, "it is there again")
