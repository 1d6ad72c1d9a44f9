"""Bench: what each way of denoising costs where the worker runs, all measured in this one process."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llada_tui.worker.job_messages import MAX_ROUNDS, MAX_SUMS, Bench, Benched, BenchRow, ParallelismPoint
from llada_tui.worker.jobs import answer_job, job_progress
from llada_tui.worker.replies import RequestError
from llada_tui.worker.run_control import RunControl

if TYPE_CHECKING:
    from llada_tui.models.loaded_model import LoadedModel
    from llada_tui.worker.backend import JobProgress
    from llada_tui.worker.engine import Engine

_NO_TOKENIZER = 64
"""Tokens of the prompt for a checkpoint that has no tokenizer."""


def bench(engine: Engine, command: Bench, control: RunControl) -> None:
    """Answer with a Benched, or with a Failure."""

    def work() -> Benched:
        if not 1 <= command.rounds <= MAX_ROUNDS:
            raise RequestError(f"There can be 1 to {MAX_ROUNDS} rounds, not {command.rounds}.")
        if not 0 <= command.sums <= MAX_SUMS:
            raise RequestError(f"There can be at most {MAX_SUMS} sums, not {command.sums}.")
        return engine.replies.ready().bench(command, job_progress(engine, control, "bench"))

    answer_job(engine, command, work)


def measure(model: LoadedModel, command: Bench, progress: JobProgress) -> Benched:
    """Time a model with torch. Raises `ModelError`."""
    import torch

    from llada_tui.bench import lower_bound, parallelism
    from llada_tui.bench.measure import REFERENCE, compare, equals_published, possible, why_no_reference

    settings = command.settings
    no_reference = why_no_reference(model, settings) if command.reference else "it was not asked for"
    ways, not_timed = possible(model, settings)
    modes = [*([] if no_reference else [REFERENCE]), *ways]
    prompt = model.encode_prompt(command.prompt) if model.tokenizer is not None else [*range(_NO_TOKENIZER)]
    progress(0, 0, "measuring what the device can do")
    device = lower_bound.measure(model.device, getattr(torch, model.info.dtype))
    measured = compare(
        model,
        prompt,
        settings,
        modes,
        device,
        rounds=command.rounds,
        progress=lambda detail: progress(0, 0, detail),
    )
    points = (
        parallelism.measure(model, settings, command.sums, lambda detail: progress(0, 0, detail))
        if command.sums
        else []
    )
    return Benched(
        command.run,
        [BenchRow(row.name, row.rate, row.median, row.passes, row.peak, row.least) for row in measured],
        len(prompt),
        torch.get_num_threads(),
        device.bandwidth,
        device.flops,
        no_reference or "",
        not_timed or "",
        no_reference is None and equals_published(settings),
        [ParallelismPoint(threshold, *point) for threshold, point in zip(parallelism.THRESHOLDS, points, strict=False)],
    )
