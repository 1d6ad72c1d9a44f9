"""``llada-tui bench``: what each way of denoising costs on this machine, beside the published sampler and the floor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import typer

from llada_tui.cli import options
from llada_tui.cli.chosen_settings import on_model
from llada_tui.cli.model_source import with_configured
from llada_tui.cli.output import DONE, hung, say, table
from llada_tui.cli.prompts import read_prompt
from llada_tui.settings.presets import Preset, choose
from llada_tui.settings.sampler_settings import SamplerSettings
from llada_tui.units import size_words

if TYPE_CHECKING:
    from llada_tui.trace.events import ModelInfo
    from llada_tui.worker.job_messages import Benched, BenchRow, ParallelismPoint
    from llada_tui.worker.protocol import Load

app = typer.Typer()

BENCH = SamplerSettings(steps=128, gen_length=128, block_length=32)
"""The settings that are timed unless others are asked for: the authors' chat script, to the end of the canvas."""
PROMPT = "Write a short story about a cat who wants to see the sea."
_NO_TOKENIZER = 64
"""Tokens of the prompt that a checkpoint without a tokenizer is given, at most."""


@dataclass(frozen=True, slots=True)
class BenchRequest:
    """The model and the settings to time, and the number of rounds. ``load.source`` may be left to the
    configuration."""

    prompt: str
    load: Load
    settings: dict[str, Any]
    preset: Preset | None
    rounds: int
    reference: bool
    worker: str | None = None
    sums: int = 0


@app.command(short_help="Time a model here, beside the published sampler.")
@options.with_settings
def bench(
    model: options.Model = None,
    dtype: options.DType = "auto",
    device: options.Device = "auto",
    quantization: options.Quantization = None,
    force: options.Force = False,
    compile: options.Compile = False,
    worker: options.Worker = None,
    prompt: Annotated[
        str | None, typer.Option(help="What to answer; nothing is printed of it.", metavar="TEXT")
    ] = None,
    rounds: Annotated[int, options.number("--rounds", "How often each is timed; the table has medians.", 1, 100)] = 3,
    reference: Annotated[
        bool, typer.Option("--reference/--no-reference", help="Time the published sampler beside ours.")
    ] = True,
    sums: Annotated[
        int,
        options.number(
            "--sums", "Ask so many sums with several thresholds: right answers, tokens a pass, and their AUP.", 0, 1000
        ),
    ] = 0,
    settings: dict[str, Any] | None = None,
    preset: Preset | None = None,
) -> int:
    """Time a model here: exact, with caches and with a threshold, beside the published sampler and the floor."""
    from llada_tui.worker.protocol import Load

    load = Load(model or "", dtype, device, quantization, force=force, compile=compile)
    return run(
        BenchRequest(
            PROMPT if prompt is None else prompt, load, settings or {}, preset, rounds, reference, worker, sums
        )
    )


def run(request: BenchRequest) -> int:
    """Time a model and print the table; returns the exit code. Raises `CommandError` and `SettingsError`."""
    from llada_tui.cli.worker_for_command import CommandWorker, use_worker
    from llada_tui.worker.job_messages import Bench, Benched

    chosen = choose(BENCH, request.preset, request.settings)
    prompt = read_prompt(request.prompt)
    load, worker_command = with_configured(request.load, request.worker)
    load = msgspec.structs.replace(load, canvas=len(prompt.encode()) + _NO_TOKENIZER + chosen.gen_length)

    async def talk(worker: CommandWorker) -> tuple[ModelInfo, SamplerSettings, Benched]:
        info = await worker.load(load)
        settings = on_model(info, chosen, request.settings)
        command = Bench("bench", prompt, settings, request.rounds, request.reference, request.sums)
        return info, settings, await worker.do(command, Benched, lambda at: at.detail)

    info, settings, measured = use_worker(worker_command, talk)
    say("\n".join(_lines(info, settings, request.rounds, measured)))
    return DONE


def _lines(info: ModelInfo, settings: SamplerSettings, rounds: int, measured: Benched) -> list[str]:
    timed = f"medians of {rounds}" if rounds > 1 else "timed once"
    threads = measured.threads
    place = f"cpu ({threads} thread{'s' * (threads != 1)})" if info.device == "cpu" else info.device
    base = None if measured.no_reference else measured.rows[0]
    rows: list[tuple[str, ...]] = [
        ("", "tokens/s", "faster", "ms a step", "steps", "a pass", "memory", "over floor"),
        *(_row(row, base) for row in measured.rows),
    ]
    reference = f"The published sampler is not among them: {measured.no_reference}." if measured.no_reference else ""
    left_out = f"Not every cache is timed: {measured.not_timed}" if measured.not_timed else ""
    weights = ", ".join(part for part in (info.dtype, info.quantization) if part)
    return [
        hung(
            f"{info.id}, {weights} on {place}: a prompt of {measured.prompt} tokens, a canvas of "
            f"{settings.gen_length} in {settings.steps} steps, blocks of {settings.block_length}; {timed}."
        ),
        "",
        *table(rows, right=(1, 2, 3, 4, 5, 6, 7)),
        "",
        *(hung(note) for note in (reference, left_out) if note),
        hung(
            f"This device reads {measured.bandwidth / 1e9:.0f} GB/s and multiplies {measured.flops / 1e9:,.0f} "
            "GFLOP/s. The floor is the time that reading the weights, or the arithmetic, takes at least; memory is the "
            "most that the process held; a pass is the tokens that a forward pass writes."
        ),
        *(
            [hung("Only exact, without a threshold, gives the tokens of the published sampler.")]
            * measured.as_published
        ),
        *_parallelism(measured.curve),
    ]


def _parallelism(curve: list[ParallelismPoint]) -> list[str]:
    """The curve of the sums and its area; nothing where none were asked."""
    if not curve:
        return []
    from llada_tui.analysis.parallelism import CurvePoint, accuracy_under_parallelism

    best = max(point.percent for point in curve)
    points = [CurvePoint(point.tokens_per_pass, point.percent) for point in curve]
    area = accuracy_under_parallelism(points, best) if best else 0.0
    rows: list[tuple[str, ...]] = [
        ("threshold", "tokens/pass", "right answers"),
        *((f"{point.threshold:g}", f"{point.tokens_per_pass:.2f}", f"{point.percent:.1f}%") for point in curve),
    ]
    note = f"AUP {area:,.0f}, accuracy under parallelism: the area under right answers over tokens a pass."
    return ["", *table(rows, right=(0, 1, 2)), "", hung(note)]


def _row(row: BenchRow, base: BenchRow | None) -> tuple[str, ...]:
    return (
        row.name,
        f"{row.rate:.1f}",
        "-" if base is None else f"{base.median / row.median:.1f}x",
        f"{1000 * row.median / row.passes:.1f}",
        str(row.passes),
        f"{row.rate * row.median / row.passes:.2f}",
        "-" if row.peak is None else size_words(row.peak),
        f"{row.median / row.least:.1f}x",
    )
