"""Masks that show their doubt: candidates in turn, each for its share of the time, and guesses that fade in."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from textual.color import Color

from llada_tui.trace.events import FORMAT, VERSION, Alternatives, Choice, PiecesEvent, SessionEvent, encode
from llada_tui.tui.player.guess_looks import GuessLook
from tests.conftest import Home
from tests.trace.support import start, step
from tests.tui.support import Desk, replaying


@pytest.fixture
def session(home: Home) -> Path:
    """A step that keeps one word, and guesses three with more and less confidence."""
    chances = {1: 0.95, 2: 0.5, 3: 0.1}
    events = (
        SessionEvent(FORMAT, VERSION, "llada-tui", 1.7e9),
        PiecesEvent({20: b"red", 21: b" apple", 22: b" plum", 23: b" pear"}),
        start(4),
        step(
            0,
            {0: 20},
            predictions=[Choice(at, 21, chance) for at, chance in chances.items()],
            alternatives=[Alternatives(2, [21, 22, 23], [0.5, 0.25, 0.125])],
        ),
    )
    path = home.sessions / "doubt.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"".join(encode(event) + b"\n" for event in events))
    return path


async def shown(desk: Desk) -> str:
    await desk.pilot.pause()
    return str(desk.replay.stage.canvas.render_line(0).text).rstrip()


async def at_the_step(desk: Desk) -> None:
    desk.replay.stage.seek(1)
    await desk.pilot.pause()


async def test_candidates_take_turns_for_their_share_of_the_time(session: Path) -> None:
    async with replaying(session, size=(80, 24)) as desk:
        await at_the_step(desk)
        plain = await shown(desk)
        assert plain == " red apple apple apple"
        canvas = desk.replay.stage.canvas
        canvas.guess_looks.set(GuessLook.IN_TURN)
        assert await shown(desk) == plain, "the first turn is the likeliest guess's"
        turns: Counter[str] = Counter()
        for _ in range(400):
            canvas.guess_looks.tick()
            text = canvas.render_line(0).text.rstrip()
            assert len(text) == len(plain)
            assert text[:10] + text[16:] == plain[:10] + plain[16:], "no other place changes"
            turns[text[10:16].strip()] += 1
        assert {word: round(count / 400, 2) for word, count in turns.items()} == {
            "apple": pytest.approx(0.5, abs=0.02), "plum": pytest.approx(0.25, abs=0.02),
            "pear": pytest.approx(0.125, abs=0.02), "░░░░░░": pytest.approx(0.125, abs=0.02),
        }  # fmt: skip
        await desk.press("g")
        canvas.guess_looks.tick()
        assert "apple" not in canvas.render_line(0).text, "guesses that are hidden stay so"


async def test_nothing_moves_where_no_motion_is_wanted(session: Path) -> None:
    async with replaying(session, size=(80, 24)) as desk:
        desk.app.animation_level = "none"
        await at_the_step(desk)
        plain = await shown(desk)
        desk.replay.stage.canvas.focus()
        await desk.press("G")
        assert desk.replay.stage.canvas.guess_looks.look is GuessLook.IN_TURN
        assert not desk.replay.stage.canvas.guess_looks.moves
        assert await shown(desk) == plain


async def test_guesses_fade_in_with_their_confidence(session: Path) -> None:
    async with replaying(session, size=(80, 24)) as desk:
        await at_the_step(desk)
        canvas = desk.replay.stage.canvas
        canvas.focus()
        plain = await shown(desk)
        await desk.press("G", "G")
        assert canvas.guess_looks.look is GuessLook.FADING
        assert await shown(desk) == plain
        strip = canvas.render_line(0)
        ground = Color.parse(desk.app.theme_variables["background"])
        guesses = [segment for segment in strip if "apple" in segment.text and segment.style is not None]
        colours = [segment.style.color for segment in guesses if segment.style is not None]
        far = [
            sum(abs(a - b) for a, b in zip(Color.from_rich_color(colour).rgb, ground.rgb, strict=True))
            for colour in colours
            if colour is not None
        ]
        assert len(far) == 3
        assert far[0] > far[1] > far[2] > 0
        await desk.press("G")
        assert canvas.guess_looks.look is GuessLook.GUESSED
