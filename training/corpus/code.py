"""Tiny Python functions, loops, lists and JSON."""

from random import Random

from training.corpus.example import Example
from training.corpus.fact_tables import CAPITALS
from training.corpus.language import phrased
from training.corpus.word_problems import FEMALE, MALE
from training.corpus.words import COMMON

# name, arguments, expression, ways to say what it does
FUNCTIONS: tuple[tuple[str, str, str, tuple[str, ...]], ...] = (
    ("add", "a, b", "a + b", ("adds two numbers", "returns the sum of two numbers", "adds a and b")),
    ("subtract", "a, b", "a - b", ("subtracts two numbers", "returns the difference of two numbers")),
    ("multiply", "a, b", "a * b", ("multiplies two numbers", "returns the product of two numbers")),
    ("divide", "a, b", "a / b", ("divides two numbers", "divides a by b")),
    ("largest", "a, b", "max(a, b)", ("returns the larger of two numbers", "finds the bigger of two numbers")),
    ("smallest", "a, b", "min(a, b)", ("returns the smaller of two numbers", "finds the smaller of two numbers")),
    ("square", "n", "n * n", ("squares a number", "returns the square of a number")),
    ("double", "n", "2 * n", ("doubles a number", "returns twice a number")),
    ("is_even", "n", "n % 2 == 0", ("checks if a number is even", "tells whether a number is even")),
    ("is_odd", "n", "n % 2 == 1", ("checks if a number is odd", "tells whether a number is odd")),
    ("reverse", "text", "text[::-1]", ("reverses a string", "turns a string around", "returns a string backwards")),
    ("length", "text", "len(text)", ("returns the length of a string", "counts the letters of a string")),
    ("upper", "text", "text.upper()", ("turns a string into uppercase", "writes a string in capital letters")),
    ("total", "items", "sum(items)", ("sums a list", "adds the numbers of a list", "returns the sum of a list")),
    ("first", "items", "items[0]", ("returns the first item of a list", "gets the first element of a list")),
    ("last", "items", "items[-1]", ("returns the last item of a list", "gets the last element of a list")),
    ("biggest", "items", "max(items)", ("finds the largest item of a list", "returns the maximum of a list")),
    ("sort_list", "items", "sorted(items)", ("sorts a list", "returns a sorted list")),
    ("count", "items", "len(items)", ("counts the items of a list", "returns the length of a list")),
    ("greet", "name", 'f"Hello, {name}!"', ("greets a person", "says hello to a name")),
    ("is_palindrome", "text", "text == text[::-1]", ("checks if a string is a palindrome", "tests for a palindrome")),
    (
        "factorial",
        "n",
        "1 if n == 0 else n * factorial(n - 1)",
        ("computes the factorial of a number", "returns the factorial of n"),
    ),
)
CITIES = [city for city in CAPITALS.values() if " " not in city]
ASK = (
    "Write a Python function that {task}.",
    "Python function that {task}",
    "Give me Python code that {task}.",
    "Can you write a function that {task}?",
    "write a python function that {task}",
    "Write code that {task}.",
    "Write a function that {task}.",
    "Write a Python program that {task}.",
)
SCRIPTS: tuple[tuple[tuple[str, ...], str], ...] = (
    (
        (
            "Write a hello world program.",
            "Hello world in Python",
            "Print hello world in Python.",
            "hello world in python",
            "python hello world",
            "Write hello world in Python.",
            "hello world program",
        ),
        'print("Hello, world!")',
    ),
    (
        ("Write a for loop in Python.", "Show me a for loop.", "Python for loop example"),
        "for i in range(10):\n    print(i)",
    ),
    (
        ("Write a while loop in Python.", "Show me a while loop.", "Python while loop example"),
        "n = 3\nwhile n > 0:\n    print(n)\n    n = n - 1",
    ),
    (
        ("Write some Python code.", "Write some code.", "Show me some Python.", "Can you write code?", "Can you code?"),
        "def add(a, b):\n    return a + b",
    ),
)


def functions(rng: Random) -> Example:
    """A function of one line."""
    name, arguments, expression, tasks = rng.choice(FUNCTIONS)
    task_index = rng.randrange(len(tasks))
    question, form = phrased(rng, ASK, task=tasks[task_index])
    return Example(
        f"function:{name}:{task_index}:{form}", question, f"def {name}({arguments}):\n    return {expression}"
    )


def json_person(name: str, age: int, city: str) -> str:
    """JSON for a person who lives somewhere."""
    return f'{{"name": "{name}", "age": {age}, "city": "{city}"}}'


def json_objects(rng: Random) -> Example:
    """JSON for a person."""
    name, age = rng.choice(FEMALE + MALE), rng.randint(1, 99)
    if rng.random() < 0.6:
        question, _ = phrased(
            rng,
            (
                "Write JSON for a person named {name} aged {age}.",
                "Make a JSON object for {name}, age {age}.",
                "JSON for {name}, {age} years old",
            ),
            name=name,
            age=age,
        )
        return Example(f"json:{name}{age}", question, f'{{"name": "{name}", "age": {age}}}')
    city = rng.choice(CITIES)
    question, _ = phrased(
        rng,
        ("Write JSON for {name}, aged {age}, who lives in {city}.", "JSON for {name}, age {age}, city {city}."),
        name=name,
        age=age,
        city=city,
    )
    return Example(f"json:{name}{age}{city}", question, json_person(name, age, city))


def loops(rng: Random) -> Example:
    """A loop over numbers, or one that repeats a word."""
    if rng.random() < 0.5:
        start = rng.randint(0, 20)
        end = start + rng.randint(2, 30)
        question, _ = phrased(
            rng,
            (
                "Write a Python loop that prints the numbers from {a} to {b}.",
                "Python loop from {a} to {b}",
                "Print {a} to {b} in Python.",
            ),
            a=start,
            b=end,
        )
        loop = f"for i in range({start}, {end + 1}):\n    print(i)"
        # The same loop, as snippets.py writes it.
        return Example(f"loop:{start}-{end}", question, loop, alternatives=(loop.replace("(0, ", "("),))
    word, count = rng.choice(COMMON), rng.randint(2, 9)
    question, _ = phrased(
        rng,
        (
            "Print the word {word} {n} times in Python.",
            "Python code that prints {word} {n} times",
            "Write a Python loop that prints {word} {n} times.",
        ),
        word=word,
        n=count,
    )
    return Example(f"loop:{word}{count}", question, f'for i in range({count}):\n    print("{word}")')


def literals(rng: Random) -> Example:
    """A list of words."""
    words = rng.sample(COMMON, rng.randint(2, 4))
    listed = ", ".join(words)
    question, _ = phrased(
        rng,
        ("Write a Python list with {given}.", "Make a JSON list of {given}.", "Python list of {given}"),
        given=listed,
    )
    return Example(f"literal:{listed}", question, "[" + ", ".join(f'"{word}"' for word in words) + "]")


def scripts(rng: Random) -> Example:
    """A few programs that everybody asks for."""
    index = rng.randrange(len(SCRIPTS))
    questions, answer = SCRIPTS[index]
    question, form = phrased(rng, questions)
    lead = rng.choice(("", "", "", "Please. ", "Hi! "))
    return Example(f"script:{index}:{form}:{lead}", lead + question, answer)


def code(rng: Random) -> Example:
    """One piece of code."""
    kinds = (functions, json_objects, loops, literals, scripts)
    return rng.choices(kinds, (9, 3, 3, 2, 2))[0](rng)
