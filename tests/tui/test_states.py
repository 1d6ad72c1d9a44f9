"""What is said of a run: the header, the conversation and the player have the same word; and what escape does now is
in the footer."""

from __future__ import annotations

import pytest

from llada_tui.tui.compare.compare_screen import CompareHeader
from llada_tui.tui.model_link.worker_link import Phase
from llada_tui.tui.player.run_screen import RunScreen
from llada_tui.tui.shell.footer import Footer
from tests.conftest import Home
from tests.tui import lanes
from tests.tui.lessons import reading, written
from tests.tui.sessions import fox
from tests.tui.support import Desk, Gate, chatting, replaying


def words(desk: Desk) -> tuple[str, str, str]:
    """The header, the conversation, and what stands at the right of the timeline."""
    stage = desk.chat.stage
    return desk.chat.header.render_line(0).text, desk.conversation, stage.timeline.render_line(0).text


def agree(desk: Desk, state: str) -> bool:
    return all(f" {state}" in text for text in words(desk))


def escape_words(desk: Desk) -> str | None:
    """What the footer says that escape does."""
    screen = desk.app.screen
    assert isinstance(screen, RunScreen)
    parts = [part.text.strip() for _, part in screen.query_one(Footer).placed() if part.action == "leave"]
    return parts[1] if parts else None


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize("size", [(60, 20), (120, 40)])
async def test_header_conversation_and_player_agree(gate: Gate, size: tuple[int, int]) -> None:
    async with chatting(gate.model, size=size) as desk:
        await desk.ready()
        run = await desk.run_to(gate, 3)
        await desk.until(lambda: agree(desk, "sampling"), "sampling")
        assert escape_words(desk) == "cancel"
        await desk.press("f7")
        await desk.until(gate.trickle(lambda: desk.chat.link.phase is Phase.HELD), "it is held")
        await desk.press("end")
        await desk.until(lambda: agree(desk, "held"), "held")
        await desk.press("f7")
        await desk.until(lambda: agree(desk, "sampling"), "it goes on, and has not made its next step")
        desk.chat.stage.player.dwell = 1000.0  # the picture stays behind
        await desk.press("home", "space")
        gate.open()
        await desk.until(lambda: run.end is not None, "the sampler is done")
        await desk.until(lambda: agree(desk, "showing"), "showing")
        assert escape_words(desk) == "to the end"
        await desk.press("space")
        header, _, timeline = words(desk)
        assert " paused" in header
        assert " paused" in timeline
        await desk.press("space")
        await desk.press("escape")
        header, _, timeline = words(desk)
        assert " done" in header
        assert " done" in timeline
        assert escape_words(desk) is None


@pytest.mark.usefixtures("home")
async def test_a_run_that_is_cancelled_is_called_so_everywhere(gate: Gate) -> None:
    async with chatting(gate.model) as desk:
        run = await desk.run_to(gate, 3)
        await desk.press("escape")
        await desk.until(gate.trickle(lambda: run.end is not None), "it has ended")
        await desk.press("end")
        await desk.until(lambda: agree(desk, "cancelled"), "cancelled")


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_header_timeline_and_table_of_a_comparison_agree(size: tuple[int, int]) -> None:
    async with chatting(size=size) as desk:
        await desk.ready()
        screen = await lanes.ask(desk, "temperature=0,1")
        stage = screen.stage
        stage.player.dwell = 1000.0  # the picture stays behind
        await lanes.over(desk, screen)
        await desk.until(lambda: not screen.comparison or not screen.comparison.busy, "the sampler is done")

        def agreed(state: str) -> bool:
            """The state is all that header, timeline and table say, the table of each lane."""
            bars = [screen.query_one(CompareHeader), stage.timeline]
            table = "\n".join(stage.table.render_line(y).text for y in range(stage.table.size.height))
            return all(f" {state} " in bar.render_line(0).text for bar in bars) and table.count(f" {state}") == 2

        await desk.press("home", "right")
        await desk.until(lambda: agreed("paused"), "paused")
        await desk.press("space")
        await desk.until(lambda: agreed("showing"), "showing")
        await desk.press("end")
        await desk.until(lambda: agreed("done"), "done")
        await desk.press("left")
        await desk.until(lambda: agreed("paused"), "paused before the end")


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize("size", [(60, 20), (120, 40)])
async def test_what_escape_does_in_a_chat(size: tuple[int, int]) -> None:
    async with chatting(size=size) as desk:
        await desk.ready()
        await desk.answer()
        await desk.press("end")
        assert escape_words(desk) is None
        await desk.press("tab")
        assert escape_words(desk) == "prompt"
        await desk.press("down")
        desk.chat.stage.canvas.move_selection(0)
        await desk.pilot.pause()
        assert escape_words(desk) == "unselect"
        await desk.press("escape", "b")
        assert escape_words(desk) == "leave it"
        await desk.press("escape", "f2")
        assert escape_words(desk) == "back"
        await desk.press("escape")
        assert escape_words(desk) is None


async def test_what_escape_does_in_a_replay_and_in_a_lesson(home: Home) -> None:
    async with replaying(fox(home.sessions / "fox.jsonl")) as desk:
        assert escape_words(desk) is None
        desk.replay.stage.canvas.move_selection(0)
        await desk.pilot.pause()
        assert escape_words(desk) == "unselect"
        await desk.press("escape", "tab")
        assert escape_words(desk) == "to the canvas"
    async with reading(written(home.sessions)) as room:
        assert escape_words(room.desk) == "leave"
        await room.desk.press("f2")
        assert escape_words(room.desk) == "back to the text"
        await room.desk.press("ctrl+o", "ctrl+l")
        assert escape_words(room.desk) == "canvas"
