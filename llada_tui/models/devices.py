"""The device of a model, its dtype, and the number of threads."""

from __future__ import annotations

import os
import re
from functools import cache
from pathlib import Path

import psutil
import torch

from llada_tui.models.errors import ModelError

_LARGE = 2**27
"""Parameters from which a model's weights are too many to be arranged for products in float32 (see
`llada_tui.models.packed_linear`)."""
DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}


def pick_device(device_name: str) -> torch.device:
    """``auto`` (cuda, then mps, then cpu), cpu, cuda, cuda:N or mps. Raises `ModelError`."""
    if device_name == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda", 0)
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    kind, _, number = device_name.partition(":")
    if kind not in ("cpu", "cuda", "mps") or (number and not (kind == "cuda" and number.isdecimal())):
        raise ModelError(f"There is no device {device_name!r}: give auto, cpu, cuda, cuda:1 or mps.")
    if kind == "cuda":
        if not torch.cuda.is_available():
            raise ModelError("No CUDA GPU can be used here: choose another device, or install a CUDA build of torch.")
        if int(number or 0) >= torch.cuda.device_count():
            raise ModelError(f"There is no {device_name}: this machine has {torch.cuda.device_count()} CUDA device(s).")
        return torch.device("cuda", int(number or 0))
    if kind == "mps" and not torch.backends.mps.is_available():
        raise ModelError("There is no Apple GPU (mps) here: choose another device.")
    return torch.device(kind)


def pick_dtype(dtype_name: str, saved: str, device: torch.device, parameters: int | None, free: int) -> torch.dtype:
    """The dtype to compute in. ``auto``: as saved on a GPU; float32 on a CPU, which most CPUs are fastest in, unless
    that would take more than half of the memory that is free, or the CPU multiplies bfloat16 by itself and the model is
    large; 16 bits for what a quantised model (``parameters`` None) keeps. Raises `ModelError`."""
    if dtype_name != "auto":
        if dtype_name not in DTYPES:
            raise ModelError(f"There is no dtype {dtype_name!r}: give auto, {', '.join(DTYPES)}.")
        return DTYPES[dtype_name]
    if parameters is None:
        saved = saved.replace("float32", "bfloat16")
    elif saved == "float32":
        return torch.float32
    elif device.type == "cpu" and 4 * parameters <= free / 2:
        native = saved == "bfloat16" and parameters > _LARGE and multiplies_bfloat16()
        return torch.bfloat16 if native else torch.float32
    if saved == "bfloat16" and device.type == "cuda" and not torch.cuda.is_bf16_supported():
        return torch.float16
    return DTYPES[saved]


@cache
def multiplies_bfloat16() -> bool:
    """Whether this processor multiplies bfloat16 by itself: with AVX-512 BF16 or AMX, or the BF16 of ARM. A product of
    a large matrix with few rows then takes a third to two thirds of the time that it takes in float32."""
    questions = (getattr(torch.cpu, name, None) for name in ("_is_avx512_bf16_supported", "_is_amx_tile_supported"))
    if any(question is not None and question() for question in questions):
        return True
    try:
        return bool(re.search(r"^Features\s*:.*\bbf16\b", Path("/proc/cpuinfo").read_text(), re.MULTILINE))
    except OSError:
        return False


SMALL = 5_000_000
"""Parameters below which a model on the CPU gets one of torch's threads."""


def set_threads(parameters: int, device: torch.device) -> None:
    """Sets torch's threads for this process, unless OMP_NUM_THREADS does.

    A step of a small model on the CPU is many short operations. Threads that wait for each other on a busy core make
    it up to a hundred times slower, so small models get one, and larger ones leave a core to the screen.
    """
    if device.type != "cpu" or "OMP_NUM_THREADS" in os.environ:
        return
    torch.set_num_threads(1 if parameters < SMALL else max(1, _cores() - 1))


def cores_for_rows(parameters: int, device: torch.device) -> int:
    """The number of cores among which the rows of a batch are shared: all for a small model on the CPU, else 1. Where
    OMP_NUM_THREADS is set, whoever sets it shares the cores out, and it is 1."""
    is_shared = device.type == "cpu" and parameters < SMALL and "OMP_NUM_THREADS" not in os.environ
    return _cores() if is_shared else 1


def _cores() -> int:
    return psutil.cpu_count(logical=False) or 1
