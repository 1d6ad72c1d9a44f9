"""Text that comes in (`take_in`), text that is drawn (`clean`), and token bytes to text that is drawn.

What a person types or pastes reaches the model whole. Everything that comes from a person, a model, a file or a worker
is untrusted when it is drawn: it then holds no control character but the newline, no bidirectional control, no
character whose width terminals disagree about, and every token's text stands by itself (a combining mark never lands on
its neighbour's cell).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from rich.cells import get_character_cell_size

if TYPE_CHECKING:
    from llada_tui.trace.events import PiecesEvent

REPLACEMENT = "\ufffd"
MASK = "░"
SLOT = " " + MASK * 3
"""The drawing of a masked position of which nothing is known: about as long as a word."""
END_MARK = "∎"
CARRIER = "◌"
TAB = "    "
MAX_PIECE = 1024
"""Longest token, in bytes, that is taken from a file or a worker."""

_INVISIBLE = {0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF, 0x00AD, 0x034F, 0x115F, 0x1160, 0x3164, 0xFFA0}
_REGIONAL_A = 0x1F1E6
_MAX_MARKS = 4
_NO_TEXT = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
"""Control characters but newline and tab, and halves of surrogate pairs, which UTF-8 cannot hold."""


def take_in(text: str) -> str:
    """The text that a person typed or pasted, for the model: every character that is text, with newlines as line
    ends."""
    return _NO_TEXT.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def clean(text: str) -> str:
    """The drawn form of ``text``: whatever could disturb a terminal is a harmless character; newlines stay.

    Invisible joiners, variation selectors and skin tones are dropped, since terminals disagree about their width.
    """
    shown: list[str] = []
    marks = 0
    for char in text.replace("\r\n", "\n"):
        safe = _safe(char)
        if safe is None:
            if not shown or shown[-1] == "\n" or marks >= _MAX_MARKS:
                if marks >= _MAX_MARKS:
                    continue
                shown.append(CARRIER)
            shown.append(char)
            marks += 1
        elif safe:
            shown.append(safe)
            marks = 0
    return "".join(shown)


@lru_cache(maxsize=65_536)
def _safe(char: str) -> str | None:
    """The drawn form of one character: itself, a substitute, "" (nothing), or None for a combining mark."""
    code = ord(char)
    if " " <= char <= "~" or char == "\n":
        return char
    if char == "\t":
        return TAB
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "␡"
    if code in _INVISIBLE or 0xFE00 <= code <= 0xFE0F or 0xE0100 <= code <= 0xE01EF or 0x1F3FB <= code <= 0x1F3FF:
        return ""
    if _REGIONAL_A <= code < _REGIONAL_A + 26:
        return chr(ord("A") + code - _REGIONAL_A)
    category = unicodedata.category(char)
    if category in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"):
        return REPLACEMENT
    if category == "Zs":
        return " " if get_character_cell_size(char) == 1 else "  "
    return char if get_character_cell_size(char) > 0 else None


class TokenBytes:
    """The text of token ids, as far as a stream has told it. ``special`` ids stand for no text of their own."""

    def __init__(self) -> None:
        self.special: set[int] = set()
        self._bytes: dict[int, bytes] = {}
        self._whole: dict[int, str | None] = {}

    def __contains__(self, token: int) -> bool:
        return token in self._bytes

    def __len__(self) -> int:
        return len(self._bytes)

    def add(self, event: PiecesEvent) -> None:
        """Learn the pieces of an event; a piece longer than `MAX_PIECE` is cut."""
        for token, piece in event.pieces.items():
            self._bytes[token] = piece[:MAX_PIECE]
            self._whole.pop(token, None)
        self.special.update(event.special)
        for token in event.special:
            self._whole.pop(token, None)

    def event(self, model: str, tokens: Iterable[int] | None = None) -> PiecesEvent:
        """All that is known, or what is known of some ``tokens``, as one event of a model's tokens."""
        from llada_tui.trace.events import PiecesEvent

        if tokens is None:
            return PiecesEvent(dict(self._bytes), sorted(self.special), model)
        pieces = {token: self._bytes[token] for token in sorted(tokens) if token in self._bytes}
        return PiecesEvent(pieces, [token for token in pieces if token in self.special], model)

    def bytes_of(self, token: int) -> bytes:
        """The bytes that a token adds to the text: none for a special token or one that is not known."""
        return b"" if token in self.special else self._bytes.get(token, b"")

    def label(self, token: int) -> str:
        """One token by itself, for a list or the status line: never empty, on one line."""
        text = self.alone(token)
        if text is None:
            return "".join(f"<{byte:02X}>" for byte in self._bytes[token])
        return text.replace("\n", "⏎") or CARRIER

    def alone(self, token: int) -> str | None:
        """The token's text where it can be shown by itself; None where its bytes are part of a longer character."""
        if token not in self._whole:
            self._whole[token] = self._decode(token)
        return self._whole[token]

    def _decode(self, token: int) -> str | None:
        if token not in self._bytes:
            return f"⟨{token}⟩"
        piece = self._bytes[token]
        if token in self.special:
            name = clean(piece.decode("utf-8", "replace")).replace("\n", " ").strip("<|> ").removesuffix("_id")
            return END_MARK if name == "endoftext" else f"‹{name or token}›"
        try:
            return clean(piece.decode()) or (CARRIER if piece else "")
        except UnicodeDecodeError:
            return None

    def texts(self, tokens: Sequence[int | None]) -> list[str]:
        """The text to show for each position of a canvas; None stands for a mask and gives `MASK`.

        A character whose bytes are spread over several tokens is shown at the first of them, the others give ""; the
        part of a character that has no rest (yet) is shown as U+FFFD.
        """
        shown: list[str] = []
        position, length = 0, len(tokens)
        while position < length:
            token = tokens[position]
            if token is None:
                shown.append(MASK)
            elif (text := self.alone(token)) is not None:
                shown.append(text)
            else:
                stop = position + 1
                while stop < length and (after := tokens[stop]) is not None and self.alone(after) is None:
                    stop += 1
                shown.extend(spread([self._bytes[token] for token in tokens[position:stop] if token is not None]))
                position = stop
                continue
            position += 1
        return shown

    def plain(self, tokens: Iterable[int], more: bytes = b"") -> str:
        """The text that tokens make together, and ``more`` after them, cleaned; special tokens add nothing."""
        return clean((b"".join(self.bytes_of(token) for token in tokens) + more).decode("utf-8", "replace"))


def spread(pieces: Sequence[bytes]) -> list[str]:
    """The text of consecutive pieces, each character at the piece that holds its first byte, cleaned piece by piece."""
    owner = [index for index, piece in enumerate(pieces) for _ in piece]
    data = b"".join(pieces)
    texts = [""] * len(pieces)
    at = 0
    while at < len(data):
        size, char = _character(data, at)
        texts[owner[at]] += char
        at += size
    return [clean(text) for text in texts]


def _character(data: bytes, at: int) -> tuple[int, str]:
    """Length and character at a byte offset; a byte that begins none is one U+FFFD, with the bytes it did begin."""
    for size in range(1, 5):
        try:
            return size, data[at : at + size].decode()
        except UnicodeDecodeError as error:
            if error.reason != "unexpected end of data":
                return max(error.end - error.start, 1), REPLACEMENT
    return len(data) - at, REPLACEMENT
