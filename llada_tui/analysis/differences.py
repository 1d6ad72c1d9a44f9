"""In which words two runs on one prompt differ, finished or not."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import NamedTuple

from llada_tui.trace.run import Run

# Scripts without blanks between words: there each character is compared by itself.
_DENSE = "\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
_PART = re.compile(rf"\s+|[{_DENSE}]|[^\s{_DENSE}]+")
_IS_DENSE = re.compile(f"[{_DENSE}]").match


class Word(NamedTuple):
    """A word and its positions. Without text it stands for masks, and for a word that is part masks."""

    text: str
    positions: tuple[int, ...]


def words_of(run: Run, frame: int) -> list[Word]:
    """The words of a frame up to its first end of text; neighbouring masks are one word without text."""
    tokens = run.canvas(frame)
    stop = run.text_end(tokens).at
    words: list[Word] = []
    text, has_mask = "", False
    positions: list[int] = []

    def close() -> None:
        nonlocal text, positions, has_mask
        if (text or has_mask) and not (has_mask and words and not words[-1].text):
            words.append(Word("", ()) if has_mask else Word(text, tuple(positions)))
        text, positions, has_mask = "", [], False

    for at, part in enumerate(run.token_bytes.texts(tokens[:stop])):
        if tokens[at] is None:
            has_mask = True
            continue
        for piece in _PART.findall(part):
            if piece.isspace():
                close()
                continue
            if dense := _IS_DENSE(piece):
                close()
            text += piece
            if not positions or positions[-1] != at:
                positions.append(at)
            if dense:
                close()
    close()
    return words


def words_missing_in(words: Sequence[Word], others: Sequence[Word]) -> list[Word]:
    """The words that the others do not have in their place; none where the others are still masked."""
    texts = [word.text or 0 for word in words]
    other_texts = [word.text or 1 for word in others]  # masks never match
    missing_words: list[Word] = []
    for tag, begin, end, first, last in SequenceMatcher(None, texts, other_texts, autojunk=False).get_opcodes():
        if tag != "equal" and all(word.text for word in others[first:last]):
            missing_words += [word for word in words[begin:end] if word.text]
    return missing_words


def marked_differences(text: str, other: str) -> list[tuple[str, bool]]:
    """``text`` in parts, and whether each is a word that differs from ``other``; blanks never differ."""
    parts = _PART.findall(text)
    words = [part for part in parts if not part.isspace()]
    others = [part for part in _PART.findall(other) if not part.isspace()]
    new = [True] * len(words)
    for block in SequenceMatcher(None, words, others).get_matching_blocks():
        new[block.a : block.a + block.size] = [False] * block.size
    marks = iter(new)
    return [(part, not part.isspace() and next(marks)) for part in parts]
