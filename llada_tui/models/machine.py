"""The memory and the GPUs of this machine, asked without torch."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

_MIB = 2**20
_MAIN = "CPU"


@dataclass(frozen=True, slots=True)
class Memory:
    """A place for a model, with its memory in bytes."""

    name: str
    total: int
    free: int

    @property
    def device_type(self) -> str:
        """The name that torch has for the kind of device with this memory."""
        return "cpu" if self.name == _MAIN else "cuda"


def main_memory() -> Memory:
    """This machine's memory; in a container no more than the container may take."""
    import psutil

    memory = psutil.virtual_memory()
    total, free = int(memory.total), int(memory.available)
    limit, used = (of_container(name) for name in ("memory.max", "memory.current"))
    if limit is not None and used is not None:
        total, free = min(total, limit), max(0, min(free, limit - used))
    return Memory(_MAIN, total, free)


def of_container(name: str) -> int | None:
    """The bytes that a file of the container that this program runs in has, by its name; None where there is no such
    file, or no bound."""
    try:
        return int(Path("/sys/fs/cgroup", name).read_text())
    except (OSError, ValueError):
        return None


def gpus() -> list[Memory]:
    """The NVIDIA GPUs that nvidia-smi tells of."""
    command = shutil.which("nvidia-smi")
    if command is None:
        return []
    query = [command, "--query-gpu=name,memory.total,memory.free", "--format=csv,noheader,nounits"]
    try:
        answer = subprocess.run(query, capture_output=True, text=True, timeout=20, check=True).stdout
    except (OSError, subprocess.SubprocessError, UnicodeDecodeError):
        return []
    return [memory for line in answer.splitlines() if (memory := _gpu(line)) is not None]


def _gpu(line: str) -> Memory | None:
    name, *numbers = (part.strip() for part in line.rsplit(",", 2))
    try:
        total, free = (int(number) * _MIB for number in numbers)
    except ValueError:
        return None
    return Memory(name, total, free)


def best_place() -> tuple[Memory, list[Memory]]:
    """The memory that a model would be loaded into (all GPUs together, or else the main memory), and the GPUs."""
    present = gpus()
    if not present:
        return main_memory(), []
    names = " + ".join(gpu.name for gpu in present)
    return Memory(names, sum(gpu.total for gpu in present), sum(gpu.free for gpu in present)), present
