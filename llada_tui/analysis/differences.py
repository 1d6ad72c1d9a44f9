"""In which words two runs on one prompt differ, also while they are being written."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import NamedTuple

from llada_tui.trace.run import Run

# Scripts without blanks between words: there each character is compared by itself.
_DENSE = "\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
_PART = re.compile(rf"\s+|[{_DENSE}]|[^\s{_DENSE}]+")


class Word(NamedTuple):
    """A word that is whole, and the positions it stands at. Without text: masks, or a word that some are part of."""

    text: str
    positions: tuple[int, ...]


def words_of(run: Run, frame: int) -> list[Word]:
    """The words of a frame up to its first end of text; stretches of masks are one each."""
    model = run.start.model
    tokens = run.canvas(frame)
    ends = (model.eos_id, model.eot_id)
    stop = next((at for at, token in enumerate(tokens) if token is not None and token in ends), len(tokens))
    words: list[Word] = []
    text, whole = "", True
    places: list[int] = []

    def close() -> None:
        nonlocal text, places, whole
        if text or not whole:
            gap = not whole
            if not (gap and words and not words[-1].text):
                words.append(Word("" if gap else text, () if gap else tuple(places)))
        text, places, whole = "", [], True

    for at, part in enumerate(run.pieces.texts(tokens[:stop])):
        if tokens[at] is None:
            whole = False
            continue
        for piece in _PART.findall(part):
            if piece.isspace():
                close()
                continue
            if dense := re.match(f"[{_DENSE}]", piece):
                close()
            text += piece
            if not places or places[-1] != at:
                places.append(at)
            if dense:
                close()
    close()
    return words


def unlike(words: Sequence[Word], others: Sequence[Word]) -> list[Word]:
    """The words that the others do not have in their place. Where the others are still masked none is told."""
    own = [word.text or 0 for word in words]
    other = [word.text or 1 for word in others]
    found: list[Word] = []
    for tag, begin, end, first, last in SequenceMatcher(None, own, other, autojunk=False).get_opcodes():
        if tag != "equal" and all(word.text for word in others[first:last]):
            found += [word for word in words[begin:end] if word.text]
    return found


def differing(text: str, other: str) -> list[tuple[str, bool]]:
    """``text`` in parts, and whether each differs from ``other``: words do, and what stands between them does not."""
    parts = _PART.findall(text)
    words = [part for part in parts if not part.isspace()]
    others = [part for part in _PART.findall(other) if not part.isspace()]
    new = [True] * len(words)
    for block in SequenceMatcher(None, words, others).get_matching_blocks():
        new[block.a : block.a + block.size] = [False] * block.size
    marks = iter(new)
    return [(part, not part.isspace() and next(marks)) for part in parts]
