"""One worker, several sessions on it, and whoever watches them."""

from __future__ import annotations

from pathlib import Path

import pytest

from llada_tui.settings.prompt import Prompt
from llada_tui.settings.sampler_settings import SamplerSettings
from llada_tui.trace.events import FINISHED
from llada_tui.trace.recorder import SessionRecorder
from llada_tui.tui.model_link.session_changes import (
    RunChanged,
    SessionChange,
    WorkerChanged,
    WorkerProblem,
    WorkerSilence,
)
from llada_tui.tui.model_link.worker_link import Phase, WorkerLink
from llada_tui.tui.model_link.worker_queries import WorkerQueries
from llada_tui.tui.model_link.worker_session import WorkerSession
from llada_tui.worker.client import WorkerDied, WorkerError, WorkerSilent, WorkerStill
from llada_tui.worker.protocol import Counted, Encode, Encoded, Failure, Held, Load, Progress, Question
from tests.conftest import Home
from tests.tui.lessons import written
from tests.tui.support import Desk, Gate, chatting, kill

pytestmark = pytest.mark.usefixtures("no_dwell")


def session_on(link: WorkerLink, folder: Path) -> WorkerSession:
    return WorkerSession(link, SessionRecorder(folder, "test"))


async def test_any_number_of_observers_watch_a_session() -> None:
    async with chatting() as desk:
        await desk.ready()
        first: list[SessionChange] = []
        second: list[SessionChange] = []
        third: list[SessionChange] = []
        leave_first = desk.chat.worker.subscribe(first.append)
        desk.chat.worker.subscribe(second.append)
        run = await desk.answer("one")
        leave_first()
        count = len(first)
        desk.chat.worker.subscribe(third.append)
        other = await desk.answer("two")

        assert [change.run for change in first if isinstance(change, RunChanged)] == [run] * 14  # begin, 12 steps, end
        assert len(first) == count
        assert second[:count] == first
        assert second[count:] == third
        assert {change.run.id for change in third if isinstance(change, RunChanged)} == {other.id}
        assert any(isinstance(change, WorkerChanged) for change in third)
        assert len(desk.chat.conversation_pane.conversation.exchanges) == 2, "the screen saw all of it, too"


async def test_what_one_observer_cannot_take_reaches_the_others(caplog: pytest.LogCaptureFixture) -> None:
    changes: list[SessionChange] = []
    session = session_on(WorkerLink("false", Load("demo")), Path())

    def fail(change: SessionChange) -> None:
        raise ValueError("made up")

    session.subscribe(fail)
    session.subscribe(changes.append)
    session.tell(WorkerChanged())
    assert len(changes) == 1
    assert "made up" in caplog.text


async def test_sessions_on_one_worker_have_their_own_runs(tmp_path: Path) -> None:
    gate = Gate(tmp_path / "gate")
    async with chatting(gate.model) as desk:
        await desk.ready()
        other = session_on(desk.chat.link, tmp_path / "other")
        changes: list[SessionChange] = []
        other.subscribe(changes.append)
        settings = SamplerSettings(steps=4, gen_length=4, block_length=4)
        await desk.ask("mine")
        await desk.began()
        assert await other.ask(settings, Prompt(text="theirs"))
        assert desk.chat.worker.asked == ["run-1"]
        assert other.asked == ["run-2"], "names that are going on are not used twice"
        gate.open()
        mine = await desk.ended()
        await desk.until(lambda: other.session.runs and not other.busy, "the other session's run")

        assert [run.question for run in desk.chat.worker.session.runs.values()] == ["mine"]
        assert [run.question for run in other.session.runs.values()] == ["theirs"]
        assert mine.answer() == "a" * 12
        assert other.session.runs["run-2"].answer() == "a" * 4, "the bytes of tokens are told once, and to both"
        assert {change.run.question for change in changes if isinstance(change, RunChanged)} == {"theirs"}
        assert desk.chat.link.phase is Phase.READY
        await other.close()
        changes.clear()
        assert (await desk.answer("again")).end
        assert changes == []


async def test_a_place_in_a_servers_queue_is_told_in_the_header() -> None:
    async with chatting() as desk:
        await desk.ready()
        desk.chat.link.take(Progress("queue", 2, 5))
        assert desk.chat.link.phase is Phase.WAITING
        await desk.until(
            lambda: "waiting  place 2 of 5" in desk.chat.header.render_line(0).text, "the header says the place"
        )


async def test_a_run_that_waited_in_its_middle_is_told_to_go_on_with_its_next_step(tmp_path: Path) -> None:
    gate = Gate(tmp_path / "gate")
    async with chatting(gate.model) as desk:
        await desk.run_to(gate, 2)
        desk.chat.link.take(Progress("queue", 1, 5))
        assert desk.chat.link.phase is Phase.WAITING
        gate.open()
        await desk.ended()
        assert desk.chat.link.progress is None
        desk.chat.link.take(Progress("queue", 1, 5))
        desk.chat.link.take(Held("run-1", True))
        assert (desk.chat.link.phase, desk.chat.link.progress) == (Phase.HELD, None)


async def test_a_held_run_stays_held_while_a_step_of_it_waits_in_a_servers_queue(tmp_path: Path) -> None:
    gate = Gate(tmp_path / "gate")
    async with chatting(gate.model) as desk:
        await desk.run_to(gate, 2)
        link = desk.chat.link
        link.take(Held("run-1", True))
        link.take(Progress("queue", 1, 5))
        assert link.phase is Phase.HELD
        await desk.until(
            lambda: "held  place 1 of 5" in desk.chat.header.render_line(0).text, "the header says the place"
        )
        link.take(Held("run-1", True))
        assert link.progress is None
        gate.open()


async def test_a_dead_worker_is_told_to_every_session(tmp_path: Path) -> None:
    async with chatting() as desk:
        await desk.ready()
        other = session_on(desk.chat.link, tmp_path / "other")
        changes: list[SessionChange] = []
        other.subscribe(changes.append)
        kill(desk.chat.link)
        await desk.until(lambda: "SIGKILL" in desk.conversation, "the chat tells it")
        assert ["SIGKILL" in change.message for change in changes if isinstance(change, WorkerProblem)] == [True]


async def test_who_sees_the_end_of_a_killed_workers_run_sees_that_there_is_no_model(tmp_path: Path) -> None:
    gate = Gate(tmp_path / "gate")
    async with chatting(gate.model) as desk:
        await desk.run_to(gate, 2)
        link = desk.chat.link
        ends: list[tuple[Phase, object, bool]] = []

        def see(change: SessionChange) -> None:
            if isinstance(change, RunChanged) and change.run.end is not None:
                ends.append((link.phase, link.model, desk.chat.worker.busy))

        desk.chat.worker.subscribe(see)
        kill(link)
        await desk.ended()
        assert ends == [(Phase.FAILED, None, False)]


async def lesson_over_chat(desk: Desk, home: Home) -> None:
    """A lesson on its second page, opened from a chat with an answer."""
    await desk.ready()
    await desk.answer("before")
    await desk.app.navigation.open_lesson(written(home.config / "lessons"), 1)
    screen = desk.app.navigation.lesson_screen
    assert screen is not None
    await desk.until(lambda: screen.stage.player.run is not None and screen.stage.player.frame == 3, "the page's step")


async def test_the_runs_of_a_lesson_never_reach_the_chat(home: Home) -> None:
    async with chatting("demo") as desk:
        changes: list[SessionChange] = []
        await lesson_over_chat(desk, home)
        desk.chat.worker.subscribe(changes.append)
        screen = desk.app.navigation.lesson_screen
        assert screen is not None
        await desk.press("b", "b")
        await desk.until(lambda: len(screen.worker.session.runs) == 2 and not screen.worker.busy, "a branch")
        await desk.press("escape", "escape")
        await desk.until(lambda: desk.app.screen is desk.chat, "the chat")

        assert not [change for change in changes if isinstance(change, RunChanged)]
        assert [run.question for run in desk.chat.worker.session.runs.values()] == ["before"]
        answer = desk.chat.worker.session.runs["run-1"].answer()
        after = await desk.answer("after")
        assert after.id == "run-2"
        assert [message.content for message in after.start.messages] == ["before", answer, "after"]
        assert [run.question for run in desk.recorded().runs.values()] == ["before", "after"]


async def test_a_worker_that_dies_in_a_lesson_is_told_there_and_the_chat_goes_on(home: Home) -> None:
    async with chatting("demo") as desk:
        await lesson_over_chat(desk, home)
        screen = desk.app.navigation.lesson_screen
        assert screen is not None
        conversation = desk.conversation
        kill(desk.chat.link)
        await desk.until(lambda: "SIGKILL" in str(screen.pane.query_one("#prose-said").render()), "the lesson tells it")
        assert desk.conversation == conversation, "only the screen in front tells it"
        await desk.press("escape")
        await desk.until(lambda: desk.app.screen is desk.chat, "the chat")
        assert "no model" in desk.chat.header.render_line(0).text
        after = await desk.answer("after")
        assert after.end is not None
        assert after.end.reason == FINISHED
        assert [run.question for run in desk.recorded().runs.values()] == ["before", "after"]


async def test_a_load_that_is_refused_leaves_the_model_that_is_there() -> None:
    async with chatting() as desk:
        await desk.ready()
        link = desk.chat.link
        await link.load(Load("x" * 5000))
        assert link.phase is Phase.READY
        assert "4,096 characters at most" in desk.conversation
        kill(link)
        await desk.until(lambda: link.phase is Phase.FAILED, "the worker is gone")
        link.checkpoint = Load("fake")
        assert (await desk.answer()).end is not None


async def test_a_question_that_cannot_be_sent_leaves_the_others_waiting() -> None:
    replies: list[object] = []

    async def send(question: Question) -> None:
        if isinstance(question, Encode) and question.text == "bad":
            raise WorkerError("This is too long.", ["a line"])

    queries = WorkerQueries(lambda: True, send, lambda *problem: replies.append(problem))
    await queries.encode("good", replies.append, lambda: replies.append("good failed"))
    await queries.count(replies.append, Prompt(text="x"))
    await queries.encode("bad", replies.append, lambda: replies.append("bad failed"))
    assert replies == ["bad failed", ("This is too long.", "a line")]
    assert queries.answered(Encoded("good", [1, 2]))
    assert queries.answered(Counted(3))
    assert replies[2:] == [[1, 2], 3]
    await queries.encode("more", replies.append, lambda: replies.append("more failed"))
    await queries.score(
        "a", lambda *score: replies.append(score), Prompt(text="x"), on_failure=lambda: replies.append("a")
    )
    assert not queries.answered(Failure("request", "no", command="encode"))
    queries.forget()
    assert replies[4:] == ["more failed", "a"]


def test_each_standstill_is_told_once_and_a_new_worker_s_again() -> None:
    link = WorkerLink("false", Load("demo"))
    changes: list[SessionChange] = []
    session_on(link, Path()).subscribe(changes.append)

    def silences(*items: WorkerSilent | WorkerStill | WorkerDied) -> list[int]:
        changes.clear()
        for item in items:
            link.take(item)
        return [change.seconds for change in changes if isinstance(change, WorkerSilence)]

    assert silences(WorkerStill(30), WorkerStill(40)) == [30]
    assert silences(WorkerSilent(8), WorkerStill(50)) == [8], "silence is worse than a step that does not come"
    assert silences(WorkerDied(None, "SIGKILL", "It was ended.", [])) == []
    assert silences(WorkerSilent(9), WorkerStill(30)) == [9]
    assert silences(WorkerSilent(0), WorkerStill(40), WorkerStill(0)) == [0, 40, 0]
    assert silences(WorkerSilent(8)) == [8]
