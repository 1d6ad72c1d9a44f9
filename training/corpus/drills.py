"""Raw lines without the chat template, several to a sequence, in which only the results are learnt.

Sums, comparisons, sequences, sorting, and words with their letters, in the forms that the answers of the chat use: what
the drills teach is used there, at a third of the tokens a question would cost.
"""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from training.corpus.strings import capital_word
from training.corpus.sums import operands
from training.corpus.words import COMMON

Drill = list[tuple[str, bool]]


@dataclass(frozen=True, slots=True)
class Line:
    """(text, learnt) pieces, and the family and key of the example that asks for the same."""

    pieces: tuple[tuple[str, bool], ...]
    family: str
    key: str


def equation(rng: Random) -> Line:
    """57 + 38 = 95."""
    operator = rng.choice("+++---xxx/")
    left, right, result = operands(rng, operator)
    pieces = ((f"{left} {operator} {right} =", False), (f" {result}", True), (".\n", False))
    return Line(pieces, "sums", f"{left}{operator}{right}")


def comparison(rng: Random) -> Line:
    """66, 58: 66 is bigger than 58."""
    left, right = rng.sample(range(100), 2)
    word, first = rng.choice((("bigger", max), ("larger", max), ("smaller", min)))
    best = first(left, right)
    pieces = (
        (f"{left}, {right}:", False),
        (f" {best}", True),
        (f" is {word} than", False),
        (f" {left + right - best}", True),
        (".\n", False),
    )
    return Line(pieces, "comparisons", f"{word}{left},{right}")


def sequence(rng: Random) -> Line:
    """3, 6, 9, 12: up by 3, so 15."""
    start, step = rng.randint(0, 20), rng.choice((1, 2, 3, 4, 5, 10))
    given = ", ".join(str(start + step * index) for index in range(4))
    pieces = (
        (f"{given}: up by", False),
        (f" {step}", True),
        (", so the next number is", False),
        (f" {start + 4 * step}", True),
        (".\n", False),
    )
    return Line(pieces, "sequences", f"sequence{start},{step}")


def sorting(rng: Random) -> Line:
    """31, 4, 15 in order: 4, 15, 31."""
    numbers = rng.sample(range(rng.choice((20, 100))), rng.choice((3, 3, 4)))
    given = ", ".join(map(str, numbers))
    pieces = ((f"{given} in order:", False), (f" {', '.join(map(str, sorted(numbers)))}", True), (".\n", False))
    return Line(pieces, "strings", f"sort:{given}")


def capitals(rng: Random) -> Line:
    """nest in capitals is NEST."""
    word = rng.choice(COMMON)
    return Line(((f"{word} in capitals is", False), (f" {word.upper()}", True), (".\n", False)), "strings", "")


def backwards(rng: Random) -> Line:
    """NEST backwards is TSEN."""
    word = capital_word(rng)
    pieces = ((f"{word} backwards is", False), (f" {word[::-1]}", True), (".\n", False))
    return Line(pieces, "strings", f"reverse:{word}")


def counted(rng: Random) -> Line:
    """nest is N-E-S-T: 4 letters."""
    word = capital_word(rng)
    shown = word.lower() if word.lower() in COMMON and rng.random() < 0.7 else word
    pieces = (
        (f"{shown} is", False),
        (f" {'-'.join(word)}", True),
        (":", False),
        (f" {len(word)}", True),
        (" letters.\n", False),
    )
    return Line(pieces, "strings", f"length:{shown}")


KINDS: tuple[tuple[Callable[[Random], Line], int], ...] = (
    (equation, 45),
    (comparison, 7),
    (sequence, 6),
    (sorting, 10),
    (capitals, 10),
    (backwards, 11),
    (counted, 11),
)


def drill(rng: Random, lines: int = 6) -> list[Line]:
    """Several lines: all sums, or a few of each kind, because a sequence of one kind is learnt sooner."""
    if rng.random() < 0.5:
        return [equation(rng) for _ in range(lines)]
    kinds = rng.choices([kind for kind, _ in KINDS], [weight for _, weight in KINDS], k=lines)
    return [kind(rng) for kind in kinds]
