"""Sheets, and what is drawn of them: SVG, GIF and terminal recordings."""

from __future__ import annotations

import json
from io import BytesIO
from pathlib import Path
from xml.etree import ElementTree

import pyte
import pytest
from PIL import Image
from rich.cells import cell_len
from rich.segment import Segment

from llada_tui.analysis.colour_scale import ColourBy
from llada_tui.drawing.palette import DARK, LIGHT
from llada_tui.export import ExportError
from llada_tui.export.cast import render_cast
from llada_tui.export.frame_renderer import Sheet
from llada_tui.export.gif import LEAST, most_frames, render_gif
from llada_tui.export.glyphs import Letters
from llada_tui.export.pacing import LAST, paced
from llada_tui.export.pixel_sizes import CELL, ROW
from llada_tui.export.plain_styles import ink
from llada_tui.export.run_timeline import Story
from llada_tui.export.svg import render_svg
from llada_tui.trace.events import Choice, Event, PiecesEvent
from llada_tui.trace.run import State
from tests.export.support import EVIL, PALETTES, branched, hostile, long_run, story_of
from tests.trace.support import end, start, step

SVG = "{http://www.w3.org/2000/svg}"


def sheet_of(story: Story, **more: object) -> Sheet:
    return Sheet(story, PALETTES[DARK], **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("width", [40, 57, 100])
@pytest.mark.parametrize("events", [long_run(8, 100), hostile(), [start(3)]], ids=["long", "hostile", "empty"])
def test_every_moment_of_a_sheet_is_of_one_size(events: list[Event], width: int) -> None:
    story = story_of(events)
    sheet = sheet_of(story, width=width)
    for moment in story.moments:
        lines = sheet.lines(moment)
        assert len(lines) == sheet.height
        assert {Segment.get_line_length(line) for line in lines} == {width}


def test_the_text_of_a_moment_says_what_was_asked_what_stands_there_and_where_it_is() -> None:
    story = story_of(branched(), "r2")
    sheet = sheet_of(story, width=60, moments=[story.moments[3]])
    lines = sheet.plain(story.moments[3]).splitlines()
    assert lines[:4] == ["a question", "", "one zwei", "░░░ ░░░"]
    assert lines[-1].startswith("step 2/4 · 2 masks · changed by hand  ━")


def test_a_run_that_goes_on_knows_how_far_it_has_to_go() -> None:
    story = story_of([start(8), step(0, {0: 7})])
    assert "step 1/8 · 7 masks" in sheet_of(story).plain(story.moments[-1])


def test_an_svg_is_well_formed_and_says_what_the_screen_says() -> None:
    story = story_of(branched(), "r2")
    root = ElementTree.fromstring(render_svg(sheet_of(story), story.moments[1], "a title"))
    texts = ["".join(text.itertext()) for text in root.iter(f"{SVG}text")]
    assert root.findtext(f"{SVG}title") == "a title"
    assert {"a question", "one", "two", "kept now", "demo"} <= set(texts)
    guess = next(text for text in root.iter(f"{SVG}text") if text.text == "two")
    kept = next(text for text in root.iter(f"{SVG}text") if text.text == "one")
    assert (guess.get("font-style"), guess.get("fill")) == ("italic", PALETTES[DARK].tokens["predicted"])
    assert (kept.get("font-weight"), kept.get("fill")) == ("bold", PALETTES[DARK].colours["background"])
    assert PALETTES[DARK].tokens["committed-now"] in [rect.get("fill") for rect in root.iter(f"{SVG}rect")]
    for text in root.iter(f"{SVG}text"):
        assert int(text.get("textLength", 0)) == cell_len(text.text or "") * CELL


def test_an_svg_takes_the_colours_of_its_palette_and_the_scale_of_confidence() -> None:
    story = story_of(long_run(4, 30))
    light = Sheet(story, PALETTES[LIGHT], by=ColourBy.CONFIDENCE)
    drawn = render_svg(light, story.moments[-1], "t")
    assert PALETTES[LIGHT].colours["background"] in drawn
    assert "confidence: unsure" in drawn
    assert {PALETTES[LIGHT].tokens["low"], PALETTES[LIGHT].tokens["high"]} <= set(drawn.split('"'))


def test_nothing_hostile_is_markup_in_an_svg() -> None:
    story = story_of(hostile())
    for moment in story.moments:
        drawn = render_svg(sheet_of(story), moment, EVIL.replace("\x1b", "?"))
        root = ElementTree.fromstring(drawn)
        assert {element.tag.removeprefix(SVG) for element in root.iter()} == {"svg", "title", "rect", "text"}
        assert "\x1b" not in drawn


def test_a_gif_has_a_frame_for_each_step_and_is_small() -> None:
    story = story_of(long_run())
    sheet, letters = sheet_of(story), Letters()
    shown = paced(story, story.moments, 1.0, least=LEAST, most=most_frames(sheet))
    data = render_gif(sheet, shown, letters)
    assert len(data) < 5_000_000
    assert not letters.missing
    with Image.open(BytesIO(data)) as image:
        assert image.n_frames == 129  # type: ignore[attr-defined]
        assert image.size == (100 * CELL, sheet.height * ROW)
        assert image.info["loop"] == 0


def test_the_frames_of_a_gif_stay_as_long_as_their_steps() -> None:
    story = story_of(branched(), "r2")
    stays = []
    with Image.open(BytesIO(render_gif(sheet_of(story), paced(story, story.moments, 2.0), Letters()))) as image:
        for frame in range(len(story.moments)):
            image.seek(frame)
            stays.append(image.info["duration"])
    assert stays == [40, 120, 120, 40, 120, LAST * 1000]


def test_a_frame_of_a_gif_is_as_if_it_were_drawn_alone() -> None:
    """Frames are drawn on the one before and written as differences: nothing old may be left in any."""
    story = story_of(long_run(6, 60, flips=1.0))
    whole = sheet_of(story, width=60)
    shown = paced(story, story.moments, 1.0)
    with Image.open(BytesIO(render_gif(whole, shown, Letters()))) as image:
        for number, one in enumerate(shown):
            image.seek(number)
            with Image.open(BytesIO(render_gif(whole, [one], Letters()))) as alone:
                assert image.convert("RGB").tobytes() == alone.convert("RGB").tobytes(), number


def test_a_gif_is_drawn_in_the_colours_of_the_palette() -> None:
    story = story_of(branched(), "r2")
    sheet = sheet_of(story)
    with Image.open(BytesIO(render_gif(sheet, paced(story, story.moments[3:4], 1.0), Letters()))) as image:
        seen = {f"#{red:02x}{green:02x}{blue:02x}" for _, (red, green, blue) in image.convert("RGB").getcolors(65536)}
    inks = [ink(style, sheet.base) for style in (*sheet.styles, sheet.painter.style(0))]
    assert inks[0].ground in seen
    for state in (State.PINNED, State.COMMITTED):
        assert PALETTES[DARK].tokens[state.value] in seen


def test_characters_that_no_font_has_are_told() -> None:
    story = story_of([start(2), PiecesEvent({7: "漢字".encode(), 8: b"\n"}), step(0, {0: 7, 1: 8}), end()])
    letters = Letters()
    render_gif(sheet_of(story), paced(story, story.moments, 1.0), letters)
    assert letters.missing == {"漢", "字"}


def test_a_font_that_is_none_is_a_sentence() -> None:
    with pytest.raises(ExportError, match="is no font that can be read"):
        Letters(Path(__file__))


@pytest.mark.parametrize("events", [long_run(20, 120), branched(), hostile()], ids=["long", "branch", "hostile"])
def test_a_recording_replays_to_the_same_screen(events: list[Event]) -> None:
    run = [event for event in events if hasattr(event, "canvas")][-1].run
    story = story_of(events, run)
    sheet = sheet_of(story, width=72, ground=False)
    shown = paced(story, story.moments, 2.0)
    header, *lines = map(json.loads, render_cast(sheet, shown, "t", 1.7e9).splitlines())
    assert (header["version"], header["width"], header["height"]) == (2, 72, sheet.height + 1)
    screen = pyte.Screen(header["width"], header["height"])
    stream = pyte.Stream(screen)
    assert len(lines) == len(shown) + 1
    for (when, kind, data), one in zip(lines, [*shown, shown[-1]], strict=True):
        assert kind == "o"
        assert when >= 0
        stream.feed(data)
        wanted = ["".join(segment.text for segment in line).rstrip() for line in sheet.lines(one.moment)]
        assert [_seen(line) for line in screen.display[:-1]] == wanted
    assert not screen.cursor.hidden
    assert [line[0] for line in lines] == sorted(line[0] for line in lines)
    assert lines[-1][0] == pytest.approx(sum(one.seconds for one in shown), abs=0.01)


def _seen(line: str) -> str:
    return line.rstrip()


def test_a_recording_has_the_looks_of_the_screen() -> None:
    story = story_of(
        [start(2), PiecesEvent({7: b"word", 8: b" more"}), step(0, {0: 7}, predictions=[Choice(1, 8, 0.5)])]
    )
    sheet = sheet_of(story, ground=False)
    lines = render_cast(sheet, paced(story, story.moments, 1.0), "t", 0).splitlines()
    screen = pyte.Screen(sheet.width, sheet.height + 1)
    for line in lines[1:]:
        pyte.Stream(screen).feed(json.loads(line)[2])
    kept, guess = screen.buffer[3][2], screen.buffer[3][7]
    assert (kept.data, kept.bold, kept.reverse, kept.fg) == (
        "w",
        True,
        True,
        PALETTES[DARK].tokens["committed-now"][1:],
    )
    assert (guess.data, guess.italics, guess.fg) == ("m", True, PALETTES[DARK].tokens["predicted"][1:])
