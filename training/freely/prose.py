"""Whether prose and verse are whole: sentences that end, no garbled word, and the things that were asked for."""

import re
from collections import Counter
from collections.abc import Sequence
from functools import cache
from itertools import islice
from random import Random

SENTENCE_END = re.compile(r"[.!?][\"']?$")


@cache
def known_words() -> frozenset[str]:
    """The corpus's English words: any other word that a prompt did not hold is taken for garbled.

    They are its list of words and what occurs twice in 30,000 answers; answers that repeat words that nobody knows
    do not count.
    """
    from training.corpus.mixture import FULL_MIX, training_examples
    from training.corpus.varied.nouns import ALL_WORDS

    drawn = islice(training_examples(Random(41), FULL_MIX), 30_000)
    answers = [example.answer.lower() for example in drawn if example.family not in ("copies", "strings", "wordplay")]
    counts = Counter(word for answer in answers for word in set(re.findall(r"[a-z]+(?:'[a-z]+)?", answer)))
    return frozenset(ALL_WORDS) | {word for word, count in counts.items() if count > 1}


def is_known(text: str, required: Sequence[str] = ()) -> bool:
    """Whether every word is an English one or was given, apart from a final s."""
    words = set(re.findall(r"[a-z]+(?:'[a-z]+)?", text.lower()))
    allowed = {part for value in required for part in re.split(r"[ |]", value.lower())}
    return all(word in known_words() or word in allowed or word.removesuffix("s") in allowed for word in words)


def holds(text: str, required: Sequence[str]) -> bool:
    """Whether every given word occurs, with or without an s; of a|b one is enough."""
    return all(
        any(re.search(rf"\b{re.escape(form)}s?\b", text, re.IGNORECASE) for form in value.split("|"))
        for value in required
    )


def stammers(text: str) -> bool:
    """Whether a word stands twice in a row."""
    return re.search(r"\b(\w+) \1\b", text, re.IGNORECASE) is not None


def is_prose(text: str, required: Sequence[str]) -> bool:
    """Whole, ungarbled, and about what was asked for."""
    whole = SENTENCE_END.search(text.strip()) is not None
    return whole and not stammers(text) and holds(text, required) and is_known(text, required)


def is_story(text: str, required: Sequence[str]) -> bool:
    """Two sentences and fifteen words at least."""
    return len(re.findall(r"[.!?]", text)) >= 2 and len(text.split()) >= 15 and is_prose(text, required)


def is_sentence(text: str, required: Sequence[str]) -> bool:
    """One sentence of three words at least."""
    return len(re.findall(r"[.!?]", text)) == 1 and len(text.split()) >= 3 and is_prose(text, required)


def is_poem(text: str, required: Sequence[str]) -> bool:
    """Two lines at least."""
    lines = [line for line in text.splitlines() if line.strip()]
    return len(lines) >= 2 and not stammers(text) and holds(text, required) and is_known(text, required)


def syllables(line: str) -> int:
    """Groups of vowels, without a silent e: an estimate."""
    return sum(max(1, len(re.findall(r"[aeiouy]+", re.sub(r"e\b", "", word)))) for word in line.lower().split())


def is_haiku(text: str, required: Sequence[str]) -> bool:
    """Three lines of about 5, 7 and 5 syllables."""
    lines = [line for line in text.splitlines() if line.strip()]
    near = len(lines) == 3 and all(
        abs(syllables(line) - target) <= 1 for line, target in zip(lines, (5, 7, 5), strict=True)
    )
    return near and is_poem(text, required)


def rhyming_pair(text: str, required: Sequence[str]) -> bool:
    """Two different words of the answer share their last two letters."""
    words = [word for word in re.findall(r"[a-z]+", text.lower()) if len(word) > 2]
    return any(a != b and a[-2:] == b[-2:] for a in words for b in words) and is_known(text)
