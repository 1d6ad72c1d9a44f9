"""Lists: counting, days, months, the alphabet, and a few things of a kind."""

from random import Random

from training.corpus.example import Example
from training.corpus.fact_tables import DAYS, MONTHS
from training.corpus.language import ONES, capitalized, joined, phrased
from training.corpus.words import COLORS, FRUITS, VEGETABLES

ALPHABET = " ".join("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
OF_A_KIND = {
    "colors": COLORS,
    "fruits": FRUITS,
    "vegetables": VEGETABLES,
    "animals": ["fox", "owl", "rabbit", "bear", "mouse", "cat"],
    "birds": ["owl", "duck", "hen", "swan", "eagle", "crow"],
    "countries": ["France", "Italy", "Spain", "Japan", "Canada", "Peru"],
    "instruments": ["piano", "guitar", "violin", "flute", "drum", "harp"],
    "planets": ["Mercury", "Venus", "Earth", "Mars", "Jupiter", "Saturn"],
}
FIXED: tuple[tuple[tuple[str, ...], str], ...] = (
    (
        (
            "List the days of the week.",
            "What are the days of the week?",
            "Name the days of the week.",
            "days of the week",
        ),
        f"The days of the week are {joined(DAYS)}.",
    ),
    (
        (
            "List the months.",
            "What are the months of the year?",
            "Name the months of the year.",
            "List the months of the year.",
        ),
        f"The months are {joined(MONTHS)}.",
    ),
    (
        (
            "Say the alphabet.",
            "What is the alphabet?",
            "Recite the alphabet.",
            "Write the alphabet.",
            "alphabet please",
        ),
        ALPHABET,
    ),
    (
        ("Count to ten.", "Count from one to ten.", "Count from 1 to 10.", "Can you count to ten?", "Count to 10"),
        "1, 2, 3, 4, 5, 6, 7, 8, 9, 10.",
    ),
    (("Count to five.", "Count to 5.", "Count from one to five."), "1, 2, 3, 4, 5."),
    (("Count down from ten.", "Count down from 10.", "Count backwards from ten."), "10, 9, 8, 7, 6, 5, 4, 3, 2, 1."),
    (
        ("List the seasons.", "What are the seasons?", "Name the four seasons.", "the seasons"),
        "The four seasons are spring, summer, autumn and winter.",
    ),
    (
        ("List the planets.", "What are the planets?", "Name the planets.", "Name all planets."),
        "The planets are Mercury, Venus, Earth, Mars, Jupiter, Saturn, Uranus and Neptune.",
    ),
    (
        ("What are the colors of the rainbow?", "List the colors of the rainbow.", "colors of the rainbow"),
        "The colors of the rainbow are red, orange, yellow, green, blue, indigo and violet.",
    ),
    (("What are the vowels?", "List the vowels.", "Name the vowels."), "The vowels are A, E, I, O and U."),
)


def counted_up(start: int, end: int) -> str:
    """The numbers from start to end."""
    return ", ".join(map(str, range(start, end + 1)))


def count_key(start: int, end: int) -> str:
    """The key that counting from start to end is held out by."""
    return f"count:{start}-{end}"


def lists(rng: Random) -> Example:
    """One list."""
    style = rng.random()
    if style < 0.25:
        index = rng.randrange(len(FIXED))
        questions, answer = FIXED[index]
        question, form = phrased(rng, questions)
        lead = rng.choice(("", "", "", "Please: ", "Now: "))
        return Example(f"list:{index}:{form}:{lead}", lead + question, answer)
    if style < 0.45:
        kind, things = rng.choice(list(OF_A_KIND.items()))
        count = rng.randint(2, 5)
        question, form = phrased(
            rng,
            (
                "List {n} {kind}.",
                "Name {n} {kind}.",
                "Give me {n} {kind}.",
                "Tell me {n} {kind}.",
                "{n} {kind}",
                "Can you name {n} {kind}?",
                "Write a list of {n} {kind}.",
                "I need {n} {kind}.",
            ),
            n=rng.choice((ONES[count], count)),
            kind=kind,
        )
        answer = f"{capitalized(ONES[count])} {kind}: {joined(things[:count])}."
        return Example(f"list:{kind}{count}:{form}", capitalized(question), answer)
    if rng.random() < 0.2:
        end = rng.randint(3, 20)
        question, form = phrased(rng, ("Count to {b}.", "count to {b}", "Count from one to {b}."), b=end)
        return Example(f"count:to{end}:{form}", question, f"{counted_up(1, end)}.")
    start = rng.randint(0, 20)
    end = start + rng.randint(2, 7)
    question, _ = phrased(
        rng,
        ("Count from {a} to {b}.", "List the numbers from {a} to {b}.", "Count from {a} up to {b}."),
        a=start,
        b=end,
    )
    return Example(count_key(start, end), question, f"{counted_up(start, end)}.")
