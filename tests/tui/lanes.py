"""Lanes at a desk: asked for with the keys, and watched to their end."""

from __future__ import annotations

from textual.widgets import Input

from llada_tui.tui.compare.choose_lanes import ChooseLanes
from llada_tui.tui.compare.compare_screen import CompareScreen
from tests.tui.support import Desk


def compare(desk: Desk) -> CompareScreen:
    screen = desk.app.screen
    assert isinstance(screen, CompareScreen)
    return screen


async def ask(desk: Desk, vary: str, question: str = "hi") -> CompareScreen:
    """Ask a question in lanes, from the prompt, with the keys."""
    await desk.type(question)
    await desk.press("ctrl+k")
    assert isinstance(desk.app.screen, ChooseLanes)
    desk.app.screen.query_one("#vary", Input).value = vary
    await desk.press("tab", "enter")
    await desk.until(lambda: isinstance(desk.app.screen, CompareScreen), "the lanes are open")
    return compare(desk)


async def over(desk: Desk, screen: CompareScreen) -> None:
    await desk.until(
        lambda: screen.runs() and all(lane.failure or (lane.run and lane.run.end) for lane in screen.stage.lane_states),
        "every lane is over",
    )
