"""A run as Markdown: what was asked, with which settings, the steps as text, and the answer."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from llada_tui.export.frame_renderer import FrameRenderer, caption
from llada_tui.export.run_timeline import Frame
from llada_tui.export.settings_words import settings_of
from llada_tui.export.small_pictures import SmallPicture
from llada_tui.trace.text import clean

_FEW = 12
"""Most steps that are shown unfolded."""


def render_markdown(renderer: FrameRenderer, frames: Sequence[Frame], pictures: Sequence[SmallPicture] = ()) -> str:
    """Some frames as a document, and the pictures of the question. The renderer hides guesses: text alone could not
    tell them from committed tokens."""
    return "\n".join(_lines(renderer, frames, pictures)).rstrip() + "\n"


def _lines(renderer: FrameRenderer, frames: Sequence[Frame], pictures: Sequence[SmallPicture]) -> Iterator[str]:
    timeline = renderer.timeline
    run = timeline.run
    yield f"# {_escaped(_on_one_line(run.question)) or 'A run'}\n"
    if "\n" in run.question.strip():
        yield f"{_fenced(clean(run.question))}\n"
    for picture in pictures:
        yield f"![picture {picture.number}]({picture.address})\n"
    model = run.start.model
    where = ", ".join(part for part in (model.dtype, model.quantization, model.device) if part)
    yield f"Written by {_code(model.id)} ({_escaped(clean(where))}) in {timeline.steps[1]} steps, with llada-tui.\n"
    yield "| setting | value |\n| --- | --- |"
    for name, value in settings_of(run.settings_at(run.last)):
        yield f"| {name} | {_code(value)} |"
    yield ""
    folded = len(frames) > _FEW
    if folded:
        yield f"<details>\n<summary>{len(frames)} steps</summary>\n"
    for frame in frames:
        yield f"{caption(timeline, frame)}\n\n{_fenced(renderer.canvas(frame))}\n"
    if folded:
        yield "</details>\n"
    yield f"## Answer\n\n{_fenced(clean(run.answer()))}"


def _on_one_line(text: str) -> str:
    words = " ".join(clean(text).split())
    return words if len(words) <= 200 else words[:199] + "…"


def _escaped(text: str) -> str:
    """Text that Markdown, and the HTML in it, take as it is."""
    return re.sub(r"([\\`*_{}\[\]<>()#+\-.!|~&])", r"\\\1", text)


def _code(text: str) -> str:
    """Text on one line as code, in a table too."""
    text = clean(text).replace("\n", " ").replace("|", "\\|")
    ticks = "`" * (_longest_ticks(text) + 1)
    return f"{ticks} {text} {ticks}" if "`" in text else f"`{text}`"


def _fenced(text: str) -> str:
    """Text in a fence longer than any in it."""
    fence = "`" * max(3, _longest_ticks(text) + 1)
    return f"{fence}text\n{text}\n{fence}"


def _longest_ticks(text: str) -> int:
    """The length of the longest sequence of backticks in a text."""
    return max(map(len, re.findall("`+", text)), default=0)
