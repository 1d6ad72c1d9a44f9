"""What people tripped over who saw the program for the first time."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from llada_tui import cli
from llada_tui.analysis.colour_scale import ColourBy
from llada_tui.drawing.frame_rows import FrameRows
from llada_tui.settings.presets import DEMO_CHAT
from llada_tui.trace.events import PiecesEvent
from llada_tui.trace.run import Run
from llada_tui.trace.session_folder import list_sessions, rename_session
from llada_tui.trace.text import TokenBytes
from llada_tui.tui.shell.help import Help
from llada_tui.tui.stage.knob_rows import nudge, rows_for
from tests.trace.support import end, start, step
from tests.tui.support import chatting


@pytest.mark.usefixtures("home")
async def test_a_question_asked_before_there_is_a_worker_is_answered() -> None:
    async with chatting() as desk:
        await desk.chat.submitter.ask("What is it?")
        await desk.until(
            lambda: (run := desk.chat.worker.session.last_run()) is not None and run.end is not None, "an answer"
        )
        assert desk.chat.worker.session.runs["run-1"].question == "What is it?"


@pytest.mark.usefixtures("home")
async def test_escape_takes_a_waiting_question_back() -> None:
    async with chatting(worker="sleep 600") as desk:
        await desk.ask("What is it?")
        assert desk.chat.conversation_pane.prompt.text == ""
        await desk.press("escape")
        assert desk.chat.conversation_pane.prompt.text == "What is it?"
        assert "What is it?" not in desk.conversation


@pytest.mark.usefixtures("home")
async def test_a_question_mark_in_an_empty_prompt_is_for_help() -> None:
    async with chatting() as desk:
        await desk.ready()
        await desk.press("question_mark")
        await desk.until(lambda: isinstance(desk.app.screen, Help), "help")


@pytest.mark.usefixtures("home")
async def test_letters_and_signs_do_nothing_among_the_knobs() -> None:
    async with chatting() as desk:
        await desk.ready()
        await desk.press("f2", "down")
        speed, settings = desk.chat.stage.player.speed, desk.chat.workbench.settings
        await desk.press("minus", "5", "escape", "r", "n", "h", "p")
        assert desk.chat.stage.player.speed == speed
        assert desk.chat.workbench.settings == settings
        assert not desk.chat.worker.session.runs
        assert desk.chat.stage.knobs.error == "canvas is a number: ← and →, or digits and enter, set it."


@pytest.mark.usefixtures("home")
async def test_a_canvas_longer_than_the_model_reads_is_refused_with_a_reason() -> None:
    async with chatting() as desk:
        await desk.ready()
        knobs = desk.chat.stage.knobs
        await desk.until(lambda: knobs.context, "the context is known")
        await desk.press("f2", "down", *str(knobs.context), "enter")
        assert desk.chat.workbench.settings.gen_length != knobs.context
        assert f"{knobs.context} tokens" in knobs.error


def test_options_without_a_command_are_the_chats(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["--model", "demo"]) == 2
    assert "needs a terminal" in capsys.readouterr().err


def test_a_renamed_session_keeps_its_place(tmp_path: Path) -> None:
    from tests.trace.test_session import write

    for name, when in (("old", 1000.0), ("new", 2000.0)):
        path = write(tmp_path / f"{name}.jsonl", start(), step(0, {0: 7}), end())
        os.utime(path, (when, when))
    rename_session(tmp_path / "old.jsonl", "another title", "test")
    assert [entry.path.stem for entry in list_sessions(tmp_path)] == ["new", "old"]
    assert list_sessions(tmp_path)[1].title == "another title"


def test_steps_above_the_canvas_are_left_alone_when_it_changes() -> None:
    many = DEMO_CHAT.replace(steps=9999)
    canvas = next(row for row in rows_for(many, ()) if row.name == "gen_length")
    assert nudge(many, canvas, 1, ()).steps == 9999
    assert nudge(DEMO_CHAT, canvas, 1, ()).steps == DEMO_CHAT.steps + 8


def test_the_ends_of_text_do_not_pull_a_word_into_the_next_row() -> None:
    run = Run(start(4), TokenBytes())
    run.token_bytes.add(PiecesEvent({1: b"2 + 3 =", 2: b" 5.", 3: b"<|endoftext|>"}, [3]))
    run.add(step(0, {0: 1, 1: 2, 2: 3, 3: 3}))
    picture = FrameRows()
    picture.show(run, 1, ColourBy.STATE, True, 11)
    assert ["".join(span.text for span in row) for row in picture.rows] == ["2 + 3 = 5.∎", "∎"]
