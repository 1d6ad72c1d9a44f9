"""Arithmetic asked in every form: orders, words for numbers and operations, compact signs, three terms, two operations.

Sums and differences are held out by their numbers, under the same name as those of sums.py.
"""

from random import Random

from training.corpus.example import Example
from training.corpus.split import is_held_out
from training.corpus.varied.grammar import asked, in_figures_or_words

NOUNS = {
    "+": (
        "{a} plus {b}",
        "the sum of {a} and {b}",
        "{a} and {b} together",
        "{a} added to {b}",
        "{a} and {b}, summed up",
    ),
    "-": (
        "{a} minus {b}",
        "the difference between {a} and {b}",
        "the difference of {a} and {b}",
        "{a} take away {b}",
        "{a} less {b}",
        "{b} less than {a}",
        "{b} subtracted from {a}",
        "the number that is {b} less than {a}",
    ),
    "x": ("{a} times {b}", "the product of {a} and {b}", "{a} multiplied by {b}", "{a} times {b}"),
    "/": ("{a} divided by {b}", "{a} over {b}", "{a} shared by {b}", "{a} split into {b} parts", "{a} divided by {b}"),
}
VERBS = {
    "+": ("add {a} and {b}", "add {a} to {b}", "sum {a} and {b}", "put {a} and {b} together", "add up {a} and {b}"),
    "-": ("subtract {b} from {a}", "take {b} from {a}", "take {b} away from {a}", "take away {b} from {a}"),
    "x": ("multiply {a} and {b}", "multiply {a} by {b}", "multiply {a} with {b}"),
    "/": ("divide {a} by {b}", "share {a} among {b}", "split {a} into {b} equal parts"),
}
QUESTIONS = {
    "+": (
        "how much is {a} plus {b}",
        "what do {a} and {b} make",
        "what do you get when you add {a} and {b}",
        "if I add {a} to {b}, what do I get",
        "{a} plus {b} makes",
        "{a} and {b} makes what",
        "what does {a} plus {b} give",
    ),
    "-": (
        "how much is {a} minus {b}",
        "what is left when you take {b} away from {a}",
        "{a} minus {b} leaves",
        "if I take {b} from {a}, what is left",
        "what do I get if I subtract {b} from {a}",
    ),
    "x": (
        "how much is {a} times {b}",
        "what do you get when you multiply {a} by {b}",
        "{a} times {b} makes",
        "if I multiply {a} and {b}, what comes out",
    ),
    "/": (
        "how much is {a} divided by {b}",
        "how often does {b} go into {a}",
        "how many times does {b} fit into {a}",
        "what do you get when you divide {a} by {b}",
    ),
}
SIGNS = {"+": ("+",), "-": ("-", "-", "−"), "x": ("x", "*", "*", "×"), "/": ("/", "/", "÷", ":")}
ORDERS = ("calculate {x}", "compute {x}", "work out {x}", "solve {x}", "evaluate {x}", "do {x}")
FACTORS: dict[str, tuple[int, tuple[str, ...], str]] = {
    "double": (2, ("double {n}", "twice {n}", "two times {n}", "the double of {n}"), "Double"),
    "triple": (3, ("triple {n}", "three times {n}", "thrice {n}"), "Triple"),
}
PARTS: dict[str, tuple[int, tuple[str, ...], str]] = {
    "half": (2, ("half of {n}", "{n} halved", "half {n}", "one half of {n}", "{n} cut in half"), "Half of"),
    "third": (3, ("a third of {n}", "one third of {n}"), "A third of"),
    "quarter": (4, ("a quarter of {n}", "one quarter of {n}", "a fourth of {n}"), "A quarter of"),
}


def terms(rng: Random, operator: str) -> tuple[int, int, int]:
    """Two numbers and the result: sums to 200, differences from up to 120, tables to 12, on to 30 x 9 and 90 x 9."""
    if operator in "x/":
        left, right = (rng.randint(0, 12), rng.randint(0, 12)) if rng.random() < 0.7 else sorted_pair(rng)
        if operator == "x":
            return left, right, left * right
        right = max(right, 1)
        return left * right, right, left
    largest = rng.choice((10, 20, 50, 100, 100, 100))
    left, right = rng.randint(0, largest), rng.randint(0, largest)
    if operator == "+":
        return left, right, left + right
    left, right = max(left, right), min(left, right)
    if rng.random() < 0.25:
        left = rng.choice((100, 100, 100, *(whole for whole in (50, 60, 80, 90, 120) if whole >= right)))
    return left, right, left - right


def sorted_pair(rng: Random) -> tuple[int, int]:
    """A number of two digits and one of one digit, either way round."""
    pair = [rng.choice((rng.randint(11, 30), rng.randint(11, 30), 10 * rng.randint(2, 9))), rng.randint(2, 9)]
    if rng.random() < 0.3:
        pair.reverse()
    return pair[0], pair[1]


def with_signs(rng: Random, parts: list[str]) -> str:
    """Numbers and operators behind one another: 7 x 8, 7*8, 7 * 8 =."""
    space = rng.choice((" ", " ", ""))
    shown = [rng.choice(SIGNS[part]) if part in SIGNS else part for part in parts]
    if space == "" and "x" in shown:
        shown = ["*" if part == "x" else part for part in shown]
    return space.join(shown)


def two_terms(rng: Random) -> Example:
    """One operation."""
    operator = rng.choice("+++---xxx//")
    left, right, result = terms(rng, operator)
    a, b = in_figures_or_words(rng, (left, right))
    signs = with_signs(rng, [str(left), operator, str(right)])
    fill = {"a": a, "b": b}
    if rng.random() < 0.35:
        orders = [form.format(x=signs) for form in ORDERS]
        prompt = asked(rng, (signs,), orders, (f"how much is {signs}",), equals(signs))
    else:
        nouns, verbs, questions = (
            [form.format(**fill) for form in table[operator]] for table in (NOUNS, VERBS, QUESTIONS)
        )
        prompt = asked(rng, nouns, verbs, questions)
    key = f"{left}{operator}{right}" if operator in "+-" else f"{left}{operator}{right}:{prompt}"
    return Example(key, prompt, f"{left} {operator} {right} = {result}.")


def equals(signs: str) -> tuple[str, ...]:
    """Bare sums, with or without an equals sign."""
    return (
        signs,
        f"{signs}=",
        f"{signs} =",
        f"{signs} = ?",
        f"{signs}=?",
        f"{signs}?",
        f"quick: {signs}",
        f'"{signs}"',
    )


def step(left: int, operator: str, right: int) -> tuple[str, int]:
    """One written step and its result."""
    result = {"+": left + right, "-": left - right, "x": left * right}[operator]
    return f"{left} {operator} {right} = {result}.", result


def chains(rng: Random) -> Example:
    """Three terms or two operations; products come first."""
    while True:
        first, second = rng.choice(("++", "++", "+-", "-+", "--", "x+", "x-", "x+", "+x", "-x"))
        a, b, c = (rng.randint(1, 30) for _ in range(3))
        if first == "x":
            a, b = rng.randint(2, 10), rng.randint(2, 10)
        if second == "x":
            b, c = rng.randint(2, 10), rng.randint(2, 10)
            a = rng.randint(1, 99)
        if second == "x":
            steps = [(b, "x", c), (a, first, b * c)]
        else:
            steps = [(a, first, b), (step(a, first, b)[1], second, c)]
        result = step(*steps[1])[1]
        keys = [f"{left}{operator}{right}" for left, operator, right in steps]
        if min(result, steps[1][0]) >= 0 and not any(is_held_out("sums", key) for key in keys):
            break
    signs = with_signs(rng, [str(a), first, str(b), second, str(c)])
    words = {"+": "plus", "-": "minus", "x": "times"}
    spoken = f"{a} {words[first]} {b} {words[second]} {c}"
    added = (f"add {a}, {b} and {c}", f"add up {a}, {b} and {c}") if (first, second) == ("+", "+") else ()
    nouns = (signs, signs, spoken, *((f"the sum of {a}, {b} and {c}",) if added else ()))
    orders = (*(form.format(x=signs) for form in ORDERS), *added, *added)
    prompt = asked(rng, nouns, orders, (f"how much is {signs}",), (*equals(signs), signs))
    return Example(f"chain:{a}{first}{b}{second}{c}", prompt, " ".join(step(*arguments)[0] for arguments in steps))


def multiples(rng: Random) -> Example:
    """Double, triple, half, third, quarter, square."""
    style = rng.random()
    if style < 0.12:
        number = rng.randint(1, 12)
        squares = (f"{number} squared", f"the square of {number}", f"{number} times itself", f"{number}^2")
        prompt = asked(rng, squares, (f"square {number}",))
        return Example(f"square{number}:{prompt}", prompt, f"{number} x {number} = {number * number}.")
    if style < 0.56:
        factor, nouns, name = FACTORS[rng.choice(("double", "double", "triple"))]
        number = rng.randint(1, 60 if factor == 2 else 40)
        result = factor * number
        (shown,) = in_figures_or_words(rng, (number,))
        verbs = [f"{name.lower()} {shown}", f"{name.lower()} the number {shown}"]
        prompt = asked(rng, tuple(noun.format(n=shown) for noun in nouns), verbs)
    else:
        factor, nouns, name = PARTS[rng.choice(("half", "half", "half", "third", "quarter"))]
        result = rng.randint(1, 60 if factor == 2 else 12)
        number = factor * result
        (shown,) = in_figures_or_words(rng, (number,)) if number <= 100 else (str(number),)
        verbs = [f"halve {shown}", f"halve the number {shown}"] if factor == 2 else []
        prompt = asked(rng, tuple(noun.format(n=shown) for noun in nouns), verbs)
    return Example(f"{name}{number}:{prompt}", prompt, f"{name} {number} is {result}.")


def arithmetic(rng: Random) -> Example:
    """One piece of arithmetic."""
    return rng.choices((two_terms, chains, multiples), (6, 3, 2))[0](rng)
