"""Pictures that a terminal draws itself, in place of half blocks: those that it has, and by which numbers."""

from __future__ import annotations

import io
import random
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from llada_tui.drawing import kitty_graphics

if TYPE_CHECKING:
    from PIL.Image import Image

_KEPT = 24
"""Pictures that the terminal has at once."""


class _Given(NamedTuple):
    """A picture that the terminal was given: its number, its cells, and the messages that gave it."""

    number: int
    cells: tuple[int, int]
    messages: str


class RealPictures:
    """``send`` sends a text to the terminal, in order with all that is drawn."""

    def __init__(self, send: Callable[[str], None]) -> None:
        self._send = send
        self._given: dict[int, tuple[Image, _Given]] = {}
        """The pictures that the terminal has, by their identity; the one that was drawn last comes last."""
        self._next = random.randrange(2**16, 2**23)  # other programs in the terminal have numbers too

    def number_of(self, picture: Image, columns: int, rows: int) -> int:
        """The number of a picture that is to be drawn in so many cells, `kitty_graphics.MOST` each way at most."""
        cells = (columns, rows)
        _, given = self._given.pop(id(picture), (picture, None))
        if given is None:
            given = self._give(picture, cells)
        elif given.cells != cells:
            self._send(kitty_graphics.placed(given.number, *cells))
            given = given._replace(cells=cells)
        self._given[id(picture)] = (picture, given)
        return given.number

    def _give(self, picture: Image, cells: tuple[int, int]) -> _Given:
        while len(self._given) >= _KEPT:
            _, oldest = self._given.pop(next(iter(self._given)))
            self._send(kitty_graphics.deleted(oldest.number))
        file = io.BytesIO()
        picture.save(file, "PNG", compress_level=1)
        number, self._next = self._next, self._next + 1
        messages = kitty_graphics.sent(number, file.getvalue())
        self._send(messages + kitty_graphics.placed(number, *cells))
        return _Given(number, cells, messages)

    def send_again(self) -> None:
        """Give the terminal all of them again: it was used by others meanwhile."""
        for _, given in self._given.values():
            self._send(given.messages + kitty_graphics.placed(given.number, *given.cells))

    def delete_all(self) -> None:
        """Take all of them out of the terminal's memory."""
        for _, given in self._given.values():
            self._send(kitty_graphics.deleted(given.number))
        self._given.clear()
