"""A run of the chat while it goes on: cancelled, held, let go on, with another knob; and run again."""

from __future__ import annotations

import pytest

from llada_tui.trace.events import CANCELLED, FINISHED, Choice
from llada_tui.trace.run import Run
from llada_tui.trace.text import TokenBytes
from llada_tui.tui.model_link.worker_link import Phase
from llada_tui.tui.shell.footer import Footer, key_here
from llada_tui.tui.stage.knobs import Knobs
from tests.trace.support import EOS, end, start, step
from tests.tui.support import Gate, chatting


@pytest.mark.usefixtures("home")
async def test_cancelling_keeps_what_was_written(gate: Gate) -> None:
    async with chatting(gate.model) as desk:
        run = await desk.run_to(gate, 5)
        await desk.until(lambda: desk.chat.stage.player.following, "the canvas is at the last step")
        await desk.press("escape")
        await desk.until(gate.trickle(lambda: run.end), "it has ended")

        assert run.end is not None
        assert run.end.reason == CANCELLED
        assert 5 <= run.last < 12
        assert run.answer() == "a" * run.last
        await desk.until(lambda: "cancelled; this is what it had" in desk.conversation, "it is said")
        assert "a" * run.last in desk.conversation
        assert desk.recorded().runs["run-1"].answer() == "a" * run.last
        await desk.until(lambda: desk.chat.stage.player.status == "cancelled", "the player knows")
        assert desk.chat.conversation_pane.conversation.messages()[1].content == "a" * run.last
        gate.open()
        run = await desk.answer("next")
        assert run.end is not None
        assert run.end.reason == FINISHED


@pytest.mark.usefixtures("home")
async def test_a_run_can_be_held_stepped_and_let_go_on(gate: Gate) -> None:
    async with chatting(gate.model) as desk:
        run = await desk.run_to(gate, 3)
        link = desk.chat.link
        await desk.press("f7")
        await desk.until(gate.trickle(lambda: link.phase is Phase.HELD), "it is held")
        at = run.last
        gate.open()
        await desk.until(lambda: desk.chat.stage.player.at_end, "the canvas has caught up")

        await desk.press("f8")
        await desk.until(lambda: run.last == at + 1, "one step")
        await desk.until(lambda: desk.chat.stage.player.frame == at + 1, "the step is shown")
        await desk.press("right")
        await desk.until(lambda: run.last == at + 2, "the arrow makes a step at the end of a held run")
        assert link.phase is Phase.HELD
        assert "held" in str(desk.chat.header.render_line(0).text)

        await desk.press("f7")
        await desk.ended()
        assert run.last == 12
        assert link.phase is Phase.READY
        await desk.until(lambda: desk.chat.stage.player.over, "the last step is shown")
        over = f"The run is over: {key_here(desk.chat, 'again')} asks again."
        for count, key in enumerate(("f7", "f8"), 1):
            await desk.press(key)
            assert desk.notices.count(over) == count


@pytest.mark.usefixtures("home")
async def test_a_live_knob_holds_from_the_next_step_and_is_recorded(gate: Gate) -> None:
    async with chatting(gate.model) as desk:
        run = await desk.run_to(gate, 3)
        await desk.press("f2")
        knobs = desk.chat.stage.knobs
        assert desk.chat.focused is knobs
        while knobs.row.name != "temperature":
            await desk.press("down")
        await desk.press("1", "enter")
        assert knobs.settings.temperature == 1.0
        await desk.until(gate.trickle(lambda: run.retunes), "it holds")
        gate.open()
        await desk.ended()

        assert len(run.retunes) == 1
        at = run.retunes[0].step
        assert run.settings_at(at).temperature == 1.0
        letters = ["ab"[step.index >= at] for step in run.steps]
        assert [chr(step.commits[0].token) for step in run.steps] == letters
        assert set(letters) == {"a", "b"}
        assert [retune.step for retune in desk.recorded().runs[run.id].retunes] == [at]
        await desk.press("f2")
        assert desk.chat.focused is desk.chat.conversation_pane.prompt
        run = await desk.answer("again")
        assert run.answer() == "b" * 12


@pytest.mark.usefixtures("home")
async def test_another_knob_waits_for_the_next_run(gate: Gate) -> None:
    async with chatting(gate.model) as desk:
        run = await desk.run_to(gate, 3)
        await desk.press("f2")
        knobs = desk.chat.stage.knobs
        while knobs.row.name != "gen_length":
            await desk.press("down")
        await desk.press("2", "0", "enter")
        assert knobs.settings.gen_length == 20
        assert "olds from the next run" in screen_text(knobs)
        gate.open()
        await desk.ended()

        assert (run.length_at(0), run.retunes) == (12, [])
        assert desk.chat.workbench.settings.gen_length == 20
        await desk.press("f2")
        assert (await desk.answer("again")).length_at(0) == 20


def screen_text(widget: Knobs) -> str:
    return "\n".join(widget.render_line(y).text for y in range(widget.size.height))


@pytest.mark.usefixtures("home")
async def test_what_cannot_be_is_refused_in_words() -> None:
    async with chatting() as desk:
        await desk.ready()
        await desk.press("f2")
        knobs = desk.chat.stage.knobs
        while knobs.row.name != "steps":
            await desk.press("down")
        before = knobs.settings
        await desk.press("1", "enter")

        assert knobs.settings == before == desk.chat.workbench.settings
        assert "steps must be at least 2" in screen_text(knobs)


@pytest.mark.usefixtures("home")
async def test_again_and_with_another_seed() -> None:
    async with chatting() as desk:
        await desk.ready()
        first = await desk.answer("hi")
        await desk.press("f5")
        again = await desk.ended(2)
        await desk.press("f6")
        other = await desk.ended(3)

        assert [step.commits for step in again.steps] == [step.commits for step in first.steps]
        assert again.start.settings == first.start.settings
        assert other.start.settings.seed != first.start.settings.seed
        assert [step.commits for step in other.steps] != [step.commits for step in first.steps]
        assert len(desk.chat.conversation_pane.conversation.exchanges) == 1
        await desk.until(lambda: "try 3" in desk.conversation, "the tries are counted")
        await desk.press("ctrl+up")
        assert desk.chat.stage.player.run is again
        await desk.press("ctrl+down")
        assert desk.chat.stage.player.run is other


@pytest.mark.usefixtures("home")
async def test_cancelling_does_not_hold_the_screen_up(gate: Gate) -> None:
    """A step of a big model takes seconds, and a cancel waits for its end."""
    async with chatting(gate.model) as desk:
        run = await desk.run_to(gate, 2)
        desk.app.simulate_key("escape")
        await desk.answers()
        assert run.end is None
        await desk.until(gate.trickle(lambda: run.end), "it has ended")


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize("playing", [True, False])
async def test_an_end_that_comes_after_the_last_step_was_shown_is_shown(playing: bool) -> None:
    """A hold, or a busy machine, may keep the end back for a while: the masks that are left are guesses until then."""
    async with chatting("missing") as desk:
        stage, workbench = desk.chat.stage, desk.chat.workbench
        run = Run(start(), TokenBytes())
        run.add(step(0, {0: 5, 1: EOS}, predictions=[Choice(at, 5, 0.5) for at in range(2, 8)]))
        workbench.show_run(run, frame=run.last)
        if not playing:
            stage.seek(run.last)
        await desk.pilot.pause()
        assert stage.canvas.frame_rows.texts[2] == "⟨5⟩"

        run.add(end("5", steps=1))
        workbench.follow(run)
        assert stage.canvas.frame_rows.texts[2] == " 6 not needed"
        assert not stage.player.moving
        await desk.pilot.pause()
        assert "to the end" not in desk.chat.query_one(Footer).render_line(0).text
