"""The first screen: its title comes out of masks once, and its entries can be clicked."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from textual.geometry import Offset

from llada_tui.tui.chat.welcome import EXAMPLES, TITLE
from llada_tui.tui.stage.greeting import _STEPS, unmasked
from tests.tui.support import Desk, chatting


def text(desk: Desk) -> str:
    return str(desk.chat.stage.welcome.render())


def place(desk: Desk, words: str) -> Offset:
    """The place of some words on the welcome's content."""
    welcome = desk.chat.stage.welcome
    lines = [welcome.render_line(y).text for y in range(welcome.content_size.height)]
    line = next(at for at, line in enumerate(lines) if words in line)
    gutter = welcome.gutter
    return Offset(gutter.left + lines[line].index(words) + 1, gutter.top + line)


@given(st.integers(0, _STEPS))
def test_the_title_keeps_its_width_while_it_comes_out_of_masks(step: int) -> None:
    shown = unmasked(TITLE, step).plain
    assert cell_len(shown) == cell_len(TITLE)
    assert (shown == TITLE) == (step == _STEPS) or "░" not in shown
    assert "░" in unmasked(TITLE, 0).plain


@pytest.mark.usefixtures("home")
async def test_the_title_is_there_in_the_end_and_at_once_when_somebody_types() -> None:
    async with chatting() as desk:
        await desk.until(lambda: TITLE in text(desk), "the whole title")
    async with chatting() as desk:
        await desk.press("x")
        assert TITLE in text(desk)
        desk.chat.greet()
        assert TITLE in text(desk), "it moves once"


@pytest.mark.usefixtures("home")
async def test_nothing_moves_where_motion_is_unwanted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("textual.constants.TEXTUAL_ANIMATIONS", "none")
    async with chatting() as desk:
        assert TITLE in text(desk)


@pytest.mark.usefixtures("home")
async def test_a_click_asks_a_suggestion() -> None:
    async with chatting() as desk:
        await desk.ready()
        example = EXAMPLES[False][1]
        await desk.pilot.click("#welcome", offset=place(desk, example[:20]))
        run = await desk.ended()
        assert run.question == example


@pytest.mark.usefixtures("home")
async def test_a_click_begins_the_tour() -> None:
    async with chatting() as desk:
        await desk.pilot.click("#welcome", offset=place(desk, "New here?"))
        await desk.until(lambda: bool(desk.chat.query("TourCard")), "the tour")


def lines_shown(desk: Desk) -> list[str]:
    """The lines of the welcome that are in sight."""
    welcome = desk.chat.stage.welcome
    return [welcome.render_line(y).text for y in range(welcome.content_size.height)]


@pytest.mark.parametrize("size", [(40, 12), (60, 20)], ids="{0[0]}x{0[1]}".format)
@pytest.mark.usefixtures("home")
async def test_a_small_terminal_has_every_entry_in_sight_or_says_how_many_more_there_are(
    size: tuple[int, int],
) -> None:
    async with chatting(size=size) as desk:
        await desk.ready()
        starts = [*(example[:12] for example in EXAMPLES[False]), "New here?", "The lessons"]
        await desk.until(lambda: all(start in "\n".join(lines_shown(desk)) for start in starts), "all entries")
        if size == (40, 12):
            await desk.press("f2")
            await desk.until(lambda: lines_shown(desk)[-1].strip() == "…  2 more", "fewer lines, and their number")
