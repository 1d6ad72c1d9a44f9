"""``llada-tui generate``: one prompt, one run of a worker, printed as text, as lines or as JSON."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import Enum
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from llada_tui.cli import options
from llada_tui.cli.chosen_settings import chosen
from llada_tui.cli.model_source import configured
from llada_tui.cli.output import USAGE, CommandError
from llada_tui.cli.prompts import as_typed, read_prompt
from llada_tui.settings.presets import Preset
from llada_tui.worker.protocol import Load

app = typer.Typer()


class Format(Enum):
    """What is printed."""

    TEXT = "the answer"
    PLAIN = "a line a step, then the answer"
    JSON = "one object"


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked for. ``load.source`` and ``worker`` may be left to the configuration."""

    prompt: str
    load: Load
    worker: str | None = None
    system: str | None = None
    settings: dict[str, Any] = field(default_factory=dict)
    preset: Preset | None = None
    format: Format = Format.TEXT
    record: Path | None = None


@app.command()
@options.with_settings
def generate(
    prompt: Annotated[
        str, typer.Argument(help="What to ask, in quotes; - reads it from the standard input.", metavar="PROMPT")
    ],
    model: options.Model = None,
    dtype: options.DType = "auto",
    device: options.Device = "auto",
    quantization: options.Quantization = None,
    force: options.Force = False,
    compile: options.Compile = False,
    worker: options.Worker = None,
    system: Annotated[str | None, typer.Option(help="A system prompt.", metavar="TEXT")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object with everything.")] = False,
    plain: Annotated[
        bool, typer.Option("--plain", help="Print each step as a line, for screen readers and pipes.")
    ] = False,
    record: Annotated[
        Path | None, typer.Option(help="Record into this session file, new or not.", metavar="FILE")
    ] = None,
    settings: dict[str, Any] | None = None,
    preset: Preset | None = None,
) -> int:
    """Answer one prompt and print the answer."""
    if as_json and plain:
        raise CommandError("--json and --plain exclude each other.", USAGE)
    request = Request(
        prompt=prompt,
        load=Load(model or "", dtype, device, quantization, force=force, compile=compile),
        worker=worker,
        system=system,
        settings=settings or {},
        preset=preset,
        format=Format.JSON if as_json else Format.PLAIN if plain else Format.TEXT,
        record=record,
    )
    return run(request)


def run(request: Request) -> int:
    """Answer a prompt; returns the exit code. Raises `CommandError`, or `SettingsError` for settings that cannot be."""
    request = _completed(request)
    settings = chosen(request.load.source, request.preset, request.settings, request.worker)
    import asyncio

    from llada_tui.cli.generation import Generation

    return asyncio.run(Generation(request, settings).run())


def _completed(request: Request) -> Request:
    """The request with the prompt read, and with the model and worker of the configuration where it names none."""
    config = configured()
    load = msgspec.structs.replace(request.load, source=request.load.source or config.model)
    system = request.system
    return replace(
        request,
        prompt=read_prompt(request.prompt),
        load=load,
        worker=request.worker or config.worker,
        system=None if system is None else as_typed(system),
    )
