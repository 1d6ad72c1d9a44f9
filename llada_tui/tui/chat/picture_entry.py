"""A picture in the conversation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.segment import Segment
from textual.geometry import Size
from textual.strip import Strip

from llada_tui import pictures
from llada_tui.tui.player.picture_drawing import SIDE, PictureDrawing, ShowsPictures
from llada_tui.tui.shell.app_interface import app_of
from llada_tui.tui.shell.threads import in_thread

if TYPE_CHECKING:
    from PIL.Image import Image

COLUMNS, ROWS = 40, 12
"""Cells that a picture takes at most."""


class PictureEntry(ShowsPictures):
    """Shows a picture, as wide as there is room; a sentence in its place where it cannot be decoded."""

    DEFAULT_CSS = """
    PictureEntry { width: 1fr; height: auto; padding: 0 1; margin-bottom: 1; }
    """

    def __init__(self, picture: Image | bytes) -> None:
        """``picture``: one that was made small, or the bytes of its file, which are decoded beside the screen."""
        super().__init__()
        self._content = picture if isinstance(picture, bytes) else b""
        self.drawing = None if isinstance(picture, bytes) else PictureDrawing(picture)
        self.problem = ""

    def on_mount(self) -> None:
        if self.drawing is None:
            self.run_worker(self._decode())

    async def _decode(self) -> None:
        try:
            self.drawing = PictureDrawing(await in_thread(lambda: pictures.small(self._content, SIDE)))
        except pictures.PictureError as error:
            self.problem = str(error)
        self._content = b""
        self.refresh(layout=True)

    def _fit(self, width: int) -> int:
        """The rows of cells in so many columns."""
        if self.drawing is None:
            return 1
        self.drawing.fit(min(width, COLUMNS), ROWS)
        return self.drawing.rows

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return self._fit(width)

    def render_line(self, y: int) -> Strip:
        base, width = self.rich_style, self.size.width
        self._fit(width)
        if self.drawing is not None and y < self.drawing.rows:
            app, colours = app_of(self), not self.app.no_color
            segments = self.drawing.row(y, base, colours=colours, real_pictures=app.real_pictures)
        else:
            segments = [Segment("" if y else self.problem or "…", base)]
        return Strip(segments).extend_cell_length(width, base).crop(0, width)
