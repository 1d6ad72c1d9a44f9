"""Random numbers that depend on the seed and the step alone, so that any step can be run again."""

from __future__ import annotations

import hashlib

import torch
from torch import Tensor


class Noise:
    """The random numbers of one step for one row of a batch; every row draws the same ones, as if it were alone.

    They are drawn on ``device``: the same seed gives other numbers on a GPU than on a CPU.
    """

    def __init__(self, seed: int, step: int, device: torch.device) -> None:
        self._seed = seed
        self._step = step
        self._device = device
        self._sources: dict[str, torch.Generator] = {}

    def uniform(self, purpose: str, *shape: int) -> Tensor:
        """Float64 numbers from [0, 1). Numbers drawn for one ``purpose`` do not depend on what is drawn for others."""
        source = self._sources.get(purpose)
        if source is None:
            digest = hashlib.blake2b(f"{self._seed}/{self._step}/{purpose}".encode(), digest_size=8).digest()
            source = torch.Generator(self._device).manual_seed(int.from_bytes(digest) >> 1)
            self._sources[purpose] = source
        return torch.rand(shape, dtype=torch.float64, device=self._device, generator=source)
