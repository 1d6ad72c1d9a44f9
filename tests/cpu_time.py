"""The processor's time that a process took: what other programs do on the machine does not add to it, as it does to
the time on the clock."""

from __future__ import annotations

import contextlib

import psutil


def cpu_seconds(pid: int | None = None) -> float:
    """Seconds of a process (this one where no other is named) and of all that it started, those that are over too."""
    process = psutil.Process(pid)
    seconds = 0.0
    for each in (process, *process.children(recursive=True)):
        with contextlib.suppress(psutil.NoSuchProcess):
            seconds += sum(each.cpu_times()[:4])
    return seconds
