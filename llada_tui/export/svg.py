"""A picture as SVG: text that stays text, with no font or style sheet from elsewhere."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style

from llada_tui.export.frame_renderer import Line, Sheet
from llada_tui.export.pixel_sizes import BASELINE, CELL, ROW, SIZE
from llada_tui.export.plain_styles import Ink, ink
from llada_tui.export.run_timeline import Moment
from llada_tui.trace.text import MASK

FONTS = "ui-monospace, 'JetBrains Mono', 'Cascadia Mono', Menlo, Consolas, 'DejaVu Sans Mono', monospace"
_RADIUS = 10


def render_svg(sheet: Sheet, moment: Moment, title: str) -> str:
    """The picture of a moment."""
    lines = sheet.lines(moment)
    width, height = sheet.width * CELL, len(lines) * ROW
    ground = ink(sheet.base, sheet.base).ground
    body = "\n".join(part for number, line in enumerate(lines) for part in _line(line, number, sheet.base))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'role="img" font-family="{escape(FONTS)}" font-size="{SIZE}">\n'
        f"<title>{escape(title)}</title>\n"
        f'<rect width="{width}" height="{height}" rx="{_RADIUS}" fill="{ground}"/>\n'
        f"{body}\n</svg>\n"
    )


def _line(line: Line, number: int, base: Style) -> Iterable[str]:
    column = 0
    for segment in line:
        width = cell_len(segment.text)
        if segment.text.strip(" ") or (segment.style is not None and segment.style.reverse):
            yield from _segment(segment, column, number, ink(segment.style, base), ink(base, base).ground)
        column += width


def _segment(segment: Segment, column: int, number: int, look: Ink, page: str) -> Iterable[str]:
    """A ground, bars for masks, and text stretched over exactly the cells that it takes."""
    top, size = number * ROW, cell_len(segment.text)
    if look.ground != page:
        yield _rect(column * CELL, top + 1, size * CELL, ROW - 2, look.ground, 3)
    at = column
    for piece, masks in _pieces(segment.text):
        width = cell_len(piece)
        if masks:
            yield _rect(at * CELL + 1, top + 5, width * CELL - 2, ROW - 10, look.colour, 3, opacity=0.45)
        else:
            text = piece.lstrip(" ")
            left = at + width - cell_len(text)
            text = text.rstrip(" ")
            if text:
                yield (
                    f'<text x="{left * CELL}" y="{top + BASELINE}" textLength="{cell_len(text) * CELL}" '
                    f'lengthAdjust="spacingAndGlyphs" xml:space="preserve" fill="{look.colour}"{_shape(look)}>'
                    f"{escape(text, quote=False)}</text>"
                )
        at += width


def _pieces(text: str) -> Iterable[tuple[str, bool]]:
    """The text in pieces that are all masks or none."""
    begin = 0
    for end in range(1, len(text) + 1):
        if end == len(text) or (text[end] == MASK) != (text[begin] == MASK):
            yield text[begin:end], text[begin] == MASK
            begin = end


def _shape(look: Ink) -> str:
    lines = [name for name, on in (("underline", look.underline), ("line-through", look.strike)) if on]
    return (
        (' font-weight="bold"' if look.bold else "")
        + (' font-style="italic"' if look.italic else "")
        + (f' text-decoration="{" ".join(lines)}"' if lines else "")
    )


def _rect(x: int, y: int, width: int, height: int, fill: str, radius: int, opacity: float = 1) -> str:
    seen = f' fill-opacity="{opacity:g}"' if opacity < 1 else ""
    return f'<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="{radius}" fill="{fill}"{seen}/>'
