"""Commands for recordings, checkpoints and this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from llada_tui.cli import options

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
    from llada_tui.commands.export import Request
    from llada_tui.commands.export import run as write

    return write(Request(file, format, run, steps, speed, out, theme, width, font))


@app.command()
def sessions(
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON list.")] = False,
) -> None:
    """List the recorded sessions, latest first."""
    from llada_tui.commands.sessions import list_all

    list_all(as_json=as_json)


models_app = typer.Typer(help="The known checkpoints; without a command it lists them.")
app.add_typer(models_app, name="models")


@models_app.callback(invoke_without_command=True)
def models(context: typer.Context) -> None:
    """List the known checkpoints: whether they are here, the memory they need, whether they fit this machine."""
    if context.invoked_subcommand is None:
        from llada_tui.commands.models import list_all

        list_all()


@models_app.command("quantize")
def quantize(
    source: Annotated[
        str, typer.Argument(help="A folder, or a checkpoint's id on the Hugging Face hub.", metavar="MODEL")
    ],
    to: Annotated[str, typer.Option("--to", help="nf4 (4-bit) or int8.", metavar="NAME")],
    out: Annotated[
        Path | None,
        typer.Option(
            help="The folder of the copy; here, by the name of the original, where none is named.", metavar="FOLDER"
        ),
    ] = None,
    device: options.Device = "auto",
    force: options.Force = False,
) -> int:
    """Save a quantised copy, which loads in seconds: --model FOLDER."""
    from llada_tui.commands.quantize import run

    return run(source, to, out, device=device, force=force)


@app.command(short_help="Run a model for a screen elsewhere, over stdin and stdout.")
def worker() -> None:
    """Run a model for a screen elsewhere: commands come in on stdin, events go out on stdout."""
    from llada_tui.worker.server import main as serve

    serve()


@app.command()
def doctor() -> int:
    """Look at this machine and say what is wrong and how to mend it."""
    from llada_tui.commands.doctor import examine

    return examine()
