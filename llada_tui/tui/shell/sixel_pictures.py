"""Pictures that a terminal draws by sixels, over the half blocks that are their cells.

Sixels are pixels that no cell knows of, and what is written into a cell takes them away there. So each cell of a
picture is a half block, marked with its place in the picture, and the screen is what it is without sixels. Whenever
marked cells are sent, their part of the picture is sent after them: one row of cells at a time, no cell beyond those.
Cells that are covered, scrolled away or dimmed are other cells, and lose their pixels as they are written.
"""

from __future__ import annotations

import logging
import threading
from asyncio import Future
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import count
from typing import TYPE_CHECKING, NamedTuple, Protocol, runtime_checkable
from weakref import WeakKeyDictionary, WeakValueDictionary

from rich.segment import Segment
from rich.style import Style
from textual._compositor import LayoutUpdate
from textual.geometry import Region
from textual.strip import Strip

from llada_tui.drawing.sixels import COLOURS, sixels
from llada_tui.tui.shell.fitted_picture import FittedPicture
from llada_tui.tui.shell.threads import in_thread

if TYPE_CHECKING:
    from PIL.Image import Image
    from rich.console import Console

_log = logging.getLogger(__name__)
_MARK = "picture"
"""The entry of a cell's style with its place in a picture."""
_KEPT = 200
"""Pictures whose sixels are kept: more than are on the largest screen at once, else they would push each other out for
ever."""

_ENCODING = threading.Lock()
"""Pictures are encoded one at a time: each takes a good part of a second of a processor."""


@runtime_checkable
class PictureTerminal(Protocol):
    """A terminal that may draw pictures. Nobody waits for what it answers."""

    def ask_for_sixels(self) -> None:
        """Ask it whether it draws sixels."""

    def ask_for_version(self) -> None:
        """Ask it what it is."""

    def cell_size(self) -> tuple[int, int] | None:
        """The width and height of a cell in pixels; None where nobody knows them."""


class _MarkedCell(NamedTuple):
    """A cell of a picture on the screen: its line and column there, the picture's number, and its row and column in the
    picture."""

    line: int
    x: int
    number: int
    row: int
    column: int


class _Sixels:
    """A picture in the pixels of its cells, ``cell`` the width and height of each; every row of cells as a message."""

    def __init__(self, fitted: FittedPicture, cell: tuple[int, int]) -> None:
        from PIL.Image import Dither, Quantize, Resampling

        self.cell = cell
        width, height = cell
        size = (fitted.columns * width, max(fitted.half_rows * height // 2, 1))
        palette = fitted.picture.quantize(COLOURS, Quantize.FASTOCTREE)  # the other ways take up to a second
        pixels = fitted.picture.resize(size, Resampling.LANCZOS)
        self._pixels: Image = pixels.quantize(palette=palette, dither=Dither.FLOYDSTEINBERG)
        self._columns = fitted.columns
        self._rows = [self._encoded(row, 0, fitted.columns) for row in range(fitted.rows)]

    def part(self, row: int, first: int, end: int) -> str:
        """The message for the cells of a row from ``first`` to that before ``end``."""
        if (first, end) == (0, self._columns):
            return self._rows[row]
        return self._encoded(row, first, end)

    def _encoded(self, row: int, first: int, end: int) -> str:
        width, height = self.cell
        bottom = min((row + 1) * height, self._pixels.height)
        return sixels(self._pixels.crop((first * width, row * height, end * width, bottom)))


def _make(fitted: FittedPicture, cell: tuple[int, int]) -> _Sixels:
    with _ENCODING:
        return _Sixels(fitted, cell)


class SixelPictures:
    """The pictures on the screen, and what is sent for them.

    The terminal is asked for sixels when the first picture is drawn, not before. ``redraw`` draws the pictures again.
    """

    def __init__(self, terminal: PictureTerminal, redraw: Callable[[], None]) -> None:
        self._terminal, self._redraw = terminal, redraw
        self._asked = self._accepted = False
        self._numbers: WeakKeyDictionary[FittedPicture, int] = WeakKeyDictionary()
        self._fitted: WeakValueDictionary[int, FittedPicture] = WeakValueDictionary()
        self._next = count(1)
        self._sixels: dict[int, _Sixels] = {}
        """The pictures that were encoded, by number; the one that was sent last comes last."""
        self._encoding: set[int] = set()
        """The numbers of those that are encoded now."""
        self._failed: set[int] = set()
        """The numbers of those that could not be."""

    def cells(self, fitted: FittedPicture, row: int, half_blocks: list[Segment]) -> list[Segment]:
        """The cells of a row of a picture: half blocks, marked with their places."""
        if not self._asked:
            self._asked = True
            self._terminal.ask_for_sixels()
        number = self._numbers.get(fitted)
        if number is None:
            self._numbers[fitted] = number = next(self._next)
            self._fitted[number] = fitted
        return [
            Segment(block.text, (block.style or Style()) + Style(meta={_MARK: (number, row, column)}))
            for column, block in enumerate(half_blocks)
        ]

    def answered(self, numbers: Sequence[int], *, secondary: bool) -> None:
        """The terminal has told its device attributes: 4 among the primary ones stands for sixels."""
        if not secondary and not self._accepted and 4 in numbers:
            self._accepted = True
            self._redraw()

    def delete_all(self) -> None:
        """Nothing: the pixels go with their cells."""

    def update(self, lines: Iterable[tuple[int, int, Iterable[Segment]]], height: int) -> str:
        """The sixels of the marked cells in what is sent: of each piece its line, first column and segments. The last
        line of a screen ``height`` lines high has none: a terminal may scroll after sixels there."""
        if not self._accepted or not self._numbers or (size := self._terminal.cell_size()) is None:
            return ""
        marked = [cell for line, x, segments in lines if line < height - 1 for cell in _marked(line, x, segments)]
        messages = []
        for start, length in _stretches(marked):
            if (drawn := self._drawn(start.number, size)) is not None:
                part = drawn.part(start.row, start.column, start.column + length)
                messages.append(f"\x1b[{start.line + 1};{start.x + 1}H{part}")
        return "".join(messages)

    def _drawn(self, number: int, cell: tuple[int, int]) -> _Sixels | None:
        """The sixels of a picture; None while they are encoded, after which all are drawn again."""
        drawn, fitted = self._sixels.pop(number, None), self._fitted.get(number)
        if fitted is None:
            return None
        if drawn is not None:
            self._sixels[number] = drawn
            if drawn.cell == cell:
                return drawn
        if number not in self._encoding | self._failed:
            self._encoding.add(number)
            in_thread(lambda: _make(fitted, cell)).add_done_callback(lambda future: self._keep(number, future))
        return None

    def _keep(self, number: int, future: Future[_Sixels]) -> None:
        self._encoding.discard(number)
        self._sixels.pop(number, None)
        if future.cancelled() or future.exception() is not None:
            _log.warning("A picture could not be made sixels: %s", future)
            self._failed.add(number)
        else:
            self._sixels = {each: made for each, made in self._sixels.items() if each in self._fitted}
            while len(self._sixels) >= _KEPT:
                del self._sixels[next(iter(self._sixels))]
            self._sixels[number] = future.result()
        if not self._encoding:
            self._redraw()


class WholeUpdate(LayoutUpdate):
    """An update of the whole screen, with the sixels of the pictures on it."""

    def __init__(self, update: LayoutUpdate, pictures: SixelPictures) -> None:
        super().__init__([list(line) for line in update.strips], update.region)
        self._pictures = pictures

    def render_segments(self, console: Console) -> str:
        pieces = _pieces(self.strips, self.region)
        return super().render_segments(console) + self._pictures.update(pieces, self.region.bottom)


def _pieces(strips: Iterable[Iterable[Strip]], region: Region) -> Iterator[tuple[int, int, Iterable[Segment]]]:
    for line, pieces in enumerate(strips, region.y):
        x = region.x
        for strip in pieces:
            yield line, x, strip
            x += strip.cell_length


def _marked(line: int, x: int, segments: Iterable[Segment]) -> Iterator[_MarkedCell]:
    for segment in segments:
        if segment.text == "▀" and segment.style is not None and (mark := segment.style.meta.get(_MARK)):
            yield _MarkedCell(line, x, *mark)
        x += segment.cell_length


def _stretches(cells: Iterable[_MarkedCell]) -> Iterator[tuple[_MarkedCell, int]]:
    """Cells that follow one another, on the screen as in a row of a picture: the first, and how many."""
    start, length = None, 0
    for cell in cells:
        if start is not None and cell == start._replace(x=start.x + length, column=start.column + length):
            length += 1
            continue
        if start is not None:
            yield start, length
        start, length = cell, 1
    if start is not None:
        yield start, length
