"""Lanes on the screen, made by real worker processes: asked for, watched, held, chosen, recorded and opened again."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from textual.widgets import Input

from llada_tui.trace.events import CANCELLED, FAILED, FINISHED
from llada_tui.trace.lanes import Lane, group_of
from llada_tui.trace.presets import DEMO_CHAT
from llada_tui.trace.session import read_session
from llada_tui.trace.settings import SamplerSettings
from llada_tui.tui.live import Live
from llada_tui.tui.screens.chat import Chat
from llada_tui.tui.screens.compare import Compare
from llada_tui.tui.screens.compare_choose import ChooseLanes, lanes_of, ready_made
from llada_tui.tui.screens.replay import Replay
from llada_tui.tui.screens.tree import Runs
from llada_tui.worker.server import hello
from tests.checkpoints import make_checkpoint
from tests.conftest import Home
from tests.tui.support import Desk, Gate, Terminal, chatting, replaying
from tests.tui.test_terminal import check_restored

pytestmark = pytest.mark.usefixtures("home")


@pytest.fixture
def gate(tmp_path: Path) -> Gate:
    return Gate(tmp_path / "gate")


def compare(desk: Desk) -> Compare:
    screen = desk.app.screen
    assert isinstance(screen, Compare)
    return screen


async def ask(desk: Desk, vary: str, question: str = "hi") -> Compare:
    """Ask a question in lanes, from the prompt, with the keys."""
    await desk.type(question)
    await desk.press("ctrl+k")
    assert isinstance(desk.app.screen, ChooseLanes)
    desk.app.screen.query_one("#vary", Input).value = vary
    await desk.press("tab", "enter")
    await desk.until(lambda: isinstance(desk.app.screen, Compare), "the lanes are open")
    return compare(desk)


async def over(desk: Desk, screen: Compare) -> None:
    await desk.until(
        lambda: screen.runs() and all(slot.failure or (slot.run and slot.run.end) for slot in screen.stage.slots),
        "every lane is over",
    )


# -- asking -----------------------------------------------------------------------------------------------------------


async def test_a_question_is_answered_in_lanes_and_recorded_as_a_group() -> None:
    async with chatting() as desk:
        await desk.ready()
        screen = await ask(desk, "temperature=0,1,2")
        await over(desk, screen)
        assert [run.answer() for run in screen.runs()] == ["a" * 12, "b" * 12, "c" * 12]
        assert screen.state[0] == "finished"
        await desk.press("end")
        assert screen.stage.player.frames == [12, 12, 12]
        assert [box.differs for box in screen.stage.boxes] == [0, 1, 1]
        assert screen.stage.boxes[1].canvas.pointed == frozenset(range(12))
        await desk.press("escape")
        assert isinstance(desk.app.screen, Chat)
        (exchange,) = desk.chat.conversation.exchanges
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
        later = await desk.answer("and then")
        assert [message.content for message in later.start.messages] == ["hi", "b" * 12, "and then"]


async def test_a_lane_can_be_chosen_while_another_is_written(gate: Gate) -> None:
    async with chatting(gate.model) as desk:
        await desk.ready()
        screen = await ask(desk, "gen_length=2,12")
        await desk.press("enter")
        assert desk.app.screen is screen
        assert "not finished yet" in desk.told[-1]
        gate.open(3)
        await desk.until(lambda: screen.runs() and screen.runs()[0].end, "the first is finished")
        await desk.press("enter")
        await desk.until(lambda: isinstance(desk.app.screen, Chat), "back in the chat")
        assert desk.chat.occupied
        gate.open()
        await desk.until(lambda: not desk.chat.occupied, "the second is finished")
        assert [run.answer() for run in desk.recorded().listed()] == ["aa", "a" * 12]
        assert len(desk.chat.conversation.exchanges) == 1
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
        await desk.until(lambda: isinstance(desk.app.screen, Compare), "the lanes are open")
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
        await desk.until(lambda: isinstance(desk.app.screen, Compare), "the lanes are open")
        screen = compare(desk)
        await over(desk, screen)
        assert {tuple(m.content for m in run.start.messages) for run in screen.runs()} == {("one", "a" * 12, "two")}
        assert [slot.settings.steps for slot in screen.stage.slots] == [2, 3, 6, 12]
        await desk.press("escape")
        assert [len(exchange.runs) for exchange in desk.chat.conversation.exchanges] == [1, 5]


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
        await desk.until(lambda: isinstance(desk.app.screen, Compare), "the lanes are open")
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
        await desk.until(lambda: len(desk.chat.live.session.runs) == 4, "they run again")
        await over(desk, screen)
        assert [run.id for run in screen.runs()] == ["run-3", "run-4"]
        assert len({run.start.group for run in desk.chat.live.session.runs.values()}) == 2


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


# -- workers ----------------------------------------------------------------------------------------------------------


def kill(live: Live) -> None:
    process = live.client._process
    assert process is not None
    os.killpg(process.pid, signal.SIGKILL)


async def test_models_have_a_worker_each_and_one_that_dies_leaves_the_other(gate: Gate) -> None:
    async with chatting() as desk:
        await desk.ready()
        screen = await ask(desk, f"model=fake,{gate.model}")
        gate.open(3)
        assert screen.comparison is not None
        own, other = screen.comparison.lives
        assert own is desk.chat.live
        await desk.until(lambda: len(screen.runs()) == 2 and screen.runs()[1].last == 3, "both are at work")
        kill(other)
        await over(desk, screen)
        assert [run.end and run.end.reason for run in screen.runs()] == [FINISHED, FAILED]
        assert "SIGKILL" in screen.stage.slots[1].failure
        assert screen.state[0] == "failed"
        await desk.press("r")  # its worker is started again
        gate.open()
        await desk.until(lambda: len(screen.runs()) == 2 and screen.runs()[0].id == "run-3", "they run again")
        await over(desk, screen)
        assert [run.end and run.end.reason for run in screen.runs()] == [FINISHED, FINISHED]
        await desk.press("escape")
        await desk.until(lambda: not other.client.running, "the other worker has ended")
        assert own.client.running
        session = desk.recorded()
    assert {run.start.model.id for run in session.runs.values()} == {"fake", "gated"}
    assert session.problems == []


async def test_a_model_that_cannot_be_loaded_says_so_in_its_lane() -> None:
    async with chatting() as desk:
        await desk.ready()
        screen = await ask(desk, "model=fake,missing")
        await over(desk, screen)
        assert [slot.failure for slot in screen.stage.slots] == ["", "There is no model named missing."]
        assert [run.answer() for run in screen.runs()] == ["a" * 12]
        await desk.press("f12")
        assert "no model named missing" in desk.app.screen.query_one("TextArea").text  # type: ignore[attr-defined]


async def test_when_the_chats_worker_dies_every_lane_says_so_and_the_next_try_works(gate: Gate) -> None:
    async with chatting(gate.model) as desk:
        await desk.ready()
        screen = await ask(desk, "temperature=0,1")
        gate.open(3)
        await desk.until(lambda: [run.last for run in screen.runs()] == [3, 3], "both are at work")
        kill(desk.chat.live)
        await over(desk, screen)
        assert all("SIGKILL" in slot.failure for slot in screen.stage.slots)
        assert [run.last for run in screen.runs()] == [3, 3]
        gate.open()
        await desk.press("r")
        await desk.until(lambda: len(desk.chat.live.session.runs) == 4, "they run again")
        await over(desk, screen)
        assert [run.end and run.end.reason for run in screen.runs()] == [FINISHED, FINISHED]


async def test_leaving_before_the_model_is_there_asks_nothing(tmp_path: Path) -> None:
    async with chatting(f"wait:{tmp_path / 'go'}") as desk:
        await desk.until(lambda: desk.chat.live.progress is not None, "it loads")
        screen = await ask(desk, "temperature=0,1")
        assert screen.stage.slots[0].waits.startswith("loading")
        await desk.press("escape")
        (tmp_path / "go").touch()
        await desk.ready()
        assert desk.chat.live.session.runs == {}
        assert (await desk.answer()).answer() == "a" * 12


# -- opening again ----------------------------------------------------------------------------------------------------


async def session_of_lanes(home: Home) -> Path:
    async with chatting() as desk:
        await desk.ready()
        await over(desk, await ask(desk, "temperature=0,1"))
    (path,) = home.sessions.glob("*.jsonl")
    return path


async def test_a_session_of_lanes_is_opened_as_lanes(home: Home) -> None:
    path = await session_of_lanes(home)
    async with replaying(path) as desk:
        await desk.until(lambda: isinstance(desk.app.screen, Compare), "the lanes are open")
        screen = compare(desk)
        assert [slot.label for slot in screen.stage.slots] == ["temperature=0", "temperature=1"]
        assert screen.state[0] == "recorded"
        await desk.press("r", "h", "C")  # nothing is made anew
        assert desk.app.screen is screen
        await desk.press("tab", "enter")
        replay = desk.app.screen
        assert isinstance(replay, Replay)
        assert replay.stage.player.run is not None
        assert replay.stage.player.run.answer() == "b" * 12
        await desk.press("C")
        assert isinstance(desk.app.screen, Compare)


async def test_the_tree_opens_lanes_and_deletes_them(home: Home) -> None:
    path = await session_of_lanes(home)
    async with chatting(resume=path) as desk:
        await desk.ready()
        await desk.answer("later")
        await desk.press("tab", "t")
        assert isinstance(desk.app.screen, Runs)
        runs = desk.app.screen.runs
        assert [len(one) if isinstance(one, list) else 1 for one in runs._listed] == [2, 1, 1, 1]
        runs.highlighted = 0
        await desk.press("enter")
        await desk.until(lambda: isinstance(desk.app.screen, Compare), "the lanes are open")
        await desk.press("escape")
        await desk.press("t")
        desk.app.screen.runs.highlighted = 0  # type: ignore[attr-defined]
        await desk.press("d")
        await desk.press("escape")
        assert [run.question for run in desk.chat.live.session.listed()] == ["later"]
        assert read_session(path).deleted == {"run-1", "run-2"}


async def test_more_lanes_than_have_room_are_told(home: Home) -> None:
    path = await session_of_lanes(home)
    session = read_session(path)
    runs = list(session.runs.values())
    async with chatting() as desk:
        await desk.ready()
        desk.chat.show_lanes(runs * 3)
        await desk.until(lambda: isinstance(desk.app.screen, Compare), "the lanes are open")
        assert len(compare(desk).stage.boxes) == 4
        await desk.until(lambda: "The first 4 of 6 lanes are shown." in desk.told, "it is told")


# -- from the command line --------------------------------------------------------------------------------------------


def test_the_command_opens_lanes_of_a_real_model(home: Home, tmp_path: Path) -> None:
    checkpoint = make_checkpoint(tmp_path / "tiny", layers=1)
    home.config.mkdir()
    (home.config / "config.toml").write_text("dwell = 0.0\n")
    arguments = ["compare", "What is it?", "--screen", "--model", str(checkpoint), "--gen-length", "16"]
    with Terminal("-m", "llada_tui", *arguments, "--vary", "steps=4,16", size=(80, 24)) as terminal:
        terminal.until("1 · steps=4")
        terminal.until(lambda: "16/16" in terminal.text and terminal.text.count("finished") >= 4)
        assert "What is it?" in terminal.text
        terminal.type("\t\r")  # the second lane, to go on with
        terminal.until("try 2 of 2")
        assert terminal.leave() == 0
    check_restored(terminal)
    (path,) = home.sessions.glob("*.jsonl")
    session = read_session(path)
    assert [(run.start.settings.steps, run.start.group) for run in session.listed()] == [
        (4, "compare-1"), (16, "compare-1"),
    ]  # fmt: skip
    with Terminal("-m", "llada_tui", "replay", str(path), size=(80, 24)) as terminal:
        terminal.until("2 · steps=16")
        assert terminal.leave() == 0


def test_lanes_of_several_models_have_them_in_their_names() -> None:
    (one, other) = lanes_of("model=demo,acme/tiny", SamplerSettings(), [])
    assert (one.model, other.model) == ("demo", "acme/tiny")
    assert one == Lane(SamplerSettings(), {"model": "demo"})
    assert other.label == "model=acme/tiny"
