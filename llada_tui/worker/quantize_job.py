"""Quantize: a quantised copy of a checkpoint, saved where the worker runs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from llada_tui.worker.job_messages import Quantize, Quantized
from llada_tui.worker.jobs import answer_job, job_progress
from llada_tui.worker.replies import RequestError
from llada_tui.worker.run_control import RunControl

if TYPE_CHECKING:
    from llada_tui.worker.backend import Progress
    from llada_tui.worker.engine import Engine


def quantize(engine: Engine, command: Quantize, control: RunControl) -> None:
    """Answer with a Quantized, or with a Failure."""

    def progress(stage: str, done: int, total: int, detail: str = "") -> None:
        if stage not in stages:
            stages[stage] = job_progress(engine, control, stage)
        stages[stage](done, total, detail)

    stages = {"import": job_progress(engine, control, "import")}

    def work() -> Quantized:
        if engine.quantizer is None:
            raise RequestError("This worker makes no quantised copies.")
        return engine.quantizer(command, progress)

    answer_job(engine, command, work)


def save(command: Quantize, progress: Progress) -> Quantized:
    """Save the copy with torch, which is imported now and not before. Raises `ModelError`."""
    progress("import", 0, 1, "torch")
    from llada_tui.models import saving

    folder = Path(command.folder) if command.folder else saving.default_folder(command.source, command.quantization)
    saved = saving.save_quantized(
        command.source,
        command.quantization,
        folder,
        device=command.device,
        force=command.force,
        progress=lambda stage, done, total: progress(stage, done, total, ""),
    )
    return Quantized(command.run, str(saved), sum(file.stat().st_size for file in saved.glob("*.safetensors")))
