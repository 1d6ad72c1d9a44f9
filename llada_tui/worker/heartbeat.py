"""Whether a worker still answers: asked by a Ping when nothing comes from it, however long a step or a load takes.

The worker's reading thread answers, not the thread that loads and samples. So silence means that the whole process is
stopped, or that the way to it is cut. A worker that answers may still be stuck in what it does: that is told too, in
other words, since a step of a large model may honestly take long.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from llada_tui.trace.events import AnyEvent
from llada_tui.worker.protocol import AnyReply, Failure, Progress

TICK = 1.0
"""Seconds between two looks. They are counted, not timed: where the screen itself was held up, or the whole machine
slept, no time has passed for the worker either."""
PATIENCE = 8
"""Seconds without an answer after which a worker is silent."""
LOADING_PATIENCE = 60
"""The same while it loads or compiles: libraries that are loaded from a slow disk hold up all of its threads."""
STEP_PATIENCE = 30
"""Seconds without a step, while one is due, after which it is told; more where a step took long before."""
LOAD_PATIENCE = 120
"""The same for a load, or for a run's beginning."""
TOLD_AGAIN = 10
"""Seconds after which it is told again for how long there was none."""


_LOADING = ("import", "download", "load", "compile", "save")
"""Stages of Progress at which libraries may hold up all threads of the worker."""
_LOADS = ("", "load", "quantize", "bench")
"""Commands that have such stages and that a Failure ends; the empty one loads the earlier model again."""


class Heartbeat:
    """Watches a worker process. ``on_change`` is called with the seconds of its silence when it is silent, and with 0
    when it answers again; ``on_standstill`` with the seconds in which nothing came of what it does, again and again,
    and with 0 when something comes. ``patience`` tells how many seconds that may take, 0 where nothing is to come."""

    def __init__(
        self,
        on_change: Callable[[int], None],
        on_standstill: Callable[[int], None] = lambda seconds: None,
        patience: Callable[[], int] = lambda: 0,
    ) -> None:
        self._loading = False
        self.still = 0
        """For how many seconds nothing had come of what it does when that was told last; 0 while something comes."""
        self._still_ticks = 0
        self._on_standstill, self._patience = on_standstill, patience
        self.silent = 0
        """For how many seconds it had not answered when it was found silent; 0 while it answers."""
        self._on_change = on_change
        self._pid = 0
        self._ping: Callable[[], object] = lambda: None
        self._ticks = 0
        self._fell_silent = asyncio.Event()
        self._timer: asyncio.TimerHandle | None = None

    def begin(self, pid: int, ping: Callable[[], object]) -> None:
        """Watch a process that is there and knows Ping; ``ping`` sends it."""
        self._pid, self._ping, self._ticks, self._still_ticks = pid, ping, 0, 0
        self._timer = asyncio.get_running_loop().call_later(TICK, self._tick)

    def heard(self) -> None:
        """Something came from it."""
        self._ticks = 0
        if self.silent:
            self.silent = 0
            self._fell_silent.clear()
            self._on_change(0)

    def note(self, item: AnyReply | AnyEvent) -> None:
        """Something came of what it does. Note from it whether it loads or compiles now."""
        self._still_ticks = 0
        self._tell_standstill(0)
        if isinstance(item, Progress):
            self._loading = item.stage in _LOADING
        elif not isinstance(item, Failure) or (item.code != "protocol" and item.command in _LOADS):
            self._loading = False  # other refusals come from the reading thread, also while a model loads

    def end(self) -> None:
        """Watch no longer: the process is gone."""
        if self._timer is not None:
            self._timer.cancel()
        self.silent, self.still, self._loading = 0, 0, False
        self._fell_silent.clear()

    async def wait(self, event: asyncio.Event, seconds: float) -> bool:
        """Wait for an event, but not when the worker is silent. False if it has not come."""
        waits = [asyncio.ensure_future(each.wait()) for each in (event, self._fell_silent)]
        try:
            await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
        return event.is_set()

    def _tick(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(TICK, self._tick)
        self._ticks += 1
        self._look_for_standstill()
        if self.silent or self._ticks < 2:
            return
        if self._ticks == 2:
            self._ping()
        if self._ticks >= LOADING_PATIENCE or (self._ticks >= PATIENCE and (not self._loading or self._is_stopped())):
            self.silent = self._ticks
            self._fell_silent.set()
            self._on_change(self.silent)

    def _look_for_standstill(self) -> None:
        patience = self._patience()
        self._still_ticks = self._still_ticks + 1 if patience else 0
        if not patience:
            self._tell_standstill(0)
        elif self._still_ticks >= (self.still + TOLD_AGAIN if self.still else patience):
            self._tell_standstill(self._still_ticks)

    def _tell_standstill(self, seconds: int) -> None:
        if seconds != self.still:
            self.still = seconds
            self._on_standstill(seconds)

    def _is_stopped(self) -> bool:
        """Whether the system has stopped the process that was started here."""
        import psutil

        try:
            return bool(psutil.Process(self._pid).status() in (psutil.STATUS_STOPPED, psutil.STATUS_TRACING_STOP))
        except psutil.Error:
            return False
