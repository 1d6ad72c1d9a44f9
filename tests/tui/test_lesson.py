"""A lesson on the screen: pages and their steps, what a reader does between them, and the worker that is shared."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from llada_tui.lessons.lesson_files import list_lessons
from llada_tui.lessons.lesson_parser import read_lesson
from llada_tui.lessons.progress import ReadingPlace, read_progress, read_shown
from llada_tui.paths import lessons_folders
from llada_tui.trace.session import read_session
from llada_tui.tui.app import LladaApp
from llada_tui.tui.lesson.contents import Contents
from llada_tui.tui.shell.footer import Footer
from tests.conftest import Home, first_quick
from tests.tui import support
from tests.tui.lessons import PAGES, TEXT, reading, written
from tests.tui.test_robustness import _stay, poke

pytestmark = pytest.mark.usefixtures("no_dwell")


async def test_every_page_stops_where_it_says_and_points_there(tmp_path: Path) -> None:
    async with reading(written(tmp_path)) as room:
        screen, player = room.screen, room.screen.stage.player
        await room.there()
        first = player.run
        assert first is not None
        assert (room.frame, len(screen.stage.canvas.pointed)) == (0, 12)
        assert screen.workbench.settings.steps == 12

        await room.desk.press("n")
        await room.there()
        assert player.run is first
        assert room.frame == 3
        assert len(screen.stage.canvas.pointed) == 2  # what the third step kept was kept now
        assert "what was kept before" in room.text

        await room.desk.press("n")
        assert (screen.page, room.frame) == (2, 3)  # a page without a run leaves the canvas as it is

        await room.desk.press("n")
        await room.there()
        assert room.frame == 6
        assert screen.stage.canvas.pointed == frozenset(range(6, 12))

        await room.desk.press("n")
        await room.desk.until(lambda: player.run is not first and room.arrived, "the other run")
        assert player.run is not None
        assert player.run.start.settings.temperature == 1
        assert player.run.answer() == "b" * 12
        assert "temperature 1" in room.text

        await room.desk.press("p")
        await room.there()
        assert player.run is first
        assert room.frame == 6


async def test_text_is_no_markup_and_strong_words_lose_their_stars(tmp_path: Path) -> None:
    async with reading(written(tmp_path)) as room:
        assert "All places are masks. It costs nothing, [bold]really[/bold]." in " ".join(room.text.split())
        assert "• one\n• two" in room.text
        widths = {part.size.width for part in room.screen.pane.query("Static")}
        assert max(widths) <= 60


async def test_enter_shows_the_answer_and_then_turns_the_page(tmp_path: Path) -> None:
    async with reading(written(tmp_path)) as room:
        assert "Any of" not in room.text
        assert "enter shows the answer" in room.text
        await room.desk.press("enter")
        assert "Any of the first six." in room.text
        assert room.screen.page == 0
        await room.desk.press("enter")
        assert room.screen.page == 1


async def test_the_next_lesson_is_offered_where_there_is_one(tmp_path: Path) -> None:
    first, *_ = list_lessons(lessons_folders()[:1])[0]
    for lesson, offered in ((written(tmp_path), False), (first, True)):
        async with reading(lesson, page=len(lesson.pages) - 1) as room:
            await room.desk.press("n")
            assert "That was this lesson" in room.text
            footer = room.screen.query_one(Footer).render_line(0).text
            assert ("next lesson" in footer) == offered
            assert "next page" not in footer


async def test_the_reader_leaves_the_pages_step_and_comes_back(tmp_path: Path) -> None:
    async with reading(written(tmp_path), page=1) as room:
        await room.there()
        screen, player = room.screen, room.screen.stage.player
        lessons = player.run
        assert not screen.scenes.away

        await room.desk.press("left")
        assert screen.scenes.away
        assert screen.stage.canvas.pointed == frozenset()
        await room.desk.press("f2", "down", "down", "down", "right", "escape")
        assert "You turned a knob" in room.text

        await room.desk.press("b", "b")
        await room.desk.until(lambda: player.run is not lessons and player.over, "a branch of the reader's own")
        assert player.run is not None
        assert lessons is not None
        assert player.run.start.parent == lessons.id
        assert screen.scenes.away

        await room.desk.press("l")
        assert player.run is lessons
        assert room.frame == 3
        assert not screen.scenes.away
        assert screen.workbench.settings.temperature == 0


async def test_what_the_reader_made_is_recorded_with_what_it_came_from(home: Home, tmp_path: Path) -> None:
    async with reading(written(tmp_path), page=1) as room:
        await room.there()
        screen = room.screen
        assert not list(home.sessions.glob("*.jsonl"))
        await room.desk.press("b", "b")
        session = screen.worker.session
        await room.desk.until(
            lambda: len(session.runs) == 2 and all(run.end for run in session.runs.values()), "a branch"
        )
        path = screen.worker.path
        await room.desk.press("escape", "escape")
        await room.desk.until(lambda: room.desk.app.screen is room.desk.chat, "the chat")
        assert path is not None
        assert any("recorded" in notice for notice in room.desk.notices)
        assert not room.desk.chat.worker.session.runs
    recorded = read_session(path)
    assert recorded.title == "Lesson: One letter"
    assert not recorded.problems
    first, branch = recorded.runs.values()
    assert (branch.start.parent, branch.start.step) == (first.id, 3)
    assert first.text(12) == "a" * 12
    assert branch.answer() == first.answer()


async def test_enter_is_the_canvas_while_it_is_being_changed(tmp_path: Path) -> None:
    async with reading(written(tmp_path), page=1) as room:
        await room.there()
        await room.desk.press("b", "right", "enter")
        assert type(room.desk.app.screen).__name__ == "ChangeDialog"
        await room.desk.press("escape", "escape", "escape")
        assert room.desk.app.screen is room.screen
        assert room.screen.page == 1


async def test_how_far_one_came_is_remembered(home: Home, tmp_path: Path) -> None:
    lesson = written(home.config / "lessons")
    async with reading(lesson) as room:
        await room.desk.press("n", "n")
        assert read_progress(home.sessions).lessons == {"letter": ReadingPlace(2, False)}
        shown = read_shown(home.sessions)
        assert shown is not None
        assert (shown.lesson, shown.page) == (str(lesson.path), 2)
        await room.desk.press(*["n"] * (PAGES - 2))
        assert "That was this lesson" in room.text
        assert read_progress(home.sessions).lessons == {"letter": ReadingPlace(0, True)}
    assert not list(home.sessions.glob("*.jsonl"))


async def test_a_lesson_goes_on_where_it_was_left(home: Home) -> None:
    lesson = written(home.config / "lessons")
    async with reading(lesson) as room:
        await room.desk.press("n", "n", "n")
        await room.there()
        await room.desk.press("escape")
        await room.desk.until(lambda: room.desk.app.screen is room.desk.chat, "the chat")
        assert read_shown(home.sessions) is None
        await room.desk.press("f11")
        contents = room.desk.app.screen
        assert isinstance(contents, Contents)
        at = next(at for at, row in enumerate(contents.rows) if row.lesson and row.lesson.name == "letter")
        contents.query_one("OptionList").highlighted = at  # type: ignore[attr-defined]
        await room.desk.press("enter")
        await room.desk.until(lambda: room.desk.app.navigation.lesson_screen is not None, "the lesson")
        screen = room.desk.app.navigation.lesson_screen
        assert screen is not None
        assert screen.page == 3


async def test_a_step_that_never_comes_is_said(tmp_path: Path) -> None:
    async with reading(written(tmp_path, TEXT.replace("stop: step 3", 'stop: "zebra"')), page=1) as room:
        await room.desk.until(lambda: "never came to the step" in room.text, "a sentence")
        assert room.screen.stage.player.over


async def test_what_needs_a_conversation_is_not_offered(tmp_path: Path) -> None:
    async with reading(written(tmp_path)) as room:
        commands = {command.title for command in room.desk.app.get_system_commands(room.screen)}
        assert {"next", "show", "lessons", "branch", "knobs"} <= commands
        assert commands.isdisjoint({"new chat", "model", "system prompt", "tour"})
        await room.desk.press("ctrl+n", "f9")
        assert room.desk.app.screen is room.screen
        chat = {command.title for command in room.desk.app.get_system_commands(room.desk.chat)}
        assert "tour" in chat
        assert "next" not in chat


async def test_large_text_has_text_and_canvas_alone(tmp_path: Path) -> None:
    async with reading(written(tmp_path), present=True) as room:
        await room.there()
        assert not room.screen.stage.panel.region
        before = room.screen.pane.size.width
        await room.desk.press("f")
        assert room.screen.stage.panel.region
        assert room.screen.pane.size.width < before


async def test_all_of_it_works_with_the_mouse(tmp_path: Path) -> None:
    async with reading(written(tmp_path), size=(80, 24)) as room:
        await room.there()
        bar = room.screen.bar
        places = {part.action: at for at, part in bar.placed()}
        await room.desk.pilot.click(bar, offset=(places["page_next"] + 1, 0))
        await room.desk.until(lambda: room.screen.page == 1, "the next page")
        await room.there()
        await room.desk.press("left")
        places = {part.action: at for at, part in bar.placed()}
        await room.desk.pilot.click(bar, offset=(places["rejoin"] + 1, 0))
        await room.desk.until(lambda: not room.screen.scenes.away, "the page's step again")
        await room.desk.pilot.click(bar, offset=(places["page_back"] + 1, 0))
        await room.desk.until(lambda: room.screen.page == 0, "the page before")
        assert await room.desk.pilot.click("#prose-show")
        await room.desk.until(lambda: not room.screen.pane.hides, "the answer")
        keys = room.screen.query_one(Footer)
        places = {part.action: at for at, part in keys.placed()}
        await room.desk.pilot.click(keys, offset=(places["leave"] + 1, 0))
        await room.desk.until(lambda: room.desk.app.screen is room.desk.chat, "the chat")


async def test_other_keys_are_told_where_they_were_chosen(home: Home, tmp_path: Path) -> None:
    (home.config / "config.toml").write_text('[keys]\npage_next = "j"\nreveal = "space"\nrejoin = "f3"\n')
    named = TEXT.replace("Only words here.", "Press {key:page_next}, not {key:zebra}.")
    async with reading(written(tmp_path, named.replace("Any of the", "{key:rejoin} for the"))) as room:
        assert "space shows the answer" in room.text
        words = [part.text for part in room.screen.bar.parts(60)]
        assert " j › " in words
        await room.desk.press("space")
        assert "f3 for the first six." in room.text
        await room.desk.press("j")
        assert room.screen.page == 1
        await room.desk.press("n")
        assert room.screen.page == 1
        await room.desk.press("j")
        assert "Press j, not {key:zebra}." in room.text


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
async def test_a_monkey_breaks_no_lesson(tmp_path: Path, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(LladaApp, "action_quit_safely", _stay)
    source = random.Random(seed)
    async with reading(written(tmp_path)) as room:
        lesson = room.screen.lesson  # which may be left for another one
        for _ in range(120):
            await poke(room.desk, source)
            assert room.desk.app.is_running
            if room.desk.app.navigation.lesson_screen is None:  # it was left: begin again
                while room.desk.app.screen is not room.desk.chat:
                    await room.desk.app.pop_screen()
                await room.desk.chat.worker.cancel()
                await room.desk.until(lambda: not room.desk.chat.workbench.occupied, "the chat is free")
                await room.desk.app.navigation.open_lesson(lesson, 0)
        screen = room.desk.app.navigation.lesson_screen
        assert screen is not None
        while room.desk.app.screen is not screen:
            await room.desk.app.pop_screen()
        await room.desk.pilot.resize_terminal(120, 40)
        await room.desk.answers()
        screen.begin(lesson, 1)
        await room.desk.until(lambda: screen.scenes.stopped_at == 3, "the page's step")
        assert screen.scenes.run is screen.stage.player.run


async def test_what_was_asked_is_told_beside_the_text_as_it_stands(tmp_path: Path) -> None:
    asked = f"write {'very ' * 8}**slowly** [b]{{key:reveal}}"
    async with reading(written(tmp_path, TEXT.replace("prompt: write", f"prompt: {asked}")), size=(80, 24)) as room:
        await room.there()
        assert f"Question {asked} Marked the masks" in " ".join(room.text.split())


async def test_a_knob_that_the_lesson_turned_is_in_sight(tmp_path: Path) -> None:
    async with reading(written(tmp_path), page=3) as room:
        await room.there()
        assert "Turned" not in room.text
        await room.desk.press("n")
        await room.desk.until(lambda: "Turned temperature 1" in " ".join(room.text.split()), "what was turned")
        assert room.screen.stage.knobs.row.name == "temperature"


async def test_the_knobs_know_the_model_and_the_run_going_on(tmp_path: Path) -> None:
    gate = support.Gate(tmp_path / "gate")
    async with reading(written(tmp_path), page=1, model=gate.model) as room:
        screen, knobs = room.screen, room.screen.stage.knobs
        await room.desk.until(lambda: screen.worker.run is not None, "the page's run")
        run = screen.worker.run
        assert run is not None
        assert (knobs.model, knobs.in_use) == ("gated", run.start.settings)
        knobs.set_to(temperature=0.5)
        await room.desk.until(lambda: screen.workbench.settings.temperature == 0.5, "it is taken")
        gate.open()
        await room.desk.until(lambda: run.end is not None, "its end")
        assert knobs.in_use is None
        assert knobs.settings == screen.workbench.settings


@pytest.mark.parametrize("size", first_quick([(40, 12), (80, 24), (200, 50)]))
async def test_no_page_needs_room_that_is_not_there(tmp_path: Path, size: tuple[int, int]) -> None:
    async with reading(written(tmp_path), size=size) as room:
        await room.there()
        for _ in range(PAGES):
            await room.desk.press("enter", "enter")
        assert room.screen.pane.size.height > 3
        assert room.screen.stage.canvas.size.height > 1


@pytest.mark.slow
async def test_lesson_one_runs_from_end_to_end_on_the_embedded_model(monkeypatch: pytest.MonkeyPatch) -> None:
    """Depends on the embedded checkpoint, as the lesson itself does. A real worker imports torch first."""
    monkeypatch.setattr(support, "PATIENCE", 100.0)
    lesson = read_lesson(lessons_folders()[0] / "masks.md")
    async with reading(lesson, worker=None, model="demo") as room:
        for page in lesson.pages:
            await room.there()
            run = room.screen.scenes.run
            assert run is not None
            assert page.scene is not None
            assert page.scene.stop.reached(run, room.frame)
            assert bool(room.screen.stage.canvas.pointed) == bool(page.scene.points)
            if page.scene.ask:
                await room.desk.press("enter")
                assert not room.screen.pane.hides
            await room.desk.press("enter")
        assert "That was this lesson" in room.text
        for page in lesson.pages:
            assert page.scene is not None
            assert all(claim.holds(run, None) for claim in page.scene.claims)
        await room.desk.press("escape")
        await room.desk.until(lambda: room.desk.app.screen is room.desk.chat, "the chat")
        answer = await room.desk.answer("What is 7 x 8?")
        assert answer.end is not None
