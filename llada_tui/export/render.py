"""A story in any of the formats, as bytes to be written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from llada_tui.drawing.palette import DARK, LIGHT, Palette
from llada_tui.export.frame_renderer import Sheet, caption
from llada_tui.export.pacing import paced
from llada_tui.export.run_timeline import Moment, Story
from llada_tui.trace.session import title_of

FORMATS = {
    "svg": "a picture of the last of the steps",
    "gif": "an animation",
    "html": "a page with a slider, to be opened in a browser",
    "cast": "a terminal recording (asciicast v2)",
    "md": "a document",
}
"""The formats, which are also the endings of their files, and what they are."""


LARGEST = 5_000_000
"""Bytes that a GIF may have: where there would be more, steps are left out."""


@dataclass(frozen=True, slots=True)
class Wish:
    """How a story is to be drawn. ``named``: whether the palette was asked for, not the usual one.

    ``speed`` multiplies the pace of animations; ``width`` is in columns; ``font`` has characters that ours lacks.
    """

    palette: Palette
    palettes: dict[str, Palette]
    named: bool = False
    speed: float = 1.0
    width: int = 100
    font: Path | None = None


@dataclass(frozen=True, slots=True)
class Made:
    """A file's bytes, what they are in a few words, and sentences about what is other than one might expect."""

    data: bytes
    words: str
    notes: list[str] = field(default_factory=list)


def render(format: str, story: Story, moments: Sequence[Moment], wish: Wish) -> Made:
    """Some moments of a story in one of `FORMATS`. Raises `ExportError` for a font that cannot be read."""
    title = title_of(story.run.question) or "llada-tui"
    if format == "gif":
        return _gif(story, moments, wish)
    shown = paced(story, moments, wish.speed)
    if format == "svg":
        from llada_tui.export.svg import render_svg

        last = moments[-1]
        sheet = Sheet(story, wish.palette, width=wish.width, moments=[last])
        text, words = render_svg(sheet, last, f"{title}: {caption(story, last)}"), caption(story, last)
    elif format == "html":
        from llada_tui.export.html import render_html

        usual = {True: wish.palettes[DARK], False: wish.palettes[LIGHT]}
        dark, light = ({**usual, wish.palette.dark: wish.palette}[kind] for kind in (True, False))
        opened = ("dark" if wish.palette.dark else "light") if wish.named else ""
        text = render_html(story, shown, (dark, light), title=title, width=wish.width, open_in=opened)
        words = _count(len(shown), "step")
    elif format == "cast":
        from llada_tui.export.cast import render_cast

        sheet = Sheet(story, wish.palette, width=wish.width, moments=moments, ground=False)
        text, words = render_cast(sheet, shown, title, story.run.start.time), _count(len(shown), "frame")
    else:
        from llada_tui.export.markdown import render_markdown

        sheet = Sheet(story, wish.palette, width=wish.width, moments=moments, guesses=False)
        text, words = render_markdown(sheet, moments), _count(len(moments), "step")
    return Made(text.encode(), words)


def _gif(story: Story, moments: Sequence[Moment], wish: Wish) -> Made:
    from llada_tui.export.gif import LEAST, most_frames, render_gif
    from llada_tui.export.glyphs import Letters

    letters = Letters(wish.font)
    sheet = Sheet(story, wish.palette, width=wish.width, moments=moments)
    most = most_frames(sheet)
    while True:
        shown = paced(story, moments, wish.speed, least=LEAST, most=most)
        data = render_gif(sheet, shown, letters)
        if len(data) <= LARGEST or len(shown) <= 2:
            break
        most = max(2, len(shown) * LARGEST // len(data))
    notes = []
    if len(shown) < len(moments):
        notes.append(f"The GIF shows {len(shown)} of {len(moments)} steps: name fewer with --steps to see every one.")
    if letters.missing:
        some = " ".join(sorted(letters.missing)[:8])
        notes.append(f"The font lacks {_count(len(letters.missing), 'character')} ({some}): --font FILE names another.")
    return Made(data, _count(len(shown), "frame"), notes)


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'s' * (number != 1)}"
