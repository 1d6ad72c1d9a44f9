"""The dispatch of a command to the part of the worker that carries it out. A new kind of work is a file of its own, and
a case here."""

from __future__ import annotations

from llada_tui.models.text_process import cancelled_by
from llada_tui.worker.batched_lanes import denoise_lanes
from llada_tui.worker.bench_job import bench
from llada_tui.worker.command_queue import QueuedCommand
from llada_tui.worker.engine import Engine
from llada_tui.worker.job_messages import Bench, Quantize, ScoreTokens
from llada_tui.worker.protocol import Compare, Generate, Load
from llada_tui.worker.quantize_job import quantize
from llada_tui.worker.score_job import score_tokens


def execute(engine: Engine, job: QueuedCommand) -> None:
    """Carry a command out. What goes wrong is answered; nothing is raised.

    A cancel ends the checkpoint's tokenizer and chat template too, whatever the command asks of them.
    """
    with cancelled_by(lambda: job.control.cancelled):
        _execute(engine, job)


def _execute(engine: Engine, job: QueuedCommand) -> None:
    match job.command:
        case Load():
            engine.load(job.command, job.control)
        case Generate():
            engine.generate(job.command, job.control)
        case Compare(order="turns"):
            engine.compare(job.command, job.control)
        case Compare():
            denoise_lanes(engine, job.command, job.control)
        case ScoreTokens():
            score_tokens(engine, job.command, job.control)
        case Bench():
            bench(engine, job.command, job.control)
        case Quantize():
            quantize(engine, job.command, job.control)
        case _:
            engine.answer(job.command, job.control)
