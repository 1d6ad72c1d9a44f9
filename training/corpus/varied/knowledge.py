"""Facts of the tables asked in any form: possessive, turned round, elliptical, by other names."""

from collections.abc import Callable, Sequence
from random import Random

from training.corpus import fact_tables as tables
from training.corpus.example import Example
from training.corpus.language import capitalized, number_in_words, with_article
from training.corpus.varied.creatures import babies, choose, homes, kinds, legs, sounds
from training.corpus.varied.grammar import asked, quoted

OTHER_NAMES = {
    "the United Kingdom": ("the UK", "UK", "Great Britain", "Britain", "the United Kingdom"),
    "the United States": ("the USA", "USA", "America", "the US", "the United States of America", "the United States"),
    "the Netherlands": ("Holland", "Netherlands", "the Netherlands"),
    "the Czech Republic": ("Czechia", "the Czech Republic"),
    "Ireland": ("Ireland", "Eire"),
    "Russia": ("Russia", "the Russian Federation"),
    "the Philippines": ("Philippines", "the Philippines"),
    "South Korea": ("South Korea", "Korea"),
    "China": ("China", "the People's Republic of China"),
    "Switzerland": ("Switzerland", "the Swiss"),
}


MORE_ABOUT: tuple[tuple[str, str, str, tuple[str, ...], str], ...] = (
    (
        "a year",
        "seasons",
        "four",
        ("how many seasons are there", "how many seasons are in a year"),
        "A year has four seasons.",
    ),
    ("a week", "days", "seven", (), "A week has seven days."),
    ("a year", "months", "twelve", (), "A year has twelve months."),
    ("a day", "hours", "24", (), "A day has 24 hours."),
    ("an hour", "minutes", "60", (), "An hour has 60 minutes."),
    ("a minute", "seconds", "60", (), "A minute has 60 seconds."),
    ("a year", "days", "365", (), "A year has 365 days, and a leap year has 366."),
    ("the alphabet", "letters", "26", (), "The English alphabet has 26 letters."),
    ("a car", "wheels", "four", (), "A car has four wheels."),
    ("a bicycle", "wheels", "two", (), "A bicycle has two wheels."),
    ("a hand", "fingers", "five", (), "There are five fingers on one hand."),
    ("a dozen", "things", "twelve", ("how many is a dozen",), "A dozen is twelve."),
    ("a year", "weeks", "52", (), "A year has 52 weeks."),
)


MEMBERS = ("the first", "the last")


def capitals(rng: Random) -> Example:
    """The capital of a country, by any of its names."""
    country, city = choose(rng, tables.CAPITALS)
    name = rng.choice(OTHER_NAMES.get(country, (country,)))
    bare_name = name.removeprefix("the ")
    prompt = asked(
        rng,
        (f"the capital of {name}", f"{name}'s capital", f"the capital city of {name}", f"{name}'s capital city"),
        (f"name the capital of {name}", f"tell me {name}'s capital", f"name {name}'s capital"),
        (
            f"which city is the capital of {name}",
            f"{name} has which capital",
            f"what city is {name}'s capital",
            f"which city is {name}'s capital",
            f"what capital does {name} have",
            f"what is {name}'s capital called",
        ),
        (
            f"capital {bare_name}",
            f"{bare_name} capital",
            f"{bare_name}: capital?",
            f"{bare_name}, capital?",
            f"capital: {bare_name}",
            f"{bare_name} -> capital?",
            f"{bare_name}. Its capital?",
            f"capital city {bare_name}",
            f"the capital of {name} is ...",
        ),
    )
    return Example(f"capital:{country}:{prompt}", prompt, f"The capital of {country} is {city}.")


def countries(rng: Random) -> Example:
    """The country whose capital a city is."""
    country, city = rng.choice([pair for pair in tables.CAPITALS.items() if pair[1] != "London"])
    prompt = asked(
        rng,
        (f"the country whose capital is {city}", f"the country with the capital {city}"),
        (f"name the country whose capital is {city}",),
        (
            f"{city} is the capital of which country",
            f"{city} is the capital of what",
            f"{city} is capital of what country",
            f"which country has the capital {city}",
            f"which country's capital is {city}",
            f"what country has {city} as its capital",
            f"{city} is which country's capital",
            f"of which country is {city} the capital",
            f"in which country is {city}",
        ),
        (f"{city} is the capital of ...", f"{city}: capital of?", f"{city}, capital of which country"),
    )
    return Example(f"country:{city}:{prompt}", prompt, f"{city} is the capital of {country}.")


def continents(rng: Random) -> Example:
    """The continent of a country."""
    country, continent = choose(rng, tables.CONTINENTS)
    names = sorted(set(tables.CONTINENTS.values()))
    other = rng.choice([name for name in names if name != continent])
    first, second = rng.sample((continent, other), 2)
    prompt = asked(
        rng,
        (f"the continent of {country}", f"{country}'s continent"),
        (f"name the continent of {country}", f"tell me where {country} is"),
        (
            f"which continent is {country} in",
            f"on which continent is {country}",
            f"what continent is {country} on",
            f"where is {country}",
            f"on what continent do I find {country}",
            f"{country} is in which continent",
            f"is {country} in {first} or in {second}",
            f"is {country} in {first} or {second}",
            f"where can I find {country}",
            f"{country} lies on which continent",
            f"what continent does {country} belong to",
        ),
        (f"{country}: continent?", f"{country} is in ..."),
    )
    return Example(f"continent:{country}:{prompt}", prompt, capitalized(f"{country} is in {continent}."))


def calendar(rng: Random) -> Example:
    """Days and months: before, after, first, last, how long."""
    style = rng.random()
    if style < 0.2:
        index = rng.randrange(12)
        month, days = tables.MONTHS[index], tables.DAYS_IN_MONTH[index]
        prompt = asked(
            rng,
            (f"the number of days in {month}", f"the length of {month}"),
            (),
            (
                f"how many days does {month} have",
                f"how many days are in {month}",
                f"how long is {month}",
                f"{month} has how many days",
            ),
            (f"days in {month}", f"{month}: days?"),
        )
        return Example(f"length:{month}:{prompt}", prompt, f"{month} has {days} days.")
    unit, names, whole = rng.choice((("day", tables.DAYS, "the week"), ("month", tables.MONTHS, "the year")))
    if style < 0.35:
        word, name = rng.choice((("first", names[0]), ("last", names[-1])))
        prompt = asked(
            rng,
            (f"the {word} {unit} of {whole}",),
            (f"name the {word} {unit} of {whole}",),
            (
                f"which {unit} is the {word} of {whole}",
                f"what {unit} comes {word} in {whole}",
                f"which {unit} is {word}",
            ),
        )
        return Example(f"{word}:{unit}:{prompt}", prompt, f"{name} is the {word} {unit} of {whole}.")
    index = rng.randrange(len(names))
    word, step = rng.choice((("after", 1), ("before", -1)))
    name, other = names[index], names[(index + step) % len(names)]
    extra = (
        (f"what {unit} follows {name}", f"which {unit} follows {name}", f"next {unit} after {name}")
        if step == 1
        else ()
    )
    prompt = asked(
        rng,
        (f"the {unit} {word} {name}", f"the {unit} that comes {word} {name}", f"the {unit} right {word} {name}"),
        (f"name the {unit} {word} {name}",),
        (
            f"which {unit} comes {word} {name}",
            f"what {unit} is {word} {name}",
            f"which {unit} is {word} {name}",
            f"what comes {word} {name}",
            *extra,
        ),
        (f"{unit} {word} {name}", f"{unit} {word} {name}?", f"{word} {name} comes ...", f"{word} {name}?"),
    )
    return Example(f"{word}:{name}:{prompt}", prompt, f"{other} comes {word} {name}.")


def colors(rng: Random) -> Example:
    """Colors of things and of mixtures."""
    color_word = rng.choice(("color", "color", "colour"))
    if rng.random() < 0.35:
        one, two, result = rng.choice(tables.MIXTURES)
        one, two = rng.sample((one, two), 2)
        prompt = asked(
            rng,
            (f"the mixture of {one} and {two}", f"{one} mixed with {two}", f"{one} plus {two}"),
            (f"mix {one} and {two}", f"mix {one} with {two}"),
            (
                f"what do you get if you mix {one} and {two}",
                f"what {color_word} do {one} and {two} make",
                f"what do {one} and {two} make",
                f"{one} and {two} make what {color_word}",
                f"if I mix {one} and {two}, what do I get",
                f"which {color_word} is {one} with {two}",
            ),
            (f"{one} + {two} = ?", f"{one} and {two} make ...", f"{one} and {two}?"),
        )
        return Example(f"mix:{one},{two}:{prompt}", prompt, f"If you mix {one} and {two}, you get {result}.")
    thing, color = choose(rng, tables.COLORS)
    other = rng.choice([name for name in ("red", "blue", "green", "black", "white", "pink") if name != color])
    first, second = rng.sample((color, other), 2)
    plain = thing.removeprefix("a ").removeprefix("an ").removeprefix("the ").removeprefix("ripe ")
    prompt = asked(
        rng,
        (f"the {color_word} of {thing}", f"{thing}'s {color_word}"),
        (f"name the {color_word} of {thing}",),
        (
            f"what {color_word} is {thing}",
            f"what {color_word} does {thing} have",
            f"which {color_word} is {thing}",
            f"{thing} is what {color_word}",
            f"is {thing} {first} or {second}",
            f"{thing} is which {color_word}",
            f"which {color_word} has {thing}",
        ),
        (f"{plain}: {color_word}?", f"{plain} {color_word}", f"{thing} is ...", f"{plain}, {first} or {second}?"),
    )
    return Example(f"color:{thing}:{prompt}", prompt, f"{capitalized(thing)} is {color}.")


def parts(rng: Random) -> Example:
    """How many parts a shape, a week or a car has."""
    if rng.random() < 0.4:
        shape, sides = rng.choice(list(tables.SIDES.items()))
        whole, part = with_article(shape), rng.choice(("sides", "corners"))
        answer = f"{capitalized(whole)} has {number_in_words(sides)} {part}."
        more: tuple[str, ...] = ()
        key = f"{part}:{shape}"
    else:
        whole, part, _, more, answer = rng.choice(MORE_ABOUT)
        key = f"{part}:{whole}"
    bare = whole.split(" ", 1)[1]
    prompt = asked(
        rng,
        (f"the number of {part} in {whole}", f"the number of {part} of {whole}"),
        (f"count the {part} of {whole}",),
        (
            f"how many {part} does {whole} have",
            f"how many {part} are in {whole}",
            f"how many {part} has {whole}",
            f"{whole} has how many {part}",
            f"{whole}, how many {part} is that",
            *more,
        ),
        (
            f"{part} in {whole}?",
            f"{part} of {whole}",
            f"{part} per {bare}",
            f"{bare}: {part}?",
            f"{whole} has ... {part}",
        ),
    )
    return Example(f"{key}:{prompt}", prompt, answer)


def numerals(rng: Random) -> Example:
    """Numbers in words and in figures."""
    number = rng.randint(0, 100)
    words = number_in_words(number)
    if rng.random() < 0.5:
        prompt = asked(
            rng,
            (f"{number} in words", f"the word for {number}", f"the number {number} in words"),
            (f"write {number} in words", f"write {number} as a word", f"spell out {number}"),
            (f"how do you write {number} in words",),
        )
        return Example(f"words:{number}:{prompt}", prompt, f"{number} in words is {words}.")
    shown = quoted(rng, words.replace("-", rng.choice(("-", " "))))
    prompt = asked(
        rng,
        (f"{shown} in digits", f"{shown} as a number", f"{shown} in figures"),
        (f"write {shown} as a number", f"write {shown} in digits", f"put {shown} into figures"),
        (f"which number is {shown}",),
    )
    return Example(f"digits:{number}:{prompt}", prompt, f"{words} as a number is {number}.")


def definitions(rng: Random) -> Example:
    """What a thing is."""
    word, meaning = choose(rng, tables.DEFINITIONS)
    a = with_article(word)
    prompt = asked(
        rng,
        (a, f"the meaning of {quoted(rng, word)}", f"the definition of {quoted(rng, word)}"),
        (f"define {quoted(rng, word)}", f"explain what {a} is", f"explain the word {quoted(rng, word)}"),
        (
            f"what is {a}",
            f"what does {quoted(rng, word)} mean",
            f"what does the word {quoted(rng, word)} mean",
            f"what is meant by {quoted(rng, word)}",
        ),
        (f"{word}: meaning?", f"{word} means?", f"{a} is ..."),
    )
    return Example(f"definition:{word}:{prompt}", prompt, f"{capitalized(a)} is {meaning}.")


def general(rng: Random) -> Example:
    """General knowledge, its known questions in other frames."""
    index = rng.randrange(len(tables.GENERAL))
    questions, answer = tables.GENERAL[index]
    question = rng.choice(questions)
    if question.startswith("Who wrote "):
        work = question.removeprefix("Who wrote ").removesuffix("?")
        prompt = asked(
            rng,
            (f"the author of {work}", f"the writer of {work}"),
            (),
            (f"who wrote {work}", f"{work} was written by whom", f"who is the author of {work}", f"by whom is {work}"),
        )
    elif question.startswith("What is the "):
        prompt = asked(rng, (question.removeprefix("What is ").removesuffix("?"),))
    elif question.endswith("?"):
        prompt = asked(rng, (), (), (question[0].lower() + question[1:-1],))
    else:
        prompt = asked(rng, (), (question[0].lower() + question[1:].removesuffix("."),))
    return Example(f"general:{index}:{prompt}", prompt, answer)


KINDS: Sequence[tuple[Callable[[Random], Example], int]] = (
    (capitals, 9),
    (countries, 5),
    (continents, 4),
    (babies, 3),
    (sounds, 3),
    (legs, 2),
    (kinds, 2),
    (homes, 2),
    (calendar, 6),
    (colors, 5),
    (parts, 4),
    (numerals, 3),
    (definitions, 3),
    (general, 6),
)


def knowledge(rng: Random) -> Example:
    """One fact."""
    return rng.choices([kind for kind, _ in KINDS], [weight for _, weight in KINDS])[0](rng)
