"""Characters as pictures, in JetBrains Mono (SIL Open Font License) and in another font where one is named."""

from __future__ import annotations

from functools import cache
from importlib.resources import as_file, files
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont
from rich.cells import cell_len

from llada_tui.drawing.text_flow import NEWLINE
from llada_tui.export import ExportError
from llada_tui.export.pixel_sizes import BASELINE, CELL, ROW, SIZE
from llada_tui.trace.text import END_MARK

_STANDS_FOR = {NEWLINE: "¶"}
"""The character that is drawn for a mark of the program that the font does not have."""
_UNKNOWN = "\U0010ffff"


class GlyphRenderer:
    """Draws characters. ``missing`` are those that no font had; a box stands for each of them."""

    def __init__(self, extra_font: Path | None = None, scale: int = 1) -> None:
        """``extra_font``: a file with characters that the usual font lacks. ``scale``: how many times as large
        everything is. Raises `ExportError` if it is no font."""
        self.missing: set[str] = set()
        self.scale, self.cell, self.row = scale, CELL * scale, ROW * scale
        """``cell`` and ``row``: width and height of a cell, in pixels."""
        self._extra_font = None
        if extra_font is not None:
            try:
                self._extra_font = ImageFont.truetype(extra_font, SIZE * scale)
            except OSError:
                sentence = f"{extra_font} is no font that can be read: name a .ttf, .otf or .ttc file."
                raise ExportError(sentence) from None

    def coverage(self, text: str, *, bold: bool = False, italic: bool = False) -> Image.Image:
        """The share of each pixel of its cells that a text covers, 0 to 255; a cell has ``cell`` by ``row`` pixels."""
        picture = Image.new("L", (max(cell_len(text), 1) * self.cell, self.row))
        draw, font = ImageDraw.Draw(picture), _face(bold, italic, self.scale)
        if text.isascii():
            draw.text((0, self.scale * BASELINE), text, fill=255, font=font, anchor="ls")
            return picture
        x = 0
        for char in text:
            width = cell_len(char) * self.cell
            self._draw(draw, x, width, _STANDS_FOR.get(char, char), font)
            x += width
        return picture

    def _draw(self, draw: ImageDraw.ImageDraw, x: int, width: int, char: str, font: ImageFont.FreeTypeFont) -> None:
        if char == END_MARK:
            scale, foot = self.scale, self.scale * BASELINE
            draw.rectangle((x + 2 * scale, foot - 10 * scale, x + self.cell - 2 * scale - 1, foot - 1), fill=255)
            return
        if not _has(font, char):
            if self._extra_font is not None and _has(self._extra_font, char):
                font = self._extra_font
                x += round((width - font.getlength(char)) / 2)
            else:
                self.missing.add(char)
        draw.text((x, self.scale * BASELINE), char, fill=255, font=font, anchor="ls")


@cache
def _face(bold: bool, italic: bool, scale: int) -> ImageFont.FreeTypeFont:
    name = f"JetBrainsMono{'-Italic' if italic else ''}[wght].ttf"
    with as_file(files("fontpkg_jetbrains_mono") / "files" / name) as path:
        font = ImageFont.truetype(path, SIZE * scale, layout_engine=ImageFont.Layout.BASIC)
    font.set_variation_by_axes([700 if bold else 400])
    return font


def _has(font: ImageFont.FreeTypeFont, char: str) -> bool:
    """Whether a font has a character. It draws every character that it lacks alike."""
    mask, unknown = font.getmask(char), font.getmask(_UNKNOWN)
    return char == " " or mask.size != unknown.size or bytes(mask) != bytes(unknown)
