"""Young animals, sounds, legs, kinds and homes, asked in any form."""

from random import Random

from training.corpus import fact_tables as tables
from training.corpus.example import Example
from training.corpus.language import capitalized, with_article
from training.corpus.varied.grammar import asked


def choose(rng: Random, table: dict[str, str]) -> tuple[str, str]:
    """A pair of a table."""
    return rng.choice(list(table.items()))


def babies(rng: Random) -> Example:
    """A young animal."""
    animal, baby = choose(rng, tables.BABIES)
    a = with_article(animal)
    prompt = asked(
        rng,
        (f"the word for a baby {animal}", f"the name of a young {animal}", f"the young of {a}", f"a baby {animal}"),
        (),
        (
            f"what is a baby {animal} called",
            f"what do you call a baby {animal}",
            f"what do you call the young of {a}",
            f"how is a young {animal} called",
            f"what's a young {animal} called",
            f"a young {animal} is called what",
        ),
        (
            f"baby {animal}?",
            f"baby {animal} = ?",
            f"a young {animal} is a ...",
            f"a baby {animal} is called ...",
            f"young {animal}?",
        ),
    )
    return Example(f"baby:{animal}:{prompt}", prompt, f"A baby {animal} is called {with_article(baby)}.")


def sounds(rng: Random) -> Example:
    """The sound of an animal, and which animal makes it."""
    animal, sound = choose(rng, tables.SOUNDS)
    a, noise = with_article(animal), sound.removesuffix("s")
    alone = list(tables.SOUNDS.values()).count(sound) == 1
    if alone and rng.random() < 0.3:
        prompt = asked(
            rng,
            (f"the animal that {sound}",),
            (),
            (f"which animal {sound}", f"what animal {sound}", f"which animal says {noise}", f"who says {noise}"),
            (f"it {sound}. Which animal?",),
        )
    else:
        prompt = asked(
            rng,
            (f"the sound of {a}", f"{a}'s sound", f"the noise of {a}", f"the sound {a} makes", f"{a}'s noise"),
            (f"make the sound of {a}",),
            (
                f"what sound does {a} make",
                f"what does {a} say",
                f"what noise does {a} make",
                f"how does {a} sound",
                f"{a} makes what sound",
            ),
            (f"{animal} sound?", f"{animal}: sound?", f"{a} says ..."),
        )
    return Example(f"sound:{animal}:{prompt}", prompt, f"{capitalized(a)} {sound}.")


def legs(rng: Random) -> Example:
    """The number of an animal's legs."""
    animal, count = choose(rng, tables.LEGS)
    a = with_article(animal)
    prompt = asked(
        rng,
        (f"the number of legs of {a}", f"the number of {a}'s legs", f"the number of legs {a} has"),
        (f"count the legs of {a}",),
        (
            f"how many legs does {a} have",
            f"how many legs has {a}",
            f"{a} has how many legs",
            f"how many legs do {animal}s have",
        ),
        (f"legs of {a}?", f"{animal}: legs?", f"{a} has ... legs"),
    )
    return Example(f"legs:{animal}:{prompt}", prompt, f"{capitalized(a)} has {count} legs.")


def kinds(rng: Random) -> Example:
    """The kind of animal that something is."""
    animal, kind = choose(rng, tables.KINDS)
    a, other = with_article(animal), rng.choice([name for name in tables.KINDS.values() if name != kind])
    first, second = rng.sample((kind, other), 2)
    prompt = asked(
        rng,
        (f"the kind of animal that {a} is",),
        (),
        (
            f"what kind of animal is {a}",
            f"what type of animal is {a}",
            f"is {a} {with_article(first)} or {with_article(second)}",
            f"{a} is what kind of animal",
            f"is {a} {with_article(first)} or {with_article(second)}",
            f"which group does {a} belong to",
        ),
        (f"{animal}: {first} or {second}?", f"{a} is a ..., {first} or {second}"),
    )
    return Example(f"kind:{animal}:{prompt}", prompt, f"{capitalized(a)} is {with_article(kind)}.")


def homes(rng: Random) -> Example:
    """The home of an animal."""
    animal, home = choose(rng, tables.HOMES)
    a = with_article(animal)
    prompt = asked(
        rng,
        (f"the home of {a}", f"{a}'s home", f"the place where {a} lives"),
        (),
        (f"where does {a} live", f"where do {animal}s live", f"where can I find {a}", f"{a} lives where"),
        (f"home of {a}?", f"{a} lives in ..."),
    )
    return Example(f"home:{animal}:{prompt}", prompt, f"{capitalized(a)} lives {home}.")
