"""Picture files, which are anybody's: what is checked before one is decoded, and how it becomes pixels.

A picture travels as the bytes of its file, from the person to the worker and into the session file; whoever wants
pixels decodes them here. Nothing slow is imported before that.
"""

from __future__ import annotations

import contextlib
import errno
import io
import threading
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from llada_tui.paths import read_plain
from llada_tui.units import size_words

if TYPE_CHECKING:
    from PIL.Image import Image

MAX_BYTES = 16_000_000
"""Bytes of a picture's file, at most."""
MAX_PIXELS = 64_000_000
"""Pixels of a picture, at most: they are counted before any is decoded."""
MAX_SIDE = 1 << 15
"""Pixels of a side, at most."""
MAX_ATTACHED = 1_000_000
"""Bytes of a picture in a conversation, at most: larger files are made smaller."""
MAX_LINKED = 8_000_000
"""Bytes of a picture that a session links to, at most: it reaches the model as it is."""
_SIDES = (2304, 1536, 1024, 512)
"""Pixels of the longer side of what is made smaller. The first is the largest that LLaDA-V looks at."""
_DECODING = threading.Lock()
"""Pictures are decoded one at a time: a large one takes hundreds of megabytes meanwhile."""
FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "PPM")
"""The formats that are read, by Pillow's names. Others, such as EPS, would start programs."""


class PictureFile(NamedTuple):
    """A picture that goes with a question: the bytes of its file, and the file's path where sessions are to link to it
    instead of holding it."""

    content: bytes
    path: str = ""


class PicturePlaces(NamedTuple):
    """A part of a picture, and the places in the sequence of what sees it. ``picture`` counts the prompt's pictures
    from 0; the box is in parts of the picture's width and height, from its upper left corner."""

    picture: int
    left: float
    top: float
    right: float
    bottom: float
    places: list[int]


class PictureError(ValueError):
    """A picture that cannot be used; the message is one sentence for the person who gave it."""


class PictureTooLargeError(PictureError):
    """A picture's file with more bytes than were to be read."""


def unseen(model: str) -> str:
    """The sentence that a model takes no pictures."""
    return f"{model} cannot see pictures: load a model that can, such as llada-v."


def read(path: Path, limit: int | None = None) -> bytes:
    """The bytes of a picture's file. Raises `PictureError`; for more than ``limit`` bytes, or `MAX_BYTES`,
    `PictureTooLargeError`."""
    limit = MAX_BYTES if limit is None else limit
    try:
        return read_plain(path, limit)
    except OSError as error:
        match error.errno:
            case errno.ENOENT | errno.ENOTDIR | errno.EISDIR | errno.EINVAL:
                raise PictureError(f"There is no picture {path}.") from None
            case errno.EFBIG:
                raise PictureTooLargeError(_too_large(str(path), limit)) from None
        raise PictureError(f"{path} cannot be read ({error.strerror or error}).") from None
    except ValueError:  # no path can hold a zero byte
        raise PictureError(f"There is no picture {str(path)!r}.") from None


def _too_large(name: str, limit: int) -> str:
    return f"{name} is larger than {size_words(limit)}: give a smaller picture."


def name_of(content: bytes) -> str:
    """The name of a picture, by the bytes of its file."""
    from hashlib import blake2b

    return blake2b(content, digest_size=16).hexdigest()


def attachable(content: bytes, name: str = "The picture") -> bytes:
    """A picture's file for a conversation: as it is, or made smaller, as a JPEG. Raises `PictureError`."""
    picture = decode(content, name)
    for side in _SIDES:
        if len(content) <= MAX_ATTACHED:
            break
        picture.thumbnail((side, side))
        content = as_jpeg(picture)
    return content


def attached_file(path: Path, *, link: bool = False) -> PictureFile:
    """A picture's file for a conversation: its bytes, made smaller where it is large; or, for sessions that ``link`` to
    it, as it is. Raises `PictureError`."""
    content = read(path)
    if not link:
        return PictureFile(attachable(content, str(path)))
    decode(content, str(path))
    if len(content) > MAX_LINKED:
        raise PictureError(
            f"{path} is larger than {size_words(MAX_LINKED)}: without --link-images it is made smaller and embedded."
        )
    return PictureFile(content, str(path.absolute()))


def decode(content: bytes, name: str = "The picture") -> Image:
    """The picture in a file's bytes: RGB, upright, of an animation the first frame. Raises `PictureError`.

    What is transparent is white. Pixels of 16 bits are read as their upper 8.
    """
    from PIL import Image

    if len(content) > MAX_BYTES:
        raise PictureError(_too_large(name, MAX_BYTES))
    with _DECODING, _problems_told(name), Image.open(io.BytesIO(content), formats=FORMATS) as picture:
        return upright(picture, name)


def size_of(content: bytes) -> tuple[int, int] | None:
    """The width and height of the picture in a file's bytes, upright, by the file's head alone; None where that says
    nothing."""
    from PIL import ExifTags, Image

    with contextlib.suppress(Exception), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with Image.open(io.BytesIO(content), formats=FORMATS) as picture:
            width, height = picture.size
            turned = picture.getexif().get(ExifTags.Base.Orientation, 1) in (5, 6, 7, 8)
            return (height, width) if turned else (width, height)
    return None


def small(content: bytes, side: int, name: str = "The picture") -> Image:
    """The picture in a file's bytes, in RGB, with no side longer than ``side`` pixels. Raises `PictureError`."""
    picture = decode(content, name)
    picture.thumbnail((side, side))
    return picture


def as_jpeg(picture: Image) -> bytes:
    """The bytes of a JPEG file of a picture."""
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=90)
    return file.getvalue()


@contextlib.contextmanager
def _problems_told(name: str) -> Iterator[None]:
    """Whatever Pillow raises is a `PictureError`, and its warnings are nobody's business."""
    from PIL import Image, UnidentifiedImageError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except PictureError:
        raise
    except UnidentifiedImageError:
        raise PictureError(f"{name} is no picture that can be read: give a PNG, a JPEG or a WebP.") from None
    except Image.DecompressionBombError:
        raise PictureError(
            f"{name} has more than {MAX_PIXELS // 10**6} million pixels: give a smaller picture."
        ) from None
    except Exception:
        # Pillow's decoders raise whatever they come upon in a damaged file.
        raise PictureError(f"{name} is cut short or damaged.") from None


def _check_size(picture: Image, name: str) -> None:
    width, height = picture.size
    if width < 1 or height < 1:
        raise PictureError(f"{name} has no pixels.")
    if width * height > MAX_PIXELS or max(width, height) > MAX_SIDE:
        raise PictureError(
            f"{name} is {width} x {height} pixels, and at most {MAX_PIXELS // 10**6} million, {MAX_SIDE:,} a side, are "
            "read: give a smaller picture."
        )


def upright(picture: Image, name: str = "The picture") -> Image:
    """A picture in RGB, turned as its EXIF data says. Raises `PictureError` for one that is too large, cut short or
    damaged."""
    from PIL import ImageOps

    with _problems_told(name):
        _check_size(picture, name)
        picture.load()
        return _in_rgb(ImageOps.exif_transpose(picture))


def _in_rgb(picture: Image) -> Image:
    from PIL import Image

    if picture.mode == "RGB":
        return picture.copy()
    if picture.mode.startswith("I") or picture.mode == "F":
        return _eight_bits(picture).convert("RGB")
    if picture.has_transparency_data:
        layered = (picture.convert("LA") if picture.mode == "La" else picture).convert("RGBA")
        white = Image.new("RGBA", layered.size, (255, 255, 255, 255))
        return Image.alpha_composite(white, layered).convert("RGB")
    return picture.convert("RGB")


def _eight_bits(picture: Image) -> Image:
    """A grey picture of more than 8 bits, as one of 8: Pillow's own conversion cuts off what is above 255."""
    if picture.mode.startswith("I;16"):  # of another order of bytes Pillow tells no extremes
        picture = picture.convert("I")
    low, high = picture.getextrema()
    if isinstance(low, tuple) or isinstance(high, tuple):
        raise PictureError("The picture has pixels that are no colours.")
    top = 255 if high <= 255 else 65535 if high <= 65535 else high
    scaled: Image = picture.convert("F").point(lambda value: value * (255 / top))
    return scaled.convert("L")
