"""Lines that take long to make: some now, the others once the screen has answered."""

from __future__ import annotations

import time
from collections.abc import Callable

from textual.widget import Widget

SLICE = 0.04
"""Processor seconds for which lines are made at once."""
_PAUSE = 0.01
"""Seconds after which those that are left are made; keys are answered meanwhile."""


class LateLines:
    """The lines of a widget that wait to be made. The widget asks before it makes one."""

    def __init__(self, widget: Widget, refresh: Callable[[list[int]], None]) -> None:
        """``refresh`` draws some lines of the widget again."""
        self._widget, self._refresh = widget, refresh
        self._late: set[int] = set()
        self._began: float | None = None
        """The thread's time at the first line of this go; None before it."""

    def has_time(self, y: int) -> bool:
        """Whether line ``y`` is to be made now; else it is drawn blank, and again a moment later."""
        now = time.thread_time()
        if self._began is None:
            self._began = now
            self._widget.set_timer(_PAUSE, self._go_on)
        if now - self._began < SLICE:
            return True
        self._late.add(y)
        return False

    def _go_on(self) -> None:
        late, self._late, self._began = sorted(self._late), set(), None
        if late:
            self._refresh(late)
