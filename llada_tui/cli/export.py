"""``llada-tui export``: a recorded run as a picture, an animation, a page, a terminal recording or a document."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from llada_tui.cli import options
from llada_tui.cli.output import DONE, USAGE, CommandError, say, warn
from llada_tui.export import formats
from llada_tui.export.export_format import ExportFormat
from llada_tui.paths import reason, write_new
from llada_tui.units import size_words

if TYPE_CHECKING:
    from llada_tui.drawing.palette import Palette

app = typer.Typer()


@app.command(short_help="Turn a recorded run into a picture, animation, page or text.")
def export(
    file: options.SessionFile = None,
    format: Annotated[
        str | None,
        typer.Option(
            help=f"{formats.in_words()}. By the ending of --out where none is named.",
            autocompletion=lambda: [*formats.by_name()],
            metavar="FORMAT",
        ),
    ] = None,
    run: options.WhichRun = None,
    steps: Annotated[
        str | None, typer.Option(help="One step, or the first and the last: 12, 5..20, 5.. or ..20.", metavar="A..B")
    ] = None,
    speed: Annotated[
        float,
        options.number("--speed", f"Pace of {formats.takers('speed')}: 2 is twice as fast.", 0.05, 100, whole=False),
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
        Path | None,
        typer.Option(
            help=f"For {formats.takers('font')}: a font file with the characters that ours lacks.", metavar="FILE"
        ),
    ] = None,
    scale: Annotated[
        int, options.number("--scale", f"For {formats.takers('scale')}: how many times as large, in pixels.", 1, 4)
    ] = 1,
) -> int:
    """Turn a recorded run into a picture, an animation, a page, a terminal recording or a document."""
    from llada_tui.cli.recorded_sessions import find_run, latest, read
    from llada_tui.export import ExportError
    from llada_tui.export.render import render
    from llada_tui.export.render_options import RenderOptions
    from llada_tui.export.run_timeline import RunTimeline

    chosen = _format(format, out)
    first, last = _steps(steps)
    path = file or latest()
    session = read(path)
    exported = session.last_run() if run is None else find_run(session, run)
    if exported is None:
        raise CommandError(f"{path} holds no run yet.")
    out = out or Path(path.stem + chosen.suffixes[0])
    if out.exists():
        raise CommandError(f"{out} is there already: name another file with --out.")
    named = {"speed": speed != 1.0, "width": width != 100, "theme": theme is not None, "font": font is not None}
    named["scale"] = scale != 1
    for option in (option for option in named if named[option] and option not in chosen.options):
        warn(f"--{option} changes nothing in {chosen.name}.")
    for problem in session.problems:
        warn(problem)
    palettes, palette = _palette(theme)
    render_options = RenderOptions(palette, palettes, theme is not None, speed, width, font, scale)
    timeline = RunTimeline(session, exported)
    try:
        rendered = render(chosen, timeline, timeline.between(first, last), render_options)
    except ExportError as error:
        raise CommandError(str(error), USAGE) from None
    for note in rendered.notes:
        warn(note)
    _write(out, rendered.data)
    say(f"Wrote {out}: {rendered.summary}, {size_words(len(rendered.data))}.")
    return DONE


def _format(name: str | None, out: Path | None) -> ExportFormat:
    """The format of a name, or of the file's ending. Raises `CommandError`."""
    format = formats.find(name, out.suffix if out is not None else "")
    if format is None:
        wrong = f"There is no format {name!r}" if name is not None else "Say in which format"
        raise CommandError(f"{wrong}: --format takes {', '.join(formats.by_name())}.", USAGE)
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
        write_new(out, data)
    except OSError as error:
        raise CommandError(f"{out} could not be written: {reason(error)}.") from None
