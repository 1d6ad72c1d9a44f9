"""What an empty stage says: questions to begin with, the tour and the lessons."""

from __future__ import annotations

from textual.content import Content

EXAMPLES = {
    True: ("Tell me a story about a bear.", "Count from 7 to 16.", "Tell me a story about a robot and a key."),
    False: (
        "Why is the sky blue?",
        "Write a haiku about a lighthouse.",
        "Lily can run 12 kilometers per hour for 4 hours. After that, she runs 6 kilometers per hour. "
        "How many kilometers can she run in 8 hours?",
    ),
}
"""Questions to begin with: for the embedded model, chosen by benchmarks/liveliness.py, and for the others."""


def welcome(*, demo: bool, new: bool, lessons: str) -> Content:
    """The words for a chat with the embedded model (``demo``) or another, with somebody who is ``new`` or has been
    here before; ``lessons`` is the key that leads to the lessons."""
    words: list[str | tuple[str, str]] = [
        ("Ask something, and watch the answer come out of the blanks.\n\n", "bold"),
        ("Try one of these: type its number, then enter.\n", "dim"),
    ]
    for number, example in enumerate(EXAMPLES[demo], 1):
        words += [(f"\n{number:>4}  ", "bold $accent"), example]
    if new:
        words += [("\n   0  ", "bold $warning"), ("New here? Take the tour: two minutes.", "bold")]
    else:
        words += [("\n   0  ", "bold $accent"), "The tour"]
    words += [(f"\n{lessons:>4}  ", "bold $accent"), "The lessons: why this works, shown step by step."]
    if demo:
        words.append(
            (
                "\n\nThis is the small model that comes with llada-tui. It knows a small world: sums, simple "
                "facts, short stories, word games. For the real one: "
                "llada-tui chat --model GSAI-ML/LLaDA-8B-Instruct",
                "dim",
            )
        )
    return Content.assemble(*words)
