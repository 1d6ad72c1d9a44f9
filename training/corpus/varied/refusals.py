"""Refusals of what lies outside the small world, by what was asked: the reason fits it, and the suggestion is one that
works."""

from random import Random

from training.corpus.beyond import (
    ADVICE,
    CANNOT,
    ENGLISH,
    NOT_THAT_LANGUAGE,
    TOO_BIG,
    TOO_HARD,
    TOO_LONG,
    UNCLEAR,
    UNKNOWN,
    big_sum,
    gibberish,
    made_up_name,
)
from training.corpus.beyond_words import ADJECTIVES, DOINGS, FOREIGN, MOST, NOUNS, THINGS, TOPICS, WORKS
from training.corpus.example import Example
from training.corpus.fact_tables import CAPITALS
from training.corpus.varied.grammar import asked, typed_freely
from training.corpus.varied.phrases import blocks

REQUESTS = {names[0]: phrases for phrases, names in blocks("requests")}
LANGUAGES = (
    "French German Spanish Italian Chinese Japanese Russian Latin Portuguese Dutch Arabic Greek Polish Swedish Turkish "
    "Hindi Korean"
).split()
PHRASES = (
    "hello",
    "good night",
    "thank you",
    "I love you",
    "the house is red",
    "where is the station",
    "my name is Tom",
    "how are you",
    "water",
    "friend",
    "I am hungry",
    "see you soon",
)
ILLS = (
    "a cough",
    "the flu",
    "a headache",
    "back pain",
    "fever",
    "a sore throat",
    "stress",
    "a burn",
    "a toothache",
    "an allergy",
    "hiccups",
    "a broken leg",
)


def filled(rng: Random, text: str) -> str:
    """A phrase with its places filled in."""
    topic = made_up_name(rng) if rng.random() < 0.2 else rng.choice(TOPICS)
    thing = rng.choice(THINGS)
    quoted_phrase = rng.choice(('"{}"', "{}", "'{}'")).format(rng.choice(PHRASES))
    return text.format(
        x=topic,
        z=rng.choice(list(CAPITALS)),
        t=thing,
        a=f"a {thing.removesuffix('s')}",
        w=rng.choice(WORKS),
        d=rng.choice(DOINGS),
        j=rng.choice(ADJECTIVES),
        m=rng.choice(MOST),
        o=rng.choice(NOUNS),
        y=rng.randint(1400, 2025),
        n=rng.choice((100, 200, 300, 500, 1000, 2000, 5000, rng.randint(100, 999))),
        k=rng.randint(3, 20),
        p=rng.randint(2, 30),
        r=rng.randint(2, 9),
        l=rng.choice(LANGUAGES),
        q=quoted_phrase,
        v=rng.choice(
            ("today", "tomorrow", "yesterday", "last night", "last week", "right now", "tonight", "last year")
        ),
        i=rng.choice(ILLS),
    )


def fitted(text: str) -> str:
    """A name in place of a number where a person is meant."""
    for verb in ("call", "marry", "send an email to"):
        head, _, rest = text.partition(f"{verb} ")
        if rest.isdigit():
            return f"{head}{verb} Anna"
    return text


QUESTION_WORDS = tuple("who what how why when where which is are will should can i do does did have has".split())
NOUNS_FIRST = tuple("the pi square cube sum prime population currency weather difference latest news any more".split())
# how often each kind comes stands last
KINDS = (
    ("task", REQUESTS["tasks"], CANNOT, 5),
    ("long", REQUESTS["long"], TOO_LONG, 5),
    ("language", REQUESTS["translations"], NOT_THAT_LANGUAGE, 4),
    ("hard", REQUESTS["hard"], TOO_HARD, 3),
    ("news", REQUESTS["news"], UNKNOWN, 9),
    ("counsel", REQUESTS["counsel"], ADVICE, 3),
)


def refusals(rng: Random) -> Example:
    """One prompt from outside, with the refusal that fits it."""
    style = rng.random()
    if style < 0.07:
        text = typed_freely(rng, big_sum(rng), keep_case=True)
        return Example(f"numbers:{text}", text, TOO_BIG)
    if style < 0.18:
        text = typed_freely(rng, rng.choice((*FOREIGN, *REQUESTS["more_foreign"], *REQUESTS["more_foreign"])))
        return Example(f"foreign:{text}", text, ENGLISH)
    if style < 0.26:
        text = gibberish(rng)
        if rng.random() < 0.4:
            text = "".join(rng.choice(";:?!.,/#%&*()[]<>-_ ") for _ in range(rng.randint(2, 9))).strip() or "??"
        return Example(f"gibberish:{text}", text, UNCLEAR)
    kind, phrases, answer, _ = rng.choices(KINDS, [weight for *_, weight in KINDS])[0]
    phrase = fitted(filled(rng, rng.choice(phrases)))
    first = phrase.split()[0].lower()
    if first.removesuffix("'s") in QUESTION_WORDS:
        prompt = asked(rng, (), (), (phrase,), keep_case=True)
    elif first in NOUNS_FIRST:
        prompt = asked(rng, (phrase,), keep_case=True)
    else:
        prompt = asked(rng, (), (phrase,), keep_case=True)
    if rng.random() < 0.2:
        prompt = prompt.lower()
    return Example(f"beyond:{kind}:{prompt}", prompt, answer)
