"""The knobs as a widget: where there is little room each can be reached, and the picture comes to rest."""

from __future__ import annotations

import pytest
from textual.app import App, ComposeResult
from textual.events import Key

from llada_tui.settings.presets import CHAT
from llada_tui.tui.stage.knobs import Knobs
from llada_tui.worker.sampler_parts import ParameterInfo, StrategyInfo
from tests.tui.support import chatting

PARAMETERS = ["one", "two", "three", "four"]
STRATEGIES = [StrategyInfo("many", "", [ParameterInfo(name, 0.5, 0, 1, "A number.", 0.1) for name in PARAMETERS])]


class Panel(App[None]):
    """Knobs, and how often a line of them was drawn."""

    drawn = 0

    def compose(self) -> ComposeResult:
        knobs = Knobs(CHAT.replace(remasking="many"), opening="knobs")
        knobs.strategies = STRATEGIES
        real = knobs.render_line

        def counted(y: int) -> object:
            self.drawn += 1
            return real(y)

        knobs.render_line = counted  # type: ignore[method-assign,assignment]
        yield knobs


@pytest.mark.parametrize("size", [(40, 2), (80, 3), (80, 7), (120, 4)], ids="{0[0]}x{0[1]}".format)
async def test_every_knob_can_be_reached_and_seen(size: tuple[int, int]) -> None:
    app = Panel()
    async with app.run_test(size=size) as pilot:
        knobs = app.query_one(Knobs)
        knobs.focus()
        assert len(knobs.rows) > 8
        for row in knobs.rows:
            await pilot.pause()
            assert knobs.row.name == row.name
            lines = [knobs.render_line(y).text for y in range(size[1])]
            assert any(f"› {row.label.strip()}"[:14] in line for line in lines), (row.name, lines)
            before = app.drawn
            for _ in range(3):
                await pilot.pause()
            assert app.drawn == before
            await pilot.press("down")


@pytest.mark.usefixtures("home")
async def test_what_was_refused_is_past_when_other_settings_are_shown() -> None:
    async with chatting() as desk:
        await desk.ready()
        knobs = desk.chat.stage.knobs
        knobs.set_to(steps=-1)
        assert "steps" in knobs.error
        desk.chat.workbench.settings = knobs.settings
        assert knobs.error
        desk.chat.workbench.settings = knobs.settings.replace(seed=7)
        assert knobs.error == ""


async def test_keys_that_come_together_turn_the_knobs_in_their_order() -> None:
    """As they do on a slow line, or while the screen is busy."""
    app = Panel()
    async with app.run_test(size=(80, 12)) as pilot:
        knobs = app.query_one(Knobs)
        knobs.focus()
        await pilot.pause()
        assert knobs.row.name == "steps"
        for key in ("1", "2", "backspace", "backspace", "6", "4", "enter", "down", "3"):
            app.post_message(Key(key, key if len(key) == 1 else None))
        await pilot.pause()
        await pilot.pause()
        assert (knobs.settings.steps, knobs.row.name) == (64, "gen_length")
