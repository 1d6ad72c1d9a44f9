"""Pictures that a terminal draws itself, in place of half blocks, by kitty's protocol: those that it has, and by which
numbers."""

from __future__ import annotations

import io
import random
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from rich.segment import Segment
from rich.style import Style

from llada_tui.drawing import kitty_graphics
from llada_tui.tui.shell.fitted_picture import FittedPicture

if TYPE_CHECKING:
    from PIL.Image import Image

_KEPT = 200
"""Pictures that the terminal has at once: more than a conversation shows; what scrolls back is not drawn again."""


class _KeptPicture(NamedTuple):
    """A picture that the terminal has, with its number and its cells there."""

    picture: Image
    number: int
    cells: tuple[int, int]

    @property
    def messages(self) -> str:
        """The messages that give it to the terminal."""
        file = io.BytesIO()
        self.picture.save(file, "PNG", compress_level=1)
        return kitty_graphics.sent(self.number, file.getvalue()) + kitty_graphics.placed(self.number, *self.cells)


class RealPictures:
    """``send`` sends a text to the terminal, in order with all that is drawn. ``ask`` asks the terminal what it is, if
    it may be too old: half blocks are drawn until it has answered, and ``redraw`` is called."""

    def __init__(
        self,
        send: Callable[[str], None],
        ask: Callable[[], None] | None = None,
        redraw: Callable[[], None] = lambda: None,
    ) -> None:
        self._send, self._ask, self._redraw = send, ask, redraw
        self._accepted = ask is None
        self._kept: dict[int, _KeptPicture] = {}
        """The pictures that the terminal has, by their identity; the one that was drawn last comes last."""
        self._next = random.randrange(2**16, 2**23)  # other programs in the terminal have numbers too

    def cells(self, fitted: FittedPicture, row: int, half_blocks: list[Segment]) -> list[Segment]:
        """The cells in which the terminal draws a row of a picture."""
        if not self._accepted:
            if self._ask is not None:
                self._ask()
                self._ask = None
            return half_blocks
        number = self.number_of(fitted.picture, fitted.columns, fitted.rows)
        style = Style(color=kitty_graphics.number_colour(number))
        return [Segment(kitty_graphics.placeholder(column, row), style) for column in range(fitted.columns)]

    def answered(self, numbers: Sequence[int], *, secondary: bool) -> None:
        """The terminal has told its device attributes."""
        if secondary and not self._accepted and kitty_graphics.is_new_enough(numbers):
            self._accepted = True
            self._redraw()

    def number_of(self, picture: Image, columns: int, rows: int) -> int:
        """The number of a picture that is to be drawn in so many cells, `kitty_graphics.MOST` each way at most."""
        cells, kept = (columns, rows), self._kept.pop(id(picture), None)
        if kept is None:
            kept = self._give(picture, cells)
        elif kept.cells != cells:
            kept = kept._replace(cells=cells)
            self._send(kitty_graphics.placed(kept.number, *cells))
        self._kept[id(picture)] = kept
        return kept.number

    def _give(self, picture: Image, cells: tuple[int, int]) -> _KeptPicture:
        while len(self._kept) >= _KEPT:
            oldest = self._kept.pop(next(iter(self._kept)))
            self._send(kitty_graphics.deleted(oldest.number))
        kept, self._next = _KeptPicture(picture, self._next, cells), self._next + 1
        self._send(kept.messages)
        return kept

    def send_again(self) -> None:
        """Give the terminal all of them again: it was used by others meanwhile."""
        for kept in self._kept.values():
            self._send(kept.messages)

    def delete_all(self) -> None:
        """Take all of them out of the terminal's memory."""
        for kept in self._kept.values():
            self._send(kitty_graphics.deleted(kept.number))
        self._kept.clear()
