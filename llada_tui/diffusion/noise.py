"""Random numbers that depend on the seed and the step alone, so that any step can be run again."""

from __future__ import annotations

import hashlib

import torch
from torch import Tensor


class Noise:
    """The random numbers of one step for one row of a batch; every row draws the same ones, as if it were alone.

    They are drawn on the CPU: the same seed gives the same numbers whatever the model runs on.
    """

    def __init__(self, seed: int, step: int) -> None:
        self._seed = seed
        self._step = step

    def uniform(self, purpose: str, count: int) -> Tensor:
        """Float64 numbers from [0, 1). Those drawn for one ``purpose`` do not depend on what is drawn for others."""
        digest = hashlib.blake2b(f"{self._seed}/{self._step}/{purpose}".encode(), digest_size=8).digest()
        source = torch.Generator().manual_seed(int.from_bytes(digest) >> 1)
        return torch.rand(count, dtype=torch.float64, generator=source)
