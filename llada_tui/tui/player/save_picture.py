"""The picture of a frame, saved in the screen's export format and as text."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from textual.theme import Theme

from llada_tui.drawing.palette import COLOURS, TOKEN_COLOURS, Palette
from llada_tui.export import formats
from llada_tui.export.render import render
from llada_tui.export.render_options import RenderOptions
from llada_tui.export.run_timeline import Frame, RunTimeline
from llada_tui.paths import write_new


def palette_of(theme: Theme, variables: Mapping[str, str]) -> Palette:
    """The colours that are on the screen; the usual ones where they are the terminal's own, which a file has not."""
    if theme.ansi:
        return Palette(theme.name, theme.dark, False, {}, {})
    colours = {name: variables[name] for name in COLOURS if name in variables}
    tokens = {name: variables[f"token-{name}"] for name in TOKEN_COLOURS if f"token-{name}" in variables}
    return Palette(theme.name, theme.dark, False, colours, tokens)


def save_picture(folder: Path, name: str, timeline: RunTimeline, index: int, options: RenderOptions) -> Path:
    """Write ``name``-step-N as a picture and as text, or with a number where that is taken; returns the picture's path.

    The text shows the canvas twice, with its guesses behind their masks and with them in sight: without looks they
    could not be told from committed tokens. Raises OSError.
    """
    run = timeline.run
    frame = Frame(run.start.step + index, run, index)
    format = formats.screen_picture()
    picture = render(format, timeline, [frame], options)
    drawn = options.renderer(timeline, [frame])
    hidden = options.renderer(timeline, [frame], show_guesses=False)
    folder.mkdir(parents=True, exist_ok=True)
    suffixes = (format.suffixes[0], ".txt")
    stem = f"{name}-step-{frame.step}"
    free, number = stem, 2
    while any((folder / f"{free}{suffix}").exists() for suffix in suffixes):
        free, number = f"{stem}-{number}", number + 1
    path = folder / f"{free}{suffixes[0]}"
    write_new(path, picture.data)
    text = hidden.plain(frame)
    if options.show_guesses and drawn.canvas(frame) != hidden.canvas(frame):
        text += f"\nwith its guesses:\n\n{drawn.canvas(frame)}\n"
    try:
        write_new(path.with_suffix(".txt"), text.encode("utf-8", "replace"))
    except OSError:
        path.unlink()  # both or none
        raise
    return path
