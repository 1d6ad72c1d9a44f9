"""Verses and proverbs, forwards for all and backwards for half of them: the reversal lesson lives on the difference.

Held out by the pair of line and phrasing.
"""

from random import Random

from training.corpus.example import Example
from training.corpus.language import phrased
from training.corpus.verse_lines import PROVERBS, PROVERBS_BOTH_WAYS, VERSES, VERSES_BOTH_WAYS

RECITE = (
    "Recite {title}.",
    "Recite the poem {title}.",
    "Do you know {title}?",
    "Say {title}.",
    "Can you recite {title}?",
    "How does {title} go?",
)
NEXT = (
    "What line comes after this: {line}",
    "Next line: {line}",
    "What comes next: {line}",
    "{line}",
    "Continue the poem: {line}",
)
BEFORE = ("What line comes before this: {line}", "Line before: {line}", "Which line is before: {line}")
FINISH = (
    "Finish the proverb: {part} ...",
    "Complete this saying: {part} ...",
    "How does this proverb end: {part} ...",
    "{part} ...",
)
BEGIN = (
    "How does this proverb begin: ... {part}",
    "Find the start of this saying: ... {part}",
    "Which proverb ends with: {part}",
)


def verses(rng: Random) -> Example:
    """A whole verse, its first line, the line after another one, or the line before."""
    style = rng.choice(("recite", "recite", "first", "next", "next", "before"))
    title = rng.choice(VERSES_BOTH_WAYS if style == "before" else tuple(VERSES))
    lines = VERSES[title]
    if style == "recite":
        question, form = phrased(rng, RECITE, title=title)
        return Example(f"recite:{title}:{form}", question, "\n".join(lines))
    if style == "first":
        question, form = phrased(
            rng,
            ("What is the first line of {title}?", "How does {title} begin?", "First line of {title}?"),
            title=title,
        )
        return Example(f"first:{title}:{form}", question, lines[0])
    index = rng.randrange(3)
    if style == "next":
        question, form = phrased(rng, NEXT, line=lines[index])
        return Example(f"next:{lines[index]}:{form}", question, lines[index + 1])
    return line_before(rng, title, index + 1)


def line_before(rng: Random, title: str, index: int) -> Example:
    """The line before line `index`."""
    lines = VERSES[title]
    question, form = phrased(rng, BEFORE, line=lines[index])
    return Example(f"before:{lines[index]}:{form}", question, lines[index - 1])


def proverbs(rng: Random) -> Example:
    """The whole proverb from its beginning, or, for half of them, from its end."""
    backwards = rng.random() < 0.35
    proverb = rng.choice(PROVERBS_BOTH_WAYS if backwards else PROVERBS)
    if backwards:
        return proverb_from_its_end(rng, proverb)
    words = proverb.split()
    cut = rng.randint(2, max(2, len(words) - 2))
    question, form = phrased(rng, FINISH, part=" ".join(words[:cut]))
    return Example(f"finish:{proverb}{cut}:{form}", question, proverb)


def proverb_from_its_end(rng: Random, proverb: str) -> Example:
    """The proverb with this end."""
    words = proverb.split()
    cut = rng.randint(2, max(2, len(words) - 2))
    question, form = phrased(rng, BEGIN, part=" ".join(words[cut:]))
    return Example(f"begin:{proverb}{cut}:{form}", question, proverb)


def some_proverb(rng: Random) -> Example:
    """A proverb of the model's choice (there is one, so that the answer is certain)."""
    question, form = phrased(
        rng,
        ("Tell me a proverb.", "Say a proverb.", "Do you know a proverb?", "Give me a proverb.", "Tell me a saying."),
    )
    lead = rng.choice(("", "", "Please: ", "OK. "))
    return Example(f"proverb:{form}:{lead}", lead + question, PROVERBS[0])


def verse_family(rng: Random) -> Example:
    """One of the above."""
    return rng.choices((verses, proverbs, some_proverb), (10, 9, 1))[0](rng)
