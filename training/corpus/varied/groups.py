"""Word problems that compare, group, share and price."""

from random import Random

from training.corpus.varied.actors import MORE_FEMALE, MORE_MALE, THINGS, actor, figure
from training.corpus.word_problems import FEMALE, MALE

Steps = list[tuple[int, str, int]]


def written(steps: Steps, unit: str = "") -> str:
    """The steps and the answer."""
    parts, result = [], 0
    for left, sign, right in steps:
        result = {"+": left + right, "-": left - right, "x": left * right, "/": left // max(right, 1)}[sign]
        parts.append(f"{left} {sign} {right} = {result}.")
    return f"{' '.join(parts)} The answer is {result}{unit}."


def compared(rng: Random) -> tuple[str, str]:
    """One person has more, fewer or several times as many; ages; how many more."""
    name, friend = rng.sample(FEMALE + MORE_FEMALE + MALE + MORE_MALE, 2)
    things, a, b = rng.choice(THINGS), rng.randint(3, 40), rng.randint(1, 20)
    style = rng.random()
    if style < 0.25:
        return (
            f"{name} has {a} {things}. {friend} has {b} more{rng.choice(('', f' than {name}'))}. "
            f"How many {things} does {friend} have?"
        ), written([(a, "+", b)])
    if style < 0.4:
        a += b
        return f"{name} has {a} {things}. {friend} has {b} fewer. How many {things} does {friend} have?", written(
            [(a, "-", b)]
        )
    if style < 0.55:
        factor = rng.choice((2, 2, 3, 4))
        word = {2: "twice", 3: "three times", 4: "four times"}[factor]
        a = rng.randint(2, 20)
        return rng.choice(
            (
                f"{name} has {a} {things}. {friend} has {word} as many. How many {things} does {friend} have?",
                f"{friend} has {word} as many {things} as {name}, who has {a}. How many {things} does {friend} have?",
            )
        ), written([(factor, "x", a)])
    if style < 0.7:
        a += b
        return f"{name} has {a} {things} and {friend} has {b}. How many more does {name} have?", written([(a, "-", b)])
    kin = rng.choice(("sister", "brother", "friend", "cousin"))
    if rng.random() < 0.5:
        return f"{name} is {a} years old. The {kin} is {b} years older. How old is the {kin}?", written([(a, "+", b)])
    a += b
    return rng.choice(
        (
            f"{name} is {a} years old. The {kin} is {b} years younger. How old is the {kin}?",
            f"{name} is {a}. How old was {name} {b} years ago?",
        )
    ), written([(a, "-", b)])


def grouped(rng: Random) -> tuple[str, str]:
    """Equal groups, shares, prices, wages and ways, now and then with one step more."""
    who, things = actor(rng), rng.choice(THINGS)
    count, each = rng.randint(2, 10), rng.randint(2, 10)
    box = rng.choice(("boxes", "bags", "baskets", "jars", "packs", "shelves", "rows", "tables", "plates", "trees"))
    single = {"boxes": "box", "shelves": "shelf"}.get(box, box.removesuffix("s"))
    has = "have" if who.he == "I" else "has"
    style = rng.random()
    if style < 0.38:
        n, m = figure(rng, count), figure(rng, each)
        text = rng.choice(
            (
                f"There are {n} {box} with {m} {things} in each",
                f"{who.name} {has} {n} {box} of {m} {things}",
                f"One {single} holds {m} {things}. There are {n} {box}",
                f"If one {single} has {m} {things}, how many are in {n} {box}?",
                f"{n} {box}, {m} {things} in every {single}",
                f"Every {single} has {m} {things}. {who.name} {has} {n} {box}",
            )
        )
        steps = [(count, "x", each)]
        if text.endswith("?"):
            return text, written(steps)
        if rng.random() < 0.3:
            by, sign = rng.randint(1, 12), rng.choice("+-")
            by = min(by, count * each)
            text += f". {by} {things} are {'added' if sign == '+' else rng.choice(('eaten', 'lost', 'sold'))}"
            steps.append((count * each, sign, by))
        return (
            f"{text}. How many {things} {rng.choice(('in all', 'are there', 'in total', 'altogether', 'is that'))}?",
            written(steps),
        )
    if style < 0.62:
        whole, groups = count * each, rng.choice(("children", "friends", "kids", "people", "dogs", "girls", "boys"))
        if rng.random() < 0.5:
            text = rng.choice(
                (
                    f"{whole} {things} are shared equally by {count} {groups}. How many does each get?",
                    f"{count} {groups} share {whole} {things} fairly. How many for each?",
                    f"share {whole} {things} among {count} {groups}, how many does each one get",
                    f"{who.name} {has} {whole} {things} for {count} {groups}. How many {things} does each get?",
                )
            )
            return text, written([(whole, "/", count)])
        put = "put" if who.he == "I" else "puts"
        text = rng.choice(
            (
                f"{who.name} {has} {whole} {things} and {put} {each} in every {single}. How many {box}?",
                f"{whole} {things}, {each} in each {single}. How many {box} are needed?",
                f"{who.name} {put} {whole} {things} into {box} of {each}. How many {box}?",
            )
        )
        return text, written([(whole, "/", each)])
    if style < 0.82:
        price, thing = (
            rng.randint(2, 12),
            rng.choice(("ticket", "book", "hat", "toy", "cake", "pen", "cup", "ball", "ride")),
        )
        unit = rng.choice(("dollars", "dollars", "euros", "coins"))
        text = rng.choice(
            (
                f"One {thing} costs {price} {unit}. What do {count} {thing}s cost?",
                f"A {thing} is {price} {unit}. How much are {count}?",
                f"{count} {thing}s at {price} {unit} each. How much is that?",
                f"How much do {count} {thing}s cost if one costs {price} {unit}?",
            )
        )
        return text, written([(count, "x", price)], f" {unit}")
    speed = rng.choice((rng.randint(2, 30), 10 * rng.randint(2, 9)))
    rate, unit, text = rng.choice(
        (
            (speed, " kilometers", "A {v} goes {r} kilometers an hour. How far does it go in {n} hours?"),
            (rng.randint(2, 12), " dollars", "{w} earns {r} dollars a day. How much is that in {n} days?"),
            (rng.randint(2, 12), " pages", "{w} reads {r} pages a day. How many pages in {n} days?"),
            (rng.randint(2, 12), " kilometers", "{w} walks {r} kilometers a day. How many kilometers in {n} days?"),
            (rng.randint(2, 12), " cakes", "{w} bakes {r} cakes an hour. How many cakes in {n} hours?"),
        )
    )
    name = rng.choice(FEMALE + MALE + MORE_FEMALE)
    text = text.format(v=rng.choice(("train", "car", "bus", "ship", "bike")), r=rate, n=count, w=name)
    return text, written([(count, "x", rate)], unit)
