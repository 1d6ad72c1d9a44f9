"""Branching on the screen: going on unchanged or changed, undone and redone, by keyboard and by mouse; the tree."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import pytest
from textual.widgets import Input, OptionList, Static

from llada_tui.trace.branches import tree
from llada_tui.trace.cell import State
from llada_tui.trace.run import Run
from llada_tui.trace.session import read_session
from llada_tui.tui.chat.chat import Chat
from llada_tui.tui.player.canvas import TokenCanvas
from llada_tui.tui.stage.change_tokens import ChangeDialog, WriteText
from llada_tui.tui.stage.runs_dialog import RunsDialog
from tests.conftest import Home
from tests.tui.sessions import fox
from tests.tui.support import Desk, Gate, chatting, kill, replaying
from tests.worker.fakes import MASK

pytestmark = pytest.mark.asyncio
SMALL = (80, 24)


async def at_step(desk: Desk, frame: int) -> Run:
    """Ask, wait for the answer, and go to a step of it with the keyboard."""
    await desk.ready()
    run = await desk.answer()
    await desk.press("tab", "home", *["right"] * frame)
    assert desk.chat.stage.player.frame == frame
    return run


def decisions(run: Run, frame: int = 0) -> list[Any]:
    return [(step.index, step.block, step.block_step, step.commits, step.predictions) for step in run.steps[frame:]]


async def test_a_branch_without_changes_makes_the_same_steps_again() -> None:
    async with chatting(size=SMALL) as desk:
        run = await at_step(desk, 5)
        await desk.press("b", "b")
        branch = await desk.ended(2)
        assert branch.start.parent == run.id
        assert decisions(branch) == decisions(run, 5)
        assert desk.chat.conversation_pane.conversation.exchanges[0].runs == [run, branch]
        await desk.press("home", "left")
        assert desk.chat.stage.player.run is run, "a step back from the first leads into the parent"
        assert desk.chat.stage.player.frame == 5


@pytest.mark.parametrize("strategy", ["low_confidence", "klass"])
async def test_a_branch_of_what_looks_back_tells_which_passes_it_makes_again(strategy: str) -> None:
    sentence = "klass looks back: a branch first makes the pass before again, unless a token is changed by hand."
    async with chatting(size=SMALL) as desk:
        await desk.ready()
        desk.chat.workbench.settings = desk.chat.workbench.settings.replace(remasking=strategy)
        await at_step(desk, 0)
        await desk.press("b")
        assert sentence not in desk.notices, "nothing was before the first step"
        await desk.press("escape", "right", "b")
        assert (sentence in desk.notices) is (strategy == "klass")


async def test_tokens_are_changed_undone_and_redone_with_the_keyboard() -> None:
    async with chatting(size=SMALL) as desk:
        run = await at_step(desk, 6)
        written = [at for at, token in enumerate(run.canvas(6)) if token is not None]
        await desk.press("b")
        stage = desk.chat.stage
        stage.canvas.selected = written[0]
        await desk.press("k", "right", "shift+right", "m")
        draft = desk.chat.workbench.drafting.draft
        assert draft is not None
        assert draft.changes == {written[0]: ord("a"), written[1]: MASK, written[2]: MASK}
        assert stage.canvas.cells[written[0]].state is State.PINNED
        assert stage.canvas.cells[written[1]].state is State.REMASKED
        await desk.press("u")
        assert stage.canvas.cells[written[1]].state is State.COMMITTED
        await desk.press("U", "u", "u")
        assert draft.changes == {}
        await desk.press("escape")
        assert desk.chat.workbench.drafting.draft is None
        assert not stage.drafting
        await desk.press("b", "U", "U", "b")
        branch = await desk.ended(2)
        assert branch.cell(written[0], branch.last).state is State.PINNED
        assert [event.tokens for event in branch.interventions] == [
            [(written[0], ord("a")), (written[1], MASK), (written[2], MASK)]
        ]
        assert branch.masks_left(0) == 8
        assert desk.recorded().runs[branch.id].ids(0) == branch.ids(0)


async def test_knobs_that_are_turned_hold_for_the_branch() -> None:
    async with chatting() as desk:
        run = await at_step(desk, 4)
        await desk.press("b")
        desk.chat.stage.knobs.action_reset()
        chat = desk.chat
        chat.workbench.settings = chat.workbench.settings.replace(temperature=2.0, gen_length=20, steps=30)
        chat.workbench.drafting.show_draft()
        await desk.press("b")
        branch = await desk.ended(2)
        assert branch.start.settings.temperature == 2.0
        assert branch.length_at(0) == run.length_at(0)
        assert {choice.token for step in branch.steps for choice in step.commits} == {ord("c")}
        await desk.press("z")
        assert chat.workbench.settings.temperature == 2.0


async def test_the_menu_offers_what_there_is() -> None:
    async with chatting(size=SMALL) as desk:
        run = await at_step(desk, 2)
        guess = run.steps[1].predictions[0]
        desk.chat.stage.canvas.selected = guess.position
        await desk.press("enter")
        menu = desk.app.screen
        assert isinstance(menu, ChangeDialog)
        assert menu.query_one(OptionList).options[0].id == "keep"
        assert all(token != guess.token for token, _ in menu.candidates)
        token, _ = menu.candidates[0]
        await desk.press("1")
        assert desk.chat.workbench.drafting.draft is not None
        assert desk.chat.workbench.drafting.draft.changes == {guess.position: token}
        await desk.press("enter", "m")
        assert desk.chat.workbench.drafting.draft.changes == {guess.position: MASK}
        await desk.press("enter", "k")
        assert isinstance(
            desk.app.screen, ChangeDialog
        )  # a position masked by hand has no guess to keep: the menu stays
        assert desk.chat.workbench.drafting.draft.made == 2


async def test_text_is_written_over_tokens() -> None:
    async with chatting(size=SMALL) as desk:
        await at_step(desk, 12)
        desk.chat.stage.canvas.selected = 3
        await desk.press("w")
        asked = desk.app.screen
        assert isinstance(asked, WriteText)
        await desk.press("x", "y", *"{mask", "colon", *"2}", "z")
        assert asked.query_one(Input).value == "xy{mask:2}z"
        await desk.press("enter")
        await desk.until(lambda: desk.app.screen is desk.chat, "the tokens came")
        assert desk.chat.workbench.drafting.draft is not None
        expected = {3: ord("x"), 4: ord("y"), 5: MASK, 6: MASK, 7: ord("z")}
        assert desk.chat.workbench.drafting.draft.changes == expected
        await desk.press("b")
        branch = await desk.ended(2)
        assert branch.end is not None
        assert branch.end.text == "aaaxyaazaaaa"


async def test_text_changed_after_enter_is_not_put_there() -> None:
    """Enter is for the text that stood there then; where no tokens can come, it says so."""
    async with chatting(size=SMALL) as desk:
        await at_step(desk, 12)
        desk.chat.stage.canvas.selected = 3
        await desk.press("w")
        dialog = desk.app.screen
        assert isinstance(dialog, WriteText)
        greeting = desk.chat.link.client.hello
        assert greeting is not None
        os.killpg(greeting.pid, signal.SIGSTOP)
        try:
            await desk.press("x", "enter", "y")
        finally:
            os.killpg(greeting.pid, signal.SIGCONT)
        tokens = dialog.query_one("#tokens", Static)
        await desk.until(lambda: "2 tokens: x y" in str(tokens.render()), "the tokens came")
        assert desk.app.screen is dialog
        kill(desk.chat.link)
        await desk.until(lambda: desk.chat.link.model is None, "the worker is gone")
        await desk.press("z", "enter")
        assert "could not be asked" in str(tokens.render())
        await desk.press("backspace", "enter")
        await desk.until(lambda: desk.app.screen is desk.chat, "what is known is put there")


async def test_everything_is_there_for_the_mouse() -> None:
    async with chatting() as desk:
        run = await at_step(desk, 12)
        canvas = desk.chat.query_one(TokenCanvas)
        await desk.pilot.click(canvas, offset=(3, 0), button=3)
        assert isinstance(desk.app.screen, ChangeDialog)
        options = desk.app.screen.query_one(OptionList)
        await desk.pilot.click(options, offset=(4, [option.id for option in options.options].index("mask")))
        await desk.until(lambda: desk.app.screen is desk.chat)
        chat = desk.chat
        assert chat.workbench.drafting.draft is not None
        assert chat.workbench.drafting.draft.changes == {2: MASK}
        await desk.pilot.mouse_down(canvas, offset=(3, 0))
        await desk.pilot.hover(canvas, offset=(5, 0))
        await desk.pilot.mouse_up(canvas, offset=(5, 0))
        assert list(canvas.chosen) == [2, 3, 4]
        await desk.pilot.click(canvas, offset=(4, 0))
        await desk.pilot.click(canvas, offset=(4, 0))
        assert isinstance(desk.app.screen, ChangeDialog)
        await desk.press("escape")
        bar = chat.stage.draft_bar
        columns = {part.action: column for column, part in bar.placed() if part.action}
        await desk.pilot.click(bar, offset=(columns["branch"], 0))
        branch = await desk.ended(2)
        assert branch.start.parent == run.id
        assert branch.masks_left(0) == 1


async def test_a_run_that_is_going_on_makes_room(tmp_path: Path) -> None:
    gate = Gate(tmp_path / "gate")
    async with chatting(gate.model) as desk:
        run = await desk.run_to(gate, 6)
        await desk.press("tab", "home", "right", "right", "b")
        assert run.end is None, "to look is not to end it"
        gate.open()
        await desk.press("b")
        branch = await desk.ended(2)
        assert branch.start.parent == run.id
        assert branch.start.step == 2
        assert run.end is not None


async def test_a_recording_of_another_model_says_what_is_missing(home: Home) -> None:
    path = fox(home.sessions / "fox.jsonl")
    async with chatting(resume=path) as desk:
        await desk.ready()
        await desk.press("tab", "home", "right", "b", "b")
        assert any("acme/llada-tiny" in words and "f9" in words for words in desk.notices)
        assert desk.chat.workbench.drafting.draft is not None, "nothing that was changed is lost"
        await desk.press("escape", "right")
        assert desk.chat.stage.player.frame == 2


async def test_a_replay_hands_over_to_the_chat(home: Home) -> None:
    path = fox(home.sessions / "fox.jsonl")
    async with replaying(path) as desk:
        await desk.press("home", "right", "right")
        desk.replay.stage.canvas.selected = 4
        desk.app.options = desk.app.options.__class__("acme/llada-tiny", worker="sleep 1000")
        await desk.press("b")
        await desk.until(lambda: isinstance(desk.app.screen, Chat))
        await desk.until(lambda: desk.chat.workbench.drafting.draft is not None)
        player = desk.chat.stage.player
        assert player.run is not None
        assert (player.run.id, player.frame) == ("run-2", 2)
        await desk.press("b")
        assert any("being loaded" in words for words in desk.notices)


async def test_the_tree_is_walked_named_and_deleted() -> None:
    async with chatting(size=SMALL) as desk:
        run = await at_step(desk, 5)
        await desk.press("b", "b")
        branch = await desk.ended(2)
        await desk.press("t")
        assert isinstance(desk.app.screen, RunsDialog)
        await desk.press("r", *"twin", "enter")
        await desk.until(lambda: desk.chat.worker.session.names.get(branch.id) == "twin")
        await desk.press("d")
        await desk.until(lambda: branch.id in desk.chat.worker.session.deleted)
        assert desk.chat.stage.player.run is run
        assert any(words.endswith("u takes it back.") for words in desk.notices)
        await desk.press("u")
        await desk.until(lambda: branch.id not in desk.chat.worker.session.deleted)
        await desk.until(lambda: not desk.notices_on_show)
        await desk.press("home", "enter")
        assert desk.app.screen is desk.chat
        assert desk.chat.stage.player.run is run
        session = desk.recorded()
        assert session.name_of(session.runs[branch.id]) == "twin"
        assert [node.guide for node in tree(session)] == ["", "└ "]
        await desk.press("t", "home", "d")
        await desk.until(lambda: not desk.chat.worker.session.listed())
        await desk.press("escape")
        assert read_session(desk.chat.worker.path or Path()).listed() == []


async def test_masks_in_the_prompt_are_filled() -> None:
    async with chatting() as desk:
        await desk.ready()
        run = await desk.answer("Two words:\nab{mask:3}cd")
        assert run.start.canvas == [*b"ab", MASK, MASK, MASK, *b"cd"]
        assert run.question == "Two words:"
        assert run.answer() == "abaaacd"
        await desk.press("f5")
        again = await desk.ended(2)
        assert again.start.canvas == run.start.canvas
        alone = await desk.answer("ab{mask:2}cd")
        assert alone.question == "Fill in the blanks: ab ____cd"


async def test_masks_in_a_text_are_filled_where_the_model_does_not_chat() -> None:
    async with chatting("base") as desk:
        await desk.ready()
        run = await desk.answer("ab{mask:3}cd")
        assert run.start.prompt_ids == []
        assert run.answer() == "abaaacd"


async def test_words_are_put_on_the_canvas_before_the_start() -> None:
    async with chatting(size=SMALL) as desk:
        await desk.ready()
        await desk.type("hi")
        await desk.press("ctrl+b")
        draft = desk.chat.workbench.drafting.draft
        assert draft is not None
        assert not desk.chat.worker.session.runs
        desk.chat.stage.canvas.selected = 4
        await desk.press("w", "x", "ctrl+b", "enter")
        await desk.until(lambda: desk.app.screen is desk.chat and draft.made)
        await desk.press("b")
        run = await desk.ended(1)
        assert run.question == "hi"
        assert run.start.parent is None
        assert run.cell(4, run.last).state is State.PINNED
        assert run.answer() == "aaaaxaaaaaaa"
        assert desk.chat.conversation_pane.prompt.text == ""
        await desk.type("ho")
        await desk.press("ctrl+b", "escape")
        assert desk.chat.stage.player.run is run
        assert desk.chat.conversation_pane.prompt.text == "ho"
