"""A picture as SVG: text that stays text, with no font or style sheet from elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style

from llada_tui.export.frame_renderer import MARGIN, FrameRenderer, Line
from llada_tui.export.pixel_sizes import BASELINE, CELL, ROW, SIZE
from llada_tui.export.resolved_style import ResolvedStyle, resolve_style
from llada_tui.export.run_timeline import Frame
from llada_tui.export.small_pictures import SmallPicture
from llada_tui.trace.text import MASK

FONTS = "ui-monospace, 'JetBrains Mono', 'Cascadia Mono', Menlo, Consolas, 'DejaVu Sans Mono', monospace"
_RADIUS = 10
_PICTURE_HEIGHT, _GAP = 160, 2 * CELL
"""Pixels of the height of a row of pictures at most, and between two of them."""


def render_svg(renderer: FrameRenderer, frame: Frame, title: str, pictures: Sequence[SmallPicture] = ()) -> str:
    """A frame as an SVG document, below the pictures of the question. Sizes are in pixels."""
    lines = renderer.lines(frame)
    width = renderer.width * CELL
    images, above = _images(pictures, width)
    height = above + len(lines) * ROW
    background = resolve_style(renderer.base, renderer.base).background
    body = "\n".join(part for number, line in enumerate(lines) for part in _line(line, number, renderer.base))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'role="img" font-family="{escape(FONTS)}" font-size="{SIZE}">\n'
        f"<title>{escape(title)}</title>\n"
        f'<rect width="{width}" height="{height}" rx="{_RADIUS}" fill="{background}"/>\n'
        + "".join(images)
        + (f'<g transform="translate(0 {above})">\n{body}\n</g>' if above else body)
        + "\n</svg>\n"
    )


def _images(pictures: Sequence[SmallPicture], width: int) -> tuple[list[str], int]:
    """The pictures in rows of a canvas of a width, and the height that they take."""
    images: list[str] = []
    left, top, height, room = MARGIN * CELL, ROW, 0, width - 2 * MARGIN * CELL
    for picture in pictures:
        scale = min(_PICTURE_HEIGHT / picture.height, room / picture.width, 1)
        across, down = round(picture.width * scale), round(picture.height * scale)
        if left + across > width - MARGIN * CELL and left > MARGIN * CELL:
            left, top, height = MARGIN * CELL, top + height + _GAP, 0
        images.append(
            f'<image x="{left}" y="{top}" width="{max(across, 1)}" height="{max(down, 1)}" href="{picture.address}">'
            f"<title>picture {picture.number}</title></image>\n"
        )
        left, height = left + across + _GAP, max(height, down)
    return images, top + height if images else 0


def _line(line: Line, number: int, base: Style) -> Iterable[str]:
    column, page = 0, resolve_style(base, base).background
    for segment in line:
        width = cell_len(segment.text)
        if segment.text.strip(" ") or (segment.style is not None and segment.style.reverse):
            yield from _segment(segment, column, number, resolve_style(segment.style, base), page)
        column += width


def _segment(segment: Segment, column: int, number: int, style: ResolvedStyle, page: str) -> Iterable[str]:
    """A background, bars for masks, and text stretched over exactly the cells that it takes."""
    top, size = number * ROW, cell_len(segment.text)
    if style.background != page:
        yield _rect(column * CELL, top + 1, size * CELL, ROW - 2, style.background, 3)
    start = column
    for piece, masks in _pieces(segment.text):
        width = cell_len(piece)
        if masks:
            yield _rect(start * CELL + 1, top + 5, width * CELL - 2, ROW - 10, style.colour, 3, opacity=0.45)
        else:
            text = piece.lstrip(" ")
            left = start + width - cell_len(text)
            text = text.rstrip(" ")
            if text:
                yield (
                    f'<text x="{left * CELL}" y="{top + BASELINE}" textLength="{cell_len(text) * CELL}" '
                    f'lengthAdjust="spacingAndGlyphs" xml:space="preserve" fill="{style.colour}"{_shape(style)}>'
                    f"{escape(text, quote=False)}</text>"
                )
        start += width


def _pieces(text: str) -> Iterable[tuple[str, bool]]:
    """The text in pieces, and whether a piece is masks."""
    begin = 0
    for end in range(1, len(text) + 1):
        if end == len(text) or (text[end] == MASK) != (text[begin] == MASK):
            yield text[begin:end], text[begin] == MASK
            begin = end


def _shape(style: ResolvedStyle) -> str:
    lines = [name for name, on in (("underline", style.underline), ("line-through", style.strike)) if on]
    return (
        (' font-weight="bold"' if style.bold else "")
        + (' font-style="italic"' if style.italic else "")
        + (f' text-decoration="{" ".join(lines)}"' if lines else "")
    )


def _rect(x: int, y: int, width: int, height: int, fill: str, radius: int, opacity: float = 1) -> str:
    opaque = f' fill-opacity="{opacity:g}"' if opacity < 1 else ""
    return f'<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="{radius}" fill="{fill}"{opaque}/>'
