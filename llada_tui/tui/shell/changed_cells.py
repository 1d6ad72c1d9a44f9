"""Drawing again only the cells that differ: what a step sends to the terminal is what it changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

from rich.cells import cell_len
from rich.color import ColorSystem
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual._compositor import ChopsUpdate
from textual.containers import Vertical
from textual.content import Content
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

if TYPE_CHECKING:
    from llada_tui.tui.shell.sixel_pictures import SixelPictures

_GAP = 3
"""Cells that stay and are sent all the same: more are likely to have a style of their own, to which it takes longer to
change than to place the cursor."""

_CORNER = 5
"""Cells of a border beside its subtitle: blanks and corners."""


PLAIN = Style()

Line = TypeVar("Line")


class DrawnLines(Generic[Line]):
    """The lines of a widget as they were drawn last. The widget notes each line that it draws.

    ``line`` makes line ``y`` of the widget's content, as a strip or as what a strip is drawn from. ``changed`` tells
    the first cell, and the one behind the last, of each stretch in which two such lines differ.
    """

    def __init__(
        self, widget: Widget, line: Callable[[int], Line], changed: Callable[[Line, Line], list[tuple[int, int]]]
    ) -> None:
        self._widget, self._line, self._changed = widget, line, changed
        self._lines: dict[int, Line] = {}

    def note(self, y: int, line: Line) -> Line:
        """Line ``y`` of the widget's content is drawn as ``line``, which is returned."""
        self._lines[y] = line
        return line

    def refresh(self, rows: Iterable[int] | None = None) -> None:
        """Draw the cells again that have changed, in some lines or in all."""
        widget = self._widget
        if not widget.is_mounted or not widget.size:
            widget.refresh()
            return
        regions = []
        for y in range(widget.size.height) if rows is None else rows:
            before = self._lines.get(y)
            spans = [(0, widget.size.width)] if before is None else self._changed(before, self._line(y))
            regions += [Region(start, y, end - start, 1) for start, end in spans]
        if regions:
            widget.refresh(*regions)


def changed_cells(before: Strip, after: Strip) -> list[tuple[int, int]]:
    """The first cell and the one behind the last of each stretch that differs between two lines."""
    if before.cell_length != after.cell_length:
        return [(0, max(before.cell_length, after.cell_length))]
    return joined(_differences(before, after))


def joined(stretches: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Stretches of a line in order, with those as one between which few cells stay. They may overlap."""
    spans: list[tuple[int, int]] = []
    for start, end in stretches:
        if spans and start - spans[-1][1] <= _GAP:
            spans[-1] = (spans[-1][0], max(spans[-1][1], end))
        else:
            spans.append((start, end))
    return spans


def _differences(before: Strip, after: Strip) -> Iterator[tuple[int, int]]:
    old, new = _pieces(before), _pieces(after)
    old_piece, new_piece = next(old, None), next(new, None)
    while old_piece is not None and new_piece is not None:
        (old_start, old_end, old_cells, old_style), (new_start, new_end, new_cells, new_style) = old_piece, new_piece
        start, end = max(old_start, new_start), min(old_end, new_end)
        if old_style != new_style:
            yield start, end
        else:
            left, right = old_cells[start - old_start : end - old_start], new_cells[start - new_start : end - new_start]
            if left != right:
                changed = (start + at for at, (a, b) in enumerate(zip(left, right, strict=True)) if a != b)
                yield from ((at, at + 1) for at in changed)
        old_piece = next(old, None) if old_end == end else old_piece
        new_piece = next(new, None) if new_end == end else new_piece


def _pieces(strip: Strip) -> Iterator[tuple[int, int, Sequence[object], Style | None]]:
    """The segments of a line: first cell, the cell behind, a text with an entry a cell, and style."""
    column = 0
    for segment in strip:
        text, style = segment.text, segment.style
        if size := cell_len(text):
            # a character of two cells or of none cannot be cut: such a text is the same from its first cell on, or not
            yield column, column + size, text if _is_even(text) else [(text, cell) for cell in range(size)], style
            column += size


@lru_cache(4096)
def _is_even(text: str) -> bool:
    """Whether each character of a text takes one cell."""
    return text.isascii() or all(cell_len(character) == 1 for character in text)


class CroppedUpdate(ChopsUpdate):
    """An update of the screen that sends the cells which are to be drawn, and of their styles what differs from the
    cells sent before. Textual's sends a widget's line from its beginning up to the last of them, and each style whole.
    Behind the cells come the sixels of the ``pictures`` in them.
    """

    def __init__(
        self,
        chops: Sequence[Mapping[int, Strip | None]],
        spans: list[tuple[int, int, int]],
        chop_ends: list[list[int]],
        pictures: SixelPictures | None = None,
    ) -> None:
        super().__init__(chops, spans, chop_ends)
        self._pictures = pictures

    def render_segments(self, console: Console) -> str:
        colours = console._color_system or ColorSystem.TRUECOLOR
        sent: list[str] = []
        pieces: list[tuple[int, int, list[Segment]]] = []
        style = PLAIN
        for y, first, last in self.spans:
            for end, (x, strip) in zip(self.chop_ends[y], self.chops[y].items(), strict=False):
                if strip is not None and x < last and end > first:
                    sent.append(f"\x1b[{y + 1};{max(x, first) + 1}H")  # the cursor's place
                    segments = [*_cut(strip, first - x, min(end, last) - x)]
                    pieces.append((y, max(x, first), segments))
                    for segment in segments:
                        style_before, style = style, segment.style or PLAIN
                        sent += (style_change(style_before, style, colours), segment.text)
        sent.append(style_change(style, PLAIN, colours))
        if self._pictures is not None:
            sent.append(self._pictures.update(pieces, len(self.chops)))
        return "".join(sent)


@lru_cache(4096)
def style_change(before: Style, after: Style, colours: ColorSystem) -> str:
    """The sequence that turns one style into another. Of links there are none on the screen."""
    old, new = _codes(before, colours), _codes(after, colours)
    if not old.attributes <= new.attributes:  # there is no going back but to none at all
        codes = ["0", *sorted(new.attributes), new.colour, new.ground]
    else:
        codes = sorted(new.attributes - old.attributes)
        codes += [new.colour or "39"] if new.colour != old.colour else []
        codes += [new.ground or "49"] if new.ground != old.ground else []
    return f"\x1b[{';'.join(filter(None, codes))}m" if codes else ""


class _Codes(NamedTuple):
    """The codes of a style (ECMA-48, SGR): those of its attributes, of its colour and of its ground; no code stands for
    the terminal's own."""

    attributes: frozenset[str]
    colour: str
    ground: str


@lru_cache(4096)
def _codes(style: Style, colours: ColorSystem) -> _Codes:
    attributes = Strip.render_ansi(style.without_color, colours)
    colour, ground = style.color, style.bgcolor
    return _Codes(
        frozenset(filter(None, attributes.split(";"))),
        ";".join(colour.downgrade(colours).get_ansi_codes()) if colour is not None else "",
        ";".join(ground.downgrade(colours).get_ansi_codes(foreground=False)) if ground is not None else "",
    )


def _cut(segments: Iterable[Segment], first: int, last: int) -> Iterator[Segment]:
    """The cells of a line from ``first`` to that before ``last``. A strip is not cut by Textual: each part would be
    another strip, with seven caches."""
    start = 0
    for segment in segments:
        end = start + segment.cell_length
        if end > first:
            if start < first:
                segment = segment.split_cells(first - start)[1]
            if end > last:
                segment = segment.split_cells(last - max(start, first))[0]
            yield segment
        if end >= last:
            return
        start = end


class SubtitledBox(Vertical):
    """A box with a subtitle, at the right, that often changes: it is drawn again, but not what is in the box."""

    _is_new_subtitle = False
    _subtitle = ""

    def say(self, words: Content | str) -> None:
        """Change the subtitle."""
        before = self._subtitle
        if str(words) == before:
            return
        self._subtitle = str(words)
        self._is_new_subtitle = True
        try:
            self.border_subtitle = words
        finally:
            self._is_new_subtitle = False
        place, size = self.content_offset, self.outer_size
        width = min(max(cell_len(before), cell_len(self._subtitle)) + _CORNER, size.width)
        self.refresh(Region(size.width - width - place.x, size.height - 1 - place.y, width, 1))

    def refresh(self, *regions: Region, **options: Any) -> SubtitledBox:
        return self if self._is_new_subtitle else super().refresh(*regions, **options)
