"""Memory that was freed, given back to the system: glibc keeps it otherwise.

Once something of some MB was freed, glibc keeps up to twice as much for the next time (``mallopt``,
M_MMAP_THRESHOLD). On other systems nothing is done.
"""

from __future__ import annotations

import contextlib
import sys

_M_ARENA_MAX = -8


def use_one_arena() -> None:
    """Let all threads have their memory from one place: only there is freed memory at the end given back. To be called
    before there are threads."""
    _call("mallopt", _M_ARENA_MAX, 1)


def give_back_memory() -> None:
    """Give freed memory back now. It takes some milliseconds."""
    _call("malloc_trim", 0)


def _call(name: str, *arguments: int) -> None:
    if sys.platform == "linux":
        import ctypes  # here: the screen, which imports this, seldom needs it

        with contextlib.suppress(OSError, AttributeError):  # another C library
            getattr(ctypes.CDLL(None), name)(*arguments)
