"""``llada-tui export``: a recorded run as a picture, an animation, a page, a terminal recording or a document."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from llada_tui.cli import options
from llada_tui.cli.output import DONE, USAGE, CommandError, say, size, warn

if TYPE_CHECKING:
    from llada_tui.drawing.palette import Palette

app = typer.Typer()


@app.command(short_help="Turn a recorded run into a picture, animation, page or text.")
def export(
    file: options.SessionFile = None,
    format: Annotated[
        str | None,
        typer.Option(
            help="svg, gif, html, cast (asciicast) or md; by the ending of --out where none is named.", metavar="FORMAT"
        ),
    ] = None,
    run: options.WhichRun = None,
    steps: Annotated[
        str | None, typer.Option(help="One step, or the first and the last: 12, 5..20, 5.. or ..20.", metavar="A..B")
    ] = None,
    speed: Annotated[
        float, options.number("--speed", "Pace of what moves: 2 is twice as fast.", 0.05, 100, whole=False)
    ] = 1.0,
    out: Annotated[
        Path | None,
        typer.Option(help="The file to write; here, by the session's name, where none is named.", metavar="FILE"),
    ] = None,
    theme: Annotated[
        str | None, typer.Option(help="Colours, by name: dark, light, contrast, ...", metavar="NAME")
    ] = None,
    width: Annotated[int, options.number("--width", "Columns.", 40, 400)] = 100,
    font: Annotated[
        Path | None, typer.Option(help="For gif: a font file with the characters that ours lacks.", metavar="FILE")
    ] = None,
) -> int:
    """Turn a recorded run into a picture, an animation, a page, a terminal recording or a document."""
    from llada_tui.cli.recorded_sessions import find_run, latest, read
    from llada_tui.export import ExportError
    from llada_tui.export.render import Wish, render
    from llada_tui.export.run_timeline import Story

    format = _format(format, out)
    first, last = _steps(steps)
    path = file or latest()
    session = read(path)
    exported = session.last_run() if run is None else find_run(session, run)
    if exported is None:
        raise CommandError(f"{path} holds no run yet.")
    out = out or Path(f"{path.stem}.{format}")
    if out.exists():
        raise CommandError(f"{out} is there already: name another file with --out.")
    for problem in session.problems:
        warn(problem)
    palettes, palette = _palette(theme)
    wish = Wish(palette, palettes, theme is not None, speed, width, font)
    story = Story(session, exported)
    try:
        made = render(format, story, story.between(first, last), wish)
    except ExportError as error:
        raise CommandError(str(error), USAGE) from None
    for note in made.notes:
        warn(note)
    _write(out, made.data)
    say(f"Wrote {out}: {made.words}, {size(len(made.data))}.")
    return DONE


def _format(name: str | None, out: Path | None) -> str:
    """The format that was named, or that the file's ending names. Raises `CommandError`."""
    from llada_tui.export.render import FORMATS

    ending = out.suffix.lstrip(".").lower() if out is not None else ""
    format = (name or ending).lower()
    if format not in FORMATS:
        wrong = f"There is no format {format!r}" if name else "Say in which format"
        raise CommandError(f"{wrong}: --format takes {', '.join(FORMATS)}.", USAGE)
    return format


def _steps(text: str | None) -> tuple[int | None, int | None]:
    """The first and the last step in ``12``, ``5..20``, ``5..`` or ``..20``."""
    if text is None:
        return None, None
    match = re.fullmatch(r"(\d{0,9})(\.\.)?(\d{0,9})", text.strip())
    if match is None or not (match[1] or match[3]):
        raise CommandError(f"--steps takes one step or two, as in 12 or 5..20, not {text!r}.", USAGE)
    first = int(match[1]) if match[1] else None
    return (first, int(match[3]) if match[3] else None) if match[2] else (first, first)


def _palette(name: str | None) -> tuple[dict[str, Palette], Palette]:
    """All palettes, and the one of a name; the one that the screen has where none is named."""
    from llada_tui.cli.model_source import configured
    from llada_tui.drawing.palette import DEFAULT, load_palettes
    from llada_tui.paths import themes_folders

    palettes, problems = load_palettes(themes_folders())
    for problem in problems:
        warn(problem)
    chosen = name or configured().theme or DEFAULT
    palette = palettes.get(chosen) or palettes.get(f"llada-{chosen}")
    drawable = ", ".join(id.removeprefix("llada-") for id, other in sorted(palettes.items()) if not other.ansi)
    if name is None and (palette is None or palette.ansi):
        palette = palettes[DEFAULT]
    if palette is None:
        raise CommandError(f"There is no theme {chosen!r}; there are {drawable}.", USAGE)
    if palette.ansi:
        raise CommandError(
            f"{chosen} has the colours of a terminal, which a file has not; there are {drawable}.", USAGE
        )
    return palettes, palette


def _write(out: Path, data: bytes) -> None:
    try:
        with out.open("xb") as file:
            file.write(data)
    except OSError as error:
        raise CommandError(f"{out} could not be written: {(error.strerror or str(error)).lower()}.") from None
