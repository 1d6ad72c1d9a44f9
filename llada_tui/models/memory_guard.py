"""Running out of memory, told as one error that says what to change."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager

import torch

from llada_tui.diffusion.sampler import Step
from llada_tui.models.errors import OutOfMemory, out_of_memory
from llada_tui.trace.events import ModelInfo


@contextmanager
def memory_guard(info: ModelInfo) -> Iterator[None]:
    """Turns running out of memory into `OutOfMemory`, and gives what is left over back to the device."""
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        if not out_of_memory(error):
            raise
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
        where = "this machine" if info.device == "cpu" else f"the device {info.device}"
        advice = "a shorter canvas" if info.quantization else "a shorter canvas, or load the model in 4-bit (nf4)"
        raise OutOfMemory(f"Out of memory on {where}: use {advice}.") from None


def guarded(steps: Iterator[Step], info: ModelInfo) -> Generator[Step, None, None]:
    """The steps; each is made under `memory_guard`."""
    while True:
        with memory_guard(info):
            step = next(steps, None)
        if step is None:
            return
        yield step
