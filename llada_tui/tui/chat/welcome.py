"""The greeting of an empty stage: questions to begin with, the tour and the lessons."""

from __future__ import annotations

from textual.content import Content
from textual.style import Style

from llada_tui.models.recommendation import Recommendation
from llada_tui.units import size_words

EXAMPLES = {
    True: ("Tell me a story about a bear.", "Count from 3 to 11.", "Tell me a story about a robot and a key."),
    False: (
        "Why is the sky blue?",
        "Write a haiku about a lighthouse.",
        "Lily can run 12 kilometers per hour for 4 hours. After that, she runs 6 kilometers per hour. "
        "How many kilometers can she run in 8 hours?",
    ),
}
"""Questions to begin with: for the embedded model, chosen by benchmarks/liveliness.py, and for the others."""


TITLE = "Ask something, and watch the answer come out of the blanks."
TOUR, LESSONS, MODELS = "0", "lessons", "model"
"""The choices of a click on these entries; on a question, its number."""


def welcome(
    *, demo: bool, new: bool, lessons: str, models: str, proposal: Recommendation | None
) -> tuple[list[Content], Content]:
    """The words, from the longest form to the shortest, and the entries alone, a line each, for a chat with the
    embedded model (``demo``) or another, with somebody who is ``new`` or has been here before; ``lessons`` and
    ``models`` are the keys that lead to the lessons and to other models, of which ``proposal`` is the one to begin
    with on this machine, if that is known."""
    choices = [(str(number), example, "") for number, example in enumerate(EXAMPLES[demo], 1)]
    choices.append((TOUR, "New here? Take the tour: two minutes.", "bold") if new else (TOUR, "The tour", ""))
    lines = [_entry(entry, entry, text, style, "$warning" if style else "$accent") for entry, text, style in choices]
    if demo:
        lines.append(_entry(models, MODELS, proposed(proposal), "", "$accent"))
    lines.append(_entry(lessons, LESSONS, "The lessons: why this works, shown step by step.", "", "$accent"))
    entries = Content("\n").join(lines)
    forms = [
        Content.assemble(Content.styled(words, "dim"), "\n", entries)
        for words in (
            "Try one of these: click it, or type its number, then enter.",
            "Click one, or type its number, then enter.",
        )
    ]
    if demo:
        small = "This is the small model that comes with llada-tui. It knows a small world: sums, simple facts, short "
        real = " This machine can run a real one." if proposal is not None else ""
        about = Content.styled(f"{small}stories, word games.{real}", "dim")
        forms.insert(0, Content.assemble(forms[0], "\n\n", about))
    return forms, entries


def proposed(proposal: Recommendation | None) -> str:
    """The sentence that leads to a real model."""
    if proposal is None:
        return "Choose a real model, which answers anything."
    name = proposal.checkpoint.name.partition(",")[0]
    return f"Run {name} here: {size_words(proposal.download)} download."


def _entry(key: str, entry: str, text: str, style: str, colour: str) -> Content:
    """A line of the list: its key, and words that can be clicked."""
    line = Content.assemble((f"{key:>4}  ", f"bold {colour}"), (text, style))
    return line.stylize(Style.from_meta({"@click": f"choose({entry!r})"}))
