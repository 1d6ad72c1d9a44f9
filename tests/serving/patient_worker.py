"""A worker with real models in which a batch of canvases of 64 positions waits before its fourth pass until a row of it
is to end. So a row leaves its batch after its third or fourth step, however busy the machine is. Run as a script."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from threading import Event
from typing import Any

from llada_tui.settings.sampler_settings import SamplerSettings
from llada_tui.trace.events import StepData
from llada_tui.worker import server, torch_backend
from llada_tui.worker.protocol import CancelLane
from llada_tui.worker.run_control import RunControl

LENGTH, PASSES = 64, 3
take, batch_steps = RunControl.take, torch_backend.TorchBackend.batch_steps
row_is_to_end = Event()


def take_noting(control: RunControl, command: Any) -> None:
    take(control, command)
    if isinstance(command, CancelLane):
        row_is_to_end.set()


def patient_steps(
    backend: torch_backend.TorchBackend, prompts: Any, settings: Sequence[SamplerSettings], *more: Any
) -> Iterator[list[StepData | None]]:
    row_is_to_end.clear()
    for number, rows in enumerate(batch_steps(backend, prompts, settings, *more), 1):
        yield rows
        if number == PASSES and settings[0].gen_length == LENGTH:
            row_is_to_end.wait()


if __name__ == "__main__":
    RunControl.take = take_noting  # type: ignore[method-assign]
    torch_backend.TorchBackend.batch_steps = patient_steps  # type: ignore[method-assign,assignment]
    server.run(torch_backend.load)
