"""Words of lessons and of the tour that are drawn strong or as code. Nothing else in a text is markup."""

from __future__ import annotations

import re

from textual.content import Content

_STYLED = re.compile(r"\*\*([^*\s](?:[^*]*[^*\s])?)\*\*|`([^`]+)`")


def inline(text: str) -> Content:
    """Text with ``**strong**`` and ```code``` drawn so; everything else stands as it is."""
    parts: list[str | tuple[str, str]] = []
    at = 0
    for found in _STYLED.finditer(text):
        parts.append(text[at : found.start()])
        parts.append((found[1], "bold $accent") if found[1] is not None else (found[2], "italic $secondary"))
        at = found.end()
    return Content.assemble(*parts, text[at:])
