"""Text with holes: ``{mask:12}`` stands for twelve masks, wherever a person types."""

from __future__ import annotations

import re

HOLE = re.compile(r" *\{mask:(\d{1,5})\}")
"""That many masks. Blanks before it belong to the word that will stand there."""
_BLANK = " ____"


def has_holes(text: str) -> bool:
    """Whether there is anything to fill in."""
    return HOLE.search(text) is not None


def split(text: str, *, chat: bool) -> tuple[str, str]:
    """What to ask, and the template of the answer, from a text with holes.

    A model that continues texts fills the text itself. One that chats is asked the lines before the first line with a
    hole, and fills the lines from there on; without lines before it is asked to fill in the blanks of that text.
    """
    if not chat:
        return "", text
    lines = text.split("\n")
    first = next(index for index, line in enumerate(lines) if has_holes(line))
    template = "\n".join(lines[first:]).strip()
    question = "\n".join(lines[:first]).strip()
    return question or f"Fill in the blanks: {HOLE.sub(_BLANK, template).strip()}", template
