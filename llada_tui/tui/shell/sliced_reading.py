"""Reading that takes long, a slice at a time: keys are answered between two slices."""

from __future__ import annotations

from collections.abc import Callable

from textual.widget import Widget

from llada_tui.tui.shell.late_lines import PAUSE, SLICE

_AT_ONCE = 0.01
"""Processor seconds for which is read before anything is drawn: what one step of a run adds takes less."""


class SlicedReading:
    """Reading without which a widget cannot draw something. ``read`` reads for at most so many processor seconds, and
    tells whether all is read; ``draw`` is called once it is."""

    def __init__(self, widget: Widget, read: Callable[[float], bool], draw: Callable[[], object]) -> None:
        self._widget, self._read, self._draw = widget, read, draw
        self._waits = False

    def is_done(self) -> bool:
        """Whether all is read, after a little of it was; else the rest is read later, and drawn then."""
        if self._waits:
            return False
        if self._read(_AT_ONCE):
            return True
        self._wait()
        return False

    def _wait(self) -> None:
        self._waits = True
        # a timer needs the application, which Textual does not know wherever a run grows
        self._widget.call_later(self._widget.set_timer, PAUSE, self._go_on)

    def _go_on(self) -> None:
        self._waits = False
        if self._read(SLICE):
            self._draw()
        else:
            self._wait()
