"""The style sheet of the application, of which each part is parsed once."""

from __future__ import annotations

from typing import Any

from textual.cache import LRUCache
from textual.css.stylesheet import Stylesheet

_PARTS = 1024
"""The parts whose rules are kept: more than there are screens and kinds of widget."""


class CachingStylesheet(Stylesheet):
    """Textual's (8.2.8) style sheet parses all of its parts again for each screen that brings one, once more when the
    next widget is mounted, and at each new kind of widget where there are more than 64: 30 ms for the chat's."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._parse_cache = LRUCache(_PARTS)

    def reparse(self) -> None:
        """Parse what is not parsed yet. Other variables have emptied the cache: then that is all of it."""
        self.parse()
