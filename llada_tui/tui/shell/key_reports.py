"""Escape sequences in the forms that the framework's parser takes: mouse reports as SGR, keys without what it has no
word for. Of the terminal's answers those that are asked for stay; the others become nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator

_SHIFT, _CTRL, _CAPS_LOCK, _NUM_LOCK = 1, 4, 64, 128
_CONTROLS = {
    character: control
    for control, characters in {"\x00": " @2", "\x1c": "\\4", "\x1d": "]5", "\x1e": "^6", "\x1f": "_/7"}.items()
    for character in characters
}
"""The control characters that ctrl with a character or digit sends in a terminal without kitty's protocol: one name for
a key everywhere."""
_RELEASE = 3
"""The event type of a key that is let go."""
_MAX_FED = 32
"""Characters of a sequence that the framework's parser takes; of a longer one it types every character."""
_SGR_MOUSE = re.compile(r"\x1b\[<(\d{1,4});(-?\d{1,5});(-?\d{1,5})([Mm])")
_URXVT_MOUSE = re.compile(r"\x1b\[(\d{1,4});(\d{1,5});(\d{1,5})M")
_SIZE = re.compile(r"\x1b\[48;(\d{1,9})(?::[\d:]*)?;(\d{1,9})(?::[\d:]*)?;[\d:]*;[\d:]*t")
_MODE = re.compile(r"\x1b\[\?(?:2026|2048);\d\$y")
_ATTRIBUTES = re.compile(r"\x1b\[([?>][\d;]{1,100})c")
_CELL = re.compile(r"\x1b\[6;(\d{1,4});(\d{1,4})t")
_POSITION = re.compile(r"\x1b\[\d+;\d+R")
_OTHER_KEYS = re.compile(r"\x1b\[27;(\d{1,3});(\d{1,7})~")
_KEY = re.compile(r"\x1b\[([\d:]*)(?:;([\d:]*))?(?:;([\d:]*))?([u~ABCDEFHPQS])")


def normalise(sequence: bytes) -> Iterator[tuple[str, str]]:
    """A whole sequence as the names of `Kind` with their texts; nothing for an answer, or what is no key."""
    text = sequence.decode("latin-1")
    if text.startswith("\x1b[M"):  # X10: button, column and row, each with 32 added
        button, column, row = (code - 32 for code in sequence[3:6])
        yield from _mouse(button, column, row, released=button & 3 == 3 and button < 32)
    elif text.startswith("\x1b[<"):
        if report := _SGR_MOUSE.fullmatch(text):
            yield from _mouse(int(report[1]), int(report[2]), int(report[3]), released=report[4] == "m")
    elif report := _URXVT_MOUSE.fullmatch(text):
        button = int(report[1]) - 32
        yield from _mouse(button, int(report[2]), int(report[3]), released=button & 3 == 3 and button < 32)
    elif report := _SIZE.fullmatch(text):
        yield "SIZE", f"{report[1]} {report[2]}"
    elif re.match(r"\x1b\[[?>=]", text):
        if _MODE.fullmatch(text):
            yield "SEQUENCE", text
        elif report := _ATTRIBUTES.fullmatch(text):
            yield "ATTRIBUTES", report[1]
    elif report := _CELL.fullmatch(text):
        yield "CELL", f"{report[1]} {report[2]}"
    elif _POSITION.fullmatch(text):
        return
    elif report := _OTHER_KEYS.fullmatch(text):
        yield from _key([int(report[2])], int(report[1]), "", "u")
    elif report := _KEY.fullmatch(text):
        codes, modifiers, letters, final = report.groups(default="")
        modifier, _, event = modifiers.partition(":")
        if event != str(_RELEASE):
            numbers = [int(code or 0) for code in codes.split(":")][:3] if codes else []
            yield from _key(numbers, int(modifier or 1), letters, final)
    elif len(text) <= _MAX_FED:
        yield "SEQUENCE", text


def _mouse(button: int, column: int, row: int, *, released: bool) -> Iterator[tuple[str, str]]:
    """A mouse report. Buttons from 128 on are those at the side, which would be taken for the left one."""
    if 0 <= button < 128 and column > 0 and row > 0:
        yield "SEQUENCE", f"\x1b[<{0 if released and button == 3 else button};{column};{row}{'m' if released else 'M'}"


def _key(codes: list[int], modifiers: int, letters: str, final: str) -> Iterator[tuple[str, str]]:
    """A key of kitty's protocol: ``codes`` the key and, with shift, what it is then; ``letters`` what it typed."""
    if modifiers > 256 or not all(map(_is_character, codes)):
        return
    code = codes[0] if codes else None
    if final == "u" and not code and not letters:  # no key at all
        return
    typed = [int(letter) for letter in letters.split(":") if letter]
    if not all(map(_is_character, typed)):
        return
    typed = [letter for letter in typed if not (letter < 0x20 or 0x7F <= letter < 0xA0)]
    bits = max(modifiers - 1, 0)
    held = bits & ~(_SHIFT | _CAPS_LOCK | _NUM_LOCK)
    if final == "u" and code is not None and not typed and not held and _types(code):
        yield "TEXT", chr(_shifted(codes, bits))  # a terminal that does not say what a key types
        return
    if final == "u" and code is not None and held == _CTRL and (control := _CONTROLS.get(chr(code))):
        yield "TEXT", control
        return
    middle = f"{'' if code is None else code}"
    middle += f";{modifiers if modifiers > 1 else ''}" if typed or modifiers > 1 else ""
    text = f"\x1b[{middle}{';' + ':'.join(map(str, typed)) if typed else ''}{final}"
    if typed and not held and (len(typed) > 1 or len(text) > _MAX_FED):
        yield "TEXT", "".join(map(chr, typed))
    elif len(text) <= _MAX_FED:
        yield "SEQUENCE", text


def _is_character(code: int) -> bool:
    return 0 <= code <= 0x10FFFF and not 0xD800 <= code <= 0xDFFF


def _types(code: int) -> bool:
    """Whether a key's code is a character, not a key that kitty has given a private number."""
    return chr(code).isprintable() and not 0xE000 <= code <= 0xF8FF


def _shifted(codes: list[int], bits: int) -> int:
    """The character that a key types with shift or caps lock."""
    if bits & _SHIFT and len(codes) > 1 and codes[1]:
        return codes[1]
    upper = chr(codes[0]).upper()
    letter = len(upper) == 1 and chr(codes[0]).isalpha()
    return ord(upper) if letter and bool(bits & _SHIFT) != bool(bits & _CAPS_LOCK) else codes[0]
