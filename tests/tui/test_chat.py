"""The chat against real worker processes whose model is made up: questions, their answers, and conversations."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from llada_tui.drawing.frame_rows import FrameRows
from llada_tui.settings.prompt import Prompt
from llada_tui.trace.events import FINISHED
from llada_tui.tui.chat.conversation_view import Entry
from llada_tui.tui.model_link.worker_link import Phase
from tests.conftest import Home
from tests.tui.lanes import ask as ask_in_lanes
from tests.tui.lanes import over
from tests.tui.support import Gate, chatting


async def test_a_question_is_answered_and_recorded(home: Home) -> None:
    async with chatting() as desk:
        await desk.ready()
        run = await desk.answer("What is it?")

        assert run.end is not None
        assert (run.end.reason, run.answer()) == (FINISHED, "a" * 12)
        await desk.until(lambda: "a" * 12 in desk.conversation, "the answer is in the conversation")
        assert "What is it?" in desk.conversation
        assert desk.chat.conversation_pane.prompt.text == ""
        assert desk.chat.link.phase is Phase.READY
        recorded = desk.recorded()
        assert list(recorded.runs) == ["run-1"]
        assert recorded.title == "What is it?"
        assert list(home.sessions.glob("*.jsonl")) == [desk.chat.worker.path]


@pytest.mark.usefixtures("home")
async def test_the_next_question_goes_with_the_conversation() -> None:
    async with chatting() as desk:
        await desk.ready()
        await desk.answer("one")
        run = await desk.answer("two")

        assert [(message.role, message.content) for message in run.start.messages] == [
            ("user", "one"), ("assistant", "a" * 12), ("user", "two"),
        ]  # fmt: skip


@pytest.mark.usefixtures("home")
async def test_a_model_is_sent_no_more_rounds_than_it_was_trained_with_and_this_is_said() -> None:
    async with chatting("rounds:2") as desk:
        await desk.ready()
        for question in ("one", "two"):
            await desk.answer(question)
        assert "at most" not in desk.conversation
        third = await desk.answer("three")
        assert [message.content for message in third.start.messages[::2]] == ["one", "two", "three"]
        await desk.until(
            lambda: "This model was trained with at most 2 earlier rounds: older ones are not sent to it." in
            " ".join(desk.conversation.split()), "it is said",
        )  # fmt: skip
        fourth = await desk.answer("four")
        assert [message.content for message in fourth.start.messages[::2]] == ["two", "three", "four"]
        assert [exchange.question for exchange in desk.chat.conversation_pane.conversation.exchanges] == [
            "one", "two", "three", "four",
        ]  # fmt: skip
        assert " ".join(desk.conversation.split()).count("This model was trained") == 1


@pytest.mark.usefixtures("home")
async def test_an_answer_that_takes_as_many_lines_as_before_is_not_laid_out_anew() -> None:
    async with chatting() as desk:
        await desk.ready()
        await desk.answer("one")
        await desk.until(lambda: "a" * 12 in desk.conversation, "the answer is in the conversation")
        await desk.pilot.pause()
        entry = desk.chat.query(Entry).last()
        assert entry.content_size.height == 2
        assert not entry.say(("llada", ""), ("\nstep 9 of 40", ""))
        await desk.pilot.pause()
        assert (entry.content_size.height, "step 9 of 40" in desk.conversation) == (2, True)
        assert entry.say(("llada", ""), ("\nfirst\nsecond", ""))
        await desk.pilot.pause()
        assert (entry.content_size.height, "second" in desk.conversation) == (3, True)


def looks_of(picture: FrameRows) -> list[tuple[object, ...]]:
    """The looks of each position: its state, token, text and look."""
    return [(*cell[:3], *rest) for cell, *rest in zip(picture.cells, picture.texts, picture.looks, strict=True)]


@pytest.mark.usefixtures("home")
async def test_what_the_screen_showed_is_what_the_file_replays() -> None:
    async with chatting(length=40, settings={"top_k": 0}) as desk:
        await desk.ready()
        stage = desk.chat.stage
        shown = {}
        inner = stage.canvas.frame_rows.show

        def show(*arguments: object) -> object:
            dirty = inner(*arguments)  # type: ignore[arg-type]
            shown[stage.player.frame] = looks_of(stage.canvas.frame_rows)
            return dirty

        stage.canvas.frame_rows.show = show  # type: ignore[assignment,method-assign]
        run = await desk.answer()
        for frame in range(run.last + 1):
            stage.seek(frame)
        await desk.pilot.pause()

        replayed = desk.recorded().runs[run.id]
        assert replayed.last == run.last == 40
        assert len(shown) == 41
        for frame, pictured in shown.items():
            again = FrameRows()
            again.show(replayed, frame, stage.canvas.colour_by, True, stage.canvas.size.width)
            assert pictured == looks_of(again)
            assert replayed.cells(frame) == run.cells(frame)


@pytest.mark.usefixtures("home")
async def test_special_tokens_are_read_again_where_they_were(tmp_path: Path) -> None:
    """In the same question and in its branch, also when the session is opened without the wish."""
    async with chatting(raw_tokens=True) as desk:
        await desk.ready()
        assert (await desk.answer("hi")).start.raw_tokens
        path = desk.chat.worker.path
    async with chatting(resume=path) as desk:
        await desk.ready()
        await desk.press("f5")
        assert (await desk.ended(2)).start.raw_tokens
        await desk.press("ctrl+b")
        draft = desk.chat.workbench.drafting.draft
        assert draft is not None
        desk.chat.stage.canvas.selected = 4
        await desk.press("w", "x", "ctrl+b", "enter")
        await desk.until(lambda: desk.app.screen is desk.chat and draft.made)
        await desk.press("b")
        assert (await desk.ended(3)).start.raw_tokens
        screen = await ask_in_lanes(desk, "seed=1,2", "")
        await over(desk, screen)
        assert all(run.start.raw_tokens for run in screen.runs())


@pytest.mark.usefixtures("home")
async def test_while_a_run_goes_on_a_question_waits_in_the_prompt(gate: Gate) -> None:
    async with chatting(gate.model) as desk:
        await desk.run_to(gate, 2, "one")
        await desk.ask("two")

        assert desk.chat.conversation_pane.prompt.text == "two"
        assert "A run is going on: esc cancels it, then enter asks this." in desk.notices
        gate.open()
        await desk.ended()
        await desk.press("enter")
        await desk.ended(2)
        assert [exchange.question for exchange in desk.chat.conversation_pane.conversation.exchanges] == ["one", "two"]


@pytest.mark.usefixtures("home")
async def test_what_is_typed_while_the_model_loads_stays(tmp_path: Path) -> None:
    async with chatting(f"wait:{tmp_path / 'go'}") as desk:
        await desk.until(lambda: desk.chat.link.phase is Phase.LOADING, "it loads")
        await desk.press(*"a b")
        (tmp_path / "go").touch()
        await desk.ready()
        await desk.press("c")

        assert desk.chat.conversation_pane.prompt.text == "a bc"


@pytest.mark.usefixtures("home")
async def test_a_question_asked_while_the_model_loads_is_answered(tmp_path: Path) -> None:
    async with chatting(f"wait:{tmp_path / 'go'}") as desk:
        await desk.until(lambda: desk.chat.link.phase is Phase.LOADING, "it loads")
        await desk.ask("early")
        assert "early" in desk.conversation
        assert "waits for its first step" in desk.conversation
        (tmp_path / "go").touch()
        run = await desk.ended()

        assert (run.question, run.answer()) == ("early", "a" * 12)


@pytest.mark.usefixtures("home")
async def test_a_model_that_is_not_there_is_one_sentence_and_the_question_stays() -> None:
    async with chatting("missing") as desk:
        await desk.ask("my question")
        await desk.until(lambda: desk.chat.link.phase is Phase.FAILED, "it failed")
        await desk.until(lambda: desk.chat.conversation_pane.prompt.text == "my question", "the question is given back")

        assert "There is no model named missing." in desk.conversation
        assert "you" not in desk.conversation
        assert not desk.chat.worker.busy
        assert desk.chat.conversation_pane.conversation.exchanges == []


@pytest.mark.usefixtures("home")
async def test_a_new_chat_forgets_and_keeps_its_file() -> None:
    async with chatting() as desk:
        await desk.ready()
        await desk.answer("one")
        first = desk.chat.worker.path
        await desk.press("ctrl+n")
        assert desk.chat.stage.player.run is None
        assert desk.conversation == ""
        run = await desk.answer("two")

        assert first is not None
        assert desk.chat.worker.path not in (None, first)
        assert len(run.start.messages) == 1
        assert desk.recorded().runs["run-1"].answer() == "a" * 12, "the pieces are in the new file too"


@pytest.mark.usefixtures("home")
async def test_a_base_model_continues_text() -> None:
    async with chatting("base") as desk:
        await desk.ready()
        run = await desk.answer("Once upon")

        assert (run.start.text, run.start.messages) == ("Once upon", [])
        assert desk.chat.conversation_pane.prompt.border_title == "Continue this text"


@pytest.mark.usefixtures("home")
async def test_a_worker_that_takes_long_to_start_does_not_hold_the_screen_up() -> None:
    async with chatting(worker="sleep 1000") as desk:
        desk.chat.conversation_pane.prompt.put("one")
        desk.app.simulate_key("enter")
        await desk.answers()
        assert "one" in desk.conversation
        desk.chat.conversation_pane.prompt.put("two")
        desk.app.simulate_key("enter")
        await desk.answers()
        await desk.until(lambda: desk.notices, "it is said that one is asked already")
        assert desk.chat.conversation_pane.prompt.text == "two"
        assert [exchange.question for exchange in desk.chat.conversation_pane.conversation.exchanges] == ["one"]


@pytest.mark.usefixtures("home")
async def test_closing_ends_the_worker_for_good() -> None:
    """Also while the context is about to be counted, for which a worker would be started."""
    async with chatting() as desk:
        await desk.ready()
        await desk.answer()
        link = desk.chat.link
        await asyncio.gather(
            link.close(), link.queries.count(lambda _: None, Prompt(text="hi")), desk.chat.context.count()
        )
        assert not link.client.running
