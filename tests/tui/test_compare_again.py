"""Lanes whose workers die or never come, and recorded lanes that are opened again, by key and from a terminal."""

from __future__ import annotations

from pathlib import Path

import pytest

from llada_tui.settings.sampler_settings import SamplerSettings
from llada_tui.settings.vary import Lane
from llada_tui.trace.events import FAILED, FINISHED
from llada_tui.trace.session import read_session
from llada_tui.tui.compare.choose_lanes import lanes_of
from llada_tui.tui.compare.compare_screen import CompareScreen
from llada_tui.tui.replay.replay import Replay
from llada_tui.tui.stage.runs_dialog import RunsDialog
from tests.conftest import Home
from tests.tui.lanes import ask, compare, over
from tests.tui.pseudo_terminal import Terminal
from tests.tui.support import WORKER, Gate, chatting, kill, replaying
from tests.tui.test_terminal import check_restored

pytestmark = pytest.mark.usefixtures("home")


# -- workers ----------------------------------------------------------------------------------------------------------


async def test_models_have_a_worker_each_and_one_that_dies_leaves_the_other(gate: Gate) -> None:
    async with chatting() as desk:
        await desk.ready()
        screen = await ask(desk, f"model=fake,{gate.model}")
        gate.open(3)
        assert screen.comparison is not None
        chat_session, other_session = screen.comparison.sessions
        assert chat_session is desk.chat.worker
        await desk.until(lambda: len(screen.runs()) == 2 and screen.runs()[1].last == 3, "both are at work")
        kill(other_session.link)
        await over(desk, screen)
        assert [run.end and run.end.reason for run in screen.runs()] == [FINISHED, FAILED]
        assert "SIGKILL" in screen.stage.lane_states[1].failure
        assert screen.state[0] == "failed"
        await desk.press("r")  # its worker is started again
        gate.open()
        await desk.until(lambda: len(screen.runs()) == 2 and screen.runs()[0].id == "run-3", "they run again")
        await over(desk, screen)
        assert [run.end and run.end.reason for run in screen.runs()] == [FINISHED, FINISHED]
        await desk.press("escape")
        await desk.until(lambda: not other_session.link.client.running, "the other worker has ended")
        assert chat_session.link.client.running
        session = desk.recorded()
    assert {run.start.model.id for run in session.runs.values()} == {"fake", "gated"}
    assert session.problems == []


async def test_a_model_that_cannot_be_loaded_says_so_in_its_lane() -> None:
    async with chatting() as desk:
        await desk.ready()
        screen = await ask(desk, "model=fake,missing")
        await over(desk, screen)
        assert [lane_state.failure for lane_state in screen.stage.lane_states] == [
            "",
            "There is no model named missing.",
        ]
        assert [run.answer() for run in screen.runs()] == ["a" * 12]
        await desk.press("f12")
        assert "no model named missing" in desk.app.screen.query_one("TextArea").text  # type: ignore[attr-defined]


async def test_when_the_chats_worker_dies_every_lane_says_so_and_the_next_try_works(gate: Gate) -> None:
    async with chatting(gate.model) as desk:
        await desk.ready()
        screen = await ask(desk, "temperature=0,1")
        gate.open(3)
        await desk.until(lambda: [run.last for run in screen.runs()] == [3, 3], "both are at work")
        kill(desk.chat.link)
        await over(desk, screen)
        assert all("SIGKILL" in lane_state.failure for lane_state in screen.stage.lane_states)
        assert [run.last for run in screen.runs()] == [3, 3]
        gate.open()
        await desk.press("r")
        await desk.until(lambda: len(desk.chat.worker.session.runs) == 4, "they run again")
        await over(desk, screen)
        assert [run.end and run.end.reason for run in screen.runs()] == [FINISHED, FINISHED]


@pytest.mark.slow
async def test_leaving_before_the_model_is_there_asks_nothing(tmp_path: Path) -> None:
    async with chatting(f"wait:{tmp_path / 'go'}") as desk:
        await desk.until(lambda: desk.chat.link.progress is not None, "it loads")
        screen = await ask(desk, "temperature=0,1")
        assert screen.stage.lane_states[0].waits.startswith("loading")
        await desk.press("escape")
        (tmp_path / "go").touch()
        await desk.ready()
        assert desk.chat.worker.session.runs == {}
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
        await desk.until(lambda: isinstance(desk.app.screen, CompareScreen), "the lanes are open")
        screen = compare(desk)
        assert [lane_state.label for lane_state in screen.stage.lane_states] == ["temperature=0", "temperature=1"]
        assert screen.state[0] == "recorded"
        await desk.press("r", "h", "C")  # nothing is made anew
        assert desk.app.screen is screen
        await desk.press("tab", "enter")
        replay = desk.app.screen
        assert isinstance(replay, Replay)
        assert replay.stage.player.run is not None
        assert replay.stage.player.run.answer() == "b" * 12
        await desk.press("C")
        assert isinstance(desk.app.screen, CompareScreen)


async def test_the_tree_opens_lanes_and_deletes_them(home: Home) -> None:
    path = await session_of_lanes(home)
    async with chatting(resume=path) as desk:
        await desk.ready()
        await desk.answer("later")
        await desk.press("tab", "t")
        assert isinstance(desk.app.screen, RunsDialog)
        runs = desk.app.screen.runs
        assert [len(entry) if isinstance(entry, list) else 1 for entry in runs.entries] == [2, 1, 1, 1]
        runs.highlighted = 0
        await desk.press("enter")
        await desk.until(lambda: isinstance(desk.app.screen, CompareScreen), "the lanes are open")
        await desk.press("escape")
        await desk.press("t")
        desk.app.screen.runs.highlighted = 0  # type: ignore[attr-defined]
        await desk.press("d")
        await desk.press("escape")
        assert [run.question for run in desk.chat.worker.session.listed()] == ["later"]
        assert read_session(path).deleted == {"run-1", "run-2"}


async def test_more_lanes_than_have_room_are_told(home: Home) -> None:
    path = await session_of_lanes(home)
    session = read_session(path)
    runs = list(session.runs.values())
    async with chatting() as desk:
        await desk.ready()
        desk.chat.workbench.controls.show_lanes(runs * 3)
        await desk.until(lambda: isinstance(desk.app.screen, CompareScreen), "the lanes are open")
        assert len(compare(desk).stage.boxes) == 4
        await desk.until(lambda: "The first 4 of 6 lanes are shown." in desk.notices, "it is told")


# -- from the command line --------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_the_command_opens_lanes_in_a_terminal(home: Home) -> None:
    home.config.mkdir()
    (home.config / "config.toml").write_text(f"dwell = 0.0\nworker = {WORKER!r}\n")
    arguments = ["compare", "What is it?", "--screen", "--model", "fake", "--gen-length", "16"]
    with Terminal("-m", "llada_tui", *arguments, "--vary", "temperature=0,1", size=(80, 24)) as terminal:
        terminal.until("2 · temperature=1")
        terminal.until(lambda: "16/16" in terminal.text and terminal.text.count("done") >= 4)
        assert "What is it?" in terminal.text
        terminal.type("\t\r")  # the second lane, to go on with
        terminal.until("try 2 of 2")
        assert terminal.leave() == 0
    check_restored(terminal)
    (path,) = home.sessions.glob("*.jsonl")
    session = read_session(path)
    assert [(run.answer(), run.start.group) for run in session.listed()] == [
        ("a" * 16, "compare-1"), ("b" * 16, "compare-1"),
    ]  # fmt: skip
    with Terminal("-m", "llada_tui", "replay", str(path), size=(80, 24)) as terminal:
        terminal.until("2 · temperature=1")
        assert terminal.leave() == 0


def test_lanes_of_several_models_have_them_in_their_names() -> None:
    (first, second) = lanes_of("model=demo,acme/tiny", SamplerSettings(), [])
    assert (first.model, second.model) == ("demo", "acme/tiny")
    assert first == Lane(SamplerSettings(), {"model": "demo"})
    assert second.label == "model=acme/tiny"
