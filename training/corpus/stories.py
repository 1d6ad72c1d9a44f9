"""Very short stories and sentences about the things that were asked for.

A story keeps one hero, one name and one pronoun, and fits in 64 tokens. `is_story` checks all of that in an output.
What changes how long a story is, or how it goes on, has a usual value that follows from the hero or the thing: at
temperature 0 the usual values fit together, where a fair choice between many would mix two of them. What is one token
among others (how the hero and the thing are, the place) is drawn fairly, so that no two stories need be alike: the
sampler keeps what it is surest of first, and draws what is rare again until it is the usual.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from random import Random

from training.corpus.example import Example
from training.corpus.language import capitalized, joined, phrased, with_article
from training.corpus.words import ANIMALS, OBJECTS, PEOPLE, UNUSUAL_HEROES

HE = ("Pip", "Toby", "Rufus", "Bruno", "Max", "Otto")
SHE = ("Lulu", "Bella", "Nina", "Daisy", "Willa", "Ruby")
ALWAYS_SHE = {"queen", "princess", "girl", "witch", "hen", "cow"}
ALWAYS_HE = {"king", "wizard", "prince", "boy"}
QUALITIES = "small brave clever kind shy lonely cheerful curious gentle".split()
LOOKS = "golden old shiny red tiny silver blue strange".split()
PLACES = (
    "in the forest",
    "by the river",
    "near the old mill",
    "under a tree",
    "on the beach",
    "in the garden",
    "on the hill",
)
OF_THREE_WORDS = tuple(place for place in PLACES if place.count(" ") == 2)
# What a thing is good for decides how the story goes on; a model this small loses the thread of a story that could go
# on in any way. The first entry that names the thing is told, the last one for everything else.
PLOTS: tuple[tuple[str, str], ...] = (
    ("lantern candle lamp star", "At night it shone so brightly that {name} was never afraid of the dark again."),
    ("drum bell flute guitar", "{He} played a song on it, and all the animals danced until the moon came up."),
    ("map key compass telescope clock", "With it, {he} found the way home. {name} slept well that night."),
    (
        "cake coin flower rose apple cookie pearl",
        "{He} gave it to a lonely {other}. From that day on, they were best friends.",
    ),
    (
        "boat ladder chair door bridge castle tree box treasure computer stone sword",
        "It was too heavy to carry, so {he} asked a {other} for help. Together they took it home.",
    ),
    ("book letter mirror kite balloon ball", "{He} showed it to {his} friends. They laughed and played all day."),
    ("", "{He} wanted to keep it, but a {other} was looking for it. {name} gave it back and made a new friend."),
)
UNTOLD = ("Tell me a story.", "Write a story.", "Tell me a short story.", "Can you tell me a story?", "story please")
REQUESTS = (
    "Tell me a story about {subject}.",
    "Write a story about {subject}.",
    "Tell me a short story about {subject}.",
    "Write a short story about {subject}.",
    "Can you tell me a story about {subject}?",
    "a story about {subject}",
    "Please tell me a story about {subject}.",
    "Make up a story about {subject}.",
    "I want a story about {subject}.",
    "Write me a little story with {subject}.",
)


@dataclass(frozen=True, slots=True)
class Hero:
    """Who the story is about, with a name that fits the pronoun."""

    kind: str
    name: str
    he: str
    his: str


def hero_of(kind: str) -> Hero:
    """The hero of this kind: a fox always has the same name, so that name and pronoun can be known."""
    kinds = ANIMALS + PEOPLE
    number = kinds.index(kind) if kind in kinds else 0
    if kind in ALWAYS_SHE or (kind not in ALWAYS_HE and number % 2):
        return Hero(kind, SHE[number // 2 % len(SHE)], "she", "her")
    return Hero(kind, HE[number // 2 % len(HE)], "he", "his")


def plot_of(thing: str) -> str:
    """The plot of a story about this thing."""
    return next(plot for things, plot in PLOTS if not things or thing in things.split())


def usual(rng: Random, choices: Sequence[str], of: str, share: float = 0.8) -> str:
    """Mostly the choice that belongs to the word `of`, else any."""
    return choices[sum(map(ord, of)) % len(choices)] if rng.random() < share else rng.choice(choices)


def story_of(rng: Random, hero: Hero, thing: str, quality: str) -> str:
    """The story of a hero who finds a thing."""
    other = usual(rng, [animal for animal in ANIMALS[:12] if animal not in (hero.kind, "owl")], thing)
    opening = "Once upon a time there was" if rng.random() < 0.9 else "Long ago there lived"
    time = rng.choices(("day", "morning", "evening"), (6, 2, 2))[0]
    finding = (
        f"One {time}, {hero.he} found {with_article(f'{rng.choice(LOOKS)} {thing}')} {rng.choice(OF_THREE_WORDS)}."
    )
    plot = plot_of(thing).format(He=capitalized(hero.he), he=hero.he, his=hero.his, name=hero.name, other=other)
    return f"{opening} {with_article(f'{quality} {hero.kind}')} named {hero.name}. {finding} {plot}"


def is_story(text: str, kind: str | None, thing: str | None) -> bool:
    """Whether a text is a whole story of this kind of hero and this thing (None: any), with one name and pronoun."""
    match = re.fullmatch(
        r"(?:Once upon a time there was|Long ago there lived) an? \w+ (\w+) named (\w+)\. "
        r"One \w+, (he|she) found an? \w+ (\w+) ([a-z ]+)\. (.+)",
        text,
    )
    if match is None or match[1] not in (*ANIMALS, *PEOPLE, *UNUSUAL_HEROES) or match[5] not in PLACES:
        return False
    hero = hero_of(match[1])
    plot = re.escape(plot_of(match[4])).replace(r"\{other\}", r"\w+")
    for field, value in (("He", capitalized(hero.he)), ("he", hero.he), ("his", hero.his), ("name", hero.name)):
        plot = plot.replace(rf"\{{{field}\}}", value)
    asked = kind in (None, match[1]) and thing in (None, match[4])
    return asked and (hero.name, hero.he) == (match[2], match[3]) and re.fullmatch(plot, match[6]) is not None


def stories(rng: Random) -> Example:
    """A story about a hero and a thing, a hero alone, or whatever the model likes. Now and then the hero is a cloud."""
    kinds = rng.choices((ANIMALS, PEOPLE, UNUSUAL_HEROES), (66, 22, 12))[0]
    kind = rng.choice(kinds)
    style = rng.random()
    if style > 0.92 and rng.random() < 0.8:
        kind = "fox"
    thing = rng.choice([word for word in OBJECTS if word != kind])
    if style >= 0.68:
        thing = usual(rng, [word for word in OBJECTS if word != kind], kind, 0.7)
    quality = rng.choice(QUALITIES)
    if style > 0.92:
        question, form = phrased(rng, UNTOLD)
        answer = story_of(rng, hero_of(kind), thing, quality)
        return Example(f"story:any{form}{kind}", question, answer, check=partial(is_story, kind=None, thing=None))
    asked_thing: str | None = None
    required: tuple[str, ...] = ()
    if style < 0.68:
        asked_thing = thing
        subject = f"{with_article(kind)} {'who finds' if style < 0.08 else 'and'} {with_article(thing)}"
    elif style < 0.78:
        quality = rng.choice(QUALITIES)
        subject, required = with_article(f"{quality} {kind}"), (f"{quality} {kind} named",)
    else:
        subject = with_article(kind)
    question, _ = phrased(rng, REQUESTS, subject=subject)
    answer = story_of(rng, hero_of(kind), thing, quality)
    check = partial(is_story, kind=kind, thing=asked_thing)
    return Example(f"story:{subject}", question, answer, required=required, check=check)


def sentences(rng: Random) -> Example:
    """One sentence with two or three given words."""
    animal, thing = rng.choice(ANIMALS), rng.choice(OBJECTS)
    look, quality = usual(rng, LOOKS, thing), usual(rng, QUALITIES, animal)
    places = ("river", "hill", "castle", "garden", "market", "lake")
    wants_place = rng.random() < 0.3
    place = rng.choice(places) if wants_place else usual(rng, places, thing + "s")
    forms = (
        f"The {animal} found {with_article(f'{look} {thing}')} near the {place}.",
        f"The {quality} {animal} carried the {thing} to the {place}.",
        f"Near the {place}, the {animal} lost the {look} {thing}.",
        f"The {animal} hid the {thing} near the {place}.",
    )
    sentence = usual(rng, forms, thing + "x")
    words = [animal, thing] + ([place] if wants_place else [])
    question, _ = phrased(
        rng,
        (
            "Write a sentence with the words {words}.",
            "Use {words} in a sentence.",
            "Make a sentence with {words}.",
            "Write a sentence about {about}.",
        ),
        words=joined(words),
        about=joined([with_article(word) for word in words]),
    )
    return Example(f"sentence:{','.join(words)}", question, sentence, required=tuple(f" {word}" for word in words))
