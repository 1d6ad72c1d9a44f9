"""String work on any word: reverse, spell, count, pick letters, change the case, say, repeat, join.

The answers have the forms of strings.py: letters appear in capitals, one token each.
"""

from random import Random

from training.corpus.example import Example
from training.corpus.language import spelled
from training.corpus.strings import capital_word
from training.corpus.varied.grammar import asked, quoted, the_word
from training.corpus.varied.nouns import any_word
from training.corpus.varied.sayings import copies, joins, repeats

ORDINALS = ("first", "second", "third", "fourth", "fifth")


def shown_word(rng: Random) -> str:
    """A word in small letters, or now and then in capitals."""
    return capital_word(rng) if rng.random() < 0.2 else any_word(rng)


def reversals(rng: Random) -> Example:
    """A word or a number backwards."""
    word = str(rng.randint(10, 99999)) if rng.random() < 0.12 else shown_word(rng)
    w, x = the_word(rng, word), quoted(rng, word)
    prompt = asked(
        rng,
        (
            f"{w} backwards",
            f"{w} spelled backwards",
            f"{w} reversed",
            f"the reverse of {w}",
            f"{w} turned round",
            f"{w} from back to front",
        ),
        (
            f"reverse {w}",
            f"reverse {w}",
            f"write {w} backwards",
            f"spell {w} backwards",
            f"turn {w} around",
            f"turn {w} round",
            f"flip {w}",
            f"say {w} backwards",
            f"reverse the letters of {x}",
            f"reverse the letters in {x}",
            f"invert {w}",
            f"read {w} backwards",
        ),
        (
            f"what is {w} backwards",
            f"how do you write {w} backwards",
            f"how is {w} spelled backwards",
            f"what does {w} give backwards",
        ),
        (
            f"backwards: {word}",
            f"reverse: {word}",
            f"{word} backwards",
            f"{word}, backwards",
            f"{word} -> backwards",
            f"reversed {word}?",
            f"{x} in reverse",
        ),
        keep_case=word.isupper(),
    )
    return Example(f"reverse:{word}", prompt, f"{word.upper()} backwards is {word.upper()[::-1]}.")


def spellings(rng: Random) -> Example:
    """A word letter by letter."""
    word = any_word(rng)
    w, x = the_word(rng, word), quoted(rng, word)
    prompt = asked(
        rng,
        (f"the spelling of {w}", f"the letters of {x}, one by one", f"the letters of {w}", f"{x}, letter by letter"),
        (
            f"spell {w}",
            f"spell {w}",
            f"spell {w} letter by letter",
            f"spell out {w}",
            f"list the letters of {x}",
            f"spell {x} slowly",
        ),
        (
            f"how do you spell {w}",
            f"how is {w} spelled",
            f"how does one spell {w}",
            f"what are the letters of {x}",
            f"how do I spell {w}",
        ),
        (
            f"spelling of {word}",
            f"spell: {word}",
            f"{word}, spelled?",
            f"letters in {word}, one by one",
            f"{word}: spell it",
            f"how to spell {word}",
        ),
    )
    return Example(f"spell:{word}", prompt, f"{spelled(word)}.")


def lengths(rng: Random) -> Example:
    """The number of letters of a word."""
    word = shown_word(rng)
    w, x = the_word(rng, word), quoted(rng, word)
    prompt = asked(
        rng,
        (
            f"the number of letters in {x}",
            f"the length of {w}",
            f"the number of letters of {w}",
            f"the letter count of {x}",
        ),
        (
            f"count the letters in {x}",
            f"count the letters of {w}",
            f"count how many letters {x} has",
            f"tell me how long {w} is",
        ),
        (
            f"how many letters are in {w}",
            f"how many letters does {w} have",
            f"how long is {w}",
            f"how many letters has {x}",
            f"{x} has how many letters",
        ),
        (
            f"letters in {word}?",
            f"length of {word}",
            f"count the letters: {word}",
            f"{word}: how many letters?",
            f"{word}, number of letters",
        ),
        keep_case=word.isupper(),
    )
    return Example(f"length:{word}", prompt, f"{spelled(word)}: {len(word)} letters.")


def letters(rng: Random) -> Example:
    """The first, last or any other letter of a word."""
    word = shown_word(rng)
    place = rng.choice(("first", "first", "last", "last", *ORDINALS[1 : min(len(word), 5)]))
    letter = word[-1 if place == "last" else ORDINALS.index(place)]
    w, x = the_word(rng, word), quoted(rng, word)
    verb = {
        "first": (
            f"what letter does {x} begin with",
            f"which letter does {x} start with",
            f"{x} starts with which letter",
            f"what does {x} begin with",
        ),
        "last": (f"what letter does {x} end with", f"which letter does {x} end with", f"{x} ends with which letter"),
    }
    prompt = asked(
        rng,
        (
            f"the {place} letter of {w}",
            f"the {place} letter in {w}",
            f"{x}'s {place} letter",
            f"the {place} letter of {x}",
        ),
        (f"name the {place} letter of {x}", f"give the {place} letter of {w}"),
        (f"what is the {place} letter of {w}", f"which letter comes {place} in {x}", *verb.get(place, ())),
        (f"{place} letter of {word}", f"{word}: {place} letter?", f"{place} letter: {word}", f"{word}, {place} letter"),
        keep_case=word.isupper(),
    )
    return Example(f"{place}:{word}", prompt, f"{spelled(word)}: its {place} letter is {letter.upper()}.")


def cases(rng: Random) -> Example:
    """A word in capital or in small letters."""
    word = any_word(rng)
    if rng.random() < 0.6:
        w = the_word(rng, word)
        capitals = rng.choice(("in capital letters", "in capitals", "in uppercase", "in upper case", "in big letters"))
        prompt = asked(
            rng,
            (f"{w} {capitals}", f"{w} {capitals}"),
            (
                f"write {w} {capitals}",
                f"put {w} {capitals}",
                f"capitalize every letter of {w}",
                f"make {w} uppercase",
                f"change {w} to upper case",
                f"print {w} {capitals}",
                f"turn {w} into capitals",
                f"make {w} upper case",
            ),
            (f"what is {w} {capitals}", f"how do I write {w} {capitals}"),
            (
                f"uppercase: {word}",
                f"{word} uppercase",
                f"upper case please: {word}",
                f"CAPITALS: {word}",
                f"UPPERCASE {word}",
                f"all caps: {word}",
            ),
        )
        return Example(f"upper:{word}:{prompt}", prompt, f"{word} in capitals is {word.upper()}.")
    w = the_word(rng, word.upper())
    small = rng.choice(("in small letters", "in lowercase", "in lower case", "in little letters"))
    prompt = asked(
        rng,
        (f"{w} {small}",),
        (
            f"write {w} {small}",
            f"put {w} {small}",
            f"make {w} lowercase",
            f"make {w} lower case",
            f"change {w} to lower case",
            f"turn {w} into small letters",
        ),
        (f"what is {w} {small}",),
        (f"lowercase: {word.upper()}", f"{word.upper()} lowercase"),
        keep_case=True,
    )
    return Example(f"lower:{word}:{prompt}", prompt, f"{word.upper()} in lowercase is {word}.")


def wordplay(rng: Random) -> Example:
    """One task on a word."""
    kinds = (
        (reversals, 8),
        (spellings, 5),
        (lengths, 4),
        (letters, 5),
        (cases, 4),
        (copies, 7),
        (repeats, 2),
        (joins, 3),
    )
    example = rng.choices([kind for kind, _ in kinds], [weight for _, weight in kinds])[0](rng)
    return example
