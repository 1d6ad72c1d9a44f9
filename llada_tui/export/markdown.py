"""A run as Markdown: what was asked, with which settings, the steps as text, and the answer."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from llada_tui.export.frame_renderer import Sheet, caption
from llada_tui.export.run_timeline import Moment
from llada_tui.export.settings_words import settings_of
from llada_tui.trace.text import clean

_FEW = 12
"""Steps that are shown unfolded."""


def render_markdown(sheet: Sheet, moments: Sequence[Moment]) -> str:
    """The moments of a sheet, whose masks hide their guesses: text alone could not tell them from what was kept."""
    return "\n".join(_lines(sheet, moments)).rstrip() + "\n"


def _lines(sheet: Sheet, moments: Sequence[Moment]) -> Iterator[str]:
    story = sheet.story
    run = story.run
    yield f"# {_escaped(_on_one_line(run.question)) or 'A run'}\n"
    if "\n" in run.question.strip():
        yield f"{_fenced(clean(run.question))}\n"
    model = run.start.model
    where = ", ".join(part for part in (model.dtype, model.quantization, model.device) if part)
    yield f"Written by {_code(model.id)} ({_escaped(clean(where))}) in {story.steps[1]} steps, with llada-tui.\n"
    yield "| setting | value |\n| --- | --- |"
    for name, value in settings_of(run.settings_at(run.last)):
        yield f"| {name} | {_code(value)} |"
    yield ""
    folded = len(moments) > _FEW
    if folded:
        yield f"<details>\n<summary>{len(moments)} steps</summary>\n"
    for moment in moments:
        yield f"{caption(story, moment)}\n\n{_fenced(sheet.canvas(moment))}\n"
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
    ticks = "`" * (max((len(found) for found in re.findall("`+", text)), default=0) + 1)
    return f"{ticks} {text} {ticks}" if "`" in text else f"`{text}`"


def _fenced(text: str) -> str:
    """Text in a fence longer than any in it."""
    fence = "`" * max(3, max((len(found) for found in re.findall("`+", text)), default=0) + 1)
    return f"{fence}text\n{text}\n{fence}"
