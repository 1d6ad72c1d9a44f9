"""Sequences, neighbours, and counting up, down and in steps."""

from collections.abc import Sequence
from random import Random

from training.corpus.example import Example
from training.corpus.language import ONES
from training.corpus.lists import count_key
from training.corpus.split import is_held_out
from training.corpus.varied.grammar import asked


def constant_step(rng: Random) -> tuple[list[int], int]:
    """Five numbers with a constant step, up or down, whose last sum is not held out."""
    while True:
        size = rng.choice((1, 2, 2, 3, 3, 4, 5, 5, 6, 7, 8, 9, 10, 10, 20))
        step = -size if rng.random() < 0.3 else size
        start = rng.choice((0, size, rng.randint(0, 30))) if step > 0 else 4 * size + rng.randint(0, 30)
        numbers = [start + index * step for index in range(5)]
        if not is_held_out("sums", f"{numbers[3]}{'+' if step > 0 else '-'}{size}"):
            return numbers, step


def sequences(rng: Random) -> Example:
    """The next number of a sequence of three or four."""
    numbers, step = constant_step(rng)
    shown = [str(number) for number in numbers[rng.choice((0, 0, 1)) : 4]]
    beginning = rng.choice((", ", ", ", ", ", " ", " - ")).join(shown)
    prompt = asked(
        rng,
        (f"the next number: {beginning}", f"the number after {beginning}", f"the next number in {beginning}"),
        (
            f"continue {beginning}",
            f"continue: {beginning}",
            f"continue the sequence {beginning}",
            f"go on: {beginning}",
            f"complete the sequence {beginning}",
            f"carry on: {beginning}",
            f"extend {beginning}",
        ),
        (
            f"what comes next: {beginning}",
            f"{beginning}, what comes next",
            f"what comes after {beginning}",
            f"which number comes next: {beginning}",
            f"{beginning}, what's next",
            f"{beginning} and then",
        ),
        (
            f"{beginning}, ...",
            f"{beginning} ...",
            f"{beginning}, ?",
            f"{beginning} ?",
            f"next: {beginning}",
            f"{beginning}, next?",
            f"{beginning}...",
        ),
    )
    way, sign = ("up", "+") if step > 0 else ("down", "-")
    last_step = f"{numbers[3]} {sign} {abs(step)} = {numbers[4]}."
    answer = f"The numbers go {way} by {abs(step)}. {last_step} The next number is {numbers[4]}."
    return Example(f"sequence{beginning}", prompt, answer)


def neighbours(rng: Random) -> Example:
    """The number or letter before or after another one."""
    word, step = rng.choice((("after", 1), ("before", -1)))
    if rng.random() < 0.3:
        index = rng.randint(1, 24)
        name, other, unit = chr(65 + index), chr(65 + index + step), "letter"
    else:
        number = rng.choice((rng.randint(1, 100), 10 * rng.randint(1, 10) - rng.randint(0, 1)))
        name, other, unit = str(number), str(number + step), "number"
    follows = (
        (f"what {unit} follows {name}", f"which {unit} follows {name}")
        if step == 1
        else (f"which {unit} precedes {name}",)
    )
    prompt = asked(
        rng,
        (f"the {unit} {word} {name}", f"the {unit} right {word} {name}", f"the {unit} that comes {word} {name}"),
        (f"name the {unit} {word} {name}", f"say the {unit} {word} {name}"),
        (
            f"what {unit} comes {word} {name}",
            f"which {unit} is right {word} {name}",
            f"what comes {word} {name}",
            f"which {unit} comes {word} {name}",
            *follows,
        ),
        (f"{unit} {word} {name}", f"{word} {name} comes ...", f"{word} {name}?", f"{unit} {word} {name}?"),
        keep_case=unit == "letter",
    )
    return Example(f"{word}{name}:{prompt}", prompt, f"{other} comes {word} {name}.")


def numbered(numbers: Sequence[int]) -> str:
    """Numbers behind one another."""
    return ", ".join(map(str, numbers)) + "."


def counting(rng: Random) -> Example:
    """Counting up, down, and in even, odd or larger steps."""
    style = rng.random()
    if style < 0.4:
        start = rng.choice((1, 1, 1, rng.randint(0, 20)))
        end = start + rng.randint(2, 19 if start == 1 else 8)
        a, b = (ONES[start], ONES[end]) if end < 20 and rng.random() < 0.3 else (str(start), str(end))
        more: tuple[str, ...] = (f"count to {b}", f"count up to {b}") if start == 1 else ()
        prompt = asked(
            rng,
            (f"the numbers from {a} to {b}",),
            (
                f"count from {a} to {b}",
                f"count up from {a} to {b}",
                f"list the numbers from {a} to {b}",
                f"write the numbers {a} to {b}",
                f"count {a} to {b}",
                *more,
                *more,
            ),
            (),
            (f"numbers {a} to {b}", f"{a} to {b}"),
        )
        return Example(count_key(start, end), prompt, numbered(range(start, end + 1)))
    if style < 0.7:
        end = rng.choice((1, 1, 0, *(rng.randint(2, 12) for _ in range(3))))
        start = 10 if 2 <= end <= 8 and rng.random() < 0.3 else end + rng.randint(2, 10)
        a, b = (ONES[start], ONES[end]) if start < 20 and rng.random() < 0.3 else (str(start), str(end))
        more = (f"count down from {a}", f"count backwards from {a}", f"count down {a}") if end == 1 else ()
        prompt = asked(
            rng,
            (),
            (
                f"count down from {a} to {b}",
                f"count backwards from {a} to {b}",
                f"count from {a} down to {b}",
                f"count from {a} to {b}",
                *more,
                *more,
            ),
            (),
            (f"countdown from {a}",) if end == 1 else (),
        )
        return Example(f"down:{start}-{end}", prompt, numbered(range(start, end - 1, -1)))
    name, first, by = rng.choice((("even", 2, 2), ("odd", 1, 2), ("even", 2, 2), ("odd", 1, 2), ("", 0, 0)))
    if not name:
        by = rng.choice((2, 3, 5, 10))
        end = by * rng.randint(3, 8)
        prompt = asked(rng, (), (f"count by {by}s to {end}", f"count in {by}s to {end}", f"count to {end} by {by}"))
        return Example(f"by{by}-{end}", prompt, numbered(range(by, end + 1, by)))
    count = rng.randint(3, 8)
    numbers = range(first, first + by * count, by)
    limit = numbers[-1] + rng.choice((0, 1))
    prompt = asked(
        rng,
        (
            f"the first {rng.choice((count, ONES[count]))} {name} numbers",
            f"the {name} numbers up to {limit}",
            f"the {name} numbers from 1 to {limit}",
        ),
        (
            f"list the {name} numbers up to {limit}",
            f"count the {name} numbers to {limit}",
            f"write the first {count} {name} numbers",
        ),
        (),
        (f"{name} numbers up to {limit}", f"{name} numbers to {limit}"),
    )
    return Example(f"{name}{count}:{prompt}", prompt, numbered(numbers))
