"""The style sheet of the application, of which each part is parsed once for a theme."""

from __future__ import annotations

from typing import Any

from textual.cache import LRUCache
from textual.css.model import RuleSet
from textual.css.stylesheet import Stylesheet

_PARTS = 1024
"""The parts whose rules are kept: more than there are screens and kinds of widget."""
_THEMES = 4
"""The themes whose rules are kept."""
PARSED: LRUCache[frozenset[tuple[str, str]], LRUCache[tuple[object, ...], list[RuleSet]]] = LRUCache(_THEMES)
"""The rules of each part, by the theme's variables: a theme that comes back is not parsed again."""


class CachingStylesheet(Stylesheet):
    """Textual's (8.2.8) style sheet parses all of its parts again for each screen that brings one, once more when the
    next widget is mounted, at each new kind of widget where there are more than 64, and at each theme: 30 ms for the
    chat's."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._take_parsed()

    def set_variables(self, variables: dict[str, str]) -> None:
        self._parse_cache = LRUCache(_PARTS)  # Textual empties it
        super().set_variables(variables)
        self._take_parsed()

    def reparse(self) -> None:
        """Parse what is not parsed yet for the variables that are set."""
        self.parse()

    def _take_parsed(self) -> None:
        """Go on with what was parsed for these variables."""
        variables = frozenset(self._variables.items())
        if variables not in PARSED:
            PARSED[variables] = LRUCache(_PARTS)
        self._parse_cache = PARSED[variables]
