"""Commands that open the screen."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from llada_tui.cli import options
from llada_tui.cli.output import USAGE, CommandError
from llada_tui.settings.presets import Preset
from llada_tui.settings.sampler_settings import MAX_CANVAS

app = typer.Typer()


@app.command()
@options.with_settings
def chat(
    model: options.Model = None,
    dtype: options.DType = "auto",
    device: options.Device = "auto",
    quantization: options.Quantization = None,
    force: options.Force = False,
    compile: options.Compile = False,
    worker: options.Worker = None,
    resume: Annotated[Path | None, typer.Option(help="Go on with a recorded session.", metavar="FILE")] = None,
    theme: Annotated[
        str | None, typer.Option(help="Colours, by name; the command palette lists them.", metavar="NAME")
    ] = None,
    settings: dict[str, Any] | None = None,
    preset: Preset | None = None,
) -> int:
    """Chat, and watch every step of the answers. Settings named here are what the chat starts from."""
    from llada_tui.commands import screen

    return screen.chat(
        model=model,
        dtype=dtype,
        device=device,
        quantization=quantization,
        force=force,
        compile=compile,
        worker=worker,
        resume=resume,
        theme=theme,
        settings=settings or {},
        preset=preset,
    )


@app.command()
def replay(
    file: options.SessionFile = None,
    step: Annotated[
        int | None, options.number("--step", "Steps made; the last where none is named.", 0, MAX_CANVAS)
    ] = None,
    text: Annotated[bool, typer.Option("--text", help="Print the canvas at that step and leave.")] = False,
    run: options.WhichRun = None,
) -> int:
    """Show a recorded session again, step by step. Needs no model."""
    from llada_tui.commands import screen

    return screen.replay(file, step=step, text=text, wanted=run)


@app.command()
def lesson(
    name: Annotated[
        str | None,
        typer.Argument(
            help="A lesson's name (see: llada-tui lessons), or its file; all where none is named.", metavar="[LESSON]"
        ),
    ] = None,
    page: Annotated[
        int | None, options.number("--page", "Which page to begin at; where you left it, if none is named.", 1, 999)
    ] = None,
    present: Annotated[bool, typer.Option("--present", help="For a class: text and canvas only, large.")] = False,
    notes: Annotated[
        bool, typer.Option("--notes", help="In another terminal: the presenter's notes of the page on show.")
    ] = False,
    check: Annotated[bool, typer.Option("--check", help="Tell what is wrong in it, with line numbers.")] = False,
    model: options.Model = None,
    device: options.Device = "auto",
    worker: options.Worker = None,
) -> int:
    """Open a lesson: text beside a live run. Write your own as docs/lessons.md tells, and --check it."""
    from llada_tui.commands import lessons

    if (check or notes) and name is None:
        raise CommandError("Which lesson? llada-tui lessons lists them.", USAGE)
    if check and name is not None:
        return lessons.check(name)
    if notes and name is not None:
        return lessons.notes(name)
    return lessons.show(name, page=page, present=present, model=model, device=device, worker=worker)


@app.command()
def lessons() -> None:
    """List the lessons, in their order."""
    from llada_tui.commands.lessons import list_all

    list_all()
