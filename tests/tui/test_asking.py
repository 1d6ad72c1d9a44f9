"""What becomes of a question, or of a branch, that is not asked at once or not at all: nothing that was typed or set by
hand is lost, nothing is asked that was taken back, and nothing twice."""

from __future__ import annotations

import contextvars
import shlex
from pathlib import Path

import pytest
from textual import events

from llada_tui.settings.prompt import Prompt
from llada_tui.trace.events import DeleteEvent
from llada_tui.trace.session_writer import append
from llada_tui.tui.chat.conversation_view import Entry
from llada_tui.tui.model_link.worker_link import Phase
from llada_tui.tui.replay.replay import Replay
from llada_tui.worker.command_limits import excess
from llada_tui.worker.protocol import Count
from tests.conftest import Home
from tests.tui.sessions import fox
from tests.tui.support import WORKER, Desk, Gate, chatting, kill

pytestmark = [pytest.mark.asyncio, pytest.mark.usefixtures("home")]


@pytest.fixture
def gate(tmp_path: Path) -> Gate:
    return Gate(tmp_path / "gate")


def prompt(desk: Desk) -> str:
    return desk.chat.conversation_pane.prompt.text


def asked(desk: Desk) -> list[str]:
    return [run.question for run in desk.chat.worker.session.runs.values()]


async def send_at_once(desk: Desk, *keys: str) -> None:
    """Press keys without waiting for what each of them does."""
    area = desk.chat.conversation_pane.prompt
    for key in keys:
        area.post_message(events.Key(key, key if len(key) == 1 else None))
    await desk.answers()


async def test_what_is_typed_right_after_enter_is_the_next_question() -> None:
    async with chatting() as desk:
        await desk.ready()
        await desk.type("one")
        await send_at_once(desk, "enter", *"two")
        await desk.ended()
        assert asked(desk) == ["one"]
        assert prompt(desk) == "two"


async def test_a_sum_on_the_first_screen_is_asked_as_it_is() -> None:
    async with chatting() as desk:
        await desk.ready()
        await desk.press("1", "2", "space", "plus", "space", "3", "enter")
        await desk.ended()
        assert asked(desk) == ["12 + 3"]


async def test_a_question_that_has_to_wait_stands_before_what_was_typed_since(gate: Gate) -> None:
    async with chatting(gate.model) as desk:
        await desk.ready()
        await desk.ask("one")
        await desk.began()
        await desk.type("two")
        await send_at_once(desk, "enter", *"three")
        await desk.until(lambda: desk.notices, "it is said that one is asked already")
        assert prompt(desk) == "two\nthree"


async def test_a_question_taken_back_stands_before_what_was_typed_since(tmp_path: Path) -> None:
    async with chatting(f"wait:{tmp_path / 'there'}") as desk:
        await desk.ask("one")
        await desk.ask("two")
        await desk.until(lambda: desk.notices, "it is said that one is asked already")
        await desk.press("escape")
        assert prompt(desk) == "one\ntwo"
        (tmp_path / "there").touch()
        await desk.ready()
        assert asked(desk) == []


async def test_a_question_taken_back_while_the_worker_starts_is_not_asked(tmp_path: Path) -> None:
    start = tmp_path / "start"
    start.touch()
    script = f"until [ -e {shlex.quote(str(start))} ]; do sleep 0.01; done; exec {WORKER}"
    async with chatting(worker=shlex.join(["sh", "-c", script])) as desk:
        await desk.ready()
        start.unlink()
        kill(desk.chat.link)
        await desk.until(lambda: desk.chat.link.phase is Phase.FAILED, "the worker is gone")
        await desk.ask("one")
        await desk.until(lambda: desk.chat.link.phase is Phase.STARTING, "it is started again")
        await desk.press("escape")
        assert prompt(desk) == "one"
        desk.chat.conversation_pane.prompt.text = ""
        await desk.ask("two")
        start.touch()
        await desk.ended()
        assert asked(desk) == ["two"]
        assert [exchange.question for exchange in desk.chat.conversation_pane.conversation.exchanges] == ["two"]


async def test_a_branch_that_is_refused_keeps_what_was_set_by_hand() -> None:
    async with chatting() as desk:
        await desk.ready()
        run = await desk.answer()
        workbench = desk.chat.workbench
        await desk.press("tab", "home", "right", "b", "shift+right", "k")
        drafting = workbench.drafting
        assert drafting.draft is not None
        changes = dict(drafting.draft.changes)
        assert changes
        settings = workbench.settings
        workbench.settings = settings.replace(remasking="nosuch")
        await desk.press("b")
        await desk.until(lambda: "nosuch" in desk.conversation, "the worker refuses it")
        assert drafting.draft is not None
        assert drafting.draft.changes == changes
        assert desk.chat.stage.drafting
        workbench.settings = settings
        await desk.press("b")
        branch = await desk.ended(2)
        assert branch.start.parent == run.id
        assert {at: branch.ids(0)[at] for at in changes} == changes
        assert drafting.draft is None


async def test_words_before_the_start_are_kept_with_their_question() -> None:
    async with chatting() as desk:
        await desk.ready()
        workbench = desk.chat.workbench
        await desk.type("hi")
        await desk.press("ctrl+b")
        drafting = workbench.drafting
        assert drafting.draft is not None
        drafting.draft.put({1: 98})
        workbench.settings = workbench.settings.replace(remasking="nosuch")
        await desk.press("b")
        await desk.until(lambda: "nosuch" in desk.conversation, "the worker refuses it")
        assert drafting.draft is not None
        assert drafting.draft.changes == {1: 98}
        assert prompt(desk) == "hi"


async def test_no_branch_of_another_session_is_begun(gate: Gate, home: Home) -> None:
    """Its run has the same id as the one that is going on."""
    path = fox(home.path / "fox.jsonl")
    async with chatting(gate.model) as desk:
        await desk.ready()
        await desk.ask("one")
        run = await desk.began()
        await desk.app.navigation.open_session(path)
        await desk.until(lambda: isinstance(desk.app.screen, Replay), "the replay")
        assert run.id in desk.replay.session.runs
        desk.replay.show_run(desk.replay.session.runs[run.id])
        await desk.press("b")
        await desk.until(lambda: desk.app.screen is desk.chat, "the chat")
        await desk.answers()
        assert desk.chat.workbench.drafting.draft is None
        assert desk.notices == ["A run is going on: esc cancels it."]
        assert asked(desk) == ["one"]


async def test_a_session_without_runs_leaves_an_empty_stage(home: Home) -> None:
    path = fox(home.path / "fox.jsonl")
    append(path, DeleteEvent(["run-1", "run-2"]), "test")
    async with chatting() as desk:
        await desk.ready()
        await desk.answer()
        await desk.app.navigation.continue_session(path)
        await desk.answers()
        assert desk.chat.stage.player.run is None
        assert desk.chat.conversation_pane.conversation.exchanges == []
        await desk.press("3", "enter")
        await desk.until(lambda: len(desk.chat.worker.session.listed()) == 1, "an example is asked")


async def test_a_click_opens_the_try_that_is_shown() -> None:
    async with chatting() as desk:
        await desk.ready()
        first = await desk.answer()
        await desk.press("f5")
        await desk.ended(2)
        await desk.until(lambda: "try 2 of 2" in desk.conversation, "the tries are counted")
        await desk.press("ctrl+up")
        assert "try 1 of 2" in desk.conversation
        (entry,) = (entry for entry in desk.chat.conversation_pane.view.query(Entry) if entry.exchange is not None)
        desk.chat.workbench.show_run(None)
        await desk.pilot.click(entry)
        await desk.pilot.pause()
        assert desk.chat.stage.player.run is first


async def test_a_long_text_forgets_nothing_for_a_model_that_does_not_chat() -> None:
    async with chatting("base") as desk:
        await desk.ready()
        await desk.answer("Once")
        text = "x" * 410_000
        assert excess(Count(Prompt(text=text)))
        await desk.type(text)
        pane = desk.chat.conversation_pane
        await desk.until(lambda: pane.prompt.border_subtitle == "too long to be asked", "it is said")
        assert pane.conversation.forgotten == 0


async def test_rounds_that_no_longer_fit_are_left_out_in_a_sentence() -> None:
    async with chatting(length=4) as desk:
        await desk.ready()
        pane = desk.chat.conversation_pane
        for asked, (rounds, sentence) in enumerate(
            [
                ("1 round", "the oldest round of this conversation is no longer sent to the model."),
                ("2 rounds", "the oldest 2 rounds of this conversation are no longer sent to the model."),
            ],
            1,
        ):
            pane.prompt.put("x" * 2000)
            await desk.press("enter")
            await desk.ended(asked)
            pane.prompt.put("x" * 3000)
            subtitle = f"3004 of 4096, {rounds} left out"
            await desk.until(lambda words=subtitle: pane.prompt.border_subtitle == words, "the round is left out")
            assert f"The context is full: {sentence}" in " ".join(desk.conversation.split())
            pane.prompt.put("")


async def test_the_context_is_counted_whoever_asks_for_it() -> None:
    """The event loop tells of a worker's end outside of the application."""
    async with chatting() as desk:
        await desk.ready()
        area = desk.chat.conversation_pane.prompt
        await desk.until(lambda: "context 0" in str(area.border_subtitle), "it was counted")
        area.border_subtitle = ""
        contextvars.Context().run(desk.chat.context.count_later)
        await desk.until(lambda: "context 0" in str(area.border_subtitle), "it is counted again")
