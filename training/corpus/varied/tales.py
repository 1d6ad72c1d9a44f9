"""Stories and sentences about any thing, any name, in any words; several right answers to each request."""

import re
from collections.abc import Sequence
from functools import partial
from random import Random

from training.corpus.beyond import made_up_name
from training.corpus.example import Example
from training.corpus.language import capitalized, joined, with_article
from training.corpus.stories import HE, LOOKS, OF_THREE_WORDS, QUALITIES, SHE, hero_of, plot_of, story_of, usual
from training.corpus.varied.grammar import asked
from training.corpus.varied.nouns import OTHERS, THINGS
from training.corpus.word_problems import FEMALE, MALE
from training.corpus.words import ANIMALS, OBJECTS, PEOPLE, UNUSUAL_HEROES

KIN = ("grandma", "grandpa", "mother", "father", "sister", "brother", "aunt", "uncle", "friend", "teacher", "neighbor")
# Names that no other family uses; most are several tokens, so that a story goes on alike behind a name of any length.
MORE_SHE = (
    "Amelia Beth Carla Chloe Dora Elena Eva Fiona Greta Hannah Helen Ines Isabel Judy Kate Laura Leila Linda Lola "
    "Maria Martha Mona Naomi Nadia Paula Penny Polly Rita Sally Sofia Stella Tina Vera Wendy Yasmin"
).split()
MORE_HE = (
    "Albert Alex Andy Arthur Bill Charlie Dan David Edgar Emil Frank Fred George Gus Harry Jim Joe Jonas Kevin Lars "
    "Lenny Marco Mike Milo Ned Nick Oliver Pablo Pete Ralph Ron Simon Steve Theo Victor Walter Will"
).split()
SHE_KIN = {"grandma", "mother", "sister", "aunt"}
ENDINGS = (
    "{He} took it home and kept it under {his} bed. Every night, it gave {him} a good dream.",
    "{He} gave it to a lonely {other}. From that day on, they were best friends.",
    "{He} showed it to {his} friends. They laughed and played all day.",
    "{He} wanted to keep it, but a {other} was looking for it. {name} gave it back and made a new friend.",
    "A {other} wanted it too, so they shared it. Nobody was lonely that day.",
)
OPENINGS = ("Once upon a time there was", "Long ago there lived", "There once was")
TIMES = ("One day", "One morning", "One evening", "One winter night")


def hero(rng: Random, kind: str, name: str) -> tuple[str, str, str, str]:
    """Name, pronoun, possessive and object form of a hero of this kind, with the name that was asked for, if any."""
    if name:
        she = name in (*FEMALE, *SHE, *MORE_SHE)
    elif kind in KIN:
        she = kind in SHE_KIN
        name = rng.choice(SHE if she else HE)
    else:
        usual_hero = hero_of(kind)
        she, name = usual_hero.he == "she", usual_hero.name
    return (name, "she", "her", "her") if she else (name, "he", "his", "him")


def tale(rng: Random, kind: str, name: str, thing: str, quality: str) -> str:
    """A story of someone who finds a thing; of a hero and a thing that stories.py knows, as it is told there."""
    if not name and kind in (*ANIMALS, *PEOPLE, *UNUSUAL_HEROES) and thing in OBJECTS:
        return story_of(rng, hero_of(kind), thing, quality)
    name, he, his, him = hero(rng, kind, name)
    other = usual(rng, [animal for animal in ANIMALS[:12] if animal not in (kind, "owl", thing)], thing, 0.6)
    opening, time = rng.choices(OPENINGS, (8, 1, 1))[0], rng.choices(TIMES, (6, 2, 2, 1))[0]
    finding = f"{time}, {he} found {with_article(f'{rng.choice(LOOKS)} {thing}')} {rng.choice(OF_THREE_WORDS)}."
    plot = plot_of(thing) if rng.random() < 0.6 else usual(rng, ENDINGS, thing + "e", 0.5)
    plot = plot.format(He=capitalized(he), he=he, his=his, him=him, name=name, other=other)
    return f"{opening} {with_article(f'{quality} {kind}')} named {name}. {finding} {plot}"


def is_tale(text: str, kind: str, name: str, thing: str) -> bool:
    """Whether a text is a whole story of this hero and thing (empty: any), with one name and one pronoun."""
    match = re.fullmatch(
        rf"(?:{'|'.join(OPENINGS)}) an? \w+ (\w+) named (\w+)\. "
        r"One [a-z ]+, (he|she) found an? \w+ (\w+) [a-z ]+\. (.+\.)",
        text,
    )
    if match is None or (kind and kind != match[1]) or (name and name != match[2]) or (thing and thing != match[4]):
        return False
    pronouns = {"he", "his", "him"} if match[3] == "she" else {"she", "her"}
    names = set(re.findall(r"(?<=[a-z,] )[A-Z][a-z]+", match[5]))
    return not pronouns & set(re.findall(r"[a-z]+", match[5].lower())) and names <= {match[2]}


def subject_of(rng: Random, kind: str, name: str, thing: str) -> tuple[str, tuple[str, ...]]:
    """The subject of the story, and short forms of it."""
    a = with_article(kind)
    if name and kind in ("girl", "boy") and thing:
        return f"{name} and {with_article(thing)}", (
            f"{name} and {rng.choice(('the', 'her' if kind == 'girl' else 'his'))} {thing}",
            f"{name}, {thing}",
        )
    if name and kind in ("girl", "boy"):
        return name, (f"{a} called {name}", f"{a} named {name}")
    if name:
        return f"{a} {rng.choice(('named', 'called'))} {name}", (f"{name} the {kind}",)
    if kind in KIN and not thing:
        return f"my {kind}", (f"my {kind}", f"a {kind}")
    if thing:
        t = with_article(thing)
        return f"{a} and {t}", (
            f"{a} who finds {t}",
            f"{a} with {t}",
            f"{kind}, {thing}",
            f"{kind} and {thing}",
            f"the {kind} and the {thing}",
            f"{a} that found {t}",
        )
    return a, (f"the {kind}", kind, a, f"a little {kind}" if rng.random() < 0.1 else a)


def tales(rng: Random) -> Example:
    """One story."""
    style = rng.random()
    pool: Sequence[str] = rng.choices((ANIMALS, PEOPLE, UNUSUAL_HEROES, THINGS, KIN), (30, 15, 15, 34, 6))[0]
    kind, name, thing = rng.choice(pool), "", ""
    if style < 0.34:
        kind = rng.choice(("girl", "boy", rng.choice(ANIMALS), rng.choice(ANIMALS), rng.choice(PEOPLE)))
        name = rng.choice(
            {"girl": (*FEMALE, *MORE_SHE), "boy": (*MALE, *MORE_HE)}.get(
                kind, (*FEMALE, *MALE, *SHE, *HE, *MORE_SHE, *MORE_HE, made_up_name(rng).capitalize())
            )
        )
    if rng.random() < 0.5:
        thing = rng.choice(rng.choice((OBJECTS, THINGS)))
    if thing == kind or (name and kind not in ("girl", "boy")):
        thing = ""
    quality, shown_quality = rng.choice(QUALITIES), ""
    if not name and kind not in KIN and rng.random() < 0.2:
        quality = shown_quality = rng.choice(rng.choice((QUALITIES, ADJECTIVES)))
        thing = ""
    x, forms = subject_of(rng, kind, name, thing)
    if shown_quality:
        x, forms = with_article(f"{quality} {kind}"), (f"the {quality} {kind}", f"{quality} {kind}")
    if rng.random() < 0.06:
        x, forms, kind, name, thing = "", (), rng.choice(ANIMALS), "", ""
    y = rng.choice((x, *forms)) if x else ""
    about = rng.choice(("about", "about", "about", "of", "with")) if x else ""
    story = rng.choice(
        ("story", "story", "story", "short story", "little story", "tale", "bedtime story", "tiny story", "nice story")
    )
    subject = f"{with_article(story)} {about} {x}".strip()
    verbs = (
        f"tell me {subject}",
        f"write {subject}",
        f"tell {subject}",
        f"write me {subject}",
        f"make up {subject}",
        f"invent {subject}",
        f"read me {subject}",
        f"make {subject}",
    )
    wishes = (
        f"I want {subject}",
        f"I would like {subject}",
        f"I'd like to hear {subject}",
        f"give me {subject}",
        f"how about {subject}",
        f"{subject} would be nice",
        f"please, {subject}",
        subject,
    )
    bare: tuple[str, ...] = (
        f"{story} {about} {y}".strip(),
        f"{story}: {y}" if y else story,
        f"{story}, {y}" if y else f"{story}!",
        f"{subject} please",
        f"another {story} {about} {y}".strip(),
        *wishes,
    )
    if thing and not name and rng.random() < 0.15:
        bare = (
            f"Once upon a time there was {with_article(kind)} who found {with_article(thing)}. Tell the story.",
            f"tell me about {with_article(kind)} who finds {with_article(thing)}",
        )
    prompt = asked(
        rng, (), verbs, (f"do you know {subject}", f"can you think of {subject}"), bare, keep_case=bool(name)
    )
    used = thing or usual(rng, [word for word in OBJECTS if word != kind], kind, 0.5)
    answer = tale(rng, kind, name, used, quality)
    required = (f"{quality} {kind} named",) if shown_quality else ()
    check = partial(is_tale, kind=kind if x else "", name=name, thing=thing)
    return Example(
        f"tale:{kind},{name},{thing}:{prompt if not x else ''}", prompt, answer, required=required, check=check
    )


FORMS_ONE = (
    "The {a} is here.",
    "I like the {a} very much.",
    "We saw {an} near the river.",
    "The {a} was {q} and old.",
    "My friend has {an} at home.",
    "There is {an} behind the house.",
)
FORMS_TWO = (
    "The {a} is next to the {b}.",
    "I saw the {a} and the {b} near the river.",
    "We found {an} and {bn} in the garden.",
    "My friend has {an} and {bn} at home.",
    "There is {an} behind the {b}.",
)
FORMS_QUALITY = ("The fox is {q} today.", "My friend was very {q} in the evening.", "We saw a {q} bear in the forest.")
ADJECTIVES = tuple(
    word
    for word in OTHERS
    if word
    in "angry beautiful bold bright busy calm careful clever cold curious dark dirty fair famous fast fresh "
    "friendly full funny gentle good great happy heavy honest hungry jolly kind large lazy little loud lucky nice old "
    "polite poor proud quick quiet rich sad shy sick silent slow small smart soft strange strong sweet tall tired warm "
    "wet wild wise young".split()
)


def own_sentences(rng: Random) -> Example:
    """One sentence with one or two given words."""
    first, second = rng.sample([*THINGS, *ANIMALS, *OBJECTS], 2)
    q = rng.choice(ADJECTIVES)
    fields = {
        "a": first,
        "b": second,
        "an": with_article(first),
        "bn": with_article(second),
        "q": rng.choice(QUALITIES),
    }
    style = rng.random()
    if style < 0.15:
        asked_for, answers = [q], tuple(form.format(q=q) for form in FORMS_QUALITY)
    elif style < 0.5:
        asked_for, answers = [first], tuple(form.format(**fields) for form in FORMS_ONE)
    else:
        asked_for, answers = [first, second], tuple(form.format(**fields) for form in FORMS_TWO)
    quote = rng.random() < 0.3
    words = joined([f'"{word}"' if quote else word for word in asked_for])
    plural = "s" if len(asked_for) > 1 else ""
    sentence = rng.choice(("sentence", "sentence", "short sentence"))
    things = joined([with_article(word) for word in asked_for]) if style >= 0.15 else ""
    prompt = asked(
        rng,
        (f"a {sentence} with the word{plural} {words}", f"a {sentence} with {words}"),
        (
            f"write a {sentence} with {words}",
            f"use {words} in a {sentence}",
            f"make a {sentence} with {words}",
            f"use the word{plural} {words} in one sentence",
            f"put {words} into a {sentence}",
            f"make a {sentence} with the word{plural} {words}",
            f"write one sentence containing {words}",
            *((f"write a {sentence} about {things}", f"write me one sentence about {things}") if things else ()),
        ),
        (),
        (
            f"{sentence} with {words}",
            f"{sentence}: {', '.join(asked_for)}",
            f"a {sentence} containing {words}",
            f"{words} in a sentence",
            f"one sentence with {words} please",
        ),
    )
    required = tuple(f" {word}" for word in asked_for)
    return Example(
        f"sentence:{','.join(asked_for)}",
        prompt,
        rng.choices(answers, [3] + [1] * (len(answers) - 1))[0],
        required=required,
        check=is_sentence,
    )


def is_sentence(text: str) -> bool:
    """One sentence of one of the forms, roughly: a capital first, one full stop at the end."""
    return re.fullmatch(r"[A-Z][a-zA-Z ]+\.", text) is not None


def prose(rng: Random) -> Example:
    """A story or a sentence."""
    return tales(rng) if rng.random() < 0.72 else own_sentences(rng)
