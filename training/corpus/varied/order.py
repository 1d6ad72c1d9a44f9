"""Things in order: words, letters and numbers sorted both ways, lists turned round, lists of a kind."""

from random import Random

from training.corpus.example import Example
from training.corpus.language import ONES, capitalized, joined
from training.corpus.lists import FIXED, OF_A_KIND
from training.corpus.varied.counting import counting, neighbours, sequences
from training.corpus.varied.grammar import asked, listing
from training.corpus.varied.nouns import some_words

RISING = (
    "",
    "in order",
    "from small to big",
    "from smallest to largest",
    "ascending",
    "from low to high",
    "in ascending order",
    "from least to most",
)


FALLING = (
    "from big to small",
    "from largest to smallest",
    "descending",
    "in descending order",
    "from high to low",
    "from biggest to smallest",
    "in falling order",
)


A_TO_Z = ("", "alphabetically", "in alphabetical order", "from a to z", "by the alphabet", "in ABC order")


Z_TO_A = ("in reverse alphabetical order", "from z to a", "backwards by the alphabet", "reverse alphabetically")


MORE_KINDS = {
    "days of the week": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday"),
    "months": ("January", "February", "March", "April", "May"),
    "countries in Europe": ("France", "Italy", "Spain", "Poland", "Greece"),
    "countries in Asia": ("Japan", "China", "India", "Nepal", "Vietnam"),
    "countries in Africa": ("Egypt", "Kenya", "Ghana", "Morocco", "Nigeria"),
    "cities": ("Paris", "Rome", "Madrid", "Tokyo", "Cairo"),
    "trees": ("oak", "pine", "birch", "maple", "willow"),
    "flowers": ("rose", "tulip", "daisy", "lily", "violet"),
    "tools": ("hammer", "saw", "drill", "wrench", "ladder"),
    "drinks": ("water", "milk", "tea", "juice", "coffee"),
    "numbers": ("one", "two", "three", "four", "five"),
    "shapes": ("circle", "square", "triangle", "rectangle", "hexagon"),
    "insects": ("bee", "ant", "fly", "beetle", "butterfly"),
    "pets": ("dog", "cat", "rabbit", "hamster", "parrot"),
    "rhyming words": ("cat", "hat", "bat", "rat", "mat"),
    "seasons": ("spring", "summer", "autumn", "winter"),
    "vowels": ("A", "E", "I", "O", "U"),
}


def sorting(rng: Random) -> Example:
    """Numbers, words or letters, up or down."""
    style, falling = rng.random(), rng.random() < 0.35
    if style < 0.4:
        things = list(map(str, rng.sample(range(rng.choice((10, 20, 100))), rng.choice((3, 3, 4, 4, 5)))))
        result, name = sorted(things, key=int), rng.choice(("numbers", "numbers", "figures"))
        order = rng.choice(FALLING if falling else RISING)
    else:
        things = (
            some_words(rng, rng.choice((3, 3, 4)))
            if style < 0.8
            else rng.sample("abcdefghijklmnopqrstuvwxyz", rng.choice((3, 4, 4, 5)))
        )
        result, name = sorted(things), "words" if style < 0.8 else "letters"
        order = rng.choice(Z_TO_A if falling else A_TO_Z)
    result = result[::-1] if falling else result
    shown, before_them = listing(rng, things), rng.choice(("", "these ", f"these {name}: ", f"the {name} "))
    verb = rng.choice(("sort", "sort", "sort", "order", "arrange", "put"))
    if not order and verb != "sort":
        order = "in order"
    if verb == "put" and not order.startswith(("in", "from")):
        order = "in order" if not falling else f"in order, {order}"
    before_them = "" if before_them == "these " else before_them
    tasks = [f"{verb} {before_them}{shown} {order}".strip(), f"{verb} these {name} {order}".strip() + f": {shown}"]
    if order:
        tasks.append(f"{verb} {order}: {shown}")
    if name != "numbers" and not falling:
        tasks.append(f"alphabetize {shown}")
    bare = [
        f"{shown}, {order}" if order else f"sort {shown}",
        f"{order}: {shown}" if order else f"sorted: {shown}",
        f"{name} {order}: {shown}" if order else f"sort: {shown}",
    ]
    prompt = asked(rng, (), tasks, (f"what is {shown} {order or 'in order'}",), bare)
    return Example(f"sort:{','.join(things)}:{falling}", prompt, f"In order: {', '.join(result)}.")


def turned_round(rng: Random) -> Example:
    """A list backwards."""
    things = rng.choice(
        (some_words(rng, rng.choice((3, 3, 4))), list(map(str, rng.sample(range(30), 4))), list("1234"))
    )
    shown = listing(rng, things)
    prompt = asked(
        rng,
        (f"{shown} in reverse order",),
        (
            f"reverse this list: {shown}",
            f"reverse the list {shown}",
            f"say {shown} the other way round",
            f"turn this list around: {shown}",
            f"list {shown} backwards",
            f"reverse the order of {shown}",
            f"write {shown} in reverse order",
        ),
        (f"what is {shown} the other way round",),
        (f"list backwards: {shown}", f"reverse the list: {shown}"),
    )
    return Example(f"backwards:{','.join(things)}", prompt, f"Backwards: {', '.join(reversed(things))}.")


def of_a_kind(rng: Random) -> Example:
    """A few things of a kind; any right ones in any order."""
    kind, things = rng.choice(list({**OF_A_KIND, **MORE_KINDS}.items()))
    count = rng.randint(2, min(5, len(things)))
    number = rng.choice((ONES[count], str(count)))
    some = rng.choice(("", "", "", "any ", "different "))
    prompt = asked(
        rng,
        (f"{number} {some}{kind}", f"a list of {number} {kind}"),
        (
            f"list {number} {kind}",
            f"name {number} {some}{kind}",
            f"give me {number} {kind}",
            f"tell me {number} {kind}",
            f"write down {number} {some}{kind}",
            f"make a list of {number} {kind}",
            f"name me {number} {kind}",
            f"think of {number} {kind}",
            f"say {number} {kind}",
        ),
        (f"which {number} {kind} do you know", f"can you list {number} {kind}"),
        (
            f"{number} {kind}",
            f"{kind}: {number}",
            f"{number} {kind}, any you know",
            f"list: {number} {kind}",
            f"{number} {some}{kind}?",
        ),
    )
    chosen = list(things[:count]) if rng.random() < 0.6 else rng.sample(list(things), count)

    def right(text: str) -> bool:
        head, _, rest = text.removesuffix(".").partition(": ")
        named = rest.replace(" and ", ", ").split(", ")
        return head == f"{capitalized(ONES[count])} {kind}" and len(set(named)) == count and set(named) <= set(things)

    return Example(
        f"list:{kind}{count}:{prompt}", prompt, f"{capitalized(ONES[count])} {kind}: {joined(chosen)}.", check=right
    )


def fixed(rng: Random) -> Example:
    """Days, months, the alphabet, planets, in other frames."""
    index = rng.randrange(len(FIXED))
    questions, answer = FIXED[index]
    question = rng.choice(questions).removesuffix(".").removesuffix("?")
    count = len(answer.split(" are ")[-1].replace(" and ", ", ").split(", "))
    phrase = question[0].lower() + question[1:]
    for start in ("what are ", "what is "):
        if phrase.startswith(start):
            noun = phrase.removeprefix(start)
            if " are " in answer and "four" not in noun and rng.random() < 0.4:
                noun = noun.replace("the ", f"the {rng.choice((ONES[count], str(count)))} ", 1)
            bare = noun.removeprefix("the ")
            prompt = asked(
                rng,
                (noun, f"all {noun}", f"all {bare}"),
                (f"list {noun}", f"name {noun}", f"say {noun}"),
                (),
                (bare, f"all {bare}", f"{bare}, all of them"),
            )
            break
    else:
        prompt = asked(
            rng,
            (),
            (phrase,) if phrase.split()[0] in ("list", "name", "say", "recite", "write", "count") else (),
            (),
            (question,),
        )
    return Example(f"fixed:{index}:{prompt}", prompt, answer)


def order(rng: Random) -> Example:
    """One thing in order."""
    kinds = (
        (sorting, 9),
        (turned_round, 2),
        (sequences, 6),
        (neighbours, 3),
        (counting, 5),
        (of_a_kind, 5),
        (fixed, 3),
    )
    return rng.choices([kind for kind, _ in kinds], [weight for _, weight in kinds])[0](rng)
