"""A line of keys with what they do, each of which can be clicked."""

from __future__ import annotations

from collections.abc import Iterable

from textual.content import Content
from textual.style import Style

LINKS = (
    "link-style: none; link-color: $foreground; link-background: transparent; link-style-hover: bold;"
    "link-color-hover: $accent; link-background-hover: transparent;"
)
"""The CSS of a widget with such a line."""


def clickable(keys: Iterable[tuple[str, str]]) -> Content:
    """Words for keys, each with the action of the screen that a click does."""
    parts = [Content.styled(words, Style.from_meta({"@click": f"screen.{action}"})) for words, action in keys]
    return Content(" · ").join(parts)
