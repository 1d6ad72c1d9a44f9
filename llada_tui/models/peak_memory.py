"""Peak memory: the most bytes held at once since the last reset."""

from __future__ import annotations

import sys
from pathlib import Path

import torch


def reset_peak(device: torch.device) -> bool:
    """Reset the peak. False where it cannot be: on a CPU, anything but Linux."""
    if device.type == "cuda":
        for number in range(torch.cuda.device_count()):
            torch.cuda.reset_peak_memory_stats(number)
        return True
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        return False
    return device.type == "cpu"


def peak_bytes(device: torch.device) -> int:
    """The peak in bytes, of all GPUs together or of this process; 0 where the system does not tell."""
    if device.type == "cuda":
        return sum(torch.cuda.max_memory_allocated(number) for number in range(torch.cuda.device_count()))
    try:
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("VmHWM"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    if sys.platform == "win32":
        return 0
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
