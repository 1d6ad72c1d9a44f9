"""Whether a part of the screen is there. What a worker says may come before it is, or while it is taken down."""

from __future__ import annotations

from textual.widget import Widget


def is_drawable(widget: Widget) -> bool:
    """Whether a widget or screen can be drawn on: all its parts are there, and none is being taken away. Textual's
    ``is_mounted`` alone stays true for ever."""
    return widget.is_mounted and widget.is_running
