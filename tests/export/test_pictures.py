"""Frames as lines of text, and what is drawn of them: SVG, GIF and terminal recordings."""

from __future__ import annotations

import json
from io import BytesIO
from pathlib import Path
from xml.etree import ElementTree

import pyte
import pytest
from msgspec.structs import replace
from PIL import Image, ImageChops, ImageStat
from rich.cells import cell_len
from rich.segment import Segment

from llada_tui.analysis.colour_scale import ColourBy
from llada_tui.drawing.palette import DARK, LIGHT
from llada_tui.export import ExportError
from llada_tui.export.asciicast import render_cast
from llada_tui.export.frame_renderer import FrameRenderer
from llada_tui.export.gif_animation import LEAST_SECONDS, most_frames, render_gif
from llada_tui.export.glyphs import GlyphRenderer
from llada_tui.export.pixel_sizes import CELL, ROW
from llada_tui.export.resolved_style import resolve_style
from llada_tui.export.run_timeline import RunTimeline
from llada_tui.export.svg_picture import render_svg
from llada_tui.export.timed_frames import LAST_SECONDS, time_frames
from llada_tui.trace.cell import State
from llada_tui.trace.events import Choice, Event, PiecesEvent, RunEvent
from tests.export.support import EVIL, PALETTES, branched, hostile, long_run, timeline_of
from tests.trace.support import end, start, step

SVG = "{http://www.w3.org/2000/svg}"


def renderer_of(timeline: RunTimeline, **more: object) -> FrameRenderer:
    return FrameRenderer(timeline, PALETTES[DARK], **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("width", [40, 57, 100])
@pytest.mark.parametrize("events", [long_run(8, 100), hostile(), [start(3)]], ids=["long", "hostile", "empty"])
def test_all_frames_of_a_renderer_have_one_size(events: list[Event], width: int) -> None:
    timeline = timeline_of(events)
    renderer = renderer_of(timeline, width=width)
    for frame in timeline.frames:
        lines = renderer.lines(frame)
        assert len(lines) == renderer.height
        assert {Segment.get_line_length(line) for line in lines} == {width}


def test_a_frame_looks_the_same_in_whatever_order_frames_are_asked_for() -> None:
    timeline = timeline_of(long_run(8, 100))
    renderer = renderer_of(timeline, width=40)
    lines = [renderer.lines(frame) for frame in timeline.frames]
    order = [5, 2, 3, 3, 8, 0, 7]
    assert [renderer.lines(timeline.frames[at]) for at in order] == [lines[at] for at in order]


def test_the_text_of_a_moment_says_what_was_asked_what_stands_there_and_where_it_is() -> None:
    timeline = timeline_of(branched(), "r2")
    renderer = renderer_of(timeline, width=60, frames=[timeline.frames[3]])
    lines = renderer.plain(timeline.frames[3]).splitlines()
    assert lines[:4] == ["a question", "", "one zwei", "░░░ ░░░"]
    assert lines[-1].startswith("step 2/4 · 2 masks · changed by hand  ━")


def test_a_run_that_goes_on_knows_how_far_it_has_to_go() -> None:
    timeline = timeline_of([start(8), step(0, {0: 7})])
    assert "step 1/8 · 7 masks" in renderer_of(timeline).plain(timeline.frames[-1])


def test_an_svg_is_well_formed_and_says_what_the_screen_says() -> None:
    timeline = timeline_of(branched(), "r2")
    root = ElementTree.fromstring(render_svg(renderer_of(timeline), timeline.frames[1], "a title"))
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
    timeline = timeline_of(long_run(4, 30))
    light = FrameRenderer(timeline, PALETTES[LIGHT], colour_by=ColourBy.CONFIDENCE)
    drawn = render_svg(light, timeline.frames[-1], "t")
    assert PALETTES[LIGHT].colours["background"] in drawn
    assert "confidence: unsure" in drawn
    assert {PALETTES[LIGHT].tokens["low"], PALETTES[LIGHT].tokens["high"]} <= set(drawn.split('"'))


def test_nothing_hostile_is_markup_in_an_svg() -> None:
    timeline = timeline_of(hostile())
    for frame in timeline.frames:
        drawn = render_svg(renderer_of(timeline), frame, EVIL.replace("\x1b", "?"))
        root = ElementTree.fromstring(drawn)
        assert {element.tag.removeprefix(SVG) for element in root.iter()} == {"svg", "title", "rect", "text"}
        assert "\x1b" not in drawn


def test_a_gif_has_a_frame_for_each_step_and_is_small() -> None:
    timeline = timeline_of(long_run())
    renderer, glyphs = renderer_of(timeline), GlyphRenderer()
    most = most_frames(renderer, glyphs)
    timed_frames = time_frames(timeline, timeline.frames, 1.0, least_seconds=LEAST_SECONDS, most_frames=most)
    data = render_gif(renderer, timed_frames, glyphs)
    assert len(data) < 5_000_000
    assert not glyphs.missing
    with Image.open(BytesIO(data)) as image:
        assert image.n_frames == 129  # type: ignore[attr-defined]
        assert image.size == (100 * CELL, renderer.height * ROW)
        assert image.info["loop"] == 0


def test_the_frames_of_a_gif_stay_as_long_as_their_steps() -> None:
    timeline = timeline_of(branched(), "r2")
    stays = []
    timed_frames = time_frames(timeline, timeline.frames, 2.0)
    with Image.open(BytesIO(render_gif(renderer_of(timeline), timed_frames, GlyphRenderer()))) as image:
        for frame in range(len(timeline.frames)):
            image.seek(frame)
            stays.append(image.info["duration"])
    assert stays == [40, 120, 120, 40, 120, LAST_SECONDS * 1000]


def test_a_gif_of_twice_the_size_has_sharp_letters() -> None:
    timeline = timeline_of(branched(), "r2")
    renderer = renderer_of(timeline)
    timed_frames = time_frames(timeline, timeline.frames[3:4], 1.0)
    pictures = []
    for scale in (1, 2):
        with Image.open(BytesIO(render_gif(renderer, timed_frames, GlyphRenderer(scale=scale)))) as image:
            assert image.size == (100 * CELL * scale, renderer.height * ROW * scale)
            pictures.append(image.convert("L"))
    enlarged = pictures[0].resize(pictures[1].size, Image.Resampling.NEAREST)
    assert enlarged.tobytes() != pictures[1].tobytes()  # drawn anew, not enlarged
    near = ImageChops.difference(pictures[1].resize(pictures[0].size, Image.Resampling.BOX), pictures[0])
    assert ImageStat.Stat(near).mean[0] < 4


def test_a_frame_of_a_gif_is_as_if_it_were_drawn_alone() -> None:
    """Frames are drawn on the one before and written as differences: nothing old may be left in any."""
    timeline = timeline_of(long_run(6, 60, flips=1.0))
    whole = renderer_of(timeline, width=60)
    timed_frames = time_frames(timeline, timeline.frames, 1.0)
    with Image.open(BytesIO(render_gif(whole, timed_frames, GlyphRenderer()))) as image:
        for number, timed_frame in enumerate(timed_frames):
            image.seek(number)
            with Image.open(BytesIO(render_gif(whole, [timed_frame], GlyphRenderer()))) as alone:
                assert image.convert("RGB").tobytes() == alone.convert("RGB").tobytes(), number


def test_a_gif_is_drawn_in_the_colours_of_the_palette() -> None:
    timeline = timeline_of(branched(), "r2")
    renderer = renderer_of(timeline)
    timed_frames = time_frames(timeline, timeline.frames[3:4], 1.0)
    with Image.open(BytesIO(render_gif(renderer, timed_frames, GlyphRenderer()))) as image:
        colours = {
            f"#{red:02x}{green:02x}{blue:02x}" for _, (red, green, blue) in image.convert("RGB").getcolors(65536)
        }
    styles = [resolve_style(style, renderer.base) for style in (*renderer.styles, renderer.token_styles.style(0))]
    assert styles[0].background in colours
    for state in (State.PINNED, State.COMMITTED):
        assert PALETTES[DARK].tokens[state.value] in colours


@pytest.mark.parametrize("by", list(ColourBy))
def test_a_gif_is_drawn_whatever_colours_its_tokens(by: ColourBy) -> None:
    events = [
        replace(event, settings=event.settings.replace(recomputed=True)) if isinstance(event, RunEvent) else event
        for event in branched()
    ]
    timeline = timeline_of(events, "r2")
    renderer = renderer_of(timeline, colour_by=by)
    assert renderer.colour_by is by
    with Image.open(BytesIO(render_gif(renderer, time_frames(timeline, timeline.frames, 1.0), GlyphRenderer()))) as gif:
        assert getattr(gif, "n_frames", 1) == len(timeline.frames)


def test_a_run_that_does_not_record_it_is_drawn_by_state_in_place_of_what_was_computed_anew() -> None:
    timeline = timeline_of(branched(), "r2")
    drawn = renderer_of(timeline, colour_by=ColourBy.RECOMPUTED).lines(timeline.frames[3])
    assert drawn == renderer_of(timeline).lines(timeline.frames[3])


def test_characters_that_no_font_has_are_told() -> None:
    timeline = timeline_of([start(2), PiecesEvent({7: "漢字".encode(), 8: b"\n"}), step(0, {0: 7, 1: 8}), end()])
    glyphs = GlyphRenderer()
    render_gif(renderer_of(timeline), time_frames(timeline, timeline.frames, 1.0), glyphs)
    assert glyphs.missing == {"漢", "字"}


def test_a_font_that_is_none_is_a_sentence() -> None:
    with pytest.raises(ExportError, match="is no font that can be read"):
        GlyphRenderer(Path(__file__))


@pytest.mark.parametrize("events", [long_run(20, 120), branched(), hostile()], ids=["long", "branch", "hostile"])
def test_a_recording_replays_to_the_same_screen(events: list[Event]) -> None:
    run = [event for event in events if hasattr(event, "canvas")][-1].run
    timeline = timeline_of(events, run)
    renderer = renderer_of(timeline, width=72, fill_background=False)
    timed_frames = time_frames(timeline, timeline.frames, 2.0)
    header, *lines = map(json.loads, render_cast(renderer, timed_frames, "t", 1.7e9).splitlines())
    assert (header["version"], header["width"], header["height"]) == (2, 72, renderer.height + 1)
    screen = pyte.Screen(header["width"], header["height"])
    stream = pyte.Stream(screen)
    assert len(lines) == len(timed_frames) + 1
    for (when, kind, data), timed_frame in zip(lines, [*timed_frames, timed_frames[-1]], strict=True):
        assert kind == "o"
        assert when >= 0
        stream.feed(data)
        expected = ["".join(segment.text for segment in line).rstrip() for line in renderer.lines(timed_frame.frame)]
        assert [_without_padding(line) for line in screen.display[:-1]] == expected
    assert not screen.cursor.hidden
    assert [line[0] for line in lines] == sorted(line[0] for line in lines)
    assert lines[-1][0] == pytest.approx(sum(timed_frame.seconds for timed_frame in timed_frames), abs=0.01)


def _without_padding(line: str) -> str:
    return line.rstrip()


def test_a_recording_has_the_looks_of_the_screen() -> None:
    timeline = timeline_of(
        [start(2), PiecesEvent({7: b"word", 8: b" more"}), step(0, {0: 7}, predictions=[Choice(1, 8, 0.9)])]
    )
    renderer = renderer_of(timeline, fill_background=False)
    lines = render_cast(renderer, time_frames(timeline, timeline.frames, 1.0), "t", 0).splitlines()
    screen = pyte.Screen(renderer.width, renderer.height + 1)
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
