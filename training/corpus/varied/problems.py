"""Word problems from a grammar of people, things, verbs and places, with one or two steps in every order of signs.

A scene begins with an amount, changes it once, twice or three times, and asks for what is there; other scenes compare,
group, share and price. Answers show their steps and end with "The answer is N.", as in word_problems.py.
"""

from random import Random

from training.corpus.example import Example
from training.corpus.language import capitalized
from training.corpus.split import is_held_out
from training.corpus.varied.actors import (
    COMINGS,
    CREATURES,
    GAINS,
    GOINGS,
    HOLDERS,
    LOSSES,
    PAST,
    PAST_MOVES,
    PLACES,
    ROLES_HE,
    ROLES_SHE,
    THINGS,
    actor,
    figure,
    first_person,
)
from training.corpus.varied.grammar import typed_freely
from training.corpus.varied.groups import Steps, compared, grouped, written

OPPOSITE_PARTS = (
    ("old", "new"),
    ("small", "big"),
    ("girls", "boys"),
    ("broken", "whole"),
    ("red", "blue"),
)
PUPILS = ("children", "students", "kids", "pupils", "children in the class", "pupils at school")
OBJECT_FORMS = {"I": "me", "he": "him", "she": "her", "it": "it"}


def changes(rng: Random, amount: int) -> Steps:
    """One to three steps from an amount, each sign as likely as the other, none of them held out."""
    while True:
        steps: Steps = []
        current = amount
        for _ in range(rng.choice((1, 1, 1, 1, 2, 2, 2, 3))):
            sign = rng.choice("+-") if current > 3 else "+"
            by = rng.randint(1, 30) if sign == "+" else rng.randint(1, min(current, 30))
            steps.append((current, sign, by))
            current = current + by if sign == "+" else current - by
        if not any(is_held_out("sums", f"{left}{sign}{right}") for left, sign, right in steps):
            return steps


def owning(rng: Random) -> tuple[str, str]:
    """Somebody has things, gets some and loses some."""
    who, things, past = actor(rng), rng.choice(THINGS), rng.random() < 0.4
    steps = changes(rng, rng.randint(3, 60))

    def verb(word: str, name: str) -> str:
        return PAST[word] if past and word in PAST else first_person(word) if name == "I" else word

    has = rng.choice(("has", "has", "owns", "holds", "keeps"))
    begin = rng.choice(
        (
            f"{who.name} {verb(has, who.name)} {figure(rng, steps[0][0])} {things}",
            f"{who.name} {verb(has, who.name)} {figure(rng, steps[0][0])} {things}",
            f"{who.name} {verb(rng.choice(GAINS[:8]), who.name)} {figure(rng, steps[0][0])} {things}",
        )
    )
    text, joined_up = capitalized(begin), rng.random() < 0.35
    for index, (_, sign, by) in enumerate(steps):
        subject = who.he if rng.random() < 0.7 else who.name
        action = verb(rng.choice(GAINS if sign == "+" else LOSSES), subject)
        more = " more" if sign == "+" and rng.random() < 0.7 else ""
        clause = f"{subject} {action} {figure(rng, by)}{more}{f' {things}' if rng.random() < 0.25 else ''}"
        if sign == "-" and rng.random() < 0.15:
            clause = f"{figure(rng, by)} of them {rng.choice(('are lost', 'break', 'are sold', 'are eaten', 'go bad'))}"
        elif sign == "+" and rng.random() < 0.15:
            giver = rng.choice((*ROLES_SHE, *ROLES_HE))
            clause = f"{giver} gives {OBJECT_FORMS[who.he]} {figure(rng, by)}{more}"
        elif sign == "-" and rng.random() < 0.2:
            gives = verb("gives away", subject).removesuffix(" away")
            clause = f"{subject} {gives} {figure(rng, by)} to {rng.choice(ROLES_SHE + ROLES_HE)}"
        if joined_up:
            link = rng.choice((" and ", ", then ", " and then ", ", ")) if index == len(steps) - 1 else ", "
            text += link + (clause.removeprefix(f"{subject} ") if rng.random() < 0.6 else clause)
        else:
            text += ". " + capitalized(clause)
    does = "do" if who.he == "I" else "does"
    ask = rng.choice(
        (
            f"How many {things} {does} {who.he} have now?",
            f"How many {things} {does} {who.he} have?",
            f"How many {things} are left?" if steps[-1][1] == "-" else f"How many {things} are there?",
            f"How many {things} now?",
            f"{capitalized(things)} now?",
            "How many are there in the end?",
            f"How many {things} {does} {who.name} have in the end?",
            f"What is the number of {things} now?",
            f"How many {things}?",
            "How many remain?" if steps[-1][1] == "-" else f"How many {things} in all?",
        )
    )
    if joined_up and rng.random() < 0.2:
        return f"{text}, {ask[0].lower()}{ask[1:]}", written(steps)
    return f"{text}. {ask}", written(steps)


def gathering(rng: Random) -> tuple[str, str]:
    """Creatures somewhere, some come, some go; or things somewhere, put in and taken out."""
    alive, past = rng.random() < 0.65, rng.random() < 0.45
    things = rng.choice(CREATURES if alive else THINGS)
    place = rng.choice(PLACES if alive else HOLDERS)
    steps = changes(rng, rng.randint(3, 60))
    are = "were" if past else "are"
    text = rng.choice(
        (
            f"There {are} {figure(rng, steps[0][0])} {things} {place}",
            f"{capitalized(figure(rng, steps[0][0]))} {things} {are} {place}",
        )
    )
    joined_up = rng.random() < 0.4
    for index, (_, sign, by) in enumerate(steps):
        if alive:
            move = rng.choice(COMINGS if sign == "+" else GOINGS)
            action = PAST_MOVES[move] if past else move
        else:
            action = (
                f"{'were' if past else 'are'} {'put in' if sign == '+' else rng.choice(('taken out', 'eaten', 'sold'))}"
            )
        more = rng.choice(("", " more", " others", f" {things}")) if sign == "+" else rng.choice(("", "", " of them"))
        link = (
            (rng.choice((" and ", ", then ", "; ", " and then ")) if index == len(steps) - 1 else ", ")
            if joined_up
            else ". "
        )
        text += link + figure(rng, by) + more + " " + action
    ask = rng.choice(
        (
            f"How many {things} are {place} now?",
            f"How many {things} are left?" if steps[-1][1] == "-" else f"How many {things} are there now?",
            f"How many {things} are there?",
            f"How many {things} now?",
            "How many stay?" if alive and steps[-1][1] == "-" else "How many are there?",
            f"How many {things}?",
            f"How many {things} are {place}?",
            "How many now?",
        )
    )
    return f"{text}. {ask}", written(steps)


def parts_and_whole(rng: Random) -> tuple[str, str]:
    """Two or three kinds taken together, or the other part of a whole."""
    who, pool = actor(rng), rng.choice((THINGS, CREATURES))
    kinds = rng.sample(pool, 3)
    a, b, c = (rng.randint(1, 40) for _ in range(3))
    has = "have" if who.he == "I" else "has"
    does = "do" if who.he == "I" else "does"
    style = rng.random()
    if style < 0.4:
        nouns = [kinds[0], kinds[1]]
        if rng.random() < 0.4:
            nouns = [f"{color} {kinds[0]}" for color in rng.sample(("red", "blue", "green", "old", "new", "big"), 2)]
        subject = f"{who.name} {has}" if rng.random() < 0.7 else "There are"
        text = f"{subject} {figure(rng, a)} {nouns[0]} and {figure(rng, b)} {nouns[1]}"
        whole = kinds[0] if nouns[0] != kinds[0] else "things" if pool is THINGS else rng.choice(("animals", "of them"))
        ask = rng.choice(
            (
                f"How many {whole} in all?",
                f"How many {whole} is that?",
                f"How many {whole} together?",
                f"How many {whole} {does} {who.he} have?" if "There" not in subject else f"How many {whole} are there?",
            )
        )
        return f"{text}. {ask}", written([(a, "+", b)])
    if style < 0.6:
        days = rng.choice((("Monday", "Tuesday", "Wednesday"), ("the morning", "the afternoon", "the evening")))
        on = "on" if days[0] == "Monday" else "in"
        verb = rng.choice(("reads", "sells", "eats", "finds", "makes", "picks"))
        verb = verb.removesuffix("s") if who.he == "I" else verb
        text = f"{who.name} {verb} {a} {kinds[0]} {on} {days[0]}, {b} {on} {days[1]} and {c} {on} {days[2]}"
        return f"{text}. How many {kinds[0]} {rng.choice(('in all', 'in total', 'altogether'))}?", written(
            [(a, "+", b), (a + b, "+", c)]
        )
    if style < 0.75:
        text = f"{figure(rng, a)} {kinds[0]}, {figure(rng, b)} {kinds[1]}, {figure(rng, c)} {kinds[2]}"
        ask = rng.choice(("how many in all?", "how many things?", "how many altogether?", "what is the total?"))
        return f"{text}: {ask}", written([(a, "+", b), (a + b, "+", c)])
    total, part = max(a, b) + 1, min(a, b)
    kind, other_kind = rng.sample(rng.choice(OPPOSITE_PARTS), 2)
    whole = rng.choice(PUPILS) if kind in ("girls", "boys") else kinds[0]
    begin = f"There are {total} {whole}"
    text = rng.choice((f"{begin}. {part} of them are {kind}", f"{begin}, {part} are {kind}", f"{begin}, {part} {kind}"))
    ask = rng.choice(
        (
            f"The rest are {other_kind}. How many are {other_kind}?",
            f"How many are not {kind}?",
            f"How many {other_kind}?"
            if whole != kinds[0]
            else f"The others are {other_kind}. How many {other_kind} ones?",
            f"How many {whole} are not {kind}?",
        )
    )
    return f"{text}. {ask}", written([(total, "-", part)])


def problems(rng: Random) -> Example:
    """One word problem, held out by its text."""
    scene = rng.choices((owning, gathering, parts_and_whole, compared, grouped), (7, 4, 4, 3, 5))[0]
    question, answer = scene(rng)
    question = typed_freely(rng, question[0].upper() + question[1:])
    return Example(question, question, answer)
