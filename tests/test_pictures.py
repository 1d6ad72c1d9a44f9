"""Picture files are anybody's: what they may be, what becomes of them, and what is refused."""

from __future__ import annotations

import io
import os
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from llada_tui import pictures
from llada_tui.pictures import PictureError, decode, read, upright


def saved(picture: Image.Image, kind: str, **options: Any) -> bytes:
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def outcome_of(content: bytes) -> str:
    try:
        return "{} x {}".format(*decode(content).size)
    except PictureError as error:
        return str(error)


def png_header(width: int, height: int) -> bytes:
    """A PNG that says it is so large, and holds no pixels."""
    head = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = b"IDAT" + zlib.compress(b"")
    chunks = [struct.pack(">I", len(part) - 4) + part + struct.pack(">I", zlib.crc32(part)) for part in (head, body)]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def test_a_picture_turned_by_its_camera_is_upright() -> None:
    picture = Image.new("RGB", (4, 2), (255, 0, 0))
    picture.putpixel((0, 0), (0, 0, 255))
    data = Image.Exif()
    data[0x0112] = 6  # the first row is the right side
    upright = decode(saved(picture, "PNG", exif=data))
    assert upright.size == (2, 4)
    assert upright.getpixel((1, 0)) == (0, 0, 255)


def test_the_size_of_a_picture_is_in_its_head() -> None:
    data = Image.Exif()
    data[0x0112] = 6
    picture = Image.new("RGB", (4, 2))
    assert pictures.size_of(saved(picture, "JPEG", exif=data)) == (2, 4)
    assert pictures.size_of(saved(picture, "GIF")) == (4, 2)
    assert pictures.size_of(b"no picture") is None


def test_the_first_frame_of_an_animation_is_read() -> None:
    frames = [Image.new("RGB", (4, 4), colour) for colour in ((255, 0, 0), (0, 255, 0))]
    animation = saved(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert decode(animation).getpixel((0, 0)) == (255, 0, 0)


def test_colours_of_print_become_those_of_the_screen() -> None:
    red, green, blue = decode(saved(Image.new("CMYK", (8, 8), (0, 255, 255, 0)), "JPEG")).getpixel((4, 4))  # type: ignore[misc]
    assert red > 200
    assert green < 60
    assert blue < 60


def test_pixels_of_16_bits_keep_their_brightness() -> None:
    grey = np.array([[0, 32768, 65535]], dtype=np.uint16)
    picture = decode(saved(Image.fromarray(grey), "PNG"))
    assert [picture.getpixel((at, 0)) for at in range(3)] == [(0, 0, 0), (127, 127, 127), (255, 255, 255)]


def test_pixels_of_16_bits_of_either_order_of_bytes_are_read() -> None:
    """A TIFF, whose bytes Pillow reads as they are: its mode is I;16B where the first byte is the upper one."""
    for order, kind, mode in (("<", b"II", "I;16"), (">", b"MM", "I;16B")):
        tags = [(256, 3, 3), (257, 3, 1), (258, 3, 16), (259, 3, 1), (262, 3, 1), (273, 4, 122), (277, 3, 1)]
        tags += [(278, 3, 1), (279, 4, 6)]
        head = kind + struct.pack(f"{order}HIH", 42, 8, len(tags))
        for tag, form, value in tags:
            head += struct.pack(f"{order}HHI", tag, form, 1)
            head += struct.pack(f"{order}HH", value, 0) if form == 3 else struct.pack(f"{order}I", value)
        content = head + bytes(4) + struct.pack(f"{order}3H", 0, 32768, 65535)
        assert content.index(struct.pack(f"{order}3H", 0, 32768, 65535)) == 122
        with Image.open(io.BytesIO(content)) as lazy:
            assert lazy.mode == mode
        picture = decode(content)
        assert [picture.getpixel((at, 0)) for at in range(3)] == [(0, 0, 0), (127, 127, 127), (255, 255, 255)]


def test_a_picture_that_was_opened_and_not_loaded_is_checked() -> None:
    whole = saved(Image.effect_noise((40, 30), 50), "PNG")
    with Image.open(io.BytesIO(whole[: len(whole) // 2])) as lazy, pytest.raises(PictureError, match="cut short"):
        upright(lazy)
    with Image.open(io.BytesIO(whole)) as lazy:
        assert upright(lazy).size == (40, 30)


@pytest.mark.parametrize("mode", ["La", "RGBa", "PA", "LAB", "F", "CMYK"])
def test_pixels_of_every_mode_of_pillow_become_rgb(mode: str) -> None:
    made = upright(Image.new(mode, (3, 2)))
    assert (made.mode, made.size) == ("RGB", (3, 2))


def test_what_is_transparent_is_white() -> None:
    picture = Image.new("RGBA", (2, 1), (255, 0, 0, 255))
    picture.putpixel((1, 0), (255, 0, 0, 0))
    made = decode(saved(picture, "PNG"))
    assert [made.getpixel((at, 0)) for at in range(2)] == [(255, 0, 0), (255, 255, 255)]


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_every_kind_of_pixel_becomes_rgb(mode: str) -> None:
    made = decode(saved(Image.new(mode, (3, 2)), "PNG"))
    assert (made.mode, made.size) == ("RGB", (3, 2))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "TIFF", "BMP", "GIF"])
def test_a_file_that_is_cut_anywhere_is_a_sentence(kind: str) -> None:
    content = saved(Image.effect_noise((40, 30), 50).convert("RGB"), kind)
    for length in range(0, len(content) - 1, max(1, len(content) // 40)):
        outcome = outcome_of(content[:length])
        # What was cut off may hold no pixels.
        assert outcome == "40 x 30" or (outcome.startswith("The picture is") and "\n" not in outcome)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "no picture that can be read"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "no picture that can be read"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "no picture that can be read"),
        (png_header(20_000, 20_000), "is 20000 x 20000 pixels|more than 64 million"),
        (png_header(100_000, 1), "is 100000 x 1 pixels"),
        (png_header(0, 9), "no pixels|cut short or damaged|no picture"),
        (png_header(9, 9), "cut short or damaged"),
        (b"\x89PNG\r\n\x1a\n" + bytes(200), "no picture that can be read|damaged"),
    ],
)
def test_what_cannot_be_used_is_said_before_pixels_are_made(content: bytes, sentence: str) -> None:
    with pytest.raises(PictureError, match=sentence) as raised:
        decode(content)
    assert "\n" not in str(raised.value)


def test_a_file_has_bounds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "picture.png"
    path.write_bytes(saved(Image.new("RGB", (9, 9)), "PNG"))
    assert read(path) == path.read_bytes()
    monkeypatch.setattr(pictures, "MAX_BYTES", 10)
    with pytest.raises(PictureError, match="larger than"):
        read(path)
    with pytest.raises(PictureError, match="larger than"):
        decode(path.read_bytes())
    with pytest.raises(PictureError, match="no picture"):
        read(tmp_path)
    with pytest.raises(PictureError, match="no picture"):
        read(tmp_path / "none.png")
    with pytest.raises(PictureError, match="no picture"):
        read(tmp_path / "none\0.png")
    os.mkfifo(tmp_path / "pipe.png")
    with pytest.raises(PictureError, match="no picture"):
        read(tmp_path / "pipe.png")
