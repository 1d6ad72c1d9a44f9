"""Small pieces of English that several families need."""

from collections.abc import Sequence
from random import Random

ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen"
).split()
TENS = "zero ten twenty thirty forty fifty sixty seventy eighty ninety".split()


def number_in_words(number: int) -> str:
    """Numbers from 0 to 100 as English words."""
    if number < 20:
        return ONES[number]
    if number == 100:
        return "one hundred"
    tens, ones = divmod(number, 10)
    return f"{TENS[tens]}-{ONES[ones]}" if ones else TENS[tens]


def capitalized(text: str) -> str:
    """The text with its first letter in upper case and the rest untouched."""
    return text[:1].upper() + text[1:]


def with_article(noun: str) -> str:
    """The noun behind "a" or "an"."""
    takes_an = noun[0].lower() in "aeiou" and not noun.startswith(("unicorn", "uni", "use", "one"))
    return f"{'an' if takes_an else 'a'} {noun}"


def spelled(word: str) -> str:
    """What every answer about a word's letters says first: "The word nest is spelled N-E-S-T"."""
    return f"The word {word} is spelled {'-'.join(word.upper())}"


def joined(words: Sequence[str]) -> str:
    """ "a, b and c"."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def phrased(rng: Random, phrasings: Sequence[str], /, **fields: object) -> tuple[str, int]:
    """One of the phrasings with its fields filled in, and which one it was (for the held-out key)."""
    index = rng.randrange(len(phrasings))
    return phrasings[index].format(**fields), index
