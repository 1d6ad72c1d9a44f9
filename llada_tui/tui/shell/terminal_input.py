"""The input from a terminal, cut into tokens: text, keys, mouse reports, pastes and sizes. No framework is imported
here.

A terminal's bytes come in pieces of any size, late, and some are not UTF-8. A sequence is given out whole or not at
all: what is an answer of the terminal's, or cannot be understood, is dropped and never typed. The sequences are those
of ECMA-48, of xterm (https://invisible-island.net/xterm/ctlseqs/ctlseqs.html) and of kitty's keyboard protocol
(https://sw.kovidgoyal.net/kitty/keyboard-protocol/).
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from enum import Enum, auto

from llada_tui.tui.shell.key_reports import normalise

KEY_WAIT = 0.1
"""Seconds after which an escape, or alt with a bracket, that nothing follows is the key."""
LETTER_WAIT = 0.3
"""Seconds that a letter after an escape is held, while it may be the beginning of an answer that was cut there."""
LATE_WAIT = 2.0
"""Seconds after an escape key in which the rest of an answer that was cut there is recognised."""
ANSWER_WAIT = 5.0
"""Seconds without a byte after which a sequence that was begun is dropped."""
PASTE_WAIT = 10.0
"""Seconds without a byte after which a paste without an end is given out."""
MAX_SEQUENCE = 512
"""Bytes of a sequence that are kept. A longer one is dropped as a whole."""

ESC = 0x1B
_PASTE_END = b"\x1b[201~"
_EIGHT_BIT = re.compile("[\x8f\x90\x98\x9b\x9d-\x9f]|(?<![\udc80-\udcff])[\udc8f\udc90\udc98\udc9b\udc9d-\udc9f]")
"""One character for an escape and the one that follows: in UTF-8, or a byte alone, which belongs to no character."""
_NO_CHARACTERS = re.compile("[\x80-\x9f\udc80-\udcff]")
_WHOLE_STRING = re.compile(rb"[^\x00-\x1f]{1,4000}\x1b\\")
"""A string to its end."""
_KEY_PREFIXES = (b"\x1b", b"\x1b[", b"\x1bO", b"\x1b]", b"\x1bP", b"\x1b_")
"""The beginnings that may be a key too: escape, or alt with a character."""
_CUT_ANSWER = re.compile(
    rb"\x1b(?:\[<\d+;|\[[?>]\d+[;$cu]|\[\d+(?:;\d+){1,4}[Rtc]|\]\d+;|P(?:[>!]\||[01][$+]r)|_G[a-z]=|\[M[ -\xff]{3}"
    rb"|(?:\[[\d;]*[A-DFHPQSZu~]|O[A-DP-S])\Z)"
)
"""An answer, or a whole key, whose escape came earlier and was taken as the key."""
_MAY_BE_CUT = re.compile(
    rb"\x1b(?:\[(?:[<?>]\d*|\d+(?:;\d*){0,4}|M[ -\xff]{0,2})?|\]\d*|P(?:[>!]|[01][$+]?)?|_(?:G[a-z]?)?)"
)
"""The beginning of such an answer."""


class Kind(Enum):
    """The kind of a token."""

    TEXT = auto()
    """Characters, each a key; control characters too."""
    ALT = auto()
    """A character pressed with alt."""
    SEQUENCE = auto()
    """A whole escape sequence that is a key, a mouse report in cells, the focus, or a mode."""
    PASTE = auto()
    """A text that was pasted."""
    SIZE = auto()
    """The terminal's size: rows and columns, with a blank between."""
    ATTRIBUTES = auto()
    """The terminal's device attributes: ``?`` for the primary or ``>`` for the secondary, and numbers with semicolons
    between."""
    CELL = auto()
    """The height and width of a cell in pixels, with a blank between."""


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of the terminal's input that is complete."""

    kind: Kind
    text: str


_Taking = Generator[Token, None, bytes]
"""Gives out tokens; returns the bytes that are left."""


class TerminalInput:
    """Takes bytes as they come, with the time in seconds, and gives out tokens."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
        self._sequence = bytearray()
        """An escape sequence that has begun."""
        self._is_eight_bit = False
        """Whether it began with one character for the escape and what follows: it is no key then."""
        self._typed = 0
        """Bytes of it that were given out as keys, because nothing came after them for a while."""
        self._too_long = False
        self._paste: bytearray | None = None
        self._deadline: float | None = None

    def feed(self, data: bytes, now: float) -> Iterator[Token]:
        """Take what was read from the terminal."""
        if self._typed:
            data = self._after_a_key(data)
        while data:
            if self._paste is not None:
                data = yield from self._take_paste(data)
            elif self._sequence:
                data = yield from self._take(data)
            else:
                data = yield from self._take_text(data)
        self._deadline = now + wait if (wait := self._wait()) is not None else None

    def seconds_left(self, now: float) -> float | None:
        """Seconds until `tick` has something to do; None while it has not."""
        return None if self._deadline is None else max(self._deadline - now, 0.0)

    def tick(self, now: float) -> Iterator[Token]:
        """Give out, or drop, what has waited for too long."""
        if self._deadline is None or now < self._deadline:
            return
        self._deadline = None
        if self._paste is not None:
            yield self._end_paste()
        elif not self._sequence or self._typed == len(self._sequence):
            self._forget()
        elif self._typed:
            yield from self._text(bytes(self._sequence[self._typed :]))
            self._typed = len(self._sequence)
            self._deadline = now + LATE_WAIT
        elif self._may_be_key:
            character = self._sequence[1:].decode()
            yield Token(Kind.ALT, character) if character else Token(Kind.TEXT, "\x1b")
            self._typed = len(self._sequence)
            self._deadline = now + LATE_WAIT
        else:
            self._forget()

    def _wait(self) -> float | None:
        """Seconds to wait for more."""
        if self._paste is not None:
            return PASTE_WAIT
        if not self._sequence:
            return None
        if self._typed:
            return LETTER_WAIT
        return KEY_WAIT if self._may_be_key else ANSWER_WAIT

    @property
    def _may_be_key(self) -> bool:
        return bytes(self._sequence) in _KEY_PREFIXES and not self._is_eight_bit

    def _forget(self) -> None:
        self._sequence.clear()
        self._typed, self._too_long, self._is_eight_bit = 0, False, False

    def _take_text(self, data: bytes) -> _Taking:
        """Take characters up to the next sequence; returns the bytes that are left."""
        data, escape, rest = data.partition(b"\x1b")
        text = self._decoder.decode(data)
        if control := _EIGHT_BIT.search(text):
            begun = bytes([(ord(control[0]) & 0xFF) - 0x40]) + text[control.end() :].encode("utf-8", "surrogateescape")
            rest = begun + self._decoder.getstate()[0] + escape + rest
            self._decoder.reset()
            escape, text, self._is_eight_bit = b"\x1b", text[: control.start()], True
        yield from self._characters(text)
        self._sequence += escape
        return rest

    def _text(self, data: bytes) -> Iterator[Token]:
        yield from self._characters(self._decoder.decode(data))

    def _characters(self, text: str) -> Iterator[Token]:
        """Characters; bytes that are no UTF-8, and the control characters of ISO 8859-1, are passed over."""
        if text := _NO_CHARACTERS.sub("", text):
            yield Token(Kind.TEXT, text)

    def _after_a_key(self, data: bytes) -> bytes:
        """Decide whether what comes after an escape key is the rest of an answer; returns what is left to take."""
        together = bytes(self._sequence) + data
        if _CUT_ANSWER.match(together) and (len(data) > 1 or len(together) > 3):
            self._forget()
            return together
        if _MAY_BE_CUT.fullmatch(together):
            self._sequence[:] = together
            return b""
        rest = bytes(self._sequence[self._typed :]) + data
        self._forget()
        return rest

    # -- sequences ----------------------------------------------------------------------------------------------------

    def _take(self, data: bytes) -> _Taking:
        """Take a byte of a sequence; returns the bytes that are left."""
        byte, rest = data[0], data[1:]
        match bytes(self._sequence[1:2]):
            case b"":
                return (yield from self._take_second(byte, rest))
            case b"[":
                return (yield from self._take_csi(byte, rest))
            case b"O":
                if chr(byte).isdigit() and len(self._sequence) < 5:
                    self._sequence.append(byte)
                elif 0x40 <= byte <= 0x7E:
                    yield from self._complete(byte)
                else:
                    return self._break_off(data)
            case b"]" | b"P" | b"_" | b"X" | b"^":
                return (yield from self._take_string(byte, rest))
            case _:  # alt with a character of several bytes
                if not 0x80 <= byte < 0xC0:
                    return self._break_off(data)
                self._sequence.append(byte)
                if len(self._sequence) > _utf8_length(self._sequence[1]):
                    character = self._sequence[1:].decode("utf-8", "ignore")
                    self._forget()
                    if character:
                        yield Token(Kind.ALT, character)
        return rest

    def _take_second(self, byte: int, rest: bytes) -> _Taking:
        """The byte after an escape."""
        if byte == ESC:  # twice: the first is the key
            yield Token(Kind.TEXT, "\x1b")
        elif byte in b"]P_X^" and not self._is_eight_bit and (whole := _WHOLE_STRING.match(rest)):
            self._forget()  # nobody types alt with a letter, a text and alt with a backslash at once
            return rest[whole.end() :]
        elif byte in b"[O]P_" or (self._is_eight_bit and byte in b"X^") or 0xC2 <= byte <= 0xF4:
            self._sequence.append(byte)
        else:
            self._forget()
            if byte in b"\r\n\x08" or 0x20 <= byte < 0x80:
                yield Token(Kind.ALT, chr(byte))
            elif byte < 0x20:  # two keys, of which the second came quickly
                yield Token(Kind.TEXT, "\x1b")
                return bytes([byte]) + rest
        return rest

    def _take_csi(self, byte: int, rest: bytes) -> _Taking:
        """A byte of a control sequence: parameters, intermediate bytes, a final byte."""
        sequence = self._sequence
        if sequence[2:3] == b"M":  # an old mouse report: three bytes, of any value from a blank on
            if byte < 0x20:
                return self._break_off(bytes([byte]) + rest)
            sequence.append(byte)
            if len(sequence) == 6:
                yield from self._complete()
        elif sequence[2:3] == b"[":  # a function key of the Linux console
            yield from self._complete(byte)
        elif len(sequence) == 2 and byte in b"[M":
            sequence.append(byte)
        elif 0x20 <= byte <= 0x3F:
            self._append(byte)
            if re.fullmatch(rb"\x1b\[\d+\$", bytes(sequence)):  # shift with a key, in rxvt
                yield from self._complete()
        elif 0x40 <= byte <= 0x7E:
            yield from self._complete(byte)
        else:
            return self._break_off(bytes([byte]) + rest)
        return rest

    def _take_string(self, byte: int, rest: bytes) -> _Taking:
        """A byte of an answer that is a string: to its end, nothing of it is typed."""
        sequence = self._sequence
        first = {b"]": b"0123456789lL", b"P": b"0123456789>!?$+", b"_": b"G"}.get(bytes(sequence[1:2]), b"")
        if self._is_eight_bit:
            if byte == 0x9C and sequence[-1] < 0x80:
                self._forget()
                return rest
        elif len(sequence) == 2 and byte not in first:  # alt with a bracket, and then something else
            yield Token(Kind.ALT, chr(sequence[1]))
            self._forget()
            return bytes([byte]) + rest
        if sequence[-1] == ESC:
            self._forget()
            if byte != 0x5C:  # no end of a string: another sequence
                self._sequence.append(ESC)
                return bytes([byte]) + rest
        elif byte == 0x07:
            self._forget()
        elif byte < 0x20 and byte != ESC:  # in no answer: a person wants to go on
            self._forget()
            return bytes([byte]) + rest
        else:
            if len(sequence) >= MAX_SEQUENCE:
                del sequence[-1]
            sequence.append(byte)
        return rest

    def _append(self, byte: int) -> None:
        if len(self._sequence) < MAX_SEQUENCE:
            self._sequence.append(byte)
        else:
            self._too_long = True

    def _break_off(self, data: bytes) -> bytes:
        """Drop a sequence that turned out to be none; what broke it stays."""
        self._forget()
        return data

    def _complete(self, final: int | None = None) -> Iterator[Token]:
        """A sequence has its last byte."""
        if final is not None:
            self._sequence.append(final)
        sequence, too_long = bytes(self._sequence), self._too_long
        self._forget()
        if sequence == b"\x1b[200~":
            self._paste = bytearray()
        elif not too_long:
            for kind, text in normalise(sequence):
                yield Token(Kind[kind], text)

    # -- pastes -------------------------------------------------------------------------------------------------------

    def _take_paste(self, data: bytes) -> _Taking:
        """Take bytes of a paste; returns those after its end."""
        assert self._paste is not None
        searched = max(len(self._paste) - len(_PASTE_END), 0)
        self._paste += data
        if (end := self._paste.find(_PASTE_END, searched)) < 0:
            return b""
        rest = bytes(self._paste[end + len(_PASTE_END) :])
        del self._paste[end:]
        yield self._end_paste()
        return rest

    def _end_paste(self) -> Token:
        assert self._paste is not None
        text = self._paste.decode("utf-8", "replace").replace("\x00", "")
        self._paste = None
        return Token(Kind.PASTE, text)


def _utf8_length(lead: int) -> int:
    """Bytes of a character whose first byte is ``lead``."""
    return 2 if lead < 0xE0 else 3 if lead < 0xF0 else 4
