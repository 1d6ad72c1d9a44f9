"""Sums, times tables, comparisons and number sequences.

Two-digit sums are held out by their numbers: they have to be computed. The times tables are held out by phrasing
only, because a table that was never seen cannot be known.
"""

from random import Random

from training.corpus.example import Example
from training.corpus.language import ONES, phrased
from training.corpus.split import is_held_out

QUESTIONS = (
    "What is {sum}?",
    "What's {sum}?",
    "How much is {sum}?",
    "Calculate {sum}.",
    "Work out {sum}.",
    "Can you tell me what {sum} is?",
    "{sum}",
    "{sum} =",
    "{sum} = ?",
    "{sum}?",
    "Compute {sum}",
    "What does {sum} make?",
)
SPOKEN = {"+": ("plus",), "-": ("minus",), "x": ("times", "multiplied by"), "/": ("divided by", "over")}
TYPED = {"+": ("+",), "-": ("-",), "x": ("x", "*", "x"), "/": ("/",)}


def written_sum(rng: Random, left: int, operator: str, right: int) -> str:
    """The sum as somebody might type it: 7 x 8, 7*8, 7 times 8, seven times eight."""
    style = rng.random()
    if style < 0.2:
        return f"{left} {rng.choice(SPOKEN[operator])} {right}"
    if style < 0.25 and left < 20 and right < 20:
        return f"{ONES[left]} {rng.choice(SPOKEN[operator])} {ONES[right]}"
    space = "" if style > 0.88 else " "
    return f"{left}{space}{rng.choice(TYPED[operator])}{space}{right}"


def operands(rng: Random, operator: str) -> tuple[int, int, int]:
    """Two numbers and the result. Small numbers come more often than large ones."""
    if operator == "x":
        left, right = rng.randint(0, 12), rng.randint(0, 12)
        return left, right, left * right
    if operator == "/":
        right, result = rng.randint(1, 12), rng.randint(0, 12)
        return right * result, right, result
    largest = rng.choice((10, 10, 20, 50, 99, 99, 99))
    left, right = rng.randint(0, largest), rng.randint(0, largest)
    if operator == "+":
        return left, right, left + right
    if largest > 10 or rng.random() < 0.7:
        left, right = max(left, right), min(left, right)
    return left, right, left - right


def sums(rng: Random) -> Example:
    """An addition, subtraction, multiplication or exact division."""
    operator = rng.choice("+++--xxx/")
    left, right, result = operands(rng, operator)
    question, form = phrased(rng, QUESTIONS, sum=written_sum(rng, left, operator, right))
    key = f"{left}{operator}{right}" if operator in "+-" else f"{left}{operator}{right}:{form}"
    return Example(key, question, f"{left} {operator} {right} = {result}.")


def comparisons(rng: Random) -> Example:
    """The bigger or the smaller of two numbers."""
    left, right = rng.sample(range(100), 2)
    word, pick = rng.choice((("bigger", max), ("larger", max), ("smaller", min)))
    question, _ = phrased(
        rng,
        (
            "Which is {word}, {left} or {right}?",
            "Which number is {word}: {left} or {right}?",
            "{left} or {right}, which is {word}?",
        ),
        word=word,
        left=left,
        right=right,
    )
    result = pick(left, right)
    return Example(f"{word}{left},{right}", question, f"{result} is {word} than {left + right - result}.")


def doubles(rng: Random) -> Example:
    """Twice a number, or half of an even one."""
    number = rng.randint(1, 50)
    if rng.random() < 0.5:
        question, form = phrased(rng, ("What is double {n}?", "What is twice {n}?", "Double {n}."), n=number)
        return Example(f"double{number}:{form}", question, f"Double {number} is {2 * number}.")
    question, form = phrased(rng, ("What is half of {n}?", "Half of {n}?", "What is {n} cut in half?"), n=2 * number)
    return Example(f"half{number}:{form}", question, f"Half of {2 * number} is {number}.")


def constant_step(rng: Random) -> tuple[int, int]:
    """The first number and the step of a sequence of five whose last sum is not held out."""
    while True:
        start, step = rng.randint(0, 20), rng.choice((1, 2, 2, 3, 4, 5, 5, 10, 10))
        if not is_held_out("sums", f"{start + 3 * step}+{step}"):
            return start, step


def sequences(rng: Random) -> Example:
    """The next number of a sequence with a constant step."""
    start, step = constant_step(rng)
    numbers = [start + step * index for index in range(5)]
    beginning = ", ".join(map(str, numbers[:4]))
    question, _ = phrased(
        rng,
        ("What comes next: {given}?", "Continue: {given}, ...", "What is the next number: {given}?"),
        given=beginning,
    )
    answer = f"The numbers go up by {step}. {numbers[3]} + {step} = {numbers[4]}. The next number is {numbers[4]}."
    return Example(f"sequence{start},{step}", question, answer)


def neighbours(rng: Random) -> Example:
    """The number before or after another one."""
    number = rng.choice((rng.randint(1, 99), 10 * rng.randint(1, 9) - rng.randint(0, 1)))
    word, result = rng.choice((("after", number + 1), ("before", number - 1)))
    question, form = phrased(
        rng,
        ("What number comes {word} {n}?", "Which number is right {word} {n}?", "What comes {word} {n}?"),
        word=word,
        n=number,
    )
    return Example(f"{word}{number}:{form}", question, f"{result} comes {word} {number}.")
