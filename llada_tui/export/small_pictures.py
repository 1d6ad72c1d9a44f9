"""Small versions of the pictures that a run is about, for files that show a run."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from llada_tui import pictures

SIDE = 320
"""Pixels of the longer side of a small picture."""
MOST = 8
"""Most pictures of a file; of more the last are shown, which are those asked about last."""


class SmallPicture(NamedTuple):
    """A picture as a JPEG in a ``data:`` address, with its width and height in pixels, and its number among the
    run's pictures, counted from 1."""

    address: str
    width: int
    height: int
    number: int


def small_pictures(names: Sequence[str], contents: Mapping[str, bytes]) -> tuple[list[SmallPicture], list[str]]:
    """The pictures of some names, each once, in their order; and a sentence about each that cannot be shown."""
    names = list(dict.fromkeys(names))
    shown: list[SmallPicture] = []
    notes = [f"Of {len(names)} pictures the last {MOST} are shown."] if len(names) > MOST else []
    for number, name in [*enumerate(names, 1)][-MOST:]:
        content = contents.get(name)
        if content is None:
            notes.append(f"Picture {number} is left out: it is not in the session.")
            continue
        try:
            picture = pictures.small(content, SIDE, f"Picture {number}")
        except pictures.PictureError as error:
            notes.append(f"{error} It is left out.")
            continue
        address = f"data:image/jpeg;base64,{base64.b64encode(pictures.as_jpeg(picture)).decode()}"
        shown.append(SmallPicture(address, *picture.size, number))
    return shown, notes
