"""Facts of the tables asked in any form: possessive, turned round, elliptical."""

from collections.abc import Callable, Sequence
from random import Random

from training.corpus import fact_tables as tables
from training.corpus.example import Example
from training.corpus.language import capitalized, number_in_words, with_article
from training.corpus.varied.creatures import babies, choose, homes, kinds, legs, sounds
from training.corpus.varied.grammar import asked, quoted
from training.corpus.varied.places import capitals, continents, countries

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
        left, right, result = rng.choice(tables.MIXTURES)
        left, right = rng.sample((left, right), 2)
        prompt = asked(
            rng,
            (f"the mixture of {left} and {right}", f"{left} mixed with {right}", f"{left} plus {right}"),
            (f"mix {left} and {right}", f"mix {left} with {right}"),
            (
                f"what do you get if you mix {left} and {right}",
                f"what {color_word} do {left} and {right} make",
                f"what do {left} and {right} make",
                f"{left} and {right} make what {color_word}",
                f"if I mix {left} and {right}, what do I get",
                f"which {color_word} is {left} with {right}",
            ),
            (f"{left} + {right} = ?", f"{left} and {right} make ...", f"{left} and {right}?"),
        )
        return Example(f"mix:{left},{right}:{prompt}", prompt, f"If you mix {left} and {right}, you get {result}.")
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
    """The number of parts of a shape, a week or a car."""
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
    """Definitions of things."""
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
