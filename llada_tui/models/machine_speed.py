"""The speed at which this machine reads memory and multiplies matrices: a model's speed hangs on both. Loads no
torch."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

from llada_tui.models.checkpoint_entry import Checkpoint

_BUFFER = 1 << 27
"""Bytes that are copied: more than a processor's caches hold."""
_SIDE = 1024
"""Rows and columns of the matrices."""
_LONG = 0.25
"""Seconds for which each of the two is tried, again and again: other programs take their share of some tries."""


@dataclass(frozen=True, slots=True)
class MachineSpeed:
    """``bandwidth``: bytes a second that are read; ``flops``: float32 multiplications and additions a second."""

    bandwidth: float
    flops: float

    def seconds(self, checkpoint: Checkpoint, weights: int, tokens: int) -> float:
        """About how long a checkpoint takes for so many tokens, with the settings to start from: a pass reads all
        ``weights`` (bytes), and multiplies them with each position that it runs. What takes longer counts."""
        work = 2 * (checkpoint.active or checkpoint.parameters) * checkpoint.positions
        one_pass = max(weights / self.bandwidth, work / self.flops)
        return one_pass * tokens / checkpoint.tokens_a_pass

    def __str__(self) -> str:
        return f"{self.bandwidth / 1e9:.0f} GB/s, {self.flops / 1e9:,.0f} GFLOP/s"


USUAL = {"cpu": MachineSpeed(20e9, 200e9), "cuda": MachineSpeed(500e9, 50e12)}
"""The least speed of a laptop and of a GPU, by type of device: taken where nothing was measured."""


def measured() -> MachineSpeed:
    """The speed of this machine's processor, measured in about half a second: the best of all tries."""
    import numpy as np

    source = np.ones(_BUFFER // 4, dtype=np.float32)
    matrix = np.ones((_SIDE, _SIDE), dtype=np.float32)
    goal, product = np.empty_like(source), np.empty_like(matrix)
    copying = _best(lambda: np.copyto(goal, source))
    multiplying = _best(lambda: np.matmul(matrix, matrix, out=product))
    return MachineSpeed(2 * _BUFFER / copying, 2 * _SIDE**3 / multiplying)


def _best(work: Callable[[], object]) -> float:
    """Seconds that ``work`` takes at its quickest, once it was done."""
    work()
    times = [time.perf_counter()]
    while len(times) < 3 or times[-1] - times[0] < _LONG:
        work()
        times.append(time.perf_counter())
    return max(min(after - before for before, after in pairwise(times)), 1e-9)
