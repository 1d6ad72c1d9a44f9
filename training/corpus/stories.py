"""Very short stories and sentences about the things that were asked for.

A story keeps one hero, one name and one pronoun, and fits in 64 tokens. `is_story` checks all of that in an output.
"""

import re
from dataclasses import dataclass
from functools import partial
from random import Random

from training.corpus.example import Example
from training.corpus.language import capitalized, joined, phrased, with_article
from training.corpus.words import ANIMALS, COMMON, OBJECTS, PEOPLE

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
    number = (ANIMALS + PEOPLE).index(kind)
    if kind in ALWAYS_SHE or (kind not in ALWAYS_HE and number % 2):
        return Hero(kind, SHE[number // 2 % len(SHE)], "she", "her")
    return Hero(kind, HE[number // 2 % len(HE)], "he", "his")


def plot_of(thing: str) -> str:
    """How a story about this thing goes on."""
    return next(plot for things, plot in PLOTS if not things or thing in things.split())


def told(rng: Random, hero: Hero, thing: str, quality: str) -> str:
    """The story of a hero who finds a thing."""
    other = rng.choice([animal for animal in ANIMALS[:12] if animal != hero.kind and animal != "owl"])
    first = rng.choice(("Once upon a time there was {a} named {name}.", "Long ago there lived {a} named {name}."))
    opening = first.format(a=with_article(f"{quality} {hero.kind}"), name=hero.name)
    time, found_thing = rng.choice(("day", "morning", "evening")), with_article(f"{rng.choice(LOOKS)} {thing}")
    found = f"One {time}, {hero.he} found {found_thing} {rng.choice(PLACES)}."
    plot = plot_of(thing).format(He=capitalized(hero.he), he=hero.he, his=hero.his, name=hero.name, other=other)
    return f"{opening} {found} {plot}"


def is_story(text: str, kind: str | None, thing: str | None) -> bool:
    """Whether a text is a whole story of this kind of hero and this thing (None: any), with one name and pronoun."""
    match = re.fullmatch(
        r"(?:Once upon a time there was|Long ago there lived) an? \w+ (\w+) named (\w+)\. "
        r"One \w+, (he|she) found an? \w+ (\w+) ([a-z ]+)\. (.+)",
        text,
    )
    if match is None or match[1] not in ANIMALS + PEOPLE or match[5] not in PLACES:
        return False
    hero = hero_of(match[1])
    plot = re.escape(plot_of(match[4])).replace(r"\{other\}", r"\w+")
    for field, value in (("He", capitalized(hero.he)), ("he", hero.he), ("his", hero.his), ("name", hero.name)):
        plot = plot.replace(rf"\{{{field}\}}", value)
    asked = kind in (None, match[1]) and thing in (None, match[4])
    return asked and (hero.name, hero.he) == (match[2], match[3]) and re.fullmatch(plot, match[6]) is not None


def stories(rng: Random) -> Example:
    """A story about a hero and a thing, a hero alone, or whatever the model likes."""
    kind = rng.choice(ANIMALS if rng.random() < 0.75 else PEOPLE)
    thing, quality = rng.choice(OBJECTS), rng.choice(QUALITIES)
    answer = told(rng, hero_of(kind), thing, quality)
    style = rng.random()
    if style > 0.92:
        question, form = phrased(rng, UNTOLD)
        return Example(f"story:any{form}{kind}", question, answer, check=partial(is_story, kind=None, thing=None))
    asked_thing: str | None = None
    required: tuple[str, ...] = ()
    if style < 0.68:
        asked_thing = thing
        subject = f"{with_article(kind)} {'who finds' if style < 0.08 else 'and'} {with_article(thing)}"
    elif style < 0.78:
        subject, required = with_article(f"{quality} {kind}"), (f"{quality} {kind} named",)
    else:
        subject = with_article(kind)
    question, _ = phrased(rng, REQUESTS, subject=subject)
    check = partial(is_story, kind=kind, thing=asked_thing)
    return Example(f"story:{subject}", question, answer, required=required, check=check)


def sentences(rng: Random) -> Example:
    """One sentence with two or three given words."""
    animal, thing = rng.choice(ANIMALS), rng.choice(OBJECTS)
    look, quality = rng.choice(LOOKS), rng.choice(QUALITIES)
    place = rng.choice(("river", "hill", "castle", "garden", "market", "lake"))
    sentence = rng.choice(
        (
            f"The {animal} found {with_article(f'{look} {thing}')} near the {place}.",
            f"The {quality} {animal} carried the {thing} to the {place}.",
            f"Near the {place}, the {animal} lost the {look} {thing}.",
            f"The {animal} hid the {thing} near the {place}.",
        )
    )
    given = [animal, thing] + ([place] if rng.random() < 0.3 else [])
    question, _ = phrased(
        rng,
        (
            "Write a sentence with the words {words}.",
            "Use {words} in a sentence.",
            "Make a sentence with {words}.",
            "Write a sentence about {about}.",
        ),
        words=joined(given),
        about=joined([with_article(word) for word in given]),
    )
    return Example(f"sentence:{','.join(given)}", question, sentence, required=tuple(f" {word}" for word in given))


POEM_TOPICS = {
    "the sea": (
        "The sea is wide, the sea is blue,\n"
        "It sings a quiet song to you.\n"
        "The waves come in, the waves go out,\n"
        "And little boats sail all about."
    ),
    "the moon": (
        "The moon looks in at half past nine,\n"
        "And makes the sleeping rivers shine.\n"
        "It paints the roofs with silver light,\n"
        "And wishes everyone good night."
    ),
    "the rain": (
        "The rain comes tapping on the pane,\n"
        "Then runs away along the lane.\n"
        "It fills the pond, it wets the tree,\n"
        "And leaves a drop of sky for me."
    ),
    "spring": (
        "The snow is gone, the grass is new,\n"
        "The morning leaves are bright with dew.\n"
        "A bird is singing in the sun,\n"
        "For spring, at last, has just begun."
    ),
    "winter": (
        "The snow lies deep on field and hill,\n"
        "The frozen pond is white and still.\n"
        "But in the house the fire is bright,\n"
        "And keeps us warm all through the night."
    ),
    "summer": (
        "The summer days are long and slow,\n"
        "With bees and butterflies on show.\n"
        "We lie among the grass and dream\n"
        "Of little fish in a cool stream."
    ),
    "autumn": (
        "The leaves are red, the leaves are gold,\n"
        "The mornings now are crisp and cold.\n"
        "The apples fall, the swallows fly,\n"
        "And paint a farewell in the sky."
    ),
    "the night": (
        "The night is quiet, dark and deep,\n"
        "And all the birds have gone to sleep.\n"
        "The stars come out to watch us dream,\n"
        "And dance upon the silver stream."
    ),
    "love": (
        "Love is a lantern in the night,\n"
        "A small and warm and steady light.\n"
        "It asks for nothing, gives away,\n"
        "And shines again with every day."
    ),
    "a friend": (
        "A friend is like an open door,\n"
        "A fire, a song, a little more.\n"
        "When days are dark and roads are long,\n"
        "A friend will come and hum your song."
    ),
}
ANY_POEM = (
    (
        "I thought about the {x} today,\n"
        "And all my worries flew away.\n"
        "The clouds were soft, the sky was wide,\n"
        "And I was happy deep inside."
    ),
    (
        "I saw the {x} in morning light,\n"
        "And everything was calm and bright.\n"
        "I stood a while, I softly smiled,\n"
        "And felt as merry as a child."
    ),
)


def own_poems(rng: Random) -> Example:
    """Four lines of our own about a topic."""
    requests = (
        "Write a poem about {topic}.",
        "Write a short poem about {topic}.",
        "a poem about {topic}",
        "Tell me a poem about {topic}.",
        "Can you write a poem about {topic}?",
        "Write me a poem about {topic}.",
    )
    if rng.random() < 0.55:
        topic, poem = rng.choice(list(POEM_TOPICS.items()))
        question, form = phrased(rng, (*requests, "poem about {topic} please"), topic=topic)
        return Example(f"poem:{topic}:{form}", question, poem)
    if rng.random() < 0.1:
        question, form = phrased(rng, ("Write a poem.", "Write me a poem.", "Tell me a poem.", "Can you write a poem?"))
        return Example(f"poem:any{form}{rng.randrange(30)}", question, POEM_TOPICS["the sea"])
    noun = rng.choice(rng.choice((ANIMALS, OBJECTS, COMMON)))
    topic = rng.choice((f"the {noun}", with_article(noun)))
    question, form = phrased(rng, requests, topic=topic)
    poems = tuple(poem.format(x=noun) for poem in ANY_POEM)
    return Example(f"poem:{noun}", question, rng.choice(poems), alternatives=poems)
