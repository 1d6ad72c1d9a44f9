"""The entropy profile under the canvas: a bar for each position, tied to the selected token."""

from __future__ import annotations

from pathlib import Path

import pytest

from llada_tui.analysis.colour_scale import least_entropy
from llada_tui.trace.events import FORMAT, VERSION, SessionEvent, encode
from llada_tui.trace.session import read_session
from tests.conftest import Home
from tests.trace.support import end, start, step
from tests.tui.sessions import fox
from tests.tui.support import replaying

README = Path(__file__).parents[1] / "readme" / "session.jsonl"
BARS = " ▁▂▃▄▅▆▇█"


async def test_bars_are_the_entropies_of_the_frame_and_the_selected_token_has_words() -> None:
    run = read_session(README).last_run()
    assert run is not None
    recorded = {entry.position: least_entropy(entry) for entry in run.steps[9].alternatives}
    async with replaying(README, size=(200, 50)) as desk:
        stage = desk.replay.stage
        stage.seek(10)
        await desk.pilot.pause()
        profile, cells = stage.profile, stage.canvas.cells
        bars = profile.render_line(0).text.removeprefix("entropy ")
        guessed = [cell.position for cell in cells if cell.guessed]
        assert guessed
        for position in guessed:
            assert bars[position] == BARS[1 + min(int(recorded[position] / 3 * 8), 7)]
        assert len({bars[position] for position in guessed}) > 2, "they differ"
        assert "nats" not in bars
        stage.canvas.selected = guessed[0]
        await desk.pilot.pause()
        assert f"position {guessed[0]}: {recorded[guessed[0]]:.2f} nats" in profile.render_line(0).text
        await desk.pilot.click(profile, offset=(1 + len("entropy ") + guessed[-1], 0))
        assert stage.canvas.selected == guessed[-1]
        assert f"position {guessed[-1]}: " in profile.render_line(0).text


async def test_where_there_is_little_room_it_comes_with_the_colours_of_entropy(home: Home) -> None:
    async with replaying(README, size=(80, 24)) as desk:
        stage = desk.replay.stage
        assert not stage.profile.size
        await desk.press("v", "v")
        await desk.until(lambda: stage.profile.size, "the profile")
        assert not stage.canvas.show_vertical_scrollbar, "what fits in the room that is left is not scrolled"
        await desk.press("v")
        await desk.until(lambda: not stage.profile.size, "the room is the canvas' again")


async def test_before_candidates_are_recorded_it_says_so(home: Home) -> None:
    async with replaying(fox(home.sessions / "fox.jsonl"), size=(120, 40)) as desk:
        desk.replay.stage.seek(0)
        await desk.pilot.pause()
        assert "entropy: nothing is predicted yet" in desk.replay.stage.profile.render_line(0).text


async def test_where_no_candidates_are_recorded_it_says_so(home: Home) -> None:
    path = home.sessions / "plain.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    events = (SessionEvent(FORMAT, VERSION, "llada-tui", 1.7e9), start(2), step(0, {0: 20}), step(1, {1: 21}))
    path.write_bytes(b"".join(encode(event) + b"\n" for event in (*events, end("", steps=2))))
    async with replaying(path, size=(120, 40)) as desk:
        desk.replay.stage.seek(1)
        await desk.pilot.pause()
        assert "where candidates are recorded" in desk.replay.stage.profile.render_line(0).text


@pytest.mark.slow
@pytest.mark.parametrize("width", [120, 200])
async def test_every_position_has_a_cell_or_a_part_of_one(width: int) -> None:
    async with replaying(README, size=(width, 40)) as desk:
        stage = desk.replay.stage
        stage.seek(10)
        await desk.pilot.pause()
        firsts = []
        for x in range(len("entropy "), stage.profile.size.width):
            stage.canvas.selected = None
            await desk.pilot.click(stage.profile, offset=(1 + x, 0))
            firsts += [stage.canvas.selected] if stage.canvas.selected is not None else []
        each = firsts[1]
        assert firsts == list(range(0, len(stage.canvas.cells), each))
