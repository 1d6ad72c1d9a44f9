"""The widget of the picture page: a picture that the run is about, as large as there is room, and words beside it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from rich.segment import Segment
from textual.strip import Strip
from textual.widget import Widget

from llada_tui import pictures
from llada_tui.tui.player.picture_drawing import SIDE, PictureDrawing
from llada_tui.tui.shell.styled_lines import Line, wrapped
from llada_tui.units import size_words

if TYPE_CHECKING:
    from PIL.Image import Image

_KEPT = 8
"""Pictures that are kept decoded."""
_WORDS, _GAP = 24, 2
"""Columns of the words beside the picture, at least, and the blanks before them."""


class PicturePane(Widget, can_focus=True):
    """Shows one picture of a session at a time."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"picture--dim", "picture--text", "picture--strong"}
    DEFAULT_CSS = """
    PicturePane { height: 1fr; padding: 0 1; }
    PicturePane .picture--dim { color: $text-muted; }
    PicturePane .picture--text { color: $foreground; }
    PicturePane .picture--strong { color: $foreground; text-style: bold; }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._picture = ""
        self._words: list[Line] = []
        self._drawings: dict[str, PictureDrawing | str] = {}
        """The pictures that were decoded, by name; a sentence for one that cannot be."""
        self._sizes: dict[str, str] = {}
        """The sizes of the pictures' files, in words."""

    def show(self, name: str, content: bytes | None, words: Sequence[Line]) -> None:
        """Show the picture of a name, whose bytes are ``content`` if the session has it, and words beside it."""
        if (name, [*words]) == (self._picture, self._words):
            return
        self._picture, self._words = name, [*words]
        if content is None:
            self._keep(name, "This picture is not in the session.")
        elif name not in self._drawings:
            self.run_worker(self._decode(name, content))
        self.refresh()

    async def _decode(self, name: str, content: bytes) -> None:
        try:
            picture, self._sizes[name] = await asyncio.to_thread(_made_small, content)
            drawing: PictureDrawing | str = PictureDrawing(picture)
        except pictures.PictureError as error:
            drawing = str(error)
        self._keep(name, drawing)
        self.refresh()

    def _keep(self, name: str, drawing: PictureDrawing | str) -> None:
        while len(self._drawings) >= _KEPT:
            oldest = next(iter(self._drawings))
            del self._drawings[oldest]
            self._sizes.pop(oldest, None)
        self._drawings[name] = drawing

    @property
    def drawing(self) -> PictureDrawing | None:
        """The picture on show, fitted to its place; None where it is not decoded."""
        drawing = self._drawings.get(self._picture)
        if not isinstance(drawing, PictureDrawing):
            return None
        width, height = self.size
        drawing.fit(max(width - _WORDS - _GAP, min(width, 12)), height, enlarge=True)
        return drawing

    def render_line(self, y: int) -> Strip:
        base, width, drawing = self.rich_style, self.size.width, self.drawing
        problem = self._drawings.get(self._picture)
        line: list[Segment] = []
        if drawing is not None:
            line = drawing.row(y, colours=not self.app.no_color) if y < drawing.rows else []
            line += [Segment(" " * (drawing.columns - len(line) + _GAP), base)]
        words = wrapped([(problem, "text")], width) if isinstance(problem, str) else []
        room = width - (drawing.columns + _GAP if drawing is not None else 0)
        facts: list[Line] = [[(self._sizes[self._picture], "dim")]] if self._picture in self._sizes else []
        words += [part for each in [*self._words, *facts] for part in wrapped(each, max(room, 1))]
        for text, kind in words[y] if y < len(words) else ():
            line.append(Segment(text, base + self.get_component_rich_style(f"picture--{kind}")))
        return Strip(line).extend_cell_length(width, base).crop(0, width)


def _made_small(content: bytes) -> tuple[Image, str]:
    """A picture made small, and the size that it has, in words. Raises `PictureError`."""
    picture = pictures.decode(content)
    words = f"{picture.width} x {picture.height} pixels, {size_words(len(content))}"
    picture.thumbnail((SIDE, SIDE))
    return picture, words
