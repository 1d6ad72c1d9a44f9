"""What goes wrong around the chat's worker and model, and what is lost by it: nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from llada_tui.trace.events import FAILED, FINISHED, Choice, RetuneEvent, RunEvent, StepEvent
from llada_tui.trace.resume import Resume
from llada_tui.tui.model_link.worker_link import Phase
from llada_tui.tui.shell.dialogs import AskYes
from tests.trace.support import MODEL, start
from tests.tui.support import Gate, chatting, kill, replaying


@pytest.mark.usefixtures("home")
async def test_a_worker_killed_in_a_run_leaves_what_it_had(gate: Gate) -> None:
    async with chatting(gate.model) as place:
        run = await place.run_to(gate, 5, "one")
        kill(place.chat.link)
        await place.ended()

        assert run.end is not None
        assert (run.end.reason, run.answer()) == (FAILED, "a" * 5)
        assert place.chat.link.phase is Phase.FAILED
        await place.until(lambda: "failed; this is what it had" in place.conversation, "it is said")
        assert "aaaaa" in place.conversation
        assert "SIGKILL" in place.conversation
        assert place.recorded().runs["run-1"].answer() == "aaaaa"
        gate.open()
        again = await place.answer("two")
        assert again.end is not None
        assert again.end.reason == FINISHED
        assert again.start.messages[1].content == "aaaaa"
        assert list(place.recorded().runs) == ["run-1", "run-2"]


@pytest.mark.usefixtures("home")
async def test_a_worker_killed_while_loading_is_said_and_the_next_question_works(tmp_path: Path) -> None:
    async with chatting(f"wait:{tmp_path / 'go'}") as place:
        await place.until(lambda: place.chat.link.phase is Phase.LOADING, "it loads")
        kill(place.chat.link)
        await place.until(lambda: place.chat.link.phase is Phase.FAILED, "it is gone")
        assert "SIGKILL" in place.conversation
        (tmp_path / "go").touch()
        assert (await place.answer("hi")).answer() == "a" * 12


@pytest.mark.usefixtures("home")
async def test_a_question_that_waited_for_a_killed_worker_is_given_back(tmp_path: Path) -> None:
    async with chatting(f"wait:{tmp_path / 'go'}") as place:
        await place.until(lambda: place.chat.link.phase is Phase.LOADING, "it loads")
        await place.ask("waiting")
        kill(place.chat.link)
        await place.until(lambda: place.chat.conversation_pane.prompt.text == "waiting", "it is given back")
        (tmp_path / "go").touch()
        await place.press("enter")
        assert (await place.ended()).question == "waiting"


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize(("model", "says"), [("oom", "memory"), ("defect", "made up")])
async def test_a_run_that_fails_keeps_what_it_had(model: str, says: str) -> None:
    async with chatting(model) as place:
        await place.ready()
        run = await place.answer("hi")

        assert run.end is not None
        assert (run.end.reason, run.answer()) == (FAILED, "aa")
        await place.until(lambda: "failed; this is what it had" in place.conversation, "it is said")
        assert says in place.conversation
        assert place.chat.link.phase is Phase.READY
        await place.press("f12")
        details = place.app.screen.query_one("TextArea").text  # type: ignore[attr-defined]
        assert ("made up" in details) == (model != "oom")


@pytest.mark.usefixtures("home")
async def test_a_command_that_is_no_worker_is_a_sentence() -> None:
    async with chatting(worker="echo hello") as place:
        await place.until(lambda: place.chat.link.phase is Phase.FAILED, "it failed")
        assert "is no worker: it printed 'hello'" in place.conversation
        await place.ask("kept")
        await place.until(lambda: place.chat.conversation_pane.prompt.text == "kept", "it is given back")


@pytest.mark.usefixtures("home")
async def test_another_model_while_the_program_runs() -> None:
    async with chatting() as place:
        await place.ready()
        await place.answer("one")
        await place.press("f9")
        await place.press("tab", *"base", "enter")
        await place.until(lambda: place.chat.link.model is not None and not place.chat.link.model.chat, "it is loaded")
        await place.ready()
        assert (await place.answer("Once")).start.text == "Once"


@pytest.mark.usefixtures("home")
async def test_a_knob_turned_before_the_first_step_makes_no_second_exchange() -> None:
    async with chatting("missing") as place:
        await place.until(lambda: place.chat.link.phase is Phase.FAILED, "there is no model")
        worker = place.chat.worker
        begin = start(4)
        worker.take(begin)
        worker.take(RetuneEvent(begin.run, 0, begin.settings.replace(temperature=1.0)))
        worker.take(StepEvent(run=begin.run, index=0, block=0, block_step=0, seconds=0.1, commits=[Choice(0, 5, 0.5)]))
        await place.pilot.pause()

        assert [len(exchange.runs) for exchange in place.chat.conversation_pane.conversation.exchanges] == [1]


@pytest.mark.usefixtures("home")
async def test_what_a_worker_makes_up_is_told_and_survived() -> None:
    async with chatting() as place:
        await place.ready()
        link = place.chat.link
        link.take(StepEvent(run="run-9", index=0, block=0, block_step=0, seconds=0.1, commits=[Choice(0, 5, 0.5)]))
        link.take(RunEvent("odd", MODEL, place.chat.workbench.settings, [], Resume()))
        await place.pilot.pause()
        assert place.conversation.count("The worker sent what cannot be") == 2
        assert (await place.answer("hi")).answer() == "a" * 12


@pytest.mark.usefixtures("home")
async def test_on_a_narrow_terminal_the_canvas_has_the_room() -> None:
    async with chatting() as place:
        await place.ready()
        await place.answer("one")
        await place.answer("two")
        path = place.chat.worker.path
    assert path is not None
    async with replaying(path, size=(40, 12)) as place:
        assert place.replay.stage.canvas.size.width >= 34
    async with replaying(path, size=(120, 40)) as place:
        assert place.replay.query_one("#runs").display


@pytest.mark.usefixtures("home")
async def test_a_model_that_does_not_fit_is_loaded_when_one_insists() -> None:
    async with chatting("unfit") as place:
        await place.until(lambda: isinstance(place.app.screen, AskYes), "it is asked")
        assert place.chat.link.phase is Phase.FAILED
        assert "unfit needs 16.0 GB, and 8.0 GB are free: try --quantization nf4" in place.conversation
        await place.press("n")
        assert place.chat.link.phase is Phase.FAILED
        await place.ask("hi")
        await place.until(lambda: isinstance(place.app.screen, AskYes), "it is asked again")
        await place.press("y")
        await place.ready()
        assert place.chat.link.model is not None
        assert place.chat.link.model.id == "unfit"
