"""Parts of the pictures in a prompt, and the positions that see each: they are left out in turn to learn which parts a
word leans on."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from llada_tui.models.seeing import seeing_network
from llada_tui.pictures import PicturePlaces

if TYPE_CHECKING:
    from llada_tui.models.loaded_model import LoadedModel


def picture_parts(
    model: LoadedModel, prompt: Sequence[int], sizes: Sequence[tuple[int, int]], most: int
) -> list[PicturePlaces]:
    """About ``most`` parts of the pictures of a prompt, together, in equal boxes picture by picture and row by row.

    ``prompt``: ids, in which those past the vocabulary stand for the pictures' positions, as `with_pictures` gives
    them; ``sizes``: each picture's width and height. Of more pictures than ``most`` the last have a part. A box that
    nothing sees by itself is left out.
    """
    network = seeing_network(model)
    places = {token - model.vocab_size: at for at, token in enumerate(prompt) if token >= model.vocab_size}
    each, first = max(most // max(len(sizes), 1), 1), max(len(sizes) - most, 0)
    parts: list[PicturePlaces] = []
    begin = 0
    for number, size in enumerate(sizes):
        centres = network.picture_centres(size, network.picture_mode)
        if number >= first:
            columns, rows = _boxes(size, each)
            positions: dict[tuple[int, int], list[int]] = {}
            for index, centre in enumerate(centres, begin):
                if centre is not None:
                    positions.setdefault((int(centre[1] * rows), int(centre[0] * columns)), []).append(places[index])
            parts += [
                PicturePlaces(number, x / columns, y / rows, (x + 1) / columns, (y + 1) / rows, at)
                for (y, x), at in sorted(positions.items())
            ]
        begin += len(centres)
    return parts


def _boxes(size: tuple[int, int], most: int) -> tuple[int, int]:
    """Columns and rows of at most so many boxes, about as wide as high."""
    width, height = size
    columns = min(max(round(math.sqrt(most * width / height)), 1), most)
    return columns, max(most // columns, 1)
