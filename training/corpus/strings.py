"""Copying and string tasks: say, repeat, reverse, spell, count, sort.

Letters of words in capitals are single tokens, so "Reverse LANTERN." shows the model what it has to turn round; a
lower-case word has to be known by heart.
"""

from collections.abc import Callable
from random import Random

from training.corpus.beyond import made_up_name
from training.corpus.beyond_words import TOPICS
from training.corpus.example import Example
from training.corpus.language import ONES, capitalized, phrased, spelled
from training.corpus.word_problems import FEMALE, MALE
from training.corpus.words import COLORS, COMMON, CONSONANTS, FRUITS, SUBJECTS, VOWELS


def capital_word(rng: Random) -> str:
    """A known word in capitals, or a made-up one that can be spoken."""
    if rng.random() < 0.45:
        return rng.choice([word for word in COMMON if len(word) < 8]).upper()
    starts_with_vowel = rng.random() < 0.3
    letters = [
        rng.choice(VOWELS if (index % 2 == 0) == starts_with_vowel else CONSONANTS)
        for index in range(rng.randint(3, 7))
    ]
    return "".join(letters)


def some_word(rng: Random) -> str:
    """A known word, a name, a capital word, a number, or what a poem may be asked about."""
    words = (COMMON, COMMON, FEMALE + MALE, SUBJECTS, TOPICS, [made_up_name(rng)], [capital_word(rng)])
    return rng.choice((*map(rng.choice, words), str(rng.randint(0, 99))))


def copies(rng: Random) -> Example:
    """The copy-only family: say exactly this. It also starts training, before anything else."""
    count = rng.choice((1, 1, 2, 3, 3, 4))
    text = (
        " ".join(some_word(rng) for _ in range(count))
        if rng.random() < 0.8
        else ", ".join(some_word(rng) for _ in range(count))
    )
    question, _ = phrased(
        rng,
        (
            "Say {text}.",
            "Repeat: {text}",
            "Repeat after me: {text}",
            "Say: {text}",
            "Write {text}.",
            "Copy this: {text}",
            "say {text}",
        ),
        text=text,
    )
    return Example(f"copy:{text}", question, text)


def repeats(rng: Random) -> Example:
    """The same word several times."""
    word, count = rng.choice(COMMON), rng.randint(2, 5)
    question, form = phrased(
        rng,
        (
            "Say {word} {n} times.",
            "Repeat the word {word} {n} times.",
            "Write {word} {words} times.",
            "Repeat {word} {n} times.",
        ),
        word=word,
        n=count,
        words=ONES[count],
    )
    return Example(f"repeat:{word}{count}{form}", question, " ".join([word] * count))


def reversals(rng: Random) -> Example:
    """A word backwards."""
    word = capital_word(rng)
    shown = word.lower() if word.lower() in COMMON and rng.random() < 0.35 else word
    question, _ = phrased(
        rng,
        (
            "Reverse {word}.",
            "Reverse the word {word}.",
            "Write {word} backwards.",
            "What is {word} backwards?",
            "Spell {word} backwards.",
            "reverse {word}",
        ),
        word=shown,
    )
    return Example(f"reverse:{shown}", question, f"{word} backwards is {word[::-1]}.")


def spellings(rng: Random) -> Example:
    """A known word letter by letter."""
    word = rng.choice(COMMON)
    question, form = phrased(
        rng, ("Spell {word}.", "How do you spell {word}?", "Spell the word {word}.", "Can you spell {word}?"), word=word
    )
    formerly = f"{capitalized(word)} is spelled {'-'.join(word.upper())}."
    return Example(f"spell:{word}:{form}", question, f"{spelled(word)}.", alternatives=(formerly,))


def lengths(rng: Random) -> Example:
    """The number of letters of a word."""
    word = capital_word(rng)
    shown = word.lower() if word.lower() in COMMON and rng.random() < 0.5 else word
    question, _ = phrased(
        rng,
        (
            "How many letters are in {word}?",
            "How many letters does {word} have?",
            "Count the letters in {word}.",
            "How long is the word {word}?",
        ),
        word=shown,
    )
    formerly = f"{shown} is {'-'.join(word.upper())}: {len(word)} letters."
    return Example(f"length:{shown}", question, f"{spelled(shown)}: {len(word)} letters.", alternatives=(formerly,))


def letters(rng: Random) -> Example:
    """The first or last letter of a word."""
    word, which = capital_word(rng), rng.choice(("first", "last"))
    question, _ = phrased(
        rng,
        ("What is the {which} letter of {word}?", "{which} letter of {word}?", "Which letter comes {which} in {word}?"),
        which=which,
        word=word,
    )
    letter = word[0] if which == "first" else word[-1]
    formerly = f"The {which} letter of {word} is {letter}."
    answer = f"{spelled(word)}: its {which} letter is {letter}."
    return Example(f"{which}:{word}", capitalized(question), answer, alternatives=(formerly,))


def cases(rng: Random) -> Example:
    """A word in capital or small letters."""
    word = rng.choice(COMMON)
    if rng.random() < 0.7:
        question, form = phrased(
            rng,
            (
                "Write {word} in capital letters.",
                "Write {word} in uppercase.",
                "Put {word} in capitals.",
                "{word} in capitals",
            ),
            word=word,
        )
        return Example(f"upper:{word}:{form}", question, f"{word} in capitals is {word.upper()}.")
    question, form = phrased(
        rng, ("Write {word} in small letters.", "Write {word} in lowercase.", "{word} in lowercase"), word=word.upper()
    )
    return Example(f"lower:{word}:{form}", question, f"{word.upper()} in lowercase is {word}.")


def sorted_numbers(rng: Random) -> Example:
    """Three or four numbers in order."""
    numbers = rng.sample(range(rng.choice((20, 100))), rng.choice((3, 3, 4)))
    unsorted = ", ".join(map(str, numbers))
    question, _ = phrased(
        rng, ("Sort these numbers: {given}.", "Sort {given}.", "Put these numbers in order: {given}."), given=unsorted
    )
    return Example(f"sort:{unsorted}", question, f"In order: {', '.join(map(str, sorted(numbers)))}.")


def sorted_words(rng: Random) -> Example:
    """Three words in alphabetical order."""
    words = rng.sample(rng.choice((FRUITS, COLORS, COMMON[:80])), 3)
    unsorted = ", ".join(words)
    question, _ = phrased(
        rng,
        ("Sort these words: {given}.", "Put these words in alphabetical order: {given}.", "Sort {given}."),
        given=unsorted,
    )
    return Example(f"sort:{unsorted}", question, f"In order: {', '.join(sorted(words))}.")


def reversed_lists(rng: Random) -> Example:
    """A list of words backwards."""
    words = rng.sample(COMMON, rng.choice((3, 3, 4)))
    unsorted = ", ".join(words)
    question, _ = phrased(
        rng,
        ("Reverse this list: {given}.", "Write this list backwards: {given}.", "Reverse the list {given}."),
        given=unsorted,
    )
    return Example(f"backwards:{unsorted}", question, f"Backwards: {', '.join(reversed(words))}.")


KINDS: tuple[tuple[Callable[[Random], Example], int], ...] = (
    (reversals, 6),
    (repeats, 2),
    (spellings, 3),
    (lengths, 2),
    (letters, 2),
    (cases, 2),
    (sorted_numbers, 3),
    (sorted_words, 1),
    (reversed_lists, 2),
)


def strings(rng: Random) -> Example:
    """One string task."""
    kind = rng.choices([kind for kind, _ in KINDS], [weight for _, weight in KINDS])[0]
    return kind(rng)
