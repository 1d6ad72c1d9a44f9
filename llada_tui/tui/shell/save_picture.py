"""The picture of a frame, saved as SVG and as text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from textual.theme import Theme

from llada_tui.analysis.colour_scale import ColourBy
from llada_tui.drawing.palette import COLOURS, TOKEN_COLOURS, Palette
from llada_tui.export.frame_renderer import Sheet, caption
from llada_tui.export.run_timeline import Moment, Story
from llada_tui.export.svg import render_svg
from llada_tui.trace.run import Run
from llada_tui.trace.session import Session, title_of


def palette_of(theme: Theme, variables: Mapping[str, str]) -> Palette:
    """The colours that are on the screen; the usual ones where they are the terminal's own, which a file has not."""
    if theme.ansi:
        return Palette(theme.name, theme.dark, False, {}, {})
    colours = {name: variables[name] for name in COLOURS if name in variables}
    tokens = {name: variables[f"token-{name}"] for name in TOKEN_COLOURS if f"token-{name}" in variables}
    return Palette(theme.name, theme.dark, False, colours, tokens)


@dataclass(frozen=True, slots=True)
class View:
    """How a frame is on show; ``width`` is in columns."""

    palette: Palette
    by: ColourBy
    guesses: bool
    width: int


def save_picture(folder: Path, name: str, session: Session, run: Run, frame: int, view: View) -> Path:
    """Write ``name``-step-N.svg and .txt, or with a number where that is taken; returns the SVG's path.

    The text shows the canvas twice, its guesses behind their masks and as they are: without looks they could not be
    told from what was kept. Raises OSError.
    """
    story, moment = Story(session, run), Moment(run.start.step + frame, run, frame)
    drawn = Sheet(story, view.palette, width=view.width, moments=[moment], by=view.by, guesses=view.guesses)
    written = Sheet(story, view.palette, width=view.width, moments=[moment], guesses=False)
    picture = render_svg(drawn, moment, f"{title_of(run.question)}: {caption(story, moment)}")
    folder.mkdir(parents=True, exist_ok=True)
    stem = f"{name}-step-{moment.step}"
    free, number = stem, 2
    while any((folder / f"{free}{suffix}").exists() for suffix in (".svg", ".txt")):
        free, number = f"{stem}-{number}", number + 1
    path = folder / f"{free}.svg"
    path.write_text(picture, "utf-8")
    text = written.plain(moment)
    if view.guesses and drawn.canvas(moment) != written.canvas(moment):
        text += f"\nwith its guesses:\n\n{drawn.canvas(moment)}\n"
    path.with_suffix(".txt").write_text(text, "utf-8")
    return path
