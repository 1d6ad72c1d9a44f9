"""The end of another process of this machine, told by the system itself and at once."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple


class ProcessAddress(NamedTuple):
    """A process, and where its number is true: the kernel's start, and the namespace of process numbers. Both are empty
    where the system is not Linux."""

    boot: str
    namespace: str
    pid: int

    @classmethod
    def here(cls) -> ProcessAddress:
        """The address of this process."""
        try:
            boot = Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
            return cls(boot, os.readlink("/proc/self/ns/pid"), os.getpid())
        except OSError:
            return cls("", "", os.getpid())


@contextmanager
def watched_end(process: ProcessAddress) -> Iterator[asyncio.Future[None]]:
    """A future that is done when the process ends. It stays open for a process that cannot be watched: one of another
    machine or container, or of a system that is not Linux."""
    loop = asyncio.get_running_loop()
    end: asyncio.Future[None] = loop.create_future()
    if sys.platform != "linux" or not process.boot or process[:2] != ProcessAddress.here()[:2]:
        yield end
        return
    try:
        descriptor = os.pidfd_open(process.pid)  # it can be read when the process has ended
    except ProcessLookupError:
        end.set_result(None)
        yield end
        return

    def tell() -> None:
        loop.remove_reader(descriptor)
        end.set_result(None)

    loop.add_reader(descriptor, tell)
    try:
        yield end
    finally:
        loop.remove_reader(descriptor)
        os.close(descriptor)
