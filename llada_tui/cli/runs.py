"""Commands that run a model and print what came out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from llada_tui.cli import options
from llada_tui.cli.output import USAGE, CommandError
from llada_tui.settings.presets import Preset

app = typer.Typer()


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
    from llada_tui.commands.generate import Format, Request, run
    from llada_tui.worker.protocol import Load

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


@app.command(short_help="Answer one prompt under several settings; tell what differs.")
@options.with_settings
def compare(
    prompt: Annotated[
        str,
        typer.Argument(
            help="What to ask in every lane, in quotes; - reads it from the standard input.", metavar="PROMPT"
        ),
    ],
    vary: Annotated[
        list[str] | None,
        typer.Option(
            help="A setting, or a parameter of a strategy, and its values: steps=16,32. Given again, every combination "
            "of the values is a lane. On the screen model=A,B too.",
            metavar="NAME=A,B",
        ),
    ] = None,
    seeds: Annotated[str | None, typer.Option(help="The same as --vary seed=: as in 1,2,3.", metavar="A,B")] = None,
    model: options.Model = None,
    dtype: options.DType = "auto",
    device: options.Device = "auto",
    quantization: options.Quantization = None,
    force: options.Force = False,
    system: Annotated[str | None, typer.Option(help="A system prompt.", metavar="TEXT")] = None,
    apart: Annotated[
        bool,
        typer.Option("--apart", help="Run the lanes one after another: each has its own time, and less memory does."),
    ] = False,
    likelihood: Annotated[
        bool,
        typer.Option(
            "--likelihood/--no-likelihood", help="Tell how likely the model finds each answer, which costs passes."
        ),
    ] = True,
    mc_num: Annotated[int, options.number("--mc-num", "Passes for a likelihood.", 1, 1_000_000)] = 128,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object with everything.")] = False,
    record: Annotated[
        Path | None, typer.Option(help="Record the lanes into this session file, new or not.", metavar="FILE")
    ] = None,
    screen: Annotated[
        bool, typer.Option("--screen", help="Watch up to four lanes side by side, and go on from there.")
    ] = False,
    settings: dict[str, Any] | None = None,
    preset: Preset | None = None,
) -> int:
    """Answer one prompt under several settings and tell what differs: steps, time, likelihood and words."""
    from llada_tui.commands.compare import Request, run, show
    from llada_tui.worker.protocol import Load

    request = Request(
        prompt=prompt,
        load=Load(model or "", dtype, device, quantization, force=force),
        system=system,
        settings=settings or {},
        preset=preset,
        vary=[*(vary or []), *([f"seed={seeds}"] if seeds is not None else [])],
        apart=apart,
        mc_num=mc_num if likelihood else 0,
        as_json=as_json,
        record=record,
    )
    return show(request) if screen else run(request)


@app.command(short_help="Tell how likely the model finds an answer, token by token.")
def score(
    prompt: Annotated[
        str,
        typer.Argument(
            help="What comes before the answer, in quotes; - reads it from the standard input.", metavar="PROMPT"
        ),
    ],
    answer: Annotated[
        str,
        typer.Argument(
            help="What is scored, as it is: after raw text it begins with a space of its own.", metavar="ANSWER"
        ),
    ],
    model: options.Model = None,
    dtype: options.DType = "auto",
    device: options.Device = "auto",
    quantization: options.Quantization = None,
    force: options.Force = False,
    mc_num: Annotated[
        int,
        options.number(
            "--mc-num",
            "Monte Carlo samples; an answer so short that they cover all of its masks is scored exactly.",
            1,
            1_000_000,
        ),
    ] = 128,
    cfg_scale: Annotated[float, options.setting("cfg_scale")] = 0.0,
    seed: Annotated[int, options.setting("seed")] = 0,
    batch_size: Annotated[int, options.number("--batch-size", "Samples in one call of the model.", 1, 4096)] = 16,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object with everything.")] = False,
) -> int:
    """Tell how likely the model finds an answer: its log-likelihood, and each token's part of it."""
    from llada_tui.commands.score import Request, run
    from llada_tui.worker.protocol import Load

    load = Load(model or "", dtype, device, quantization, force=force)
    return run(Request(prompt, answer, load, mc_num, cfg_scale, seed, batch_size, as_json))


@app.command(short_help="Time a model here, beside the published sampler.")
@options.with_settings
def bench(
    model: options.Model = None,
    dtype: options.DType = "auto",
    device: options.Device = "auto",
    quantization: options.Quantization = None,
    force: options.Force = False,
    compile: options.Compile = False,
    prompt: Annotated[
        str | None, typer.Option(help="What to answer; nothing is printed of it.", metavar="TEXT")
    ] = None,
    rounds: Annotated[int, options.number("--rounds", "How often each is timed; the table has medians.", 1, 100)] = 3,
    reference: Annotated[
        bool, typer.Option("--reference/--no-reference", help="Time the published sampler beside ours.")
    ] = True,
    settings: dict[str, Any] | None = None,
    preset: Preset | None = None,
) -> int:
    """Time a model here: exact, with caches and with a threshold, beside the published sampler and the floor."""
    from llada_tui.commands.bench import PROMPT, Request, run
    from llada_tui.worker.protocol import Load

    load = Load(model or "", dtype, device, quantization, force=force, compile=compile)
    return run(Request(PROMPT if prompt is None else prompt, load, settings or {}, preset, rounds, reference))
