"""Small versions of a run's pictures in the pages, pictures and documents that are exported."""

from __future__ import annotations

import base64
import io
import re
from xml.etree import ElementTree

import pytest
from msgspec.structs import replace
from PIL import Image

from llada_tui.drawing.palette import DARK
from llada_tui.export import formats
from llada_tui.export.export_format import Rendering
from llada_tui.export.render_options import RenderOptions
from llada_tui.export.run_timeline import RunTimeline
from llada_tui.export.small_pictures import MOST, SIDE
from llada_tui.pictures import name_of
from llada_tui.trace.events import Event, Message, PictureEvent
from tests.export.support import PALETTES, timeline_of
from tests.trace.support import end, start, step

FORMATS = ("html", "svg", "md")


def image(colour: tuple[int, int, int], size: tuple[int, int]) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, colour).save(file, "PNG")
    return file.getvalue()


WIDE, HIGH = image((200, 0, 0), (1000, 500)), image((0, 0, 200), (30, 60))


def about(*contents: bytes, kept: int | None = None) -> RunTimeline:
    """A run whose question is about pictures, of which the session has the first ``kept``."""
    names = tuple(map(name_of, contents))
    begun = replace(start(), messages=[Message("user", "What are they?", names)])
    held: list[Event] = [PictureEvent(*pair) for pair in [*zip(names, contents, strict=True)][:kept]]
    return timeline_of([*held, begun, step(0, {0: 5}), end()])


def exported(format: str, timeline: RunTimeline) -> Rendering:
    return formats.by_name()[format].render(timeline, timeline.frames, RenderOptions(PALETTES[DARK], PALETTES))


def embedded(content: str | bytes) -> list[Image.Image]:
    assert isinstance(content, str)
    addresses = re.findall(r"data:image/jpeg;base64,([A-Za-z0-9+/=]+)", content)
    return [Image.open(io.BytesIO(base64.b64decode(data))) for data in addresses]


@pytest.mark.parametrize("format", FORMATS)
def test_a_small_version_of_each_is_embedded(format: str) -> None:
    rendering = exported(format, about(WIDE, HIGH))
    wide, high = embedded(rendering.content)
    assert wide.size == (SIDE, SIDE // 2)
    assert high.size == (30, 60)
    red = wide.convert("RGB").getpixel((50, 50))
    assert isinstance(red, tuple)
    assert red[0] > 190
    assert red[2] < 10
    assert rendering.notes == []
    assert len(rendering.content) < 60_000


@pytest.mark.parametrize("format", FORMATS)
def test_what_cannot_be_shown_is_told_and_the_rest_is_there(format: str) -> None:
    rendering = exported(format, about(HIGH, HIGH[:70], b"</script>", image((0, 0, 0), (40_000, 2)), WIDE, kept=4))
    assert len(embedded(rendering.content)) == 1
    assert [note.split(":")[0] for note in rendering.notes] == [
        "Picture 2 is cut short or damaged. It is left out.",
        "Picture 3 is no picture that can be read",
        "Picture 4 is 40000 x 2 pixels, and at most 64 million, 32,768 a side, are read",
        "Picture 5 is left out",
    ]


@pytest.mark.parametrize("format", FORMATS)
def test_without_pictures_nothing_is_there(format: str) -> None:
    text = exported(format, about()).content
    assert isinstance(text, str)
    assert 'id="pictures"' not in text
    assert "<image" not in text
    assert "![" not in text


def test_of_very_many_the_last_are_shown() -> None:
    contents = [image((number, 0, 0), (8, 8)) for number in range(MOST + 3)]
    shown, notes = about(*contents).small_pictures
    assert [picture.number for picture in shown] == [*range(4, MOST + 4)]
    assert notes == [f"Of {MOST + 3} pictures the last {MOST} are shown."]


def test_the_pictures_of_an_svg_stand_above_its_lines_and_within_it() -> None:
    timeline = about(*[image((number, 0, 0), (400, 200)) for number in range(4)])
    root = ElementTree.fromstring(str(exported("svg", timeline).content))
    width, height = int(root.get("width", 0)), int(root.get("height", 0))
    space = "{http://www.w3.org/2000/svg}"
    boxes = [
        tuple(int(each.get(name, 0)) for name in ("x", "y", "width", "height")) for each in root.iter(f"{space}image")
    ]
    assert len(boxes) == 4
    assert len({y for _, y, _, _ in boxes}) == 2
    (group,) = root.iter(f"{space}g")
    above = int(group.get("transform", "").removeprefix("translate(0 ").removesuffix(")"))
    assert max(y + down for _, y, _, down in boxes) == above < height
    assert max(x + across for x, _, across, _ in boxes) <= width


def test_the_page_lets_pictures_in_that_are_within_it_alone() -> None:
    text = str(exported("html", about(HIGH)).content)
    assert "img-src data:" in text
    assert 'alt="picture 1"' in text
