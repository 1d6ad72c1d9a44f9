"""The greeting of an empty stage: questions to begin with, the tour and the lessons."""

from __future__ import annotations

from textual.content import Content
from textual.style import Style

EXAMPLES = {
    True: ("Tell me a story about a bear.", "Count from 3 to 12.", "Tell me a story about a robot and a key."),
    False: (
        "Why is the sky blue?",
        "Write a haiku about a lighthouse.",
        "Lily can run 12 kilometers per hour for 4 hours. After that, she runs 6 kilometers per hour. "
        "How many kilometers can she run in 8 hours?",
    ),
}
"""Questions to begin with: for the embedded model, chosen by benchmarks/liveliness.py, and for the others."""


TITLE = "Ask something, and watch the answer come out of the blanks."
TOUR, LESSONS = "0", "lessons"
"""The choices of a click on these entries; on a question, its number."""


def welcome(*, demo: bool, new: bool, lessons: str) -> Content:
    """The words for a chat with the embedded model (``demo``) or another, with somebody who is ``new`` or has been
    here before; ``lessons`` is the key that leads to the lessons."""
    entries = [(str(number), example, "") for number, example in enumerate(EXAMPLES[demo], 1)]
    entries.append((TOUR, "New here? Take the tour: two minutes.", "bold") if new else (TOUR, "The tour", ""))
    words = [Content.styled("Try one of these: click it, or type its number, then enter.\n", "dim")]
    for entry, text, style in entries:
        words.append(_entry(entry, entry, text, style, "$warning" if style else "$accent"))
    words.append(_entry(lessons, LESSONS, "The lessons: why this works, shown step by step.", "", "$accent"))
    if demo:
        words.append(
            Content.styled(
                "\n\nThis is the small model that comes with llada-tui. It knows a small world: sums, simple "
                "facts, short stories, word games. Real ones run on most machines, and "
                "llada-tui models recommend says which runs on yours.",
                "dim",
            )
        )
    return Content.assemble(*words)


def _entry(key: str, entry: str, text: str, style: str, colour: str) -> Content:
    """A line of the list: its key, and words that can be clicked."""
    line = Content.assemble((f"{key:>4}  ", f"bold {colour}"), (text, style))
    return Content.assemble("\n", line.stylize(Style.from_meta({"@click": f"choose({entry!r})"})))
