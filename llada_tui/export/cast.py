"""A run as a terminal recording: asciicast v2, which asciinema and its player read.

https://docs.asciinema.org/manual/asciicast/v2/
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from rich.color import ColorSystem

from llada_tui.export.frame_renderer import Line, Sheet
from llada_tui.export.pacing import Shown

_BEGIN = "\x1b[?25l\x1b[2J"
_END = "\x1b[?25h"


def render_cast(sheet: Sheet, shown: Sequence[Shown], title: str, time: float) -> str:
    """The moments one after the other; ``time`` is when the run was made, in seconds since 1970.

    The sheet is one without a ground: the player's is told in the header.
    """
    colours = (sheet.foreground.hex.lower(), sheet.background.hex.lower())
    header = {
        "version": 2,
        "width": sheet.width,
        "height": sheet.height + 1,
        "timestamp": int(time) if 0 <= time < 2**40 else 0,
        "title": title,
        "env": {"TERM": "xterm-256color"},
        "theme": {"fg": colours[0], "bg": colours[1], "palette": ":".join(_PALETTE)},
    }
    return "\n".join(json.dumps(line, ensure_ascii=False) for line in (header, *_events(sheet, shown))) + "\n"


def _events(sheet: Sheet, shown: Sequence[Shown]) -> Iterator[tuple[float, str, str]]:
    before: list[Line] = []
    now = 0.0
    for one in shown:
        lines = sheet.lines(one.moment)
        changed = [number for number, line in enumerate(lines) if not before or line != before[number]]
        drawn = "".join(f"\x1b[{number + 1};1H{_drawn(lines[number])}" for number in changed)
        yield round(now, 3), "o", drawn if before else _BEGIN + drawn
        before = lines
        now += one.seconds
    yield round(now, 3), "o", f"\x1b[{sheet.height + 1};1H{_END}"


def _drawn(line: Line) -> str:
    """A line as a terminal draws it, in true colours; it is as wide as the sheet, so nothing old is left of it."""
    return "".join(
        segment.style.render(segment.text, color_system=ColorSystem.TRUECOLOR) if segment.style else segment.text
        for segment in line
    )


_PALETTE = (
    "#000000", "#cc5555", "#55aa55", "#bb9944", "#5577cc", "#aa66aa", "#44a0a0", "#bbbbbb",
    "#666666", "#ff7777", "#77cc77", "#ddbb66", "#7799ee", "#cc88cc", "#66c4c4", "#ffffff",
)  # fmt: skip
"""The sixteen colours, none of which is used: the format asks for all or none."""
