"""``llada-tui export``: a recorded run as a picture, an animation, a page, a terminal recording or a document."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from llada_tui.cli.loading import configured
from llada_tui.cli.output import DONE, USAGE, CommandError, say, size, warn
from llada_tui.cli.recorded import find_run, latest, read
from llada_tui.drawing.palette import DEFAULT, Palette, load_palettes
from llada_tui.export import ExportError
from llada_tui.export.render import FORMATS, Wish, render
from llada_tui.export.run_timeline import Story
from llada_tui.paths import themes_folders


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked for. ``format`` may be left to the ending of ``out``."""

    file: Path | None = None
    format: str | None = None
    run: str | None = None
    steps: str | None = None
    speed: float = 1.0
    out: Path | None = None
    theme: str | None = None
    width: int = 100
    font: Path | None = None


def run(request: Request) -> int:
    """Write the file and say which; returns the exit code. Raises `CommandError`."""
    format = _format(request)
    first, last = _steps(request.steps)
    path = request.file or latest()
    session = read(path)
    told = session.last_run() if request.run is None else find_run(session, request.run)
    if told is None:
        raise CommandError(f"{path} holds no run yet.")
    out = request.out or Path(f"{path.stem}.{format}")
    if out.exists():
        raise CommandError(f"{out} is there already: name another file with --out.")
    for problem in session.problems:
        warn(problem)
    palettes, palette = _palette(request.theme)
    wish = Wish(palette, palettes, request.theme is not None, request.speed, request.width, request.font)
    story = Story(session, told)
    try:
        made = render(format, story, story.between(first, last), wish)
    except ExportError as error:
        raise CommandError(str(error), USAGE) from None
    for note in made.notes:
        warn(note)
    _write(out, made.data)
    say(f"Wrote {out}: {made.words}, {size(len(made.data))}.")
    return DONE


def _format(request: Request) -> str:
    ending = request.out.suffix.lstrip(".").lower() if request.out is not None else ""
    format = (request.format or ending).lower()
    if format not in FORMATS:
        wrong = f"There is no format {format!r}" if request.format else "Say in which format"
        raise CommandError(f"{wrong}: --format takes {', '.join(FORMATS)}.", USAGE)
    return format


def _steps(text: str | None) -> tuple[int | None, int | None]:
    """The first and the last step in ``12``, ``5..20``, ``5..`` or ``..20``."""
    if text is None:
        return None, None
    found = re.fullmatch(r"(\d{0,9})(\.\.)?(\d{0,9})", text.strip())
    if found is None or not (found[1] or found[3]):
        raise CommandError(f"--steps takes one step or two, as in 12 or 5..20, not {text!r}.", USAGE)
    first = int(found[1]) if found[1] else None
    return (first, int(found[3]) if found[3] else None) if found[2] else (first, first)


def _palette(name: str | None) -> tuple[dict[str, Palette], Palette]:
    """All palettes, and the one of a name; the one that the screen has where none is named."""
    palettes, problems = load_palettes(themes_folders())
    for problem in problems:
        warn(problem)
    wanted = name or configured().theme or DEFAULT
    palette = palettes.get(wanted) or palettes.get(f"llada-{wanted}")
    drawable = ", ".join(name.removeprefix("llada-") for name, one in sorted(palettes.items()) if not one.ansi)
    if name is None and (palette is None or palette.ansi):
        palette = palettes[DEFAULT]
    if palette is None:
        raise CommandError(f"There is no theme {wanted!r}; there are {drawable}.", USAGE)
    if palette.ansi:
        raise CommandError(
            f"{wanted} has the colours of a terminal, which a file has not; there are {drawable}.", USAGE
        )
    return palettes, palette


def _write(out: Path, data: bytes) -> None:
    try:
        with out.open("xb") as file:
            file.write(data)
    except OSError as error:
        raise CommandError(f"{out} could not be written: {(error.strerror or str(error)).lower()}.") from None
