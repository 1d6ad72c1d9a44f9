"""The widget of the picture page: a picture that the run is about, as large as there is room, and words beside it. Over
it lies, where that was asked, what a token leans on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from rich.segment import Segment
from textual import events
from textual.binding import Binding, BindingType
from textual.color import Color
from textual.geometry import Offset
from textual.strip import Strip

from llada_tui import pictures
from llada_tui.drawing.half_blocks import Colour
from llada_tui.tui.player.picture_drawing import SIDE, PictureDrawing, ShowsPictures, Tint
from llada_tui.tui.shell.app_interface import app_of
from llada_tui.tui.shell.styled_lines import Line, wrapped
from llada_tui.tui.shell.threads import in_thread
from llada_tui.tui.stage.picture_heat import PictureHeat, plain_tint
from llada_tui.units import size_words

if TYPE_CHECKING:
    from PIL.Image import Image

_KEPT = 8
"""Pictures that are kept decoded."""
_WORDS, _GAP = 30, 2
"""Columns of the words beside the picture, at least, and the blanks before them."""
_NARROWEST = 12
"""Columns of a picture where there is no room for all words."""


class PicturePane(ShowsPictures, can_focus=True):
    """Shows one picture of a session at a time."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "picture--dim", "picture--text", "picture--strong", "picture--bar", "picture--against",
    }  # fmt: skip
    DEFAULT_CSS = """
    PicturePane { height: 1fr; padding: 0 1; }
    PicturePane .picture--dim { color: $text-muted; }
    PicturePane .picture--text { color: $foreground; }
    PicturePane .picture--strong { color: $foreground; text-style: bold; }
    PicturePane .picture--bar { color: $accent; }
    PicturePane .picture--against { color: $token-taken-back; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "choose(-1, 0)", "part to the left", show=False),
        Binding("right", "choose(1, 0)", "part to the right", show=False),
        Binding("up", "choose(0, -1)", "part above", show=False),
        Binding("down", "choose(0, 1)", "part below", show=False),
    ]

    def __init__(self, on_choose: Callable[[int | None], None], *, id: str | None = None) -> None:
        """``on_choose`` is called with the index of a part that someone points at, or None."""
        super().__init__(id=id)
        self._on_choose = on_choose
        self._picture = ""
        self._words: list[Line] = []
        self._heat: PictureHeat | None = None
        self._chosen: int | None = None
        self._missing = False
        """Whether the session does not have the picture."""
        self._drawings: dict[str, PictureDrawing | str] = {}
        """The pictures that were decoded, by name; a sentence for one that cannot be."""
        self._sizes: dict[str, str] = {}
        """The sizes of the pictures' files, in words."""

    def show(
        self,
        name: str,
        content: bytes | None,
        words: Sequence[Line],
        heat: PictureHeat | None = None,
        chosen: int | None = None,
    ) -> None:
        """Show the picture of a name, whose bytes are ``content`` if the session has it, and words beside it; without a
        name the words alone. ``heat`` lies over it; ``chosen`` is the index of one of its parts."""
        shown = (name, [*words], heat, chosen, bool(name) and content is None)
        if shown == (self._picture, self._words, self._heat, self._chosen, self._missing):
            return
        self._picture, self._words, self._heat, self._chosen, self._missing = shown
        if name and content is not None and name not in self._drawings:
            self.run_worker(self._decode(name, content))
        self.refresh()

    async def _decode(self, name: str, content: bytes) -> None:
        try:
            picture, self._sizes[name] = await in_thread(lambda: _made_small(content))
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
        if self._missing or not isinstance(drawing, PictureDrawing):
            return None
        width, height = self.size
        drawing.fit(max(width - _WORDS - _GAP, min(width, _NARROWEST)), height, enlarge=True)
        return drawing

    # -- drawing ------------------------------------------------------------------------------------------------------

    def render_line(self, y: int) -> Strip:
        base, width, drawing = self.rich_style, self.size.width, self.drawing
        problem = "This picture is not in the session." if self._missing else self._drawings.get(self._picture)
        line: list[Segment] = []
        if drawing is not None:
            app, colours = app_of(self), not self.app.no_color
            if y < drawing.rows:
                line = drawing.row(y, base, tint=self._tint(), colours=colours, real_pictures=app.real_pictures)
            line += [Segment(" " * (drawing.columns - len(line) + _GAP), base)]
        words = wrapped([(problem, "text")], width) if isinstance(problem, str) else []
        room = width - (drawing.columns + _GAP if drawing is not None else 0)
        facts: list[Line] = [[(self._sizes[self._picture], "dim")]] if self._picture in self._sizes else []
        words += [part for each in [*self._words, *facts] for part in wrapped(each, max(room, 1))]
        for text, kind in words[y] if y < len(words) else ():
            line.append(Segment(text, base + self.get_component_rich_style(f"picture--{kind}")))
        return Strip(line).extend_cell_length(width, base).crop(0, width)

    def _tint(self) -> Tint | None:
        if self._heat is None:
            return None
        heat = self._heat
        if self.app.no_color:
            return lambda x, y, colour: plain_tint(heat, x, y)
        return partial(heat.tint, towards=self._colour("bar"), against=self._colour("against"), chosen=self._chosen)

    def _colour(self, kind: str) -> Colour:
        colour = self.get_component_rich_style(f"picture--{kind}").color
        red, green, blue = Color.from_rich_color(colour).rgb
        return red, green, blue

    # -- choosing a part ----------------------------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """The arrows are the player's where there are no parts to choose from."""
        return self._heat is not None if action == "choose" else super().check_action(action, parameters)

    def action_choose(self, across: int, down: int) -> None:
        """Choose the part beside the chosen one."""
        if self._heat is not None and self._heat.parts:
            chosen = 0 if self._chosen is None else self._heat.beside(self._chosen, across, down)
            self._on_choose(chosen)

    def on_mouse_move(self, event: events.MouseMove) -> None:
        self._point(event.get_content_offset_capture(self))

    def on_click(self, event: events.Click) -> None:
        self._point(event.get_content_offset_capture(self))

    def on_leave(self) -> None:
        if self._chosen is not None and not self.has_focus:
            self._on_choose(None)

    def _point(self, place: Offset) -> None:
        """Choose the part below the mouse."""
        drawing = self.drawing
        if self._heat is None or drawing is None:
            return
        if 0 <= place.x < drawing.columns and 0 <= place.y < drawing.rows:
            index = self._heat.index_at((place.x + 0.5) / drawing.columns, (place.y + 0.5) / drawing.rows)
            if index is not None and index != self._chosen:
                self._on_choose(index)


def _made_small(content: bytes) -> tuple[Image, str]:
    """A picture made small, and the size that it has, in words. Raises `PictureError`."""
    picture = pictures.decode(content)
    words = f"{picture.width} x {picture.height} pixels, {size_words(len(content))}"
    picture.thumbnail((SIDE, SIDE))
    return picture, words
