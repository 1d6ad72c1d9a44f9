"""For a class: large words on a wall, in the chat, in lessons and in a replay."""

from __future__ import annotations

from pathlib import Path

import pytest

from llada_tui.analysis.colour_scale import ColourBy
from llada_tui.drawing.frame_rows import FrameRows
from llada_tui.drawing.large_letters import LARGEST_FIRST, Letters
from llada_tui.drawing.tile_wall import TileWall, largest_letters, lay_tiles, letters_for_run
from llada_tui.lessons.progress import LessonProgress, ReadingPlace, write_progress
from llada_tui.trace.session import read_session
from llada_tui.trace.text import END_MARK
from llada_tui.tui.app import LladaApp
from llada_tui.tui.shell.footer import Footer
from llada_tui.tui.shell.options import ReplayOptions
from tests.cli.test_options import Outcome
from tests.conftest import Home, first_quick
from tests.tui import lanes
from tests.tui.lessons import reading, written
from tests.tui.sessions import fox
from tests.tui.support import chatting, desk, replaying

README = Path(__file__).parents[1] / "readme" / "session.jsonl"


def wall(frame: int, width: int, letters: Letters) -> TileWall:
    run = read_session(README).last_run()
    assert run is not None
    frame_rows = FrameRows()
    frame_rows.show(run, frame, ColourBy.STATE, True, width)
    return lay_tiles(frame_rows, width, letters)


def test_letters_are_drawn_in_halves_of_cells() -> None:
    letters = Letters(8)
    assert (letters.advance, letters.rows) == (5, 5)
    assert letters.lines("I.") == [
        " ▀█▀      ",
        "  █       ",
        "  █       ",
        " ▀▀▀   ▀  ",
        "          ",
    ]


def test_what_the_font_lacks_is_written_in_the_terminals_own_letters() -> None:
    lines = Letters(8).lines("漢字")
    assert lines[2].strip() == "漢字"
    assert all(not line.strip() for line in (*lines[:2], *lines[3:]))


def test_tiles_of_a_word_touch_and_ends_of_text_are_one_tile() -> None:
    letters = LARGEST_FIRST[-1]
    tiles = wall(64, 78, letters).tiles
    assert [tile.text for tile in tiles].count(END_MARK) == 1
    at = next(index for index, tile in enumerate(tiles) if tile.text == "bright")
    bright, ly = tiles[at : at + 2]
    assert ly.text == "ly"
    assert bright.column + bright.width == ly.column
    assert (bright.opens, bright.closes, ly.opens, ly.closes) == (True, False, False, True)
    assert tiles[at - 1].column + tiles[at - 1].width < bright.column or tiles[at - 1].line < bright.line


@pytest.mark.parametrize("size", [(78, 18), (118, 33), (198, 43), (248, 63)])
def test_every_frame_has_room_and_the_letters_are_the_largest(size: tuple[int, int]) -> None:
    run = read_session(README).last_run()
    assert run is not None
    letters = letters_for_run(run, *size)
    assert letters is not None
    heights = [wall(frame, size[0], letters).height for frame in range(0, run.last + 1, 2)]
    assert max(heights) <= size[1]
    larger = LARGEST_FIRST[: LARGEST_FIRST.index(letters)][-1:]
    assert all(max(wall(frame, size[0], other).height for frame in (0, 1, 2, 30)) > size[1] for other in larger)
    if size[0] >= 198:
        assert letters.size >= 8  # letters of several cells


def test_a_canvas_that_is_too_long_has_no_letters() -> None:
    frame_rows = FrameRows()
    frame_rows.show(read_session(README).last_run(), 1, ColourBy.STATE, True, 20)
    assert largest_letters(frame_rows, 20, 6) is None


async def test_a_replay_is_presented_and_a_click_selects(home: Home) -> None:
    app = LladaApp(replay=ReplayOptions(fox(home.sessions / "fox.jsonl"), present=True))
    async with desk(app) as place:
        stage = place.replay.stage
        await place.press("end")
        await place.until(lambda: stage.wall.letters is not None, "the wall")
        assert not stage.panel.region
        assert not place.replay.query_one("#header").region
        drawn = "\n".join(stage.wall.render_line(y).text for y in range(stage.wall.size.height))
        assert "lantern" in drawn
        row = next(y for y, line in enumerate(drawn.split("\n")) if "lantern" in line)
        await place.pilot.click(stage.wall, offset=(drawn.split("\n")[row].index("lantern"), row))
        assert stage.canvas.selected == 1
        await place.press("f")
        assert stage.wall.letters is None
        assert stage.panel.region
        assert place.replay.query_one("#header").region


async def test_a_chat_is_presented_from_the_prompt_and_still_asked() -> None:
    async with chatting() as place:
        await place.ready()
        await place.type("hi")
        await place.press("ctrl+f", "enter")
        await place.ended()
        stage = place.chat.stage
        await place.until(lambda: stage.wall.letters is not None, "the wall")
        assert not place.chat.conversation_pane.view.region
        assert place.chat.conversation_pane.prompt.region
        await place.press("tab", "b")  # what is being changed is seen as it is
        assert stage.drafting
        assert stage.wall.letters is None
        await place.press("escape")
        await place.until(lambda: stage.wall.letters is not None, "the wall again")


async def test_for_a_class_a_lesson_begins_at_its_first_page(home: Home) -> None:
    lesson = written(home.sessions)
    write_progress(home.sessions, LessonProgress(lessons={lesson.name: ReadingPlace(2)}))
    async with reading(lesson) as room:
        assert room.screen.page == 2
    async with reading(lesson, present=True) as room:
        assert room.screen.page == 0
        await room.there()
        await room.desk.until(lambda: room.screen.stage.wall.letters is not None, "the wall")
        assert room.screen.pane.large
        assert not [notice for notice in room.desk.notices if "do not fit" in notice]


@pytest.mark.parametrize("command", ["chat", "lesson", "replay"])
def test_each_command_that_opens_a_run_can_be_presented(capsys: pytest.CaptureFixture[str], command: str) -> None:
    assert "--present" in Outcome(capsys, command, "--help").out


async def test_no_hidden_pane_has_the_focus_while_a_chat_is_presented() -> None:
    async with chatting() as place:
        await place.answer()
        chat = place.chat
        chat.conversation_pane.view.focus()
        await place.press("ctrl+f")
        await place.until(lambda: chat.focused is chat.conversation_pane.prompt, "a pane in sight has the focus")
        settings = chat.workbench.settings
        for pane in (chat.stage.canvas, chat.conversation_pane.prompt, chat.stage.canvas):
            await place.press("tab")
            assert chat.focused is pane
        await place.press("down", "right", "right")
        assert chat.workbench.settings == settings
        await place.press("ctrl+f")
        chat.conversation_pane.prompt.focus()
        await place.press("tab", "tab")
        assert chat.focused is chat.stage.panel.front


@pytest.mark.parametrize("size", first_quick([(80, 24), (120, 40)]))
async def test_the_way_out_stands_in_the_footer(home: Home, size: tuple[int, int]) -> None:
    async with chatting(size=size) as place:
        await place.answer()
        assert "usual size" not in place.chat.query_one(Footer).render_line(0).text
        await place.press("ctrl+f")
        assert "usual size" in place.chat.query_one(Footer).render_line(0).text
        await place.press("tab")
        assert "usual size" in place.chat.query_one(Footer).render_line(0).text
        await place.press("f")
        assert "usual size" not in place.chat.query_one(Footer).render_line(0).text


async def test_a_problem_is_seen_while_the_conversation_is_not() -> None:
    async with chatting() as place:
        await place.ready()
        place.chat.show_problem("The disk is full.", "")
        assert not place.notices
        await place.press("ctrl+f")
        await place.until(lambda: not place.chat.conversation_pane.view.region, "it is hidden")
        place.chat.show_problem("The disk is still full.", "No space left on device.")
        assert place.notices == ["The disk is still full.\nf12 shows the details."]
        assert "The disk is still full." in place.conversation


async def test_where_no_large_words_fit_it_is_said_once(home: Home) -> None:
    words = "The large words do not fit here: the canvas is shown."
    async with replaying(fox(home.sessions / "fox.jsonl"), size=(40, 14)) as place:
        await place.press("end", "f")
        await place.until(lambda: words in place.notices, "it is said")
        assert place.replay.stage.wall.letters is None
        await place.press("left", "left")
        assert place.notices.count(words) == 1
    async with replaying(fox(home.sessions / "fox.jsonl"), size=(80, 24)) as place:
        await place.press("end", "f")
        await place.until(lambda: place.replay.stage.wall.letters is not None, "the wall")
        assert words not in place.notices


async def test_a_comparison_has_its_header_also_while_others_are_presented() -> None:
    async with chatting() as place:
        await place.ready()
        await place.press("ctrl+f")
        screen = await lanes.ask(place, "seed=1,2")
        await lanes.over(place, screen)
        assert screen.query_one("#header").region
        assert not screen.has_class("-present")
        await place.press("escape")
        await place.until(lambda: place.app.screen is place.chat, "the chat")
        assert place.chat.has_class("-present")


@pytest.mark.parametrize("size", first_quick([(40, 12), (60, 20), (80, 24), (120, 40)]), ids="{0[0]}x{0[1]}".format)
async def test_a_presented_chat_gives_the_canvas_all_rows_but_the_prompts(size: tuple[int, int]) -> None:
    async with chatting(size=size) as place:
        await place.answer()
        await place.press("ctrl+f")
        await place.until(lambda: place.chat.has_class("-present"), "it is presented")
        await place.pilot.pause()
        stage, prompt = place.chat.stage, place.chat.conversation_pane.prompt
        assert stage.region.height + prompt.region.height + 1 == size[1]
        assert prompt.region.y == stage.region.bottom
