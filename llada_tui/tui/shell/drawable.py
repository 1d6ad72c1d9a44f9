"""Whether a part of the screen is there, and in sight. What a worker says may come before it is there, or while it is
taken down."""

from __future__ import annotations

from textual.widget import Widget


def is_drawable(widget: Widget) -> bool:
    """Whether a widget or screen can be drawn on: all its parts are there, and none is being taken away. Textual's
    ``is_mounted`` alone stays true for ever."""
    return widget.is_mounted and widget.is_running


def is_displayed(widget: Widget) -> bool:
    """Whether neither a widget nor what it is in is taken out of the layout: Textual's ``focusable`` asks for
    visibility alone."""
    return all(node.display for node in widget.ancestors_with_self)
