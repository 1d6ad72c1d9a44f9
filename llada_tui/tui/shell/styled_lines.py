"""Lines as texts with the kinds of their looks, and how one that is too long goes on below."""

from __future__ import annotations

import re

from rich.cells import cell_len, set_cell_size

Line = list[tuple[str, str]]
HARD = "\u00a0"
"""A blank at which no line is broken."""
_WORD = re.compile(r" *[^ ]+| +")


def fitted(text: str, width: int) -> str:
    """Text on exactly ``width`` cells: blanks fill it up, and an ellipsis stands for what has no room."""
    return set_cell_size(text, width) if cell_len(text) <= width else set_cell_size(text, width - 1) + "…"


def wrapped(line: Line, width: int) -> list[Line]:
    """A line as lines of ``width`` cells at most, broken between words; a longer word has a line of its own."""
    lines: list[Line] = [[]]
    used = 0
    for text, kind in line:
        part = ""
        for word in _WORD.findall(text):
            if used and used + cell_len(word.rstrip()) > width:
                lines[-1].append((part, kind))
                lines.append([])
                used, part, word = 0, "", word.lstrip()
            part += word.replace(HARD, " ")
            used += cell_len(word)
        lines[-1].append((part, kind))
    return [[(text, kind) for text, kind in line if text] for line in lines]
