"""Marks in a lesson's text: ``**strong**`` words, ```code```, and ``{key:ACTION}`` for the key of an action.

Nothing else in a text is markup.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from enum import Enum, auto

_MARKED = re.compile(r"\*\*([^*\s](?:[^*]*[^*\s])?)\*\*|`([^`]+)`|\{key:([^{}`*]*)\}")

KeyOf = Callable[[str], str]
"""The key of an action by its id, as people write it; empty if there is no such action."""


class Mark(Enum):
    """The look of a part of a text."""

    NONE = auto()
    STRONG = auto()
    CODE = auto()
    KEY = auto()


def parts(text: str) -> Iterator[tuple[Mark, str]]:
    """The parts of a text without their marks; the part of a key is the action's id."""
    at = 0
    for match in _MARKED.finditer(text):
        if match.start() > at:
            yield Mark.NONE, text[at : match.start()]
        strong, code, action = match.groups()
        if strong is not None:
            yield Mark.STRONG, strong
        elif code is not None:
            yield Mark.CODE, code
        else:
            yield Mark.KEY, action
        at = match.end()
    if at < len(text):
        yield Mark.NONE, text[at:]


def actions(text: str) -> list[str]:
    """The ids of the actions whose keys a text names."""
    return [part for mark, part in parts(text) if mark is Mark.KEY]


def key_words(action: str, key_of: KeyOf | None) -> str:
    """The key of an action; the mark as written where the action has no key."""
    return (key_of(action) if key_of is not None else "") or f"{{key:{action}}}"


def plain(text: str, key_of: KeyOf | None = None) -> str:
    """A text without marks, for where there are no styles."""
    return "".join(key_words(part, key_of) if mark is Mark.KEY else part for mark, part in parts(text))
