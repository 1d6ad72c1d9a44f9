"""Small code requests in many words: functions, one-liners, loops, lists, dictionaries, JSON."""

from random import Random

from training.corpus.code import CITIES, FUNCTIONS, json_person
from training.corpus.example import Example
from training.corpus.varied.code_orders import EXPRESSIONS, LINES, ORDERS
from training.corpus.varied.grammar import asked
from training.corpus.varied.nouns import any_word, some_words
from training.corpus.word_problems import FEMALE, MALE


def third_person(order: str) -> str:
    """ "reverse a string" -> "reverses a string"."""
    verb, _, rest = order.partition(" ")
    ending = "es" if verb.endswith(("ch", "sh", "ss", "y")) and verb != "say" else "s"
    return f"{verb.removesuffix('y') + 'i' if verb.endswith('y') and verb != 'say' else verb}{ending} {rest}"


def gerund(order: str) -> str:
    """ "reverse a string" -> "reversing a string"."""
    verb, _, rest = order.partition(" ")
    stem = {"get": "gett", "put": "putt"}.get(verb, verb.removesuffix("e"))
    return f"{stem}ing {rest}"


def functions(rng: Random) -> Example:
    """A function of one line, with the name that was asked for."""
    name, arguments, expression, _ = rng.choice(FUNCTIONS)
    order = rng.choice(ORDERS[name])
    thing = rng.choice(
        ("function", "function", "Python function", "python function", "Python function", "small function", "def")
    )
    given_name = (
        rng.choice((name, name, f"my_{name}", any_word(rng))) if rng.random() < 0.25 and name != "factorial" else ""
    )
    named = f" {rng.choice(('called', 'named'))} {given_name}" if given_name else ""
    if given_name and rng.random() < 0.3:
        thing, named = thing, f" {given_name}({arguments})"
    does = rng.choice(
        (
            f"that {third_person(order)}",
            f"to {order}",
            f"that {third_person(order)}",
            f"which {third_person(order)}",
            f"for {gerund(order)}",
            gerund(order),
        )
    )
    f = f"a {thing}{named} {does}"
    prompt = asked(
        rng,
        (),
        (f"write {f}", f"write me {f}", f"make {f}", f"give me {f}", f"show me {f}", f"define {f}", f"code {f}"),
        (f"how do I write {f}", f"how would {f} look"),
        (
            f"{thing}{named} {does}",
            f"{thing}{named} to {order}",
            f"python: function to {order}{f' called {given_name}' if given_name else ''}",
            f"I need {f}",
            f"{thing}{named} {does} pls",
        ),
        keep_case=True,
    )
    return Example(
        f"function:{name}:{given_name}:{prompt}",
        prompt,
        f"def {given_name or name}({arguments}):\n    return {expression}",
    )


def in_python(rng: Random, order: str) -> str:
    """Questions of how to do something in Python."""
    place = rng.choice(("in Python", "in python", "in Python", "with Python", "using python"))
    return asked(
        rng,
        (f"the Python code to {order}", f"python code to {order}"),
        (
            f"{order} {place}",
            f"write code to {order}",
            f"write Python code to {order}",
            f"show me how to {order} {place}",
            f"{order} {place}",
        ),
        (
            f"how do I {order} {place}",
            f"how to {order} {place}",
            f"how can I {order} {place}",
            f"how would I {order} {place}",
            f"how does one {order} {place}",
        ),
        (
            f"python: {order}",
            f"code: {order}",
            f"code that {third_person(order)}",
            f"python code that {third_person(order)}",
            f"code to {order}",
            f"{place}: {order}",
            f"python {order}",
            f"{order}, {place}",
            f"python one-liner to {order}",
        ),
        keep_case=True,
    )


def lines(rng: Random) -> Example:
    """A line or two that do one thing."""
    if rng.random() < 0.3:
        name = rng.choice(list(EXPRESSIONS))
        order = rng.choice(ORDERS[name])
        prompt = in_python(rng, order)
        definition = next(
            f"def {entry[0]}({entry[1]}):\n    return {entry[2]}" for entry in FUNCTIONS if entry[0] == name
        )
        if "how" in prompt.lower():
            return Example(f"line:{name}:{prompt}", prompt, EXPRESSIONS[name], alternatives=(definition,))
        return Example(f"line:{name}:{prompt}", prompt, definition, alternatives=(EXPRESSIONS[name],))
    orders, text = rng.choice(LINES)
    order, number = rng.choice(orders), rng.randint(0, 20)
    word = rng.choice((any_word(rng), "hello", "hi", rng.choice(FEMALE)))
    shown = rng.choice((word, f'"{word}"', word))
    prompt = in_python(rng, order.replace("{x}", shown).replace("{n}", str(number)))
    answer = text.replace("{x}", word).replace("{n1}", str(number + 1)).replace("{n}", str(number))
    return Example(f"line:{order}{word}{number}:{prompt}", prompt, answer)


def loops(rng: Random) -> Example:
    """For and while loops over numbers."""
    start = rng.choice((0, 1, 1, rng.randint(0, 12)))
    end = start + rng.randint(1, 15)
    if rng.random() < 0.35:
        count = rng.randint(2, 12)
        does = rng.choice((f"counts to {count}", f"counts from 1 to {count}", f"prints the numbers 1 to {count}"))
        prompt = asked(
            rng,
            (),
            (f"write a while loop that {does}", f"make a while loop that {does}", f"show me a while loop that {does}"),
            (),
            (f"while loop that {does}", f"python while loop, {does}", f"while loop to {count}"),
            keep_case=True,
        )
        return Example(f"while:{count}:{prompt}", prompt, f"n = 1\nwhile n <= {count}:\n    print(n)\n    n = n + 1")
    numbers = rng.choice(
        (
            f"the numbers {start} to {end}",
            f"the numbers from {start} to {end}",
            f"{start} to {end}",
            f"all numbers from {start} to {end}",
        )
    )
    prompt = asked(
        rng,
        (f"a for loop from {start} to {end}",),
        (
            f"print {numbers} in Python",
            f"write a loop that prints {numbers}",
            f"write code that prints {numbers}",
            f"write a for loop from {start} to {end}",
            f"loop from {start} to {end} in python",
            f"make a loop from {start} to {end}",
            f"count from {start} to {end} in Python",
        ),
        (f"how do I print {numbers} in Python", f"how do I loop from {start} to {end}"),
        (
            f"for loop {start} to {end}",
            f"python loop, {start} to {end}",
            f"code that prints {numbers}",
            f"python: print {numbers}",
        ),
        keep_case=True,
    )
    return Example(
        f"loop:{start}-{end}",
        prompt,
        f"for i in range({start}, {end + 1}):\n    print(i)" if start else f"for i in range({end + 1}):\n    print(i)",
    )


def containers(rng: Random) -> Example:
    """Lists, dictionaries and JSON with what was asked for."""
    style = rng.random()
    if style < 0.35:
        if rng.random() < 0.5:
            values = [str(number) for number in rng.sample(range(100), rng.randint(2, 5))]
            shown = values
        else:
            shown = some_words(rng, rng.randint(2, 4))
            values = [f'"{word}"' for word in shown]
        listed = rng.choice((", ".join(shown), f"{', '.join(shown[:-1])} and {shown[-1]}", " ".join(shown)))
        prompt = asked(
            rng,
            (),
            (
                f"write a python list with {listed}",
                f"make a list of {listed} in Python",
                f"give me a Python list with {listed}",
                f"create a list with {listed} in python",
            ),
            (),
            (f"python list: {listed}", f"python list of {listed}", f"list with {listed} in python"),
            keep_case=True,
        )
        return Example(f"literal:{listed}", prompt, f"[{', '.join(values)}]")
    if style < 0.55:
        keys = some_words(rng, rng.choice((2, 2, 3))) if rng.random() < 0.6 else list("abc")[: rng.choice((2, 3))]
        listed = f"{', '.join(keys[:-1])} and {keys[-1]}"
        prompt = asked(
            rng,
            (),
            (
                f"make a dictionary with the keys {listed}",
                f"write a python dictionary with keys {listed}",
                f"create a dict with {listed} as keys",
            ),
            (),
            (f"dict with keys {listed}", f"a python dictionary with {listed}", f"dictionary: keys {listed}"),
            keep_case=True,
        )
        return Example(
            f"dict:{listed}", prompt, "{" + ", ".join(f'"{key}": {number}' for number, key in enumerate(keys, 1)) + "}"
        )
    name, age = rng.choice(FEMALE + MALE), rng.randint(1, 99)
    city = rng.choice(CITIES) if rng.random() < 0.3 else ""
    live = f", {rng.choice(('city', 'from', 'living in', 'who lives in'))} {city}" if city else ""
    who = rng.choice(
        (
            f"{name}, {age}",
            f"{name} who is {age}",
            f"{name}, aged {age}",
            f"{name}, age {age}",
            f"a person called {name} who is {age}",
            f"name {name}, age {age}",
            f"{name} ({age})",
            f"{name}, {age} years old",
            f"a person named {name}, {age} years old",
        )
    )
    prompt = asked(
        rng,
        (),
        (
            f"write JSON for {who}{live}",
            f"make JSON for {who}{live}",
            f"give me JSON for {who}{live}",
            f"write a JSON object for {who}{live}",
            f"put {who}{live} into JSON",
        ),
        (),
        (
            f"JSON: {who}{live}",
            f"json for {who}{live}",
            f"JSON {who}{live}",
            f"{who}{live} as JSON",
            f"make json: {who}{live}",
        ),
        keep_case=True,
    )
    return Example(
        f"json:{name}{age}{city}",
        prompt,
        json_person(name, age, city) if city else f'{{"name": "{name}", "age": {age}}}',
    )


def snippets(rng: Random) -> Example:
    """One piece of code."""
    return rng.choices((functions, lines, loops, containers), (6, 5, 3, 4))[0](rng)
