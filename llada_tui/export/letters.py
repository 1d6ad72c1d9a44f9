"""Characters as pictures, in JetBrains Mono (SIL Open Font License) and in a further font where one is named."""

from __future__ import annotations

from functools import cache
from importlib.resources import as_file, files
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont
from rich.cells import cell_len

from llada_tui.drawing.flow import NEWLINE
from llada_tui.export.measures import BASELINE, CELL, ROW, SIZE
from llada_tui.trace.text import END_MARK

_STANDS_FOR = {NEWLINE: "↵"}
"""What is drawn for a mark of the program that the font does not have."""
_NOTHING = "\U0010ffff"


class FontError(ValueError):
    """A font that cannot be used; the message is one sentence."""


class Letters:
    """Draws characters; ``missing`` are those that no font had, which stand as boxes."""

    def __init__(self, further: Path | None = None) -> None:
        """Raises `FontError` if ``further`` is no font."""
        self.missing: set[str] = set()
        self._cache: dict[tuple[str, bool, bool], Image.Image] = {}
        self._further = None
        if further is not None:
            try:
                self._further = ImageFont.truetype(further, SIZE)
            except OSError:
                raise FontError(f"{further} is no font that can be read: name a .ttf, .otf or .ttc file.") from None

    def coverage(self, char: str, *, bold: bool = False, italic: bool = False) -> Image.Image:
        """How much of each pixel of its cells a character covers, 0 to 255."""
        key = (char, bold, italic)
        if key not in self._cache:
            self._cache[key] = self._draw(_STANDS_FOR.get(char, char), bold, italic)
        return self._cache[key]

    def _draw(self, char: str, bold: bool, italic: bool) -> Image.Image:
        if char == END_MARK:
            picture = Image.new("L", (CELL, ROW))
            ImageDraw.Draw(picture).rectangle((2, BASELINE - 10, CELL - 3, BASELINE - 1), fill=255)
            return picture
        font = _face(bold, italic)
        if not _has(font, char):
            if self._further is not None and _has(self._further, char):
                font = self._further
            else:
                self.missing.add(char)
        width = cell_len(char) * CELL
        picture = Image.new("L", (max(width, 1), ROW))
        middle = (width - font.getlength(char)) / 2 if font is self._further else 0
        ImageDraw.Draw(picture).text((middle, BASELINE), char, fill=255, font=font, anchor="ls")
        return picture


@cache
def _face(bold: bool, italic: bool) -> ImageFont.FreeTypeFont:
    name = f"JetBrainsMono{'-Italic' if italic else ''}[wght].ttf"
    with as_file(files("fontpkg_jetbrains_mono") / "files" / name) as path:
        font = ImageFont.truetype(path, SIZE, layout_engine=ImageFont.Layout.BASIC)
    font.set_variation_by_axes([700 if bold else 400])
    return font


def _has(font: ImageFont.FreeTypeFont, char: str) -> bool:
    """Whether a font has a character: what it has not it draws as it draws any other that it has not."""
    own, none = font.getmask(char), font.getmask(_NOTHING)
    return char == " " or own.size != none.size or bytes(own) != bytes(none)
