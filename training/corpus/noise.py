"""The noise of how people really type: lower case, no full stop, a slip of the finger. Applied to training prompts
only."""

import re
from random import Random

# Families whose prompts carry nothing that lower case would destroy.
MAY_BE_LOWER_CASE = frozenset(
    "sums comparisons doubles sequences neighbours word_problems facts stories sentences poems "
    "lists itself beyond".split()
)
# Only these words get slips; a slip in the word that is asked about would make the answer wrong.
MAY_HAVE_SLIPS = re.compile(
    r"\b(what|which|capital|write|story|about|please|tell|reverse|calculate|python|function|opposite|explain|"
    r"sentence|letters|backwards|poem|plural|country|finish|proverb|count|numbers|recite)\b",
    re.IGNORECASE,
)


def slip(rng: Random, word: str) -> str:
    """The word with two neighbouring letters swapped, one left out or one doubled."""
    at = rng.randrange(1, len(word) - 1)
    return rng.choice(
        (
            word[:at] + word[at + 1] + word[at] + word[at + 2 :],
            word[:at] + word[at + 1 :],
            word[:at] + word[at] + word[at:],
        )
    )


def typed(rng: Random, family: str, prompt: str) -> str:
    """The prompt as somebody in a hurry would type it; most prompts stay as they are."""
    if family in MAY_BE_LOWER_CASE and rng.random() < 0.22:
        prompt = prompt.lower()
    elif family not in ("copies", "verses", "smalltalk", "word_problems") and rng.random() < 0.1:
        prompt = prompt[:1].lower() + prompt[1:]
    if family not in ("copies", "verses") and len(prompt) > 2 and prompt[-1] in ".?" and rng.random() < 0.18:
        prompt = prompt[:-1]
    if family not in ("copies", "verses") and rng.random() < 0.06:
        words = list(MAY_HAVE_SLIPS.finditer(prompt))
        if words:
            match = rng.choice(words)
            prompt = prompt[: match.start()] + slip(rng, match.group()) + prompt[match.end() :]
    return prompt
