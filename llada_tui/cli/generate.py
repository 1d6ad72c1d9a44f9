"""``llada-tui generate``: one prompt, one run of a worker, printed as text, as lines, as JSON or as a live canvas."""

from __future__ import annotations

import contextlib
import json
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import typer

from llada_tui.cli import options
from llada_tui.cli.chosen_settings import chosen, on_model
from llada_tui.cli.model_source import with_configured
from llada_tui.cli.output import DONE, FAILED, INTERRUPTED, USAGE, CommandError, can_draw, say, say_prose, warn
from llada_tui.cli.prompts import NOTHING_AROUND, Around, as_typed, asked, picture_files, read_prompt
from llada_tui.drawing.run_states import undecided
from llada_tui.models.catalog import DEMO
from llada_tui.settings.presets import SHOW, Preset

if TYPE_CHECKING:
    from llada_tui.cli.live_canvas import LiveCanvas
    from llada_tui.cli.worker_for_command import CommandWorker
    from llada_tui.trace.run import Run
    from llada_tui.worker.protocol import Load

app = typer.Typer()


class Format(Enum):
    """The form in which the answer is printed."""

    TEXT = "the answer"
    PLAIN = "a line a step, then the answer"
    JSON = "one object"
    WATCH = "the canvas in place on a terminal, else the answer"


@dataclass(frozen=True, slots=True)
class GenerateRequest:
    """The question, the model and the settings of a command. ``load.source`` and ``worker`` may be left to the
    configuration."""

    prompt: str
    load: Load
    worker: str | None = None
    system: str | None = None
    settings: dict[str, Any] = field(default_factory=dict)
    preset: Preset | None = None
    format: Format = Format.TEXT
    record: Path | None = None
    raw_tokens: bool = False
    around: Around = NOTHING_AROUND


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
    watch: Annotated[
        bool,
        typer.Option("--watch", help="Draw the canvas in place as it is written; a pipe gets the answer alone."),
    ] = False,
    record: Annotated[
        Path | None, typer.Option(help="Record into this session file, new or not.", metavar="FILE")
    ] = None,
    raw_tokens: options.RawTokens = False,
    image: options.Images = None,
    link_images: options.LinkImages = False,
    stop: options.Stop = None,
    suffix: options.Suffix = None,
    settings: dict[str, Any] | None = None,
    preset: Preset | None = None,
) -> int:
    """Answer one prompt and print the answer."""
    from llada_tui.worker.protocol import Load

    formats = {"--json": as_json, "--plain": plain, "--watch": watch}
    if sum(formats.values()) > 1:
        *others, last = (option for option, is_named in formats.items() if is_named)
        raise CommandError(f"{', '.join(others)} and {last} exclude each other.", USAGE)
    request = GenerateRequest(
        prompt=prompt,
        load=Load(model or "", dtype, device, quantization, force=force, compile=compile),
        worker=worker,
        system=system,
        settings=settings or {},
        preset=preset,
        format=Format.JSON if as_json else Format.PLAIN if plain else Format.WATCH if watch else Format.TEXT,
        record=record,
        raw_tokens=raw_tokens,
        around=Around(image or (), stop or (), suffix, link_images),
    )
    return run(request)


def run(request: GenerateRequest) -> int:
    """Answer a prompt; returns the exit code. Raises `CommandError`, or `SettingsError` for settings that cannot be."""
    from llada_tui.cli.recorded_sessions import recorder_into, recording_problem
    from llada_tui.cli.step_words import describe
    from llada_tui.cli.worker_for_command import use_worker
    from llada_tui.trace.events import CANCELLED, RunEvent, StepEvent
    from llada_tui.worker.protocol import Generate

    load, worker_command = with_configured(request.load, request.worker)
    prompt, files = read_prompt(request.prompt), picture_files(request.around)
    system = None if request.system is None else as_typed(request.system)
    preset = request.preset
    if request.format is Format.WATCH and preset is None and not request.settings and load.source == DEMO:
        preset = SHOW  # as the chat begins: there is something to see
    settings = chosen(load.source, preset, request.settings, worker_command)
    recorder = recorder_into(request.record)
    (name,) = recorder.free_names(1)

    async def talk(worker: CommandWorker) -> None:
        model = await worker.load(msgspec.structs.replace(load, canvas=settings.gen_length))
        question = asked(model, prompt, system, raw_tokens=request.raw_tokens, around=request.around, files=files)
        for file in files:
            recorder.attach(file)
        live = _live_canvas(worker) if is_watched else None

        async def cancel() -> None:
            if live is not None:
                live.hurry()
            await worker.cancel(name)

        async with live.playing() if live is not None else contextlib.nullcontext():
            async for event in worker.run(Generate(name, on_model(model, settings, request.settings), question)):
                recorder.add(event)
                if isinstance(event, RunEvent):
                    if recorder.failure is not None:
                        raise CommandError(recording_problem(recorder))
                    worker.on_interrupt = cancel
                run = recorder.session.runs.get(name)
                if run is None:
                    continue
                if live is not None:
                    live.show(run)
                elif not isinstance(event, StepEvent):
                    continue
                elif request.format is Format.PLAIN:
                    say(describe(run, run.last))
                else:
                    worker.status.show(f"step {run.last} of {run.expected_steps}, {undecided(run, run.last)}")

    is_watched = request.format is Format.WATCH and can_draw()
    code, problem = DONE, ""
    try:
        use_worker(worker_command, talk)
    except KeyboardInterrupt:
        code = INTERRUPTED
    except CommandError as error:
        code, problem = error.code, str(error)
    finally:
        recorder.finish()
    run = recorder.session.runs.get(name)
    if run is not None:
        if not is_watched:
            _print(run, request.format)
        if run.end is not None and run.end.reason != CANCELLED:
            problem = run.end.message or problem
    if code == INTERRUPTED:
        return code
    problem = problem or recording_problem(recorder)
    if problem:
        warn(problem)
    return code or (FAILED if problem else DONE)


def _live_canvas(worker: CommandWorker) -> LiveCanvas:
    """The canvas in the configured theme, at the configured pace."""
    from rich.console import Console

    from llada_tui.cli.live_canvas import LiveCanvas
    from llada_tui.drawing.palette import DEFAULT, default_palette, load_palettes
    from llada_tui.paths import config_folder, themes_folders
    from llada_tui.user_config import load_config

    config, _ = load_config(config_folder() / "config.toml")
    palettes, _ = load_palettes(themes_folders())
    theme = config.theme or default_palette(Console())
    palette = palettes.get(theme) or palettes.get(f"llada-{theme}") or palettes[DEFAULT]
    return LiveCanvas(palette, config.dwell, worker.status)


def _print(run: Run, format: Format) -> None:
    """Print what came out of a run."""
    from llada_tui.cli.run_summary import summary

    if format is Format.JSON:
        print(json.dumps(summary(run)), flush=True)
    elif run.answer():
        say_prose(run.answer())
