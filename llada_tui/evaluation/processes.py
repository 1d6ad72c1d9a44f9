"""The processes of an evaluation that ``accelerate launch`` started, on one machine or several; else this one alone."""

from __future__ import annotations

import os
from datetime import timedelta
from typing import Any

import torch
from torch import Tensor

_PATIENCE = timedelta(days=365)
"""The time that a process waits for the slowest of the others."""


class Processes:
    """This process's place among them: its ``rank`` of ``count``. The first, of rank 0, makes the table."""

    def __init__(self) -> None:
        self._accelerator: Any = None
        if int(os.environ.get("WORLD_SIZE", "1")) > 1:
            from accelerate import Accelerator
            from accelerate.utils import InitProcessGroupKwargs

            patience = InitProcessGroupKwargs(timeout=_PATIENCE)
            self._accelerator = Accelerator(cpu=not torch.cuda.is_available(), kwargs_handlers=[patience])
        self.rank = 0 if self._accelerator is None else int(self._accelerator.process_index)
        self.count = 1 if self._accelerator is None else int(self._accelerator.num_processes)

    def device(self, device: str) -> str:
        """The device for the model of this process: with several of them each has a GPU of its own, unless one is
        named."""
        if self._accelerator is None or device != "auto":
            return device
        place = self._accelerator.device
        return "cpu" if place.type == "cpu" else str(place)

    def gather(self, tensor: Tensor) -> Tensor:
        """The tensors of all processes, one behind the other: a number becomes one of ``count``."""
        return tensor if self._accelerator is None else torch.as_tensor(self._accelerator.gather(tensor))

    def gather_objects(self, value: Any, to: int = 0) -> list[Any] | None:
        """The objects of all processes in the process ``to``; None in the others."""
        if self._accelerator is None:
            return [value]
        values: list[Any] | None = [None] * self.count if self.rank == to else None
        torch.distributed.gather_object(value, values, dst=to)
        return values

    def wait(self) -> None:
        """Waits until every process is here."""
        if self._accelerator is not None:
            self._accelerator.wait_for_everyone()
