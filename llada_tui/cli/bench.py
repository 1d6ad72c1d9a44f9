"""``llada-tui bench``: what each way of denoising costs on this machine, beside the published sampler and the floor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import typer

from llada_tui.cli import options
from llada_tui.cli.model_source import load_here
from llada_tui.cli.output import DONE, CommandError, StatusLine, hung, say, table
from llada_tui.cli.prompts import read_prompt
from llada_tui.settings.presets import Preset, choose
from llada_tui.settings.sampler_settings import SamplerSettings
from llada_tui.units import size_words
from llada_tui.worker.protocol import Load

if TYPE_CHECKING:
    from llada_tui.bench.floor import Device
    from llada_tui.bench.measure import Measured
    from llada_tui.models.loaded_model import LoadedModel

BENCH = SamplerSettings(steps=128, gen_length=128, block_length=32)
"""What is timed where nothing else is asked for: the authors' chat script, to the end of the canvas."""
PROMPT = "Write a short story about a cat who wants to see the sea."
_NO_TOKENIZER = 64
"""Tokens of the prompt for a checkpoint that has no tokenizer."""


app = typer.Typer()


@dataclass(frozen=True, slots=True)
class Request:
    """What is to be timed, and how often. ``load.source`` may be left to the configuration."""

    prompt: str
    load: Load
    settings: dict[str, Any]
    preset: Preset | None
    rounds: int
    reference: bool


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
    load = Load(model or "", dtype, device, quantization, force=force, compile=compile)
    return run(Request(PROMPT if prompt is None else prompt, load, settings or {}, preset, rounds, reference))


def run(request: Request) -> int:
    """Time a model and print the table; returns the exit code. Raises `CommandError` and `SettingsError`."""
    settings = choose(BENCH, request.preset, request.settings)
    asked = read_prompt(request.prompt)
    prompt_room = len(asked.encode()) + _NO_TOKENIZER
    model = load_here(msgspec.structs.replace(request.load, canvas=prompt_room + settings.gen_length)).loaded

    import torch

    from llada_tui.bench import floor
    from llada_tui.bench.measure import REFERENCE, compare, possible, why_no_reference
    from llada_tui.models.errors import ModelError

    missing = why_no_reference(model, settings) if request.reference else "it was not asked for"
    ways, without = possible(model, settings)
    modes = [*([] if missing else [REFERENCE]), *ways]
    status = StatusLine()
    try:
        prompt = model.encode_prompt(asked) if model.tokenizer is not None else [*range(_NO_TOKENIZER)]
        status.show("measuring what the device can do")
        device = floor.measure(model.device, getattr(torch, model.info.dtype))
        found = compare(model, prompt, settings, modes, device, rounds=request.rounds, told=status.show)
    except ModelError as error:
        raise CommandError(str(error)) from None
    finally:
        status.clear()
    say("\n".join(_lines(model, settings, len(prompt), request.rounds, found, device, missing, without)))
    return DONE


def _lines(
    model: LoadedModel,
    settings: SamplerSettings,
    prompt: int,
    rounds: int,
    found: list[Measured],
    device: Device,
    missing: str | None,
    without: str | None,
) -> list[str]:
    import torch

    from llada_tui.bench.measure import equals_published

    info = model.info
    same = missing is None and equals_published(settings)
    timed = f"medians of {rounds}" if rounds > 1 else "timed once"
    threads = torch.get_num_threads()
    place = f"cpu ({threads} thread{'s' * (threads != 1)})" if info.device == "cpu" else info.device
    rows: list[tuple[str, ...]] = [
        ("", "tokens/s", "faster", "ms a step", "steps", "memory", "over floor"),
        *(_row(one, found[0], missing is None) for one in found),
    ]
    reference = f"The published sampler is not among them: {missing}." if missing else ""
    left_out = f"The caches are not timed: {without}" if without else ""
    weights = ", ".join(part for part in (info.dtype, info.quantization) if part)
    return [
        hung(
            f"{info.id}, {weights} on {place}: a prompt of {prompt} tokens, a canvas of {settings.gen_length} in "
            f"{settings.steps} steps, blocks of {settings.block_length}; {timed}."
        ),
        "",
        *table(rows, right=(1, 2, 3, 4, 5, 6)),
        "",
        *(hung(note) for note in (reference, left_out) if note),
        hung(
            f"This device reads {device.bandwidth / 1e9:.0f} GB/s and multiplies {device.flops / 1e9:,.0f} GFLOP/s. "
            "The floor is the time that reading the weights, or the arithmetic, takes at least; memory is the most "
            "that the process held."
        ),
        *([hung("Only exact, without a threshold, gives the tokens of the published sampler.")] * same),
    ]


def _row(one: Measured, base: Measured, relative: bool) -> tuple[str, ...]:
    return (
        one.name,
        f"{one.rate:.1f}",
        f"{base.median / one.median:.1f}x" if relative else "-",
        f"{1000 * one.median / one.passes:.1f}",
        str(one.passes),
        "-" if one.peak is None else size_words(one.peak),
        f"{one.median / one.least:.1f}x",
    )
