"""Kitty's graphics protocol, as far as pictures need it that lie in cells as text does: "Unicode placeholders"
(https://sw.kovidgoyal.net/kitty/graphics-protocol/#unicode-placeholders).

A picture is sent once, with a number. Wherever a cell holds the placeholder, its marks tell which row and column of the
picture is shown there, and its colour is the picture's number. So a picture scrolls, is cropped and is covered like
text, and nothing else of the screen moves.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence

_CHUNK = 4096
"""Most letters of a picture's data in one message."""
_PLACEHOLDER = "\U0010eeee"
_MARKS = (
    "0305 030d 030e 0310 0312 033d 033e 033f 0346 034a 034b 034c 0350 0351 0352 0357 "
    "035b 0363 0364 0365 0366 0367 0368 0369 036a 036b 036c 036d 036e 036f 0483 0484 "
    "0485 0486 0487 0592 0593 0594 0595 0597 0598 0599 059c 059d 059e 059f 05a0 05a1 "
    "05a8 05a9 05ab 05ac 05af 05c4 0610 0611 0612 0613 0614 0615 0616 0617 0657 0658 "
    "0659 065a 065b 065d 065e 06d6 06d7 06d8 06d9 06da 06db 06dc 06df 06e0 06e1 06e2 "
    "06e4 06e7 06e8 06eb 06ec 0730 0732 0733 0735 0736 073a 073d 073f 0740 0741 0743 "
    "0745 0747 0749 074a 07eb 07ec 07ed 07ee 07ef 07f0 07f1 07f3 0816 0817 0818 0819 "
    "081b 081c 081d 081e 081f 0820 0821 0822 0823 0825 0826 0827 0829 082a 082b 082c "
)
_DIACRITICS = [chr(int(code, 16)) for code in _MARKS.split()]
"""The mark of each row and column, in kitty's order (the first 128 of its list)."""
MOST = len(_DIACRITICS)
"""Most rows, and most columns, of a picture."""


def is_multiplexed(environment: Mapping[str, str]) -> bool:
    """Whether a multiplexer is between the program and the terminal: it passes no pictures on."""
    return any(environment.get(name) for name in ("TMUX", "STY", "ZELLIJ"))


def can_draw(environment: Mapping[str, str]) -> bool:
    """Whether a terminal's names are those of one that draws such pictures; an old kitty does not (`is_new_enough`)."""
    if is_multiplexed(environment):
        return False
    term = environment.get("TERM", "")
    return term in ("xterm-kitty", "xterm-ghostty") and environment.get("COLORTERM") in ("truecolor", "24bit")


def is_new_enough(attributes: Sequence[int]) -> bool:
    """Whether kitty draws such pictures, as it does from 0.28 on, by its secondary device attributes: 1, its major
    version and 4000, its minor version."""
    return len(attributes) == 3 and (attributes[1] - 4000, attributes[2]) >= (0, 28)


def sent(number: int, png: bytes) -> str:
    """The messages that give the terminal a picture. It answers none of them."""
    data = base64.standard_b64encode(png).decode()
    chunks = [data[at : at + _CHUNK] for at in range(0, len(data), _CHUNK)]
    messages = [f"\x1b_Gi={number},f=100,q=2,m={int(len(chunks) > 1)};{chunks[0]}\x1b\\"]
    messages += [f"\x1b_Gq=2,m={int(at + 1 < len(chunks))};{chunks[at]}\x1b\\" for at in range(1, len(chunks))]
    return "".join(messages)


def placed(number: int, columns: int, rows: int) -> str:
    """The message that fits a picture into so many cells, wherever its placeholders are."""
    return f"\x1b_Ga=p,U=1,i={number},p=1,c={columns},r={rows},q=2\x1b\\"


def deleted(number: int) -> str:
    """The message that takes a picture out of the terminal's memory."""
    return f"\x1b_Ga=d,d=I,i={number},q=2\x1b\\"


def placeholder(column: int, row: int) -> str:
    """The text of a cell that shows this column and row of a picture; its colour is `number_colour`."""
    return _PLACEHOLDER + _DIACRITICS[row] + _DIACRITICS[column]


def number_colour(number: int) -> str:
    """The colour of a picture's placeholders."""
    return f"#{number:06x}"
