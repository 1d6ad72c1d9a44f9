"""How much memory there is for a model, and whether it fits."""

from __future__ import annotations

from pathlib import Path

import psutil
import torch

from llada_tui.models.catalog import quantized_bytes
from llada_tui.models.errors import OutOfMemory
from llada_tui.models.weights import Weights

_ROOM = 1.08
"""What loading and a forward pass of a short canvas take beyond the weights."""
_SIZES = {torch.float32: 4, torch.bfloat16: 2, torch.float16: 2}


def needed(weights: Weights, dtype: torch.dtype, quantization: str | None) -> int:
    """Bytes that a model of these weights takes."""
    if quantization is None:
        return weights.parameters * _SIZES[dtype]
    return quantized_bytes(weights.linear, weights.parameters - weights.linear, quantization, _SIZES[dtype])


def free(device: torch.device) -> int:
    """Bytes free on ``device``; on the CPU no more than the container that we run in may still take."""
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0])
    available = int(psutil.virtual_memory().available)
    limit, used = (_cgroup(name) for name in ("memory.max", "memory.current"))
    return available if limit is None or used is None else max(0, min(available, limit - used))


def _cgroup(name: str) -> int | None:
    try:
        return int(Path("/sys/fs/cgroup", name).read_text())
    except (OSError, ValueError):
        return None


def fits(need: int, have: int) -> bool:
    """Whether a model that takes ``need`` bytes fits in ``have``."""
    return need * _ROOM <= have


def check(need: int, have: int, device: torch.device, quantization: str | None) -> None:
    """Raises `OutOfMemory` when ``need`` bytes of weights do not fit in the ``have`` bytes that are free."""
    if fits(need, have):
        return
    where = "the GPU has" if device.type == "cuda" else "this machine has"
    advice = "load it in 4-bit (quantization nf4)" if quantization is None else "use a smaller model"
    raise OutOfMemory(
        f"The model needs {need * _ROOM / 1e9:.1f} GB and {where} {have / 1e9:.1f} GB free: {advice}, "
        "or close what else uses the memory."
    )
