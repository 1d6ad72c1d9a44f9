"""A frame of a run as tiles of words that fill a wall: where each tile stands, in letters of which size. No screen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice, takewhile
from typing import NamedTuple

from llada_tui.analysis.colour_scale import ColourBy
from llada_tui.drawing.frame_rows import FrameRows
from llada_tui.drawing.large_letters import LARGEST_FIRST, Letters
from llada_tui.drawing.text_flow import NEWLINE
from llada_tui.drawing.token_styles import Look, state_of
from llada_tui.trace.cell import State
from llada_tui.trace.run import Run
from llada_tui.trace.text import END_MARK, MASK

_MASK_WORD = 2
"""Letters of a mask without a guess: it is narrow, since there are many at first."""
_FRAMES = 24
"""Frames of a finished run by which the size of the letters is chosen."""


class Tile(NamedTuple):
    """A word, or a part of it, on the wall: ``line`` counts lines of tiles, ``column`` and ``width`` cells."""

    position: int
    text: str
    look: Look
    line: int
    column: int
    width: int
    opens: bool
    closes: bool
    """Whether it begins a word, and whether it ends one: the tiles of a word touch."""


class TileWall:
    """The tiles of one frame. ``letters`` are those that they are written in."""

    def __init__(self, tiles: list[Tile], letters: Letters) -> None:
        self.tiles, self.letters = tiles, letters
        self.lines = tiles[-1].line + 1 if tiles else 0

    @property
    def pitch(self) -> int:
        """Rows from a line of tiles to the next."""
        return pitch(self.letters)

    @property
    def height(self) -> int:
        """Rows of all lines."""
        return self.lines * self.pitch

    def tile_at(self, column: int, row: int) -> Tile | None:
        """The tile that has a cell."""
        line = row // self.pitch
        return next((tile for tile in self.tiles if tile.line == line and 0 <= column - tile.column < tile.width), None)


def pitch(letters: Letters) -> int:
    """Rows from a line of tiles to the next: half a row of a tile is above its letters, and half a row below them."""
    return 1 + letters.rows + letters.fills


def lay_tiles(frame_rows: FrameRows, width: int, letters: Letters) -> TileWall:
    """Lay the tiles of a frame in lines of ``width`` cells. A blank before a word parts tiles, a line break begins a
    line."""
    gap = max(letters.advance // 3, 1)
    words = list(_words(frame_rows))
    line = column = 0
    tiles: list[Tile] = []
    for index, (position, word, opens) in enumerate(words):
        closes = index + 1 == len(words) or words[index + 1][2]
        size = min(letters.width(word) + letters.pad * (opens + closes), width)
        column += gap if opens and column else 0
        rest = 0 if closes else _rest_of_word(words, index + 1, letters)  # a word is parted only where it must be
        if column and column + size + (rest if opens and size + rest <= width else 0) > width:
            line, column = line + 1, 0
        tiles.append(Tile(position, word, frame_rows.looks[position], line, column, size, opens, closes))
        column += size
        if "\n" in frame_rows.texts[position]:
            line, column = line + 1, 0
    return TileWall(tiles, letters)


def _rest_of_word(words: Sequence[tuple[int, str, bool]], begin: int, letters: Letters) -> int:
    """Cells of the tiles from one on that belong to the word of the tile before."""
    rest = takewhile(lambda part: not part[2], islice(words, begin, None))
    return sum(letters.width(word) for _, word, _ in rest) + letters.pad


def _words(frame_rows: FrameRows) -> Iterator[tuple[int, str, bool]]:
    """Positions, what is written on their tiles, and whether they begin a word. A mask without a guess is blank. Of
    ends of text in one state one after another the first is given: the wall has few words."""
    opens = True
    ended: State | None = None
    for position, text in enumerate(frame_rows.texts):
        is_end, state = frame_rows.is_special(position), state_of(frame_rows.looks[position])
        if not text or (is_end and ended is state):
            continue
        ended = state if is_end else None
        word = END_MARK if is_end else text.replace("\n", NEWLINE).strip(" ")
        is_mask = state is State.MASKED and not word.strip(MASK)
        yield position, " " * _MASK_WORD if is_mask else word or " ", opens or is_end or is_mask or text[0] == " "
        opens = is_end or is_mask or "\n" in text


def largest_letters(frame_rows: FrameRows, width: int, height: int, most: Letters | None = None) -> Letters | None:
    """The largest letters, but none larger than ``most``, in which a frame has room; None if it has none in any."""
    first = LARGEST_FIRST.index(most) if most is not None else 0
    sizes = LARGEST_FIRST[first:]
    return next((letters for letters in sizes if lay_tiles(frame_rows, width, letters).height <= height), None)


def letters_for_run(run: Run, width: int, height: int) -> Letters | None:
    """The largest letters in which every frame of a finished run has room, as far as some of them tell."""
    frames = range(0, run.last + 1, max(run.last // _FRAMES, 1))
    frame_rows = FrameRows()
    letters: Letters | None = LARGEST_FIRST[0]
    for frame in (*frames, run.last):
        frame_rows.show(run, frame, ColourBy.STATE, True, width)
        letters = largest_letters(frame_rows, width, height, letters)
        if letters is None:
            return None
    return letters
