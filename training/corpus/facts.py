"""Closed facts. Held out by the pair of fact and phrasing: every fact is seen, not every way of asking for it."""

from collections.abc import Callable
from random import Random

from training.corpus import fact_tables as tables
from training.corpus.example import Example
from training.corpus.language import capitalized, number_in_words, phrased, with_article


def fact(rng: Random, name: str, phrasings: tuple[str, ...], answer: str, /, **fields: object) -> Example:
    """A question about one fact; the answer may use the same fields."""
    question, form = phrased(rng, phrasings, **fields)
    return Example(f"{name}:{form}", question, answer.format(**fields))


def capitals(rng: Random) -> Example:
    """The capital of a country."""
    country, city = rng.choice(list(tables.CAPITALS.items()))
    phrasings = (
        "What is the capital of {country}?",
        "What's the capital of {country}?",
        "Which city is the capital of {country}?",
        "Name the capital of {country}.",
        "Tell me the capital of {country}.",
        "capital of {country}",
        "Do you know the capital of {country}?",
        "capital of {country}?",
    )
    return fact(rng, f"capital:{country}", phrasings, "The capital of {country} is {city}.", country=country, city=city)


def countries(rng: Random) -> Example:
    """The country of a capital."""
    country, city = rng.choice([pair for pair in tables.CAPITALS.items() if pair[1] != "London"])
    phrasings = (
        "{city} is the capital of which country?",
        "Which country has {city} as its capital?",
        "What country is {city} the capital of?",
        "Of which country is {city} the capital?",
    )
    return fact(rng, f"country:{city}", phrasings, "{city} is the capital of {country}.", country=country, city=city)


def continents(rng: Random) -> Example:
    """The continent of a country."""
    country, continent = rng.choice(list(tables.CONTINENTS.items()))
    phrasings = ("Which continent is {country} in?", "Where is {country}?", "On which continent is {country}?")
    answer = capitalized(f"{country} is in {continent}.")
    return fact(rng, f"continent:{country}", phrasings, answer, country=country)


def animals(rng: Random) -> Example:
    """Babies, sounds, legs, kinds and homes of animals."""
    kind = rng.choice(("baby", "baby", "sound", "legs", "kind", "home"))
    phrasings: tuple[str, ...]
    if kind == "baby":
        animal, baby = rng.choice(list(tables.BABIES.items()))
        phrasings = (
            "What is a baby {animal} called?",
            "What do you call a baby {animal}?",
            "What is a young {animal} called?",
        )
        return fact(rng, f"baby:{animal}", phrasings, f"A baby {animal} is called {with_article(baby)}.", animal=animal)
    if kind == "sound":
        animal, sound = rng.choice(list(tables.SOUNDS.items()))
        phrasings = ("What sound does {a} make?", "What does {a} say?", "What noise does {a} make?")
        return fact(
            rng, f"sound:{animal}", phrasings, f"{capitalized(with_article(animal))} {sound}.", a=with_article(animal)
        )
    if kind == "legs":
        animal, legs = rng.choice(list(tables.LEGS.items()))
        phrasings = ("How many legs does {a} have?", "How many legs are on {a}?", "How many legs has {a}?")
        return fact(
            rng,
            f"legs:{animal}",
            phrasings,
            f"{capitalized(with_article(animal))} has {legs} legs.",
            a=with_article(animal),
        )
    if kind == "kind":
        animal, group = rng.choice(list(tables.KINDS.items()))
        phrasings = ("What kind of animal is {a}?", "What type of animal is {a}?")
        answer = f"{capitalized(with_article(animal))} is {with_article(group)}."
        return fact(rng, f"kind:{animal}", phrasings, answer, a=with_article(animal))
    animal, home = rng.choice(list(tables.HOMES.items()))
    phrasings = ("Where does {a} live?", "Where is the home of {a}?", "Where can I find {a}?")
    return fact(
        rng, f"home:{animal}", phrasings, f"{capitalized(with_article(animal))} lives {home}.", a=with_article(animal)
    )


def opposites(rng: Random) -> Example:
    """The opposite of a word, both ways."""
    word, other = rng.choice(tables.OPPOSITES)
    if rng.random() < 0.5:
        word, other = other, word
    phrasings = (
        "What is the opposite of {word}?",
        "Give me the opposite of {word}.",
        "opposite of {word}",
        "Which word means the opposite of {word}?",
        "Tell me the opposite of {word}.",
    )
    return fact(rng, f"opposite:{word}", phrasings, "The opposite of {word} is {other}.", word=word, other=other)


def plurals(rng: Random) -> Example:
    """Plurals and singulars."""
    singular, plural = rng.choice(list(tables.PLURALS.items()))
    if rng.random() < 0.25 and singular != plural:
        phrasings: tuple[str, ...] = ("What is the singular of {plural}?", "Give me the singular of {plural}.")
        return fact(
            rng,
            f"singular:{plural}",
            phrasings,
            "The singular of {plural} is {singular}.",
            singular=singular,
            plural=plural,
        )
    phrasings = (
        "What is the plural of {singular}?",
        "Give me the plural of {singular}.",
        "plural of {singular}",
        "What's the plural of {singular}?",
    )
    return fact(
        rng, f"plural:{singular}", phrasings, "The plural of {singular} is {plural}.", singular=singular, plural=plural
    )


def past_tenses(rng: Random) -> Example:
    """Past tenses."""
    verb, past = rng.choice(list(tables.PASTS.items()))
    phrasings = (
        "What is the past tense of {verb}?",
        "Give me the past tense of {verb}.",
        "past tense of {verb}",
        "What's the past tense of {verb}?",
    )
    return fact(rng, f"past:{verb}", phrasings, "The past tense of {verb} is {past}.", verb=verb, past=past)


def calendar(rng: Random) -> Example:
    """The day or month before or after another, and the lengths of months."""
    if rng.random() < 0.25:
        index = rng.randrange(12)
        month, days = tables.MONTHS[index], tables.DAYS_IN_MONTH[index]
        phrasings: tuple[str, ...] = (
            "How many days does {month} have?",
            "How many days are in {month}?",
            "How long is {month}?",
        )
        return fact(rng, f"length:{month}", phrasings, "{month} has {days} days.", month=month, days=days)
    unit, names = rng.choice((("day", tables.DAYS), ("month", tables.MONTHS)))
    index = rng.randrange(len(names))
    word, step = rng.choice((("after", 1), ("before", -1)))
    other = names[(index + step) % len(names)]
    phrasings = (
        "Which {unit} comes {word} {name}?",
        "What {unit} is {word} {name}?",
        "Name the {unit} {word} {name}.",
        "What comes {word} {name}?",
    )
    return fact(
        rng,
        f"{word}:{names[index]}",
        phrasings,
        "{other} comes {word} {name}.",
        unit=unit,
        word=word,
        name=names[index],
        other=other,
    )


def colors(rng: Random) -> Example:
    """Colors of things and what two colors make."""
    if rng.random() < 0.3:
        first, second, mixture = rng.choice(tables.MIXTURES)
        if rng.random() < 0.5:
            first, second = second, first
        phrasings: tuple[str, ...] = (
            "What do you get if you mix {one} and {two}?",
            "What color do {one} and {two} make?",
            "Mix {one} and {two}.",
        )
        return fact(
            rng,
            f"mix:{first},{second}",
            phrasings,
            "If you mix {one} and {two}, you get {result}.",
            one=first,
            two=second,
            result=mixture,
        )
    thing, color = rng.choice(list(tables.COLORS.items()))
    phrasings = ("What color is {thing}?", "What colour is {thing}?", "Which color does {thing} have?")
    return fact(rng, f"color:{thing}", phrasings, f"{capitalized(thing)} is {color}.", thing=thing)


def shapes(rng: Random) -> Example:
    """Sides and corners of shapes."""
    shape, sides = rng.choice(list(tables.SIDES.items()))
    part = rng.choice(("sides", "corners"))
    phrasings = ("How many {part} does {a} have?", "How many {part} has {a}?")
    answer = f"{capitalized(with_article(shape))} has {number_in_words(sides)} {part}."
    return fact(rng, f"{part}:{shape}", phrasings, answer, part=part, a=with_article(shape))


def numerals(rng: Random) -> Example:
    """Numbers as words and words as numbers."""
    number = rng.randint(0, 100)
    words = number_in_words(number)
    if rng.random() < 0.5:
        phrasings: tuple[str, ...] = (
            "Write {number} in words.",
            "How do you write {number} in words?",
            "Spell out the number {number}.",
        )
        return fact(rng, f"words:{number}", phrasings, "{number} in words is {words}.", number=number, words=words)
    phrasings = ("Write {words} as a number.", "Which number is {words}?", "What is {words} in digits?")
    return fact(rng, f"digits:{number}", phrasings, "{words} as a number is {number}.", number=number, words=words)


def definitions(rng: Random) -> Example:
    """Definitions of things."""
    word, meaning = rng.choice(list(tables.DEFINITIONS.items()))
    phrasings = (
        "What is {a}?",
        "What's {a}?",
        "Define {word}.",
        "What does {word} mean?",
        "What does the word {word} mean?",
    )
    answer = f"{capitalized(with_article(word))} is {meaning}."
    return fact(rng, f"definition:{word}", phrasings, answer, word=word, a=with_article(word))


def general(rng: Random) -> Example:
    """General knowledge that fits no table."""
    index = rng.randrange(len(tables.GENERAL))
    questions, answer = tables.GENERAL[index]
    lead = rng.choice(("", "", "", "", "Do you know this? ", "Tell me: ", "Quick question: "))
    question, form = phrased(rng, questions)
    return Example(f"general:{index}:{form}:{lead}", lead + question, answer)


KINDS: tuple[tuple[Callable[[Random], Example], int], ...] = (
    (capitals, 7),
    (countries, 3),
    (continents, 2),
    (animals, 4),
    (opposites, 3),
    (plurals, 2),
    (past_tenses, 2),
    (calendar, 3),
    (colors, 2),
    (shapes, 1),
    (numerals, 3),
    (definitions, 2),
    (general, 4),
)


def facts(rng: Random) -> Example:
    """One closed fact."""
    kind = rng.choices([kind for kind, _ in KINDS], [weight for _, weight in KINDS])[0]
    return kind(rng)
