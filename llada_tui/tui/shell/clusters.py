"""Clusters: one character of a text field for what a person sees as one, though it is several or cannot be drawn as it
is.

Textual's fields (8.2.8) move the cursor by code points, measure a text that has joiners as narrower than its parts, end
a line at U+2028, and draw what they hold. `Clusters` gives them a stand-in for each such cluster: a character that
nobody writes, as wide as what is drawn in its place.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from itertools import chain

from rich.cells import cell_len, get_character_cell_size

from llada_tui.trace.text import CARRIER, REPLACEMENT, clean

_ASCII = re.compile(r"[\n\t -~]*")
_STAND_INS = re.compile("[\U000f0000-\U000ffffd\U00100000-\U0010fffd\U00033480-\U0003fffd]")
"""Private characters (one cell), and ones of a plane that has none yet (two cells)."""
_JOINER = "\u200d"
_BREAKS = {"\n": "⏎", "\t": " "}
"""The characters that line ends and tabs are drawn as in a field of one line."""


def clusters(text: str) -> Iterator[str]:
    """The clusters of a text: a character with its marks, emoji that are joined, a flag. About as UAX #29 has them."""
    start = 0
    for at in range(1, len(text) + 1):
        if at == len(text) or not _belongs(text, start, at):
            yield text[start:at]
            start = at


def _belongs(text: str, start: int, at: int) -> bool:
    """Whether the character at ``at`` belongs to the cluster that begins at ``start``."""
    before, character = text[at - 1], text[at]
    if before in _BREAKS:
        return False
    if _extends(character):
        return True
    if before == _JOINER:
        return unicodedata.category(character) == "So"
    return at - start == 1 and _is_half_a_flag(before) and _is_half_a_flag(character)


@lru_cache(maxsize=4096)
def _extends(character: str) -> bool:
    """Whether a character has no place of its own: a mark, a joiner, a skin tone."""
    return (
        get_character_cell_size(character) == 0 and character not in _BREAKS
    ) or "\U0001f3fb" <= character <= "\U0001f3ff"


def _is_half_a_flag(character: str) -> bool:
    return "\U0001f1e6" <= character <= "\U0001f1ff"


@lru_cache(maxsize=4096)
def _is_plain(character: str) -> bool:
    """Whether a character is drawn as it is, in one cell or two."""
    return get_character_cell_size(character) > 0 and clean(character) == character and not _STAND_INS.match(character)


class Clusters:
    """The stand-ins of one field. ``one_line``: line ends and tabs have stand-ins too."""

    def __init__(self, *, one_line: bool = False) -> None:
        self._kept = "" if one_line else "\n\t"
        self._stand_ins: dict[str, str] = {}
        self._clusters: dict[str, str] = {}
        self._drawn: dict[str, str] = {}
        self._free = {
            1: chain(range(0xF0000, 0xFFFFE), range(0x100000, 0x10FFFE)),
            2: iter(range(0x33480, 0x3FFFE)),
        }
        """Stand-ins that stand for nothing yet, by their width in cells."""

    def encode(self, text: str) -> str:
        """A text as the field holds it."""
        if self._kept and _ASCII.fullmatch(text):
            return text
        return "".join(map(self._character, clusters(text)))

    def decode(self, text: str) -> str:
        """The text that a field holds."""
        if not self._clusters:
            return text
        return _STAND_INS.sub(lambda match: self._clusters.get(match[0], match[0]), text)

    def draw(self, text: str) -> str:
        """The drawing of a part of a field."""
        if text.isascii():
            return text
        return "".join(
            self._drawn.get(character) or (character if _is_plain(character) else REPLACEMENT) for character in text
        )

    def _character(self, cluster: str) -> str:
        """A cluster as one character."""
        if cluster in self._kept or (len(cluster) == 1 and _is_plain(cluster)):
            return cluster
        if cluster not in self._stand_ins:
            drawn = _look(cluster)
            code = next(self._free[cell_len(drawn)], None)
            if code is None:  # after some 100,000 clusters: the cursor goes by code points
                return cluster
            self._stand_ins[cluster] = character = chr(code)
            self._clusters[character], self._drawn[character] = cluster, drawn
        return self._stand_ins[cluster]


def _look(cluster: str) -> str:
    """The drawing of a cluster, in one cell or two: of emoji that are joined, the first."""
    drawn, width = "", 0
    for character in _BREAKS.get(cluster) or clean(cluster):
        size = get_character_cell_size(character)
        if width + size > 2:
            break
        drawn, width = drawn + character, width + size
    return drawn or CARRIER
