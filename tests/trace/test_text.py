"""Token text: nothing that a model or a file says reaches a terminal raw, and every cell is accounted for."""

from __future__ import annotations

import itertools
import random
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from wcwidth import wcwidth

from llada_tui.trace.events import PiecesEvent
from llada_tui.trace.text import CARRIER, END_MARK, MASK, MAX_PIECE, REPLACEMENT, TokenBytes, clean, spread

NASTY = {
    "colour": "\x1b[31mred\x1b[0m",
    "clear the screen": "\x1b[2J\x1b[H",
    "window title": "\x1b]0;owned\x07",
    "clipboard": "\x1b]52;c;aGk=\x1b\\",
    "hyperlink": "\x1b]8;;http://x\x1b\\here\x1b]8;;\x1b\\",
    "8-bit escapes": "\x9b31m\x9d0;owned\x9c\x90q\x9c",
    "markup": "[MASK] [bold]x[/bold]",
    "closing tag": "[/INST]",
    "carriage return": "safe\roverwritten",
    "line ends": "a\r\nb\u2028c\u2029d\x85e\x0bf\x0cg",
    "backspaces": "rm\b\b\x7fls",
    "null": "a\0b",
    "bell": "\a",
    "tabs": "a\tb\t\tc",
    "newlines": "\n\n\na\n",
    "right to left override": "\u202egnp.exe\u202c",
    "isolates": "\u2066\u2067\u2068abc\u2069\u200e\u200f\u061c",
    "Hebrew and Arabic": "שלום العربية",
    "wide": "漢字かな한국어",
    "half and full width": "ｱｲｳ ＡＢＣ",
    "combining": "e\u0301 a\u0300\u0323 \u0301\u0302",
    "zalgo": "z" + "\u0300\u0315\u0335\u0489" * 200,
    "emoji family": "👨‍👩‍👧‍👦",
    "skin tones": "👍🏽👋🏿",
    "flags": "🇩🇪🇫🇷🇺 🏴󠁧󠁢󠁥󠁮󠁧󠁿",
    "keycaps and selectors": "1️⃣ ☎️ ☎︎ ❤️",
    "joiners": "a\u200bb\u200cc\u200dd\u2060e\ufefff\u00adg",
    "spaces": "\u00a0\u2003\u3000\u1680\u205f",
    "jamo": "\u1112\u1161\u11ab \u1161 \u115f\u1160\u3164\uffa0",
    "Indic": "नमस्ते க்ஷ",
    "Thai and Lao": "ที่นี่ ກໍ",
    "private and unassigned": "\ue000\U000f0000\U0010ffff\ufffe\u0378",
    "interlinear and tags": "\ufff9a\ufffab\ufffb\U000e0041",
    "variation supplement": "葛\U000e0100",
    "ligatures": "ﷺ ﷽ ǆ ffi",
    "ambiguous": "±×÷αбⅠ①─█",
    "musical": "\U0001d15f\U0001d173\U0001d17a",
}


def check(text: str, *, lines: bool = True) -> None:
    """``text`` can be given to a terminal, and is as wide as its characters together."""
    for char in text:
        assert char == "\n" or unicodedata.category(char) != "Cc", f"{char!r} in {text!r}"
        assert unicodedata.category(char) not in ("Cf", "Cs", "Co", "Cn", "Zl", "Zp"), f"{char!r} in {text!r}"
        assert unicodedata.bidirectional(char) not in ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI")
    assert lines or "\n" not in text
    for line in text.split("\n"):
        assert cell_len(line) == sum(map(wcwidth, line)), repr(line)
        assert not line or wcwidth(line[0]) > 0, f"{line!r} begins with a mark that would land on its neighbour"


def token_bytes_of(*pieces: bytes, special: tuple[int, ...] = ()) -> TokenBytes:
    token_bytes = TokenBytes()
    token_bytes.add(PiecesEvent(dict(enumerate(pieces)), list(special)))
    return token_bytes


def check_canvas(pieces: list[bytes]) -> None:
    """Every token of a canvas, alone and among the others, with masks between them and without."""
    token_bytes = token_bytes_of(*pieces)
    tokens: list[int | None] = list(range(len(pieces)))
    masked: list[int | None] = [None if at % 3 == 2 else at for at in range(len(pieces))]
    for canvas in (tokens, masked):
        shown = token_bytes.texts(canvas)
        assert len(shown) == len(canvas)
        for text in shown:
            check(text)
        whole = "".join(shown)
        check(whole)
        assert cell_len(whole.replace("\n", "")) == sum(cell_len(text.replace("\n", "")) for text in shown)
        assert [at for at, token in enumerate(canvas) if token is None] == [
            at for at, text in enumerate(shown) if text == MASK and canvas[at] is None
        ]
    for token in range(len(pieces)):
        label = token_bytes.label(token)
        check(label, lines=False)
        assert label
    check(token_bytes.plain(range(len(pieces))))


@pytest.mark.parametrize("text", NASTY.values(), ids=NASTY.keys())
def test_nasty_text(text: str) -> None:
    check(clean(text))
    assert clean(clean(text)) == clean(text)
    check_canvas([text.encode()])
    check_canvas([char.encode() for char in text])


@pytest.mark.parametrize("text", NASTY.values(), ids=NASTY.keys())
@pytest.mark.parametrize("size", [1, 2, 3, 5])
def test_nasty_text_cut_into_tokens_anywhere(text: str, size: int) -> None:
    data = text.encode()
    check_canvas([data[at : at + size] for at in range(0, len(data), size)])


def test_every_character_there_is() -> None:
    rare = range(0x40000, 0xE0000, 97), range(0xF0000, 0x110000, 97)  # planes that are empty, or anybody's
    for code in itertools.chain(range(0x40000), range(0xE0000, 0xF0000), *rare):
        text = clean(chr(code))
        assert cell_len(text.replace("\n", "")) == sum(map(wcwidth, text.replace("\n", ""))), hex(code)
        if code % 7 == 0:
            check(text)


def test_ten_thousand_random_byte_strings() -> None:
    dice = random.Random(20_250_214)
    printable = bytes(range(0x20, 0x7F))
    for _ in range(1_000):
        pieces = []
        for _ in range(10):
            size = dice.randrange(1, 12)
            alphabet = dice.choice(
                [bytes(range(256)), b"\x1b[]()0123456789;mHJ\x07\\", printable, bytes(range(128, 256))]
            )
            pieces.append(bytes(dice.choice(alphabet) for _ in range(size)))
        check_canvas(pieces)


@given(
    st.lists(st.binary(max_size=6) | st.text(max_size=4).map(lambda text: text.encode("utf-8", "replace")), max_size=12)
)
def test_any_pieces(pieces: list[bytes]) -> None:
    check_canvas(pieces)


@given(st.text(), st.text())
def test_widths_add_up(left: str, right: str) -> None:
    first, second = clean(left).replace("\n", ""), clean(right).replace("\n", "")
    assert cell_len(first + second) == cell_len(first) + cell_len(second)


@given(st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E) | st.just("\n")))
def test_plain_text_is_left_alone(text: str) -> None:
    assert clean(text) == text


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=30), st.data())
def test_a_character_spread_over_tokens_is_shown_once_at_its_first(text: str, data: st.DataObject) -> None:
    raw = text.encode()
    cuts = sorted({0, len(raw), *data.draw(st.lists(st.integers(0, len(raw)), max_size=8))})
    pieces = [raw[at:to] for at, to in itertools.pairwise(cuts)]
    shown = spread(pieces)
    assert len(shown) == len(pieces)
    assert REPLACEMENT not in "".join(shown) or any(clean(char) == REPLACEMENT for char in text)
    if text.isascii() or all(unicodedata.category(char)[0] == "L" and wcwidth(char) > 0 for char in text):
        assert "".join(shown) == clean(text)


def test_half_a_character() -> None:
    euro = "€".encode()
    token_bytes = token_bytes_of(euro[:1], euro[1:2], euro[2:], b"x")
    assert token_bytes.texts([0, 1, 2, 3]) == ["€", "", "", "x"]
    assert token_bytes.texts([0, None, 2]) == [REPLACEMENT, MASK, REPLACEMENT]
    assert token_bytes.texts([0, 1]) == [REPLACEMENT, ""]
    assert token_bytes.texts([0, 3]) == [REPLACEMENT, "x"]
    assert token_bytes.texts([2, 2]) == [REPLACEMENT, REPLACEMENT]
    assert token_bytes.label(0) == "<E2>"
    assert token_bytes.plain([0, 1, 2]) == "€"


def test_a_character_may_begin_within_a_longer_token() -> None:
    euro = "€".encode()
    assert token_bytes_of(b" costs 5 " + euro[:2], euro[2:] + b"!").texts([0, 1]) == [" costs 5 €", "!"]


def test_markup_is_text() -> None:
    token_bytes = token_bytes_of(b"[MASK]", b"[/INST]", b"[bold]")
    assert token_bytes.texts([0, 1, 2]) == ["[MASK]", "[/INST]", "[bold]"]
    assert token_bytes.label(1) == "[/INST]"


def test_special_tokens_have_names_and_no_text() -> None:
    token_bytes = token_bytes_of(b"<|endoftext|>", b"<|eot_id|>", b"hello", b"", b"<|\x1b[31m|>", special=(0, 1, 3, 4))
    assert token_bytes.texts([0, 1, 2]) == [END_MARK, "‹eot›", "hello"]
    assert token_bytes.texts([3]) == ["‹3›"]
    check(token_bytes.label(4), lines=False)
    assert token_bytes.plain([2, 1, 0]) == "hello"
    assert token_bytes.bytes_of(1) == b""


def test_unknown_tokens_have_a_number() -> None:
    token_bytes = TokenBytes()
    assert token_bytes.texts([126_336]) == ["⟨126336⟩"]
    assert token_bytes.label(5) == "⟨5⟩"
    assert token_bytes.plain([5]) == ""
    assert 5 not in token_bytes


def test_what_shows_nothing_still_has_a_label() -> None:
    token_bytes = token_bytes_of("\u200b".encode(), b"", b"\n", "\u0301".encode())
    assert token_bytes.texts([0]) == [CARRIER]
    assert token_bytes.label(1) == CARRIER
    assert token_bytes.label(2) == "⏎"
    assert token_bytes.texts([3]) == [CARRIER + "\u0301"]


def test_pieces_can_be_learnt_again_and_are_bounded() -> None:
    token_bytes = token_bytes_of(b"a")
    assert token_bytes.texts([0]) == ["a"]
    token_bytes.add(PiecesEvent({0: b"b", 1: b"x" * 10 * MAX_PIECE}))
    assert token_bytes.texts([0]) == ["b"]
    assert len(token_bytes.texts([1])[0]) == MAX_PIECE
    token_bytes.add(PiecesEvent({}, [0]))
    assert token_bytes.texts([0]) == ["‹b›"]
    assert len(token_bytes) == 2


def test_marks_are_bounded() -> None:
    assert len(clean("z" + "\u0301" * 10_000)) < 10
    assert len(clean("\u0301" * 10_000)) < 10
