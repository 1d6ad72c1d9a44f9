"""Sequences that do not go on by a constant step, runs of letters, days and months, and questions about a list."""

from random import Random

from training.corpus.example import Example
from training.corpus.fact_tables import DAYS, MONTHS
from training.corpus.language import ONES
from training.corpus.split import is_held_out
from training.corpus.varied.counting import asked_to_continue
from training.corpus.varied.grammar import asked, listing
from training.corpus.varied.nouns import some_words

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
PLACES = ("first", "second", "third", "fourth")


def growth(rng: Random) -> Example:
    """The next number where each is twice, three times, ten times or half the one before, a square, or a sum of two."""
    style = rng.choice(("double", "double", "double", "half", "half", "times", "squares", "sums"))
    if style in ("double", "times"):
        factor = 2 if style == "double" else rng.choice((3, 10))
        start = rng.randint(1, 6) if factor == 2 else rng.randint(1, 2)
        numbers = [start * factor**index for index in range(5 if factor == 2 else 4)]
        word = {2: "twice", 3: "three times", 10: "ten times"}[factor]
        step, reason = f"{factor}x{numbers[-2]}", f"Each number is {word} the one before. {factor} x {numbers[-2]}"
    elif style == "half":
        end = rng.randint(1, 6)
        numbers = [end * 2**index for index in (4, 3, 2, 1, 0)][rng.choice((0, 1)) :]
        step, reason = f"{numbers[-2]}/2", f"Each number is half the one before. {numbers[-2]} / 2"
    elif style == "squares":
        start = rng.randint(1, 5)
        numbers = [number * number for number in range(start, start + 5)]
        step, reason = f"{start + 4}x{start + 4}", f"They are squares. {start + 4} x {start + 4}"
    else:
        numbers = [rng.randint(0, 3), rng.randint(1, 4)]
        while len(numbers) < 6:
            numbers.append(numbers[-2] + numbers[-1])
        step = f"{numbers[-3]}+{numbers[-2]}"
        reason = f"Each number is the sum of the two before. {numbers[-3]} + {numbers[-2]}"
    if is_held_out("sums", step):
        return growth(rng)
    beginning = rng.choice((", ", ", ", " ")).join(map(str, numbers[:-1]))
    prompt = asked_to_continue(rng, beginning)
    return Example(f"growth:{beginning}", prompt, f"{reason} = {numbers[-1]}. The next number is {numbers[-1]}.")


def runs(rng: Random) -> Example:
    """The next letter, day, month or number word, or what comes next in a pattern that repeats."""
    kind = rng.choice(("letter", "letter", "letter", "day", "month", "number", "pattern", "pattern"))
    if kind == "pattern":
        words = some_words(rng, rng.choice((2, 2, 3))) if rng.random() < 0.5 else rng.sample(ALPHABET, 2)
        shown = words * 2 if rng.random() < 0.5 else [*words * 2, words[0]]
        beginning = rng.choice((", ", ", ", " ")).join(shown)
        prompt = asked_to_continue(rng, beginning, rng.choice(("one", "word" if len(words[0]) > 1 else "letter")), True)
        return Example(f"pattern:{beginning}", prompt, f"The next one is {words[len(shown) % len(words)]}.")
    names = {"letter": ALPHABET, "day": (*DAYS, *DAYS), "month": (*MONTHS, *MONTHS), "number": ONES[1:]}[kind]
    count = rng.choice((2, 3, 3, 4)) if kind != "letter" else rng.choice((3, 3, 4))
    step = rng.choice((1, 1, 2, 2, 3, -1, -1, -2)) if kind == "letter" else 1
    first = rng.randrange(count * max(-step, 0), len(names) - count * max(step, 0))
    shown = [names[first + step * index] for index in range(count)]
    answer = names[first + step * count]
    lower = kind == "letter" and rng.random() < 0.3
    beginning = rng.choice((", ", ", ", ", ", " ", " - ")).join(shown)
    prompt = asked_to_continue(rng, beginning.lower() if lower else beginning, kind, keep_case=kind != "number")
    return Example(f"run:{beginning}", prompt, f"The next {kind} is {answer}.")


def stretches(rng: Random) -> Example:
    """Letters, days or months from one to another, or the first or last few."""
    unit, names, whole = rng.choice(
        (
            ("letters", tuple(ALPHABET), "of the alphabet"),
            ("letters", tuple(ALPHABET), "of the alphabet"),
            ("days", DAYS, "of the week"),
            ("months", MONTHS, "of the year"),
        )
    )
    count = rng.randint(2, min(7, len(names) - 1))
    n = rng.choice((str(count), ONES[count]))
    if rng.random() < 0.5:
        place = rng.choice(("first", "first", "last"))
        chosen = names[:count] if place == "first" else names[-count:]
        of = rng.choice((f" {whole}", f" {whole}", "")) if unit != "letters" else f" {whole}"
        prompt = asked(
            rng,
            (f"the {place} {n} {unit}{of}",),
            (f"list the {place} {n} {unit}{of}", f"name the {place} {n} {unit}{of}", f"say the {place} {n} {unit}{of}"),
            (f"what are the {place} {n} {unit}{of}",),
            (f"{place} {n} {unit}{of}", f"{place} {n} {unit}{of}?"),
        )
    else:
        first = rng.randrange(len(names) - count + 1)
        chosen = names[first : first + count]
        a, b = chosen[0], chosen[-1]
        prompt = asked(
            rng,
            (f"the {unit} from {a} to {b}", f"all {unit} from {a} to {b}"),
            (f"list the {unit} from {a} to {b}", f"name the {unit} from {a} to {b}", f"write the {unit} {a} to {b}"),
            (f"which {unit} are there from {a} to {b}",),
            (f"{unit} from {a} to {b}", f"{unit} {a} to {b}"),
            keep_case=unit == "letters",
        )
    return Example(f"stretch:{','.join(chosen)}", prompt, f"{', '.join(chosen)}.")


def of_a_list(rng: Random) -> Example:
    """One item of a list, how many it has, the biggest or smallest number, or the list with one more or less."""
    style = rng.random()
    if style < 0.3:
        numbers = rng.sample(range(rng.choice((10, 30, 100))), rng.choice((3, 4, 4, 5)))
        shown = listing(rng, list(map(str, numbers)))
        word, right = rng.choice(
            (("biggest", max), ("largest", max), ("highest", max), ("smallest", min), ("lowest", min))
        )
        prompt = asked(
            rng,
            (f"the {word} of {shown}", f"the {word} number of {shown}", f"the {word} number: {shown}"),
            (f"find the {word} number: {shown}", f"pick the {word} of {shown}"),
            (f"which number is the {word}: {shown}", f"which is the {word} of {shown}", f"which is {word}, {shown}"),
            (f"{word}: {shown}", f"{word} of {shown}?", f"{shown}, which is the {word}?"),
        )
        return Example(f"{word}:{shown}", prompt, f"{right(numbers)} is the {word}.")
    words = some_words(rng, rng.choice((3, 3, 4, 4)))
    shown = listing(rng, words)
    if style < 0.6:
        index = rng.choice((-1, *range(len(words))))
        place = "last" if index == -1 else PLACES[index]
        thing = rng.choice(("item", "word", "thing", "one"))
        prompt = asked(
            rng,
            (
                f"the {place} {thing} of {shown}",
                f"the {place} {thing} in this list: {shown}",
                f"the {place} of {shown}",
            ),
            (f"name the {place} {thing} of {shown}", f"pick the {place} {thing} from {shown}"),
            (f"which is the {place} {thing}: {shown}", f"which {thing} comes {place} in {shown}"),
            (f"{place} {thing}: {shown}", f"{place} of {shown}?"),
        )
        return Example(f"item:{place}:{shown}", prompt, f"The {place} one is {words[index]}.")
    if style < 0.75:
        thing = rng.choice(("items", "words", "things"))
        prompt = asked(
            rng,
            (f"the number of {thing} in this list: {shown}", f"the number of {thing}: {shown}"),
            (f"count the {thing}: {shown}", f"count the {thing} of this list: {shown}"),
            (f"how many {thing} are in this list: {shown}", f"how many {thing} are there: {shown}"),
            (f"how many {thing}: {shown}", f"number of {thing}: {shown}"),
        )
        counted = " ".join(f"{number} {word}" for number, word in enumerate(words, 1))
        return Example(f"count:{shown}", prompt, f"{counted}: {len(words)} {thing}.")
    if style < 0.88:
        *before, new = words
        shown = ", ".join(before)
        prompt = asked(
            rng,
            (),
            (f"add {new} to the list {shown}", f"add {new} to this list: {shown}", f"put {new} at the end of {shown}"),
            (),
            (f"{shown}, plus {new}", f"{shown}: add {new}"),
        )
        return Example(f"add:{','.join(words)}", prompt, f"The list is {', '.join(words)}.")
    gone = rng.choice(words)
    prompt = asked(
        rng,
        (f"the list {shown} without {gone}",),
        (
            f"remove {gone} from the list {shown}",
            f"remove {gone} from this list: {shown}",
            f"take {gone} out of {shown}",
            f"delete {gone} from {shown}",
        ),
        (),
        (f"{shown}, without {gone}", f"{shown}: remove {gone}"),
    )
    left = [word for word in words if word != gone]
    return Example(f"remove:{gone}:{','.join(words)}", prompt, f"The list is {', '.join(left)}.")
