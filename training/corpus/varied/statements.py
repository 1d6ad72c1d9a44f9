"""What people say about themselves, with any thing, place or age in it, and a reply that takes it up."""

from random import Random

from training.corpus.fact_tables import CAPITALS
from training.corpus.language import with_article
from training.corpus.varied.nouns import any_word
from training.corpus.word_problems import FEMALE, MALE
from training.corpus.words import ANIMALS, COLORS, FRUITS, SUBJECTS, VEGETABLES

JOBS = (
    "teacher baker farmer doctor nurse student sailor writer painter driver singer lawyer pilot cook gardener builder "
    "designer dancer waiter tailor scientist programmer musician"
).split()
KIN = ("brother", "sister", "friend", "mother", "father", "teacher", "son", "daughter", "cousin")
# what is said, and the reply; each line's {x} is the same on both sides
LIKES = (
    "I like {x}",
    "I love {x}",
    "I really like {x}",
    "I enjoy {x}",
    "I like {x} very much",
    "my favorite thing is {x}",
    "I am a fan of {x}",
    "I like to think about {x}",
    "I adore {x}",
)
DISLIKES = (
    "I don't like {x}",
    "I hate {x}",
    "I do not like {x}",
    "I can't stand {x}",
    "I am not a fan of {x}",
    "I dislike {x}",
)
ORIGINS = (
    "I am from {x}",
    "I'm from {x}",
    "I live in {x}",
    "I come from {x}",
    "I was born in {x}",
    "my home is {x}",
    "I am in {x}",
    "greetings from {x}",
)
AGES = ("I am {x} years old", "I'm {x} years old", "my age is {x}", "I turned {x}", "I am {x} today")
WORK = ("I am {x}", "I'm {x}", "I work as {x}", "my job is {x}", "I want to be {x}", "I am {x} by profession")
PETS = ("I have {x}", "I've got {x}", "I own {x}", "we have {x}", "I have {x} at home", "my pet is {x}", "I saw {x}")


def statement(rng: Random) -> tuple[str, str]:
    """What is said, without its full stop, and the reply."""
    kind = rng.choice(("likes", "likes", "dislikes", "origin", "origin", "age", "work", "pet", "relative"))
    if kind in ("likes", "dislikes"):
        plural = rng.choice((*FRUITS, *VEGETABLES, *ANIMALS))
        thing = rng.choice((rng.choice(SUBJECTS), rng.choice(COLORS), any_word(rng), f"the {plural}"))
        if kind == "likes":
            return rng.choice(LIKES).format(x=thing), f"How nice! Shall I write a poem about {thing}?"
        return rng.choice(DISLIKES).format(x=thing), f"Then let us not talk about {thing}. What do you like?"
    if kind == "origin":
        place = rng.choice((*CAPITALS, *CAPITALS.values()))
        return rng.choice(ORIGINS).format(x=place), f"I hope it is nice in {place}! What shall we try?"
    if kind == "age":
        age = rng.randint(4, 95)
        return rng.choice(AGES).format(x=age), f"I hope it is nice to be {age}! What shall we try?"
    if kind == "work":
        job = with_article(rng.choice(JOBS))
        return rng.choice(WORK).format(x=job), f"It must be interesting to be {job}! What shall we try?"
    if kind == "pet":
        animal = with_article(rng.choice(ANIMALS))
        return rng.choice(PETS).format(x=animal), f"How nice! Shall I write a story about {animal}?"
    relative, name = rng.choice(KIN), rng.choice(FEMALE + MALE)
    remark = rng.choice(("my {k} is called {n}", "my {k}'s name is {n}", "{n} is my {k}", "my {k} is {n}"))
    return remark.format(k=relative, n=name), f"How nice! Shall I write a story about {name}?"
