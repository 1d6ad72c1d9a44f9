"""What a terminal sends, as bytes in pieces: cut into what the application takes. The clock is a number."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from textual import events
from textual.messages import TerminalSupportsSynchronizedOutput

from llada_tui.tui.shell.terminal_driver import CellSize, DeviceAttributes, Parser
from llada_tui.tui.shell.terminal_input import Kind, TerminalInput, Token

MINUTE = 60.0


def tokens(pieces: Iterable[bytes], apart: float = 0.15) -> list[Token]:
    """The tokens of pieces that come so many seconds apart, and then nothing for a minute."""
    stream, now, read = TerminalInput(), 0.0, []
    for piece in [*pieces, b""]:
        if piece:
            read += stream.feed(piece, now)
        end = now + (apart if piece else MINUTE)
        while (left := stream.seconds_left(now)) is not None and now + left <= end:
            now += left
            read += stream.tick(now)
        now = end
    return read


def event_names(pieces: Iterable[bytes], apart: float = 0.15) -> list[str]:
    """The events that the application gets: keys by name, with what they type where that is not the name; other
    events, without the answers that it asked for (`answers`)."""
    parser, words = Parser(), []
    for token in tokens(pieces, apart):
        for event in parser.events(token):
            match event:
                case events.Key():
                    typed = event.character if event.is_printable else None
                    words.append(event.key if typed in (None, event.key) else f"{event.key}={typed}")
                case events.MouseEvent():
                    words.append(f"{type(event).__name__}({event.x},{event.y})")
                case events.Resize():
                    words.append(f"Resize({event.size.width}x{event.size.height})")
                case events.Paste():
                    words.append(f"Paste({event.text})")
                case DeviceAttributes() | CellSize():
                    continue
                case _:
                    words.append(type(event).__name__)
    return words


def answers(pieces: Iterable[bytes]) -> list[tuple[object, ...]]:
    """What the terminal says of itself: device attributes, and the width and height of a cell."""
    parser, read = Parser(), []
    for token in tokens(pieces):
        for event in parser.events(token):
            if isinstance(event, DeviceAttributes):
                read.append(("secondary" if event.secondary else "primary", event.numbers))
            if isinstance(event, CellSize):
                read.append(("cell", [event.width, event.height]))
    return read


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        (b"a\xe9\xff b", ["a", "space= ", "b"]),  # no UTF-8
        ("é漢".encode(), ["é", "漢"]),
        (b"\xc2\x9b31mx\xc2\x85", ["x"]),  # control characters of ISO 8859-1
        (b"\x9b?1;2cx\x9d11;rgb:00/00/00\x9cx\x90>|xterm(390)\x9cx\x9fGi=1;OK\x07x\x98abc\x9cx\x9eabc\x9cx", ["x"] * 6),
        (b"\x9bA\xc2\x8fA\x8fP\x9b<0;5;5M", ["up", "up", "f1", "MouseDown(4,4)"]),
        (b"\xc2\x9b200~p\xc2\x9b\x1b[201~", ["Paste(p\x9b)"]),
        ("ś漢ŝ".encode(), ["ś", "漢", "ŝ"]),  # such bytes within a character
        (b"\x1b[0u\x1b[;u\x1b[ux", ["x"]),
        (b"\x1b[M \x84*x", ["MouseDown(99,9)", "x"]),  # X10, past column 95
        (b"\x1b[M#!!", ["MouseUp(0,0)"]),
        (b"\x1b[35;10;20M", ["MouseUp(9,19)"]),  # urxvt
        (b"\x1b[<128;5;5M", []),  # a button at the mouse's side
        (b"\x1b[<0;99999999;5Mx", ["x"]),
        (b"\x1b[<0;-4;5Mx", ["x"]),
        (b"\x1b[97;1:1u", ["a"]),  # kitty: pressed, held down, let go
        (b"\x1b[97;1:2u", ["a"]),
        (b"\x1b[97;1:3ux", ["x"]),
        (b"\x1b[1;1:2A\x1b[1;1:3Ax", ["up", "x"]),
        (b"\x1b[97:65;2u\x1b[97;2u\x1b[97;65u", ["A", "A", "A"]),
        (b"\x1b[97;;97u\x1b[97;5u", ["a", "ctrl+a"]),
        (b"\x1b[0;;128104:8205:128105u", ["Paste(👨\u200d👩)"]),
        (b"\x1b[0;;128104:8205:128105:8205:128103:127483u", ["Paste(👨\u200d👩\u200d👧🇻)"]),
        (b"\x1b[99999999999u\x1b[97;;1114112u\x1b[97;;55555u\x1b[57500ux", ["x"]),  # no characters
        (b"\x1b[13u\x1b[13;2u\x1b[27;2;13~\x1b\r", ["enter", "shift+enter", "shift+enter", "alt+enter"]),
        (b"\x1b[93;5u\x1d", ["ctrl+right_square_bracket"] * 2),
        (b"\x1b[54;5u\x1b[94;6u\x1e", ["ctrl+circumflex_accent"] * 3),
        (b"\x1b[47;5u\x1b[95;6u\x1f", ["ctrl+underscore"] * 3),
        (b"\x1b[32;5u\x1b[50;6u\x00", ["ctrl+@"] * 3),
        (b"\x1bx\x1bX\x1b.", ["alt+x", "alt+shift+x", "alt+full_stop"]),
        ("\x1bé".encode(), ["alt+é"]),
        (b"\x1b[A\x1bOA\x1bOP\x1b[[A\x1b[15~\x1b[7$", ["up", "up", "f1", "f1", "f5", "shift+home"]),
        (b"\x1b\x1b[A", ["escape", "up"]),
        (b"\x1b", ["escape"]),
        (b"\x1b\x11\x1b\t", ["escape", "ctrl+q", "escape", "tab"]),  # pressed quickly one after the other
        (b"\x1b[\x18x", ["ctrl+x", "x"]),  # broken off
        (b"\x1b[1;2\x1b[Bx", ["down", "x"]),
        (b"\x1b[I\x1b[O", ["AppFocus", "AppBlur"]),
        (b"\x1b[" + b"1;" * 5000 + b"Ax", ["x"]),
        (b"\x1b[48;30;100;600;1000t\x1b[<0;5;5M", ["Resize(100x30)", "MouseDown(4,4)"]),
        (b"\x1b[48;2;3;0;0t", ["Resize(30x8)"]),
        (b"\x1b[48;0;0;0;0t\x1b[48;99999;99999;1;1tx", ["x"]),
        (b"\x1b[200~one\r\ntw\xc3\xb6\x00\x1b[A\x1b[201~x", ["Paste(one\r\ntwö\x1b[A)", "x"]),
    ],
)  # fmt: skip
def test_what_a_terminal_sends(sent: bytes, expected: list[str]) -> None:
    assert event_names([sent]) == expected
    assert event_names((bytes([byte]) for byte in sent), 0.001) == expected


@pytest.mark.parametrize("begin", [b"\x1b^", b"\x1bX", b"\x1b_", b"\x1bP", b"\x1b]"])
def test_a_string_that_no_terminal_answers_with_is_swallowed_where_it_is_whole(begin: bytes) -> None:
    assert event_names([begin + b"a private message\x1b\\x"]) == ["x"]
    key = event_names([begin])
    assert [name[:4] for name in key] == ["alt+"]
    assert event_names([begin, b"a", b"b"], 0.5) == [*key, "a", "b"]


def test_an_emoji_that_is_typed_keeps_its_joiners() -> None:
    assert event_names(["👨\u200d👩".encode()]) == ["Paste(👨\u200d👩)"]


ANSWERS = {
    "OSC 10": b"\x1b]10;rgb:c8c8/cece/e6e6\x1b\\",
    "OSC 11": b"\x1b]11;rgb:1a1a/1b1b/1c1c\x07",
    "OSC 4": b"\x1b]4;1;rgb:cdcd/3131/3131\x1b\\",
    "OSC 52": b"\x1b]52;c;aGVsbG8=\x1b\\",
    "DA1": b"\x1b[?64;1;2;6;22c",
    "DA1, short": b"\x1b[?6c",
    "DA2": b"\x1b[>41;388;0c",
    "DA3": b"\x1bP!|7E565445\x1b\\",
    "XTVERSION": b"\x1bP>|XTerm(388)\x1b\\",
    "DECRQSS": b"\x1bP1$r0m\x1b\\",
    "XTGETTCAP": b"\x1bP1+r544e=787465726d\x1b\\",
    "DECRPM": b"\x1b[?2004;2$y",
    "kitty's flags": b"\x1b[?25u",
    "position": b"\x1b[12;40R",
    "cells": b"\x1b[8;24;80t",
    "pixels": b"\x1b[4;600;1000t",
    "scheme": b"\x1b[?997;1n",
    "graphics": b"\x1b_Gi=31;OK\x1b\\",
}


@pytest.mark.parametrize("name", ANSWERS)
def test_answers_are_swallowed_wherever_they_are_cut(name: str) -> None:
    """Cut after its escape, what was the escape key cannot be taken back; nothing of the rest is a key."""
    answer = ANSWERS[name]
    assert event_names([answer + b"x"]) == ["x"]
    for apart in (0.15, 1.5):
        for cut in range(1, len(answer)):
            keys = event_names([answer[:cut], answer[cut:], b"x"], apart)
            if cut > 2:
                assert keys == ["x"], (cut, apart)
            else:
                assert keys[-1] == "x", (cut, apart)
                assert [key for key in keys[:-1] if key != "escape" and not key.startswith("alt+")] == [], (cut, apart)
    drops = event_names([bytes([byte]) for byte in answer] + [b"x"])
    assert drops in (["x"], ["escape", "x"])


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        (b"\x1b[?64;1;2;4;22c", [("primary", [64, 1, 2, 4, 22])]),
        (b"\x1b[?6c", [("primary", [6])]),
        (b"\x1b[?62;c", [("primary", [62, 0])]),  # kitty 0.26
        (b"\x1b[>1;4000;26c", [("secondary", [1, 4000, 26])]),
        (b"\x1b[6;19;10t", [("cell", [10, 19])]),
        (b"\x1b[6;0;10t\x1b[6;9999;10t", []),
        (b"\x1b[?" + b"4;" * 200 + b"c", []),
    ],
)
def test_what_a_terminal_says_of_itself_is_read_wherever_it_is_cut(sent: bytes, expected: list[object]) -> None:
    assert answers([sent]) == expected
    for cut in range(3, len(sent)):
        assert answers([sent[:cut], sent[cut:]]) == expected, cut


def test_mouse_reports_that_are_cut() -> None:
    report = b"\x1b[<35;10;20M"
    for cut in range(1, len(report)):
        keys = event_names([report[:cut], report[cut:], b"x"], 0.2)
        assert keys[-2:] == ["MouseMove(9,19)", "x"], cut
        assert len(keys) == (2 if cut > 2 else 3), cut


def test_a_mode_is_told() -> None:
    parser = Parser()
    (token,) = tokens([b"\x1b[?2026;", b"2$y"])
    assert [type(event) for event in parser.events(token)] == [TerminalSupportsSynchronizedOutput]


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ([b"\x1b", b"]", b"1", b"x"], ["escape", "]", "1", "x"]),
        ([b"\x1b", b"[", b"A"], ["escape", "[", "A"]),
        ([b"\x1b", b"P"], ["escape", "P"]),
        ([b"\x1b", b"Only this"], ["escape", *"Only", "space", *"this"]),
        ([b"\x1b", b"[1;2;3] is a list"], ["escape", *"[1;2;3]", "space", *"is", "space", "a", "space", *"list"]),
        ([b"\x1b]", b"hello"], ["alt+right_square_bracket", *"hello"]),
        ([b"\x1b[", b"x"], ["alt+left_square_bracket", "x"]),
    ],
)
def test_what_a_person_types_after_an_escape_stays(typed: list[bytes], expected: list[str]) -> None:
    names = {"left_square_bracket": "[", "right_square_bracket": "]", "semicolon": ";"}
    keys = [key.partition("=")[0] for key in event_names(typed)]
    assert [names.get(key, key) for key in keys] == expected


def test_an_escape_is_a_key_after_a_tenth_of_a_second() -> None:
    stream = TerminalInput()
    assert list(stream.feed(b"\x1b", 0.0)) == []
    assert list(stream.tick(0.09)) == []
    assert stream.seconds_left(0.09) == pytest.approx(0.01)
    assert list(stream.tick(0.1)) == [Token(Kind.TEXT, "\x1b")]


def test_an_answer_without_an_end_takes_nothing_for_ever() -> None:
    assert event_names([b"\x1b]11;rgb:1a", b"", b""], 0.1) == []
    stream = TerminalInput()
    assert list(stream.feed(b"\x1b]11;rgb:1a", 0.0)) == []
    assert list(stream.tick(5.0)) == []
    assert list(stream.feed(b"x", 5.1)) == [Token(Kind.TEXT, "x")]
    assert list(stream.feed(b"\x1b]11;rgb:1a", 6.0)) == []
    assert list(stream.feed(b"lost\r", 6.1)) == [Token(Kind.TEXT, "\r")]  # enter is in no answer


def test_a_paste_without_an_end_is_given_out() -> None:
    stream = TerminalInput()
    assert list(stream.feed(b"\x1b[200~words", 0.0)) == []
    assert list(stream.tick(9.0)) == []
    assert list(stream.tick(10.0)) == [Token(Kind.PASTE, "words")]
    assert list(stream.feed(b"x", 10.1)) == [Token(Kind.TEXT, "x")]


pieces = st.lists(
    st.one_of(
        st.binary(min_size=1, max_size=12),
        st.sampled_from([*ANSWERS.values(), b"\x1b", b"\x1b[", b"\x1b[M", b"\x1b[200~", b"\x1b[201~", b"\x1bP"]),
        st.from_regex(rb"\x1b\[[0-9:;<=>?]{0,20}[A-Za-z~]", fullmatch=True),
    ),
    max_size=20,
)  # fmt: skip


@given(pieces, st.sampled_from([0.0, 0.15, 3.0]))
def test_nothing_fails_and_plain_text_comes_after_a_minute(sent: list[bytes], apart: float) -> None:
    stream, parser, now = TerminalInput(), Parser(), 0.0
    for piece in [*sent, b"\x1b[201~"]:
        for token in [*stream.feed(piece, now), *stream.tick(now + apart)]:
            parser.events(token)
        now += apart
    for _ in range(4):
        now += MINUTE
        list(stream.tick(now))
    (token,) = stream.feed(b"x", now)
    assert token == Token(Kind.TEXT, "x")


@settings(max_examples=60)
@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), min_size=1), st.integers(1, 5))
def test_text_comes_through_whole(text: str, size: int) -> None:
    data = text.encode()
    read = tokens([data[at : at + size] for at in range(0, len(data), size)], 0.01)
    assert "".join(token.text for token in read) == text
    assert {token.kind for token in read} == {Kind.TEXT}
