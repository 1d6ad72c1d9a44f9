"""Lanes on the screen, made by real worker processes: asked for, watched, held and chosen."""

from __future__ import annotations

import os
import signal
from collections.abc import Sequence

import msgspec
import pytest
from textual.widgets import Input

from llada_tui.settings.presets import DEMO_CHAT
from llada_tui.settings.sampler_settings import SamplerSettings
from llada_tui.trace.comparison_groups import group_of
from llada_tui.trace.events import CANCELLED
from llada_tui.tui.chat.chat import Chat
from llada_tui.tui.compare.choose_lanes import ChooseLanes, lanes_of, ready_made
from llada_tui.tui.compare.compare_screen import CompareScreen
from llada_tui.worker.sampler_parts import StrategyInfo
from llada_tui.worker.server import hello
from tests.tui.lanes import ask, compare, over
from tests.tui.support import Gate, chatting

pytestmark = pytest.mark.usefixtures("home")


# -- asking -----------------------------------------------------------------------------------------------------------


async def test_a_question_is_answered_in_lanes_and_recorded_as_a_group() -> None:
    async with chatting() as desk:
        await desk.ready()
        screen = await ask(desk, "temperature=0,1,2")
        await over(desk, screen)
        assert [run.answer() for run in screen.runs()] == ["a" * 12, "b" * 12, "c" * 12]
        await desk.press("end")
        assert screen.state[0] == "done"
        await desk.until(
            lambda: all(lane_state.likelihood for lane_state in screen.stage.lane_states), "how likely each answer is"
        )
        assert all(lane_state.likelihood[0] <= 0 for lane_state in screen.stage.lane_states if lane_state.likelihood)
        await desk.press("end")
        assert screen.stage.player.frames == [12, 12, 12]
        assert [box.differs for box in screen.stage.boxes] == [0, 1, 1]
        assert screen.stage.boxes[1].canvas.pointed == frozenset(range(12))
        await desk.press("escape")
        assert isinstance(desk.app.screen, Chat)
        (exchange,) = desk.chat.conversation_pane.conversation.exchanges
        assert len(exchange.runs) == 3
        session = desk.recorded()
    first = session.runs["run-1"]
    assert [run.id for run in group_of(session, first)] == ["run-1", "run-2", "run-3"]
    assert session.names == {"run-1": "temperature=0", "run-2": "temperature=1", "run-3": "temperature=2"}


async def test_the_lane_that_is_chosen_is_what_the_conversation_goes_on_from() -> None:
    async with chatting() as desk:
        await desk.ready()
        screen = await ask(desk, "temperature=0,1,2")
        await over(desk, screen)
        await desk.press("tab", "enter")
        await desk.until(lambda: isinstance(desk.app.screen, Chat), "back in the chat")
        run = desk.chat.stage.player.run
        assert run is not None
        assert run.answer() == "b" * 12
        assert "try 2 of 3" in desk.conversation
        later = await desk.answer("and then")
        assert [message.content for message in later.start.messages] == ["hi", "b" * 12, "and then"]


async def test_a_lane_can_be_chosen_while_another_is_written(gate: Gate) -> None:
    async with chatting(gate.model) as desk:
        await desk.ready()
        screen = await ask(desk, "gen_length=2,12")
        await desk.press("enter")
        assert desk.app.screen is screen
        assert "not finished yet" in desk.notices[-1]
        gate.open(3)
        await desk.until(lambda: screen.runs() and screen.runs()[0].end, "the first is finished")
        await desk.press("enter")
        await desk.until(lambda: isinstance(desk.app.screen, Chat), "back in the chat")
        assert desk.chat.workbench.occupied
        gate.open()
        await desk.until(lambda: not desk.chat.workbench.occupied, "the second is finished")
        assert [run.answer() for run in desk.recorded().listed()] == ["aa", "a" * 12]
        assert len(desk.chat.conversation_pane.conversation.exchanges) == 1
        later = await desk.answer("and then")
        assert [message.content for message in later.start.messages] == ["hi", "aa", "and then"]


async def test_a_question_of_several_lines_stays_as_it_was_asked() -> None:
    async with chatting() as desk:
        await desk.ready()
        screen = await ask(desk, "temperature=0,1", "one\n\ntwo\n{mask:3}")
        await over(desk, screen)
        assert {run.question for run in screen.runs()} == {"one\n\ntwo"}
        assert [run.answer() for run in screen.runs()] == ["aaa", "bbb"]
        await desk.press("escape")
        await desk.press("ctrl+k")
        await desk.press("enter")  # the same again
        await desk.until(lambda: isinstance(desk.app.screen, CompareScreen), "the lanes are open")
        await over(desk, compare(desk))
        assert {run.question for run in compare(desk).runs()} == {"one\n\ntwo"}


async def test_a_question_that_was_answered_is_compared_without_its_answer() -> None:
    async with chatting() as desk:
        await desk.ready()
        await desk.answer("one")
        await desk.answer("two")
        await desk.press("ctrl+k")
        assert isinstance(desk.app.screen, ChooseLanes)
        await desk.press("1")
        await desk.until(lambda: isinstance(desk.app.screen, CompareScreen), "the lanes are open")
        screen = compare(desk)
        await over(desk, screen)
        assert {tuple(m.content for m in run.start.messages) for run in screen.runs()} == {("one", "a" * 12, "two")}
        assert [lane_state.settings.steps for lane_state in screen.stage.lane_states] == [2, 3, 6, 12]
        await desk.press("escape")
        assert [len(exchange.runs) for exchange in desk.chat.conversation_pane.conversation.exchanges] == [1, 5]


async def test_a_template_is_filled_in_every_lane() -> None:
    async with chatting() as desk:
        await desk.ready()
        screen = await ask(desk, "seed=1,2", "x{mask:3}y")
        await over(desk, screen)
        assert [run.answer() for run in screen.runs()] == ["xaaay", "xaaay"]


async def test_a_question_comes_first() -> None:
    async with chatting() as desk:
        await desk.ready()
        await desk.press("ctrl+k")
        dialog = desk.app.screen
        assert isinstance(dialog, ChooseLanes)
        assert dialog.focused is dialog.query_one("#question")
        await desk.press("enter")
        assert desk.app.screen is dialog
        assert "Type a question first" in str(dialog.query_one("#words").render())
        await desk.press("h", "i", "enter", "2")
        await desk.until(lambda: isinstance(desk.app.screen, CompareScreen), "the lanes are open")
        assert compare(desk).title_words == "hi"
        await over(desk, compare(desk))


@pytest.mark.parametrize(
    ("vary", "words"),
    [
        ("steps", "not of the form"),
        ("steps=16", "nothing to compare"),
        ("steps=2,4,6,8,12", "5 lanes"),
        ("remasking=low_confidence,nobody", "no strategy named nobody"),
        ("colour=red,blue", "nothing named 'colour'"),
        ("model=demo,", "named by its folder"),
    ],
)
async def test_what_cannot_be_compared_is_a_sentence(vary: str, words: str) -> None:
    async with chatting() as desk:
        await desk.ready()
        await desk.type("hi")
        await desk.press("ctrl+k")
        dialog = desk.app.screen
        dialog.query_one("#vary", Input).value = vary
        await desk.press("tab", "enter")
        assert desk.app.screen is dialog
        assert words in str(dialog.query_one("#words").render())


@pytest.mark.parametrize("settings", [DEMO_CHAT, SamplerSettings(), SamplerSettings(steps=1, gen_length=1)])
def test_what_is_ready_made_can_be_made(settings: SamplerSettings) -> None:
    for strategies in (hello().strategies, []):
        for ready in ready_made(settings, strategies):
            assert 2 <= len(lanes_of(ready.vary, settings, strategies)) <= 4


def _remasking(strategies: Sequence[StrategyInfo]) -> str:
    return next((ready.vary for ready in ready_made(DEMO_CHAT, strategies) if ready.title == "Remasking"), "")


def test_the_worker_tells_which_strategies_are_compared() -> None:
    offered = hello().strategies
    assert _remasking(offered) == "remasking=low_confidence,random,entropy,wino"
    older = [msgspec.structs.replace(info, comparison_place=0) for info in offered]
    assert _remasking(older) == _remasking(offered)
    newer = [*offered, *(StrategyInfo(name, "", comparison_place=2) for name in ("a_new", "z_new"))]
    assert _remasking(newer) == "remasking=low_confidence,a_new,random,z_new"
    assert not _remasking(offered[-1:])


def test_the_two_kinds_of_noise_are_compared_where_the_model_knows_both() -> None:
    kinds = [StrategyInfo("low_confidence", ""), StrategyInfo("unmade", "", noise="uniform")]
    titles = [ready.title for ready in ready_made(DEMO_CHAT, kinds)]
    (noise,) = (ready for ready in ready_made(DEMO_CHAT, kinds) if ready.title == "Noise")
    assert noise.vary.split()[0] == "remasking=low_confidence,unmade"
    for offered in (kinds[:1], kinds[1:]):
        assert [ready.title for ready in ready_made(DEMO_CHAT, offered)] == [name for name in titles if name != "Noise"]


# -- watching ---------------------------------------------------------------------------------------------------------


async def test_lanes_are_held_advance_together_and_are_cancelled(gate: Gate) -> None:
    async with chatting(gate.model) as desk:
        await desk.ready()
        screen = await ask(desk, "temperature=0,1")
        await desk.until(lambda: len(screen.runs()) == 2, "both have begun")
        await desk.press("h")
        gate.open(1)
        await desk.until(lambda: screen.state[0] == "held", "they are held")
        gate.open(9)
        before = [run.last for run in screen.runs()]
        assert before[0] == before[1]
        await desk.press("end", "right")
        await desk.until(lambda: [run.last for run in screen.runs()] == [before[0] + 1] * 2, "one step each")
        await desk.press("escape")
        await over(desk, screen)
        assert [run.end and run.end.reason for run in screen.runs()] == [CANCELLED, CANCELLED]
        assert desk.app.screen is screen
        await desk.press("r")
        gate.open()
        await desk.until(lambda: len(desk.chat.worker.session.runs) == 4, "they run again")
        await over(desk, screen)
        assert [run.id for run in screen.runs()] == ["run-3", "run-4"]
        assert len({run.start.group for run in desk.chat.worker.session.runs.values()}) == 2


async def test_lanes_that_were_asked_for_and_have_not_begun_are_cancelled() -> None:
    async with chatting() as desk:
        await desk.ready()
        greeting = desk.chat.link.client.hello
        assert greeting is not None
        os.killpg(greeting.pid, signal.SIGSTOP)
        try:
            screen = await ask(desk, "temperature=0,1")
            await desk.until(lambda: desk.chat.worker.busy, "they are asked for")
            await desk.press("escape")
            assert desk.app.screen is screen
        finally:
            os.killpg(greeting.pid, signal.SIGCONT)
        await desk.until(lambda: len(screen.runs()) == 2, "both have begun")
        await over(desk, screen)
        assert [run.end and run.end.reason for run in screen.runs()] == [CANCELLED, CANCELLED]


def log_p(screen: CompareScreen) -> list[str]:
    """The table's log-likelihood of each answer; nothing where it has no such column."""
    lines = [screen.stage.table.render_line(y).text for y in range(1 + len(screen.stage.lane_states))]
    at = lines[0].find("log p")
    return [] if at < 0 else [line[: at + len("log p")].split("  ")[-1].strip() for line in lines[1:]]


async def test_a_likelihood_that_is_still_to_come_looks_unlike_one_that_there_is_none_of(gate: Gate) -> None:
    async with chatting(gate.model, size=(80, 24)) as desk:
        await desk.ready()
        screen = await ask(desk, "gen_length=2,12")
        gate.open(3)
        await desk.until(lambda: screen.runs() and screen.runs()[0].end, "the first is finished")
        assert log_p(screen) == ["…", "…"]
        await desk.press("escape")  # the second is cancelled: nothing will be known of it
        gate.open()
        await over(desk, screen)
        await desk.until(lambda: screen.stage.lane_states[0].likelihood, "the first is weighed")
        assert log_p(screen) == ["-2.0 ± 0.0", "-"]
        screen.stage.lane_states[0].likelihood = -0.04, 0.02
        screen.stage.redraw()
        assert log_p(screen) == ["0.0 ± 0.0", "-"]


async def test_no_likelihood_is_promised_where_none_will_come() -> None:
    async with chatting() as desk:
        await desk.ready()
        screen = await ask(desk, "seed=1,2", "x{mask:3}y")
        assert log_p(screen) == []
        await over(desk, screen)
        assert log_p(screen) == []


async def test_the_playhead_is_common_and_the_lane_at_hand_has_the_room() -> None:
    async with chatting() as desk:
        await desk.ready()
        screen = await ask(desk, "steps=4,12")
        await over(desk, screen)
        stage = screen.stage
        await desk.press("home")
        assert stage.player.frames == [0, 0]
        await desk.press("right", "right")
        assert stage.player.frames == [2, 2]
        await desk.press("l")
        assert stage.player.in_time
        await desk.press("end")
        assert stage.player.frames == [run.last for run in screen.runs()]
        await desk.press("tab")
        assert stage.current == 1
        assert [box.has_class("-current") for box in stage.boxes] == [False, True]
        await desk.press("ctrl+l")
        assert [box.display for box in stage.boxes if box.styles.display != "none"]
        assert [box.region.width > 0 for box in stage.boxes] == [False, True]
        await desk.press("escape")
        assert [box.region.width > 0 for box in stage.boxes] == [True, True]
        await desk.press("g", "v")
        assert {box.canvas.guesses for box in stage.boxes} == {False}
        assert len({box.canvas.colour_by for box in stage.boxes}) == 1


async def test_the_mouse_chooses_a_lane_and_a_moment() -> None:
    async with chatting() as desk:
        await desk.ready()
        screen = await ask(desk, "temperature=0,1")
        await over(desk, screen)
        await desk.pilot.click(screen.stage.boxes[1].canvas)
        await desk.pilot.pause()
        assert screen.stage.current == 1
        await desk.pilot.click(screen.stage.table, offset=(5, 2))
        await desk.pilot.pause()
        assert screen.stage.current == 0
        await desk.pilot.click(screen.stage.timeline, offset=(25, 0))
        await desk.pilot.pause()
        assert 0 < screen.stage.player.frame < 12
