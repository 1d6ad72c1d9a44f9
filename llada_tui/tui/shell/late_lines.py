"""Lines that take long to make: some now, the others once the screen has answered."""

from __future__ import annotations

import time
from collections.abc import Hashable

from textual.geometry import Region
from textual.widget import Widget

SLICE = 0.04
"""Processor seconds for which lines are made at once."""
PAUSE = 0.01
"""Seconds after which those that are left are made; keys are answered meanwhile."""


class LateLines:
    """The lines of a widget that wait to be made. The widget asks before it makes one."""

    def __init__(self, widget: Widget) -> None:
        self._widget = widget
        self._late: set[int] = set()
        self._made: set[Hashable] = set()
        """The lines that were made: to make them again is quick, and Textual draws all of a widget for one of them."""
        self._began: float | None = None
        """The thread's time at the first line of this go; None before it."""

    def has_time(self, y: int, key: Hashable) -> bool:
        """Whether line ``y``, which shows what is named by ``key``, is to be made now; else it is drawn blank, and
        again a moment later."""
        if key in self._made:
            return True
        now = time.thread_time()
        if self._began is None:
            self._began = now
            self._widget.set_timer(PAUSE, self._go_on)
        if now - self._began < SLICE:
            self._made.add(key)
            return True
        self._late.add(y)
        return False

    def forget(self) -> None:
        """To make what was made takes long again."""
        self._made.clear()

    def _go_on(self) -> None:
        late, self._late, self._began = sorted(self._late), set(), None
        if late:
            self._widget.refresh(*(Region(0, y, self._widget.size.width, 1) for y in late))
