"""Opposites, plurals, past tenses, numbers compared, even and odd: asked whole, half, and in arrows."""

from random import Random

from training.corpus import fact_tables as tables
from training.corpus.example import Example
from training.corpus.varied.grammar import asked, in_figures_or_words, listing, quoted, the_word

ALIKE = dict(
    pair.split("/")
    for pair in "big/large small/little fast/quick happy/glad sad/unhappy begin/start end/finish smart/clever "
    "quiet/silent hard/difficult simple/easy rich/wealthy angry/mad odd/strange sick/ill kind/nice "
    "pretty/beautiful road/street house/home stone/rock speak/talk look/see jump/leap shut/close "
    "cold/chilly brave/bold gift/present".split()
)


def opposites(rng: Random) -> Example:
    """The opposite of a word, both ways."""
    word, other = rng.sample(rng.choice(tables.OPPOSITES), 2)
    shown = the_word(rng, word)
    prompt = asked(
        rng,
        (
            f"the opposite of {shown}",
            f"the opposite of {shown}",
            f"{quoted(rng, word)}'s opposite",
            f"the contrary of {shown}",
            f"the antonym of {shown}",
        ),
        (
            f"name the opposite of {shown}",
            f"say the opposite of {shown}",
            f"give the antonym of {shown}",
            f"turn {quoted(rng, word)} into its opposite",
        ),
        (
            f"what means the opposite of {shown}",
            f"which word is the opposite of {shown}",
            f"what is {quoted(rng, word)}'s opposite",
            f"what's the contrary of {shown}",
            f"{word} is the opposite of what",
            f"{word} is the opposite of which word",
        ),
        (
            f"opposite: {word}",
            f"{word} vs ?",
            f"{word} and ...?",
            f"not {word} but ...",
            f"{word} - opposite?",
            f"{word} <-> ?",
            f"{word}, opposite",
            f"{word} versus ...",
            f"{word}: opposite?",
            f"the opposite of {word} is ...",
            f"antonym {word}",
            f"{word}, and the opposite?",
        ),
    )
    return Example(f"opposite:{word}:{prompt}", prompt, f"The opposite of {word} is {other}.")


def plurals(rng: Random) -> Example:
    """Plurals and singulars."""
    singular, plural = rng.choice(list(tables.PLURALS.items()))
    if rng.random() < 0.28 and singular != plural:
        shown = the_word(rng, plural)
        prompt = asked(
            rng,
            (f"the singular of {shown}", f"the singular form of {shown}", f"one of the {plural}, the word"),
            (f"give the singular of {shown}", f"put {quoted(rng, plural)} into the singular"),
            (f"what is the singular of {shown}", f"many {plural}, but one", f"two {plural}, but one"),
            (
                f"singular: {plural}",
                f"two {plural}, one ...?",
                f"many {plural}, one ...",
                f"{plural}: singular?",
                f"singular {plural}",
            ),
        )
        return Example(f"singular:{plural}:{prompt}", prompt, f"The singular of {plural} is {singular}.")
    shown = the_word(rng, singular)
    prompt = asked(
        rng,
        (
            f"the plural of {shown}",
            f"the plural form of {shown}",
            f"more than one {singular}",
            f"{quoted(rng, singular)} in the plural",
        ),
        (
            f"give the plural of {shown}",
            f"put {quoted(rng, singular)} into the plural",
            f"make {quoted(rng, singular)} plural",
            f"form the plural of {shown}",
        ),
        (
            f"what is the plural of {shown}",
            f"one {singular}, but two",
            f"what do you call more than one {singular}",
            f"how do you say many {singular}",
        ),
        (
            f"plural: {singular}",
            f"one {singular}, two ...?",
            f"one {singular}, many ...?",
            f"1 {singular}, 2 ...",
            f"{singular}: plural?",
            f"plural {singular}",
            f"one {singular}, three ...",
            f"{singular} -> plural?",
            f"one {singular} but many ...",
            f"a {singular}, two ...?",
        ),
    )
    return Example(f"plural:{singular}:{prompt}", prompt, f"The plural of {singular} is {plural}.")


def past_tenses(rng: Random) -> Example:
    """Past tenses."""
    verb, past = rng.choice(list(tables.PASTS.items()))
    shown = the_word(rng, verb)
    prompt = asked(
        rng,
        (
            f"the past tense of {shown}",
            f"the past of {shown}",
            f"{quoted(rng, verb)} in the past tense",
            f"the past form of {shown}",
        ),
        (f"give the past tense of {shown}", f"put {quoted(rng, verb)} into the past tense"),
        (
            f"what is the past tense of {shown}",
            f"today I {verb}, but yesterday",
            f"what is {quoted(rng, verb)} in the past",
        ),
        (
            f"past tense: {verb}",
            f"today I {verb}, yesterday I ...?",
            f"I {verb} -> yesterday I ...",
            f"{verb}: past?",
            f"past {verb}",
            f"{verb}, past tense",
            f"yesterday we {verb}? no, yesterday we ...",
        ),
    )
    return Example(f"past:{verb}:{prompt}", prompt, f"The past tense of {verb} is {past}.")


def alike(rng: Random) -> Example:
    """A word that means the same."""
    word, other = rng.sample(rng.choice(list(ALIKE.items())), 2)
    shown = the_word(rng, word)
    prompt = asked(
        rng,
        (
            f"another word for {shown}",
            f"a synonym of {shown}",
            f"a synonym for {shown}",
            f"a word like {shown}",
            f"a word that means {shown}",
        ),
        (f"find another word for {shown}",),
        (f"which word means the same as {shown}", f"what means the same as {shown}"),
        (f"synonym: {word}", f"{word}: another word?"),
    )
    return Example(f"alike:{word}:{prompt}", prompt, f"Another word for {word} is {other}.")


def compared(rng: Random) -> Example:
    """The bigger or smaller of two numbers, the biggest of three, or whether one is bigger."""
    style = rng.random()
    low, high = sorted(rng.sample(range(100), 2))
    if style < 0.25:
        left, right = rng.sample((low, high), 2)
        word, true = rng.choice(
            (("bigger", left > right), ("smaller", left < right), ("more", left > right), ("less", left < right))
        )
        prompt = asked(
            rng,
            (),
            (),
            (f"is {left} {word} than {right}",),
            (f"{left} {word} than {right}?", f"{left}, {word} than {right}?"),
        )
        size = "bigger" if left > right else "smaller"
        return Example(
            f"than{left},{right}:{word}", prompt, f"{'Yes' if true else 'No'}, {left} is {size} than {right}."
        )
    word, pick, extreme = rng.choice(
        (
            ("bigger", max, "biggest"),
            ("larger", max, "largest"),
            ("smaller", min, "smallest"),
            ("greater", max, "greatest"),
        )
    )
    if style < 0.45:
        numbers = rng.sample(range(100), rng.choice((3, 3, 4)))
        shown = listing(rng, list(map(str, numbers)))
        prompt = asked(
            rng,
            (f"the {extreme} of {shown}", f"the {extreme} number of {shown}", f"the {extreme} of these: {shown}"),
            (f"find the {extreme} of {shown}", f"pick the {extreme}: {shown}"),
            (f"which is the {extreme}: {shown}", f"which number is {extreme}, {shown}"),
            (f"{extreme}: {shown}", f"{shown}: {extreme}?"),
        )
        return Example(f"{extreme}:{shown}", prompt, f"{pick(numbers)} is the {extreme}.")
    left, right = rng.sample((low, high), 2)
    a, b = in_figures_or_words(rng, (left, right), 0.05)
    prompt = asked(
        rng,
        (
            f"the {word} of {a} and {b}",
            f"the {word} number of {a} and {b}",
            f"the {word} number, {a} or {b}",
            f"the {word} one of {a} and {b}",
        ),
        (f"find the {word} of {a} and {b}", f"pick the {word} number: {a} or {b}"),
        (
            f"which is {word}, {a} or {b}",
            f"which number is {word}, {a} or {b}",
            f"which one is {word}: {a} or {b}",
            f"{a} or {b}, which is {word}",
            f"what is {word}, {a} or {b}",
            f"between {a} and {b}, which is {word}",
        ),
        (f"{word}: {a} or {b}", f"{word} number: {a} or {b}?", f"{a} or {b}? the {word} one"),
    )
    answer = pick(left, right)
    word = {"greater": "bigger"}.get(word, word)
    return Example(f"{word}{left},{right}", prompt, f"{answer} is {word} than {left + right - answer}.")


def parity(rng: Random) -> Example:
    """Even or odd."""
    number = rng.randint(0, 99)
    prompt = asked(
        rng,
        (),
        (f"tell me if {number} is even or odd", f"say whether {number} is odd or even"),
        (
            f"is {number} even or odd",
            f"is {number} odd or even",
            f"is {number} an even number",
            f"is {number} an odd number",
            f"{number} is even or odd",
        ),
        (f"{number}: even or odd?", f"{number} even or odd", f"even or odd: {number}", f"{number}, odd or even?"),
    )
    return Example(f"parity:{number}:{prompt}", prompt, f"{number} is {'odd' if number % 2 else 'even'}.")


def words(rng: Random) -> Example:
    """One question about words or about which number."""
    return rng.choices((opposites, plurals, past_tenses, alike, compared, parity), (6, 5, 3, 1, 5, 2))[0](rng)
