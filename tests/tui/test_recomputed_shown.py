"""The colours of what was computed anew, on the screen: where they are offered, their legend, and the words."""

from __future__ import annotations

from pathlib import Path

from msgspec.structs import replace

from llada_tui.analysis.colour_scale import LEVELS, ColourBy
from llada_tui.drawing.token_styles import look
from llada_tui.trace.cell import State
from llada_tui.trace.events import PiecesEvent
from llada_tui.tui.player.legend import Legend
from llada_tui.tui.stage.inspector import Inspector
from llada_tui.tui.stage.pages.spacetime_page import SpacetimePage
from tests.conftest import Home
from tests.export.support import written
from tests.trace.support import end, start, step
from tests.tui.support import Desk, replaying


def session(home: Home, *, recorded: bool) -> Path:
    begun = start(4)
    shares = [[1.0] * 4, [1.0, 1.0, 0.0, 0.0], [0.0, 0.25, 1.0, 1.0]] if recorded else [[]] * 3
    return written(
        home.sessions / "cached.jsonl",
        PiecesEvent({7: b"one ", 8: b"two ", 9: b"three "}),
        replace(begun, settings=begun.settings.replace(recomputed=recorded, cache="dual")),
        *(step(at, {at: 7 + at}, recomputed=anew) for at, anew in enumerate(shares)),
        end("one two three", steps=3),
    )


def legend(desk: Desk, width: int = 80) -> str:
    return "".join(part.text for part in desk.app.screen.query(Legend).first().parts(width))


async def colours(desk: Desk) -> list[ColourBy]:
    """All that `v` goes through, from the colours of states to those."""
    canvas, passed = desk.replay.stage.canvas, []
    while not passed or canvas.colour_by is not ColourBy.STATE:
        passed.append(canvas.colour_by)
        await desk.press("v")
    return passed


async def test_it_is_offered_where_the_run_records_it(home: Home) -> None:
    async with replaying(session(home, recorded=True)) as desk:
        assert await colours(desk) == list(ColourBy)


async def test_it_is_not_offered_where_the_run_does_not(home: Home) -> None:
    async with replaying(session(home, recorded=False)) as desk:
        assert await colours(desk) == [by for by in ColourBy if by is not ColourBy.RECOMPUTED]
        desk.replay.stage.canvas.colour_by = ColourBy.RECOMPUTED
        await desk.pilot.pause()
        assert legend(desk) == "recomputed: this run does not record it"


async def test_canvas_legend_token_page_and_spacetime_tell_it(home: Home) -> None:
    async with replaying(session(home, recorded=True)) as desk:
        stage = desk.replay.stage
        stage.seek(3)
        await desk.press("v", "v", "v", "v", "v")
        canvas = stage.canvas
        assert canvas.colour_by is ColourBy.RECOMPUTED
        assert canvas.frame_rows.looks == [
            look(State.COMMITTED, 0),
            look(State.COMMITTED, 2),
            look(State.COMMITTED_NOW, LEVELS - 1),
            look(State.MASKED, LEVELS - 1),
        ]
        assert legend(desk) == f"recomputed: from the cache {'■' * LEVELS} computed anew"
        assert legend(desk, 40) == f"from the cache {'■' * LEVELS} computed anew"
        assert legend(desk, 36) == "from the cache ■■ computed anew"
        canvas.selected = 1
        await desk.press("f3")
        inspector = desk.app.screen.query(Inspector).first()
        lines = [inspector.render_line(y).text.strip() for y in range(inspector.size.height)]
        assert "computed anew in 25% of the layers" in " ".join(lines)
        assert "computed anew in 25% of the layers" in stage.panel.find(SpacetimePage).widget.words()
