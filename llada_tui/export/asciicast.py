"""A run as a terminal recording: asciicast v2, which asciinema and its player read.

https://docs.asciinema.org/manual/asciicast/v2/
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from rich.color import ColorSystem

from llada_tui.export.frame_renderer import FrameRenderer, Line
from llada_tui.export.timed_frames import TimedFrame

_BEGIN = "\x1b[?25l\x1b[2J"
_END = "\x1b[?25h"


def render_cast(renderer: FrameRenderer, timed_frames: Sequence[TimedFrame], title: str, time: float) -> str:
    """The frames one after the other; ``time`` is when the run was made, in seconds since 1970.

    The renderer leaves the background alone: the header names the player's.
    """
    foreground, background = renderer.foreground.hex.lower(), renderer.background.hex.lower()
    header = {
        "version": 2,
        "width": renderer.width,
        "height": renderer.height + 1,
        "timestamp": int(time) if 0 <= time < 2**40 else 0,
        "title": title,
        "env": {"TERM": "xterm-256color"},
        "theme": {"fg": foreground, "bg": background, "palette": ":".join(_PALETTE)},
    }
    lines = (header, *_events(renderer, timed_frames))
    return "\n".join(json.dumps(line, ensure_ascii=False) for line in lines) + "\n"


def _events(renderer: FrameRenderer, timed_frames: Sequence[TimedFrame]) -> Iterator[tuple[float, str, str]]:
    """Seconds since the start, the kind of event (output) and what the terminal gets; only changed lines are drawn."""
    before: list[Line] = []
    now = 0.0
    for frame, seconds in timed_frames:
        lines = renderer.lines(frame)
        changed = [number for number, line in enumerate(lines) if not before or line != before[number]]
        drawn = "".join(f"\x1b[{number + 1};1H{_drawn(lines[number])}" for number in changed)
        yield round(now, 3), "o", drawn if before else _BEGIN + drawn
        before = lines
        now += seconds
    yield round(now, 3), "o", f"\x1b[{renderer.height + 1};1H{_END}"


def _drawn(line: Line) -> str:
    """A line in true colours. It is as wide as the terminal, so it covers the line before it."""
    return "".join(
        segment.style.render(segment.text, color_system=ColorSystem.TRUECOLOR) if segment.style else segment.text
        for segment in line
    )


_PALETTE = (
    "#000000", "#cc5555", "#55aa55", "#bb9944", "#5577cc", "#aa66aa", "#44a0a0", "#bbbbbb",
    "#666666", "#ff7777", "#77cc77", "#ddbb66", "#7799ee", "#cc88cc", "#66c4c4", "#ffffff",
)  # fmt: skip
"""The terminal's sixteen colours. None is used, but the format asks for all of them or none."""
