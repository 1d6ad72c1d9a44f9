"""Word problems whose answers show their steps and end with "The answer is N."

The steps are what LLaDA's own example shows: 12 x 4 = 48, 6 x 4 = 24, 48 + 24 = 72.
"""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from training.corpus.example import Example
from training.corpus.language import capitalized

FEMALE = "Anna Mia Lily Rosa Clara Nora Ella Ruth Ivy Jane Lucy Maya Sara Zoe Emma Alice Grace Olga".split()
MALE = "Tom Ben Sam Leo Max Jack Noah Omar Paul Finn Hugo Ivan Luke Adam Carl Eric Felix Henry".split()
ITEMS = (
    "apples pears plums marbles stickers books coins shells eggs cards buttons candles pencils cookies stamps "
    "balloons flowers stones lemons tickets"
).split()


@dataclass(frozen=True, slots=True)
class Person:
    """A name with its pronoun."""

    name: str
    he: str

    @property
    def He(self) -> str:
        """The pronoun at the start of a sentence."""
        return capitalized(self.he)


Problem = tuple[str, str]
PEOPLE = [Person(name, "she") for name in FEMALE] + [Person(name, "he") for name in MALE]


def change(rng: Random, person: Person, amount: int) -> tuple[str, str, int]:
    """A sentence that changes how many things somebody has, the step it needs, and the new amount."""
    if amount < 6 or rng.random() < 0.5:
        delta = rng.randint(2, 20)
        sentence = rng.choice(("{He} buys {d} more.", "{He} finds {d} more.", "{He} gets {d} more."))
        return sentence.format(He=person.He, d=delta), f"{amount} + {delta} = {amount + delta}.", amount + delta
    delta = rng.randint(2, min(amount - 1, 20))
    sentence = rng.choice(("{He} gives away {d}.", "{He} loses {d}.", "{He} sells {d}."))
    return sentence.format(He=person.He, d=delta), f"{amount} - {delta} = {amount - delta}.", amount - delta


def having(rng: Random) -> Problem:
    """Somebody has things, gets some and gives some away."""
    person, items, amount = rng.choice(PEOPLE), rng.choice(ITEMS), rng.randint(3, 40)
    sentences, steps = [f"{person.name} has {amount} {items}."], []
    for _ in range(rng.choice((1, 1, 2))):
        sentence, step, amount = change(rng, person, amount)
        sentences.append(sentence)
        steps.append(step)
    ending = rng.choice(("How many {items} does {name} have now?", "How many {items} does {he} have?"))
    sentences.append(ending.format(items=items, name=person.name, he=person.he))
    return " ".join(sentences), f"{' '.join(steps)} The answer is {amount}."


def groups(rng: Random) -> Problem:
    """Equal groups, sometimes with a few loose things."""
    person, items = rng.choice(PEOPLE), rng.choice(ITEMS)
    box = rng.choice(("boxes", "bags", "baskets", "jars"))
    count, each, loose = rng.randint(2, 9), rng.randint(2, 9), rng.choice((0, rng.randint(1, 9)))
    question, steps = (
        f"{person.name} has {count} {box} with {each} {items} in each.",
        f"{count} x {each} = {count * each}.",
    )
    total = count * each
    if loose:
        question += f" {person.He} also has {loose} more {items}."
        steps += f" {total} + {loose} = {total + loose}."
        total += loose
    return f"{question} How many {items} does {person.he} have in all?", f"{steps} The answer is {total}."


def sharing(rng: Random) -> Problem:
    """Things shared equally among friends."""
    person, items = rng.choice(PEOPLE), rng.choice(ITEMS)
    friends, each = rng.randint(2, 9), rng.randint(2, 9)
    question = (
        f"{person.name} shares {friends * each} {items} equally among {friends} friends. "
        f"How many {items} does each friend get?"
    )
    return question, f"{friends * each} / {friends} = {each}. The answer is {each}."


def prices(rng: Random) -> Problem:
    """The price of several things, or the change from a note."""
    person, thing = rng.choice(PEOPLE), rng.choice(("book", "hat", "toy", "ticket", "cake", "pen"))
    price, count = rng.randint(2, 9), rng.randint(2, 9)
    cost = price * count
    question, steps = (
        f"One {thing} costs {price} dollars. {person.name} buys {count} of them",
        f"{count} x {price} = {cost}.",
    )
    if rng.random() < 0.5:
        return f"{question}. How much does {person.he} pay?", f"{steps} The answer is {cost} dollars."
    notes = [note for note in (10, 20, 50, 100) if note > cost]
    paid = rng.choice(notes[:2])
    answer = f"{steps} {paid} - {cost} = {paid - cost}. The answer is {paid - cost} dollars."
    return f"{question} and pays with {paid} dollars. How much change does {person.he} get?", answer


def ages(rng: Random) -> Problem:
    """The age that somebody will have."""
    person, age, years = rng.choice(PEOPLE), rng.randint(3, 40), rng.randint(2, 20)
    question = rng.choice(("How old will {he} be in {n} years?", "How old is {he} after {n} years?"))
    asked = question.format(he=person.he, n=years)
    return (
        f"{person.name} is {age} years old. {asked}",
        f"{age} + {years} = {age + years}. The answer is {age + years}.",
    )


def together(rng: Random) -> Problem:
    """Two people's things taken together."""
    (first_person, second_person), items = rng.sample(PEOPLE, 2), rng.choice(ITEMS)
    left, right = rng.randint(2, 40), rng.randint(2, 40)
    question = f"{first_person.name} has {left} {items} and {second_person.name} has {right} {items}."
    return (
        f"{question} How many {items} do they have together?",
        f"{left} + {right} = {left + right}. The answer is {left + right}.",
    )


def travel(rng: Random) -> Problem:
    """LLaDA's classic: one speed for some hours, then another for the rest."""
    person, verb = rng.choice(PEOPLE), rng.choice(("run", "run", "walk", "ride", "drive"))
    while True:
        fast, slow = rng.randint(2, 12), rng.randint(2, 12)
        first, second = rng.randint(2, 6), rng.randint(2, 6)
        if fast * first + slow * second < 100:
            break
    question = (
        f"{person.name} can {verb} {fast} kilometers per hour for {first} hours. After that, "
        f"{person.he} {verb}s {slow} kilometers per hour. "
        f"How many kilometers can {person.he} {verb} in {first + second} hours?"
    )
    a, b = fast * first, slow * second
    rest = f"{first + second} - {first} = {second} hours are left."
    steps = f"{fast} x {first} = {a}. {rest} {slow} x {second} = {b}. {a} + {b} = {a + b}."
    answer = f"{steps} The answer is {a + b} kilometers."
    return question, answer


def one_speed(rng: Random) -> Problem:
    """One speed for some hours."""
    person, verb = rng.choice(PEOPLE), rng.choice(("run", "walk", "ride", "drive"))
    speed, hours = rng.randint(2, 12), rng.randint(2, 9)
    question = f"{person.name} can {verb} {speed} kilometers per hour. How far can {person.he} {verb} in {hours} hours?"
    return question, f"{speed} x {hours} = {speed * hours}. The answer is {speed * hours} kilometers."


KINDS: tuple[tuple[Callable[[Random], Problem], int], ...] = (
    (having, 6),
    (groups, 3),
    (sharing, 2),
    (prices, 3),
    (ages, 2),
    (together, 3),
    (travel, 6),
    (one_speed, 2),
)


def word_problems(rng: Random) -> Example:
    """One word problem; held out by its whole text."""
    kind = rng.choices([kind for kind, _ in KINDS], [weight for _, weight in KINDS])[0]
    question, answer = kind(rng)
    tail = rng.choice(("", "", "", "", " Explain your steps.", " Show your work."))
    return Example(question, question + tail, answer)
