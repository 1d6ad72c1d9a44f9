"""The tour: offered to whom it has not seen, given on the screen as it is, left and found again."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.geometry import Region, Size
from textual.widgets import Static

from llada_tui.lessons.progress import read_progress
from llada_tui.tui.chat.tour import QUESTION, STOPS, TourCard, beside
from llada_tui.tui.lesson.lesson_screen import LessonScreen
from tests.conftest import Home, first_quick
from tests.tui.support import Desk, Gate, chatting


def greeting(desk: Desk) -> str:
    return str(desk.chat.stage.welcome.render())


def card(desk: Desk) -> TourCard:
    return desk.chat.query_one(TourCard)


async def test_it_is_offered_until_it_was_taken_or_left(home: Home) -> None:
    async with chatting() as desk:
        assert "New here?" in greeting(desk)
        assert not desk.chat.query(TourCard)
        await desk.press("0", "enter")
        assert card(desk).border_title == "Welcome"
        await desk.press("escape")
        assert not desk.chat.query(TourCard)
        assert read_progress(home.sessions).tour
    async with chatting() as desk:
        assert "New here?" not in greeting(desk)
        assert "The tour" in greeting(desk)


@pytest.mark.usefixtures("home")
async def test_it_goes_from_part_to_part_and_ends_in_the_first_lesson() -> None:
    async with chatting("demo") as desk:
        await desk.ready()
        await desk.chat.run_action("tour")
        for number, stop in enumerate(STOPS):
            await desk.until(lambda heading=stop.heading: card(desk).border_title == heading, stop.heading)
            assert f"{number + 1} of {len(STOPS)}" in str(card(desk).border_subtitle)
            marked = [f"#{part.id}" for part in desk.chat.query(".-toured")]
            assert marked == ([stop.part] if stop.part else [])
            if stop.part == "#timeline":
                run = await desk.ended()
                assert run.question == QUESTION
                await desk.press("home", "right")
                assert desk.chat.stage.player.frame == 1
            await desk.press("enter")
        await desk.until(lambda: isinstance(desk.app.screen, LessonScreen), "the first lesson")
        assert not desk.chat.query(TourCard)


@pytest.mark.usefixtures("home")
async def test_the_knob_that_it_has_turned_is_put_back_and_no_other() -> None:
    """Whether the tour goes on from there, ends there, or begins again."""
    for leave in (["enter"], ["escape"], ["T"]):
        async with chatting(settings={"seed": 3}) as desk:
            await desk.ready()
            knobs = desk.chat.stage.knobs
            before = desk.chat.workbench.settings
            await desk.chat.run_action("tour")
            await desk.press(*["enter"] * 4)
            assert card(desk).border_title == "The knobs"
            await desk.ended()
            await desk.press("f2", "4")
            await desk.press("enter")
            assert card(desk).border_title == "The knobs", "enter was the number's"
            assert desk.chat.workbench.settings.steps == 4
            knobs.set_to(temperature=1.0)
            await desk.press("escape", "f5")
            run = await desk.ended(2)
            assert (run.start.settings.steps, run.start.settings.temperature) == (4, 1.0)
            if leave == ["T"]:
                await desk.chat.run_action("tour")
            else:
                await desk.press(*leave)
            await desk.until(lambda: desk.chat.workbench.settings == before.replace(temperature=1.0), "the knob")  # noqa: B023
            assert knobs.settings == desk.chat.workbench.settings


@pytest.mark.usefixtures("home")
async def test_what_a_person_turned_at_another_stop_stays() -> None:
    async with chatting() as desk:
        await desk.ready()
        await desk.chat.run_action("tour")
        desk.chat.stage.knobs.set_to(steps=4)
        await desk.until(lambda: desk.chat.workbench.settings.steps == 4, "the knob")
        await desk.press(*["enter"] * (len(STOPS) - 1))
        assert card(desk).border_title == "That is all"
        await desk.press("escape")
        await desk.answers()
        assert desk.chat.workbench.settings.steps == 4


async def test_it_names_the_keys_that_there_are(home: Home) -> None:
    home.config.mkdir(parents=True)
    (home.config / "config.toml").write_text('[keys]\nknobs = "f7"\nlessons = "ctrl+y"\nagain = "f9"\nhold = "f2"\n')
    async with chatting() as desk:
        assert "  ^y  The lessons" in greeting(desk)
        await desk.chat.run_action("tour")
        await desk.until(lambda: desk.chat.query("TourCard Static"), "the card")
        text = str(card(desk).query_one(Static).render())
        for _ in STOPS[1:]:
            await desk.press("enter")
            text += str(card(desk).query_one(Static).render())
    assert "Try it: f7, type 2 for the steps" in " ".join(text.split())
    assert "Then f9 asks" in " ".join(text.split())
    assert "^y lists" in " ".join(text.split())
    assert "{key:" not in text


async def test_it_says_what_it_waits_for(tmp_path: Path, home: Home) -> None:
    there = tmp_path / "there"
    async with chatting(f"wait:{there}") as desk:
        await desk.press("0", "enter", "enter", "enter")
        text = card(desk).query_one(Static)
        assert card(desk).border_title == "The canvas"
        assert "still being loaded" in str(text.render())
        there.write_text("")
        await desk.until(lambda: "still being loaded" not in str(text.render()), "the model is there")
        assert (await desk.ended()).question == QUESTION


@pytest.mark.slow
async def test_what_the_tour_asked_makes_room_for_the_lesson(tmp_path: Path, home: Home) -> None:
    """On a slow machine its answer is still being written, or its model still being loaded."""
    for busy in (True, False):
        there = tmp_path / f"there-{busy}"
        gate = Gate(tmp_path / "gate")
        async with chatting(gate.model if busy else f"wait:{there}") as desk:
            await desk.press("0", "enter", "enter", "enter")
            if busy:
                gate.open(2)
                await desk.began(2)
                desk.app.call_later(gate.open)
            await desk.press(*["enter"] * (len(STOPS) - 2))
            await desk.until(lambda: isinstance(desk.app.screen, LessonScreen), "the first lesson")
            assert not desk.chat.workbench.occupied
            there.write_text("")


@pytest.mark.usefixtures("home")
async def test_what_is_typed_is_asked_all_the_same() -> None:
    async with chatting() as desk:
        await desk.ready()
        await desk.press("0", "enter")
        await desk.answer("my own")
        assert card(desk).border_title == "Welcome"
        await desk.press("f2", "escape")
        assert desk.chat.query(TourCard)
        await desk.press("escape")
        assert not desk.chat.query(TourCard)


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize("size", first_quick([(60, 20), (80, 24), (200, 50)]))
async def test_the_card_is_in_sight_and_taken_by_the_mouse(size: tuple[int, int]) -> None:
    async with chatting(size=size) as desk:
        await desk.ready()
        await desk.press("0", "enter")
        for _ in STOPS:
            whole = desk.app.screen.region
            await desk.until(lambda: whole.contains_region(card(desk).region), "the card is in sight")  # noqa: B023
            bar = card(desk).query_one("TourBar")
            assert await desk.pilot.click(bar, offset=(1, 0))
            await desk.pilot.pause()


@pytest.mark.usefixtures("home")
async def test_it_is_found_in_the_list_of_lessons() -> None:
    async with chatting() as desk:
        await desk.press("f11", "home", "enter")
        await desk.until(lambda: desk.chat.query(TourCard), "the tour")


parts = st.builds(Region, st.integers(0, 90), st.integers(0, 30), st.integers(1, 60), st.integers(1, 20))


@given(parts, st.integers(1, 60), st.integers(1, 20))
def test_a_card_is_whole_in_sight_and_covers_its_part_only_if_it_must(part: Region, width: int, height: int) -> None:
    screen, size = Size(100, 40), Size(width, height)
    region = Region.from_offset(beside(part, Region(), size, screen), size)
    assert Region.from_offset((0, 0), screen).contains_region(region)
    room = (part.x >= width, 100 - part.right >= width, part.y >= height, 40 - part.bottom >= height)
    if any(room):
        assert not region.intersection(part)
