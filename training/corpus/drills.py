"""Raw lines without the chat template, several to a sequence, in which only the results are learnt.

Sums, sums in several steps, comparisons, sequences, counting, sorting, words with their letters, in quotes or inside a
sentence, in the forms that the answers of the chat use: what the drills teach is used there, at a third of the tokens a
question would cost.
"""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from training.corpus.beyond import made_up_name
from training.corpus.beyond_words import TOPICS
from training.corpus.code import CITIES, json_person
from training.corpus.example import Family
from training.corpus.fact_tables import OPPOSITES, PASTS, PLURALS
from training.corpus.language import number_in_words
from training.corpus.language import spelled as spelling
from training.corpus.lists import count_key, counted_up
from training.corpus.split import is_held_out
from training.corpus.strings import capital_word, some_word
from training.corpus.sums import constant_step, operands
from training.corpus.varied.arithmetic import terms
from training.corpus.varied.knowledge import knowledge
from training.corpus.varied.language import words as word_forms
from training.corpus.varied.nouns import ALL_WORDS, any_word, some_words
from training.corpus.varied.order import order
from training.corpus.varied.verse import rhymes
from training.corpus.varied.wordplay import wordplay
from training.corpus.word_problems import FEMALE, MALE
from training.corpus.words import COMMON, SUBJECTS
from training.freely.prompts import is_kept_aside

Drill = list[tuple[str, bool]]
FORMS = [
    *(("opposite", word, other) for pair in OPPOSITES for word, other in (pair, pair[::-1])),
    *(("plural", word, many) for word, many in PLURALS.items()),
    *(("singular", many, word) for word, many in PLURALS.items()),
    *(("past tense", verb, past) for verb, past in PASTS.items()),
]


@dataclass(frozen=True, slots=True)
class Line:
    """(text, learnt) pieces, and the family and key of the example that asks for the same."""

    pieces: tuple[tuple[str, bool], ...]
    family: str
    key: str


def equation(rng: Random) -> Line:
    """57 + 38 = 95."""
    operator = rng.choice("+++---xxx/")
    left, right, result = terms(rng, operator)
    pieces = ((f"{left} {operator} {right} =", False), (f" {result}", True), (".\n", False))
    return Line(pieces, "sums", f"{left}{operator}{right}")


def chain(rng: Random) -> Line:
    """12 x 4, then + 24: 12 x 4 = 48. 48 + 24 = 72. The answer is 72. With two or three steps, all learnt."""
    operator = rng.choice("+-xxx")
    left, right, amount = operands(rng, operator)
    while amount < 1:
        left, right, amount = operands(rng, operator)
    task, steps = f"{left} {operator} {right}", f" {left} {operator} {right} = {amount}."
    keys = [(left, operator, right)]
    if rng.random() < 0.3:
        first, second = rng.randint(2, 9), rng.randint(2, 9)
        task += f", {first} x {second}, together:"
        steps += f" {first} x {second} = {first * second}. {amount} + {first * second} = {amount + first * second}."
        keys += [(first, "x", second), (amount, "+", first * second)]
        amount += first * second
    else:
        for _ in range(rng.choice((1, 1, 2))):
            sign, change = rng.choice("+-"), rng.randint(1, 20)
            if sign == "-" and change > amount:
                sign = "+"
            after = amount + change if sign == "+" else amount - change
            task += f", then {sign} {change}"
            steps += f" {amount} {sign} {change} = {after}."
            keys.append((amount, sign, change))
            amount = after
        task += ":"
    for left, sign, right in keys:
        if is_held_out("sums", f"{left}{sign}{right}"):
            return chain(rng)
    return Line(((task, False), (f"{steps} The answer is {amount}", True), (".\n", False)), "word_problems", task)


def change(rng: Random) -> Line:
    """9 x 5 from 50: 9 x 5 = 45. 50 - 45 = 5. What is left of a round number, where the tens are lost most easily."""
    whole = rng.choice((10, 20, 50, 50, 100, 100))
    while True:
        left, right = rng.randint(1, 10), rng.randint(1, 10)
        cost = left * right
        keys = (f"{left}x{right}", f"{whole}-{cost}")
        if cost < whole and not any(is_held_out("sums", key) for key in keys):
            break
    if rng.random() < 0.5:
        return Line(((f"{whole} - {cost} =", False), (f" {whole - cost}", True), (".\n", False)), "sums", "")
    steps = f" {left} x {right} = {cost}. {whole} - {cost} = {whole - cost}"
    return Line(((f"{left} x {right} from {whole}:", False), (steps, True), (".\n", False)), "word_problems", "")


def comparison(rng: Random) -> Line:
    """66, 58: 66 is bigger than 58."""
    left, right = rng.sample(range(100), 2)
    word, first = rng.choice((("bigger", max), ("larger", max), ("smaller", min)))
    answer = first(left, right)
    pieces = (
        (f"{left}, {right}:", False),
        (f" {answer}", True),
        (f" is {word} than", False),
        (f" {left + right - answer}", True),
        (".\n", False),
    )
    return Line(pieces, "comparisons", f"{word}{left},{right}")


def sequence(rng: Random) -> Line:
    """3, 6, 9, 12: up by 3. 12 + 3 = 15."""
    start, step = constant_step(rng)
    numbers = ", ".join(str(start + step * index) for index in range(4))
    pieces = (
        (f"{numbers}: up by", False),
        (f" {step}", True),
        (".", False),
        (f" {start + 3 * step} + {step} = {start + 4 * step}", True),
        (".\n", False),
    )
    return Line(pieces, "sequences", f"sequence{start},{step}")


def sorting(rng: Random) -> Line:
    """31, 4, 15 in order: 4, 15, 31."""
    falling = rng.random() < 0.4
    if rng.random() < 0.6:
        letters = rng.sample("abcdefghijklmnopqrstuvwxyz", rng.choice((3, 4, 4, 5)))
        things = some_words(rng, rng.choice((2, 3, 3, 4))) if rng.random() < 0.6 else letters
        ordered = sorted(things, reverse=falling)
    else:
        numbers = rng.sample(range(rng.choice((10, 20, 100))), rng.choice((3, 3, 4)))
        things = list(map(str, numbers))
        ordered = list(map(str, sorted(numbers, reverse=falling)))
    unsorted = ", ".join(things)
    pieces = (
        (f"{unsorted} {'falling' if falling else 'in order'}:", False),
        (f" {', '.join(ordered)}.\n", True),
    )
    return Line(pieces, "strings", f"sort:{unsorted}")


def counting(rng: Random) -> Line:
    """3 to 9: 3, 4, 5, 6, 7, 8, 9. Longer from 1, because that is asked for."""
    start = rng.choice((1, rng.randint(0, 20), rng.randint(0, 20)))
    end = start + rng.randint(2, 19 if start == 1 else 7)
    pieces = ((f"{start} to {end}:", False), (f" {counted_up(start, end)}.\n", True))
    return Line(pieces, "lists", count_key(start, end))


def echo(rng: Random) -> Line:
    """tax: I thought about tax today. A word of any length near the end of a line."""
    topic = rng.choice((rng.choice(TOPICS), rng.choice(SUBJECTS), made_up_name(rng), any_word(rng), rng.choice(COMMON)))
    word, line = rng.choice((("thought", "I thought about {} today."), ("wrote", "I wrote about {} today.")))
    return Line(((f"{word}, {topic}:", False), (f" {line.format(topic)}\n", True)), "poems", f"poem:{topic}")


def repetition(rng: Random) -> Line:
    """Say tax, Zofu: tax Zofu. Words of any length, one behind the other."""
    words = [rng.choice((some_word, any_word))(rng) for _ in range(rng.randint(1, 4))]
    text = " ".join(words)
    return Line(((f"Say {', '.join(words)}:", False), (f" {text}\n", True)), "copies", f"copy:{text}")


def quoted(rng: Random) -> Line:
    """cat, basket in quotes: ["cat", "basket"]."""
    words = some_words(rng, rng.randint(2, 4))
    listed = ", ".join(f'"{word}"' for word in words)
    return Line(
        ((f"{', '.join(words)} in quotes:", False), (f" [{listed}]\n", True)), "code", f"literal:{', '.join(words)}"
    )


def person(rng: Random) -> Line:
    """Eric, 99, Amman: {"name": "Eric", "age": 99, "city": "Amman"}."""
    name, age, city = rng.choice(FEMALE + MALE), rng.randint(1, 99), rng.choice(CITIES)
    pieces = ((f"{name}, {age}, {city}:", False), (f" {json_person(name, age, city)}\n", True))
    return Line(pieces, "code", f"json:{name}{age}{city}")


def capitals(rng: Random) -> Line:
    """nest in capitals is NEST, or the other way."""
    word = any_word(rng)
    if rng.random() < 0.35:
        return Line(((f"{word.upper()} in lowercase is", False), (f" {word}.\n", True)), "strings", "")
    return Line(((f"{word} in capitals is", False), (f" {word.upper()}.\n", True)), "strings", "")


def spelled(rng: Random) -> Line:
    """nest: The word nest is spelled N-E-S-T."""
    word = any_word(rng)
    pieces = ((f"{word}:", False), (f" {spelling(word)}.\n", True))
    return Line(pieces, "strings", "")


def backwards(rng: Random) -> Line:
    """nest: NEST backwards is TSEN, from capitals or from small letters."""
    word = capital_word(rng)
    if rng.random() < 0.6:
        word = any_word(rng).upper()
        line = (f" {word} backwards is {word[::-1]}.\n", True)
        return Line(((f"{word.lower()}:", False), line), "strings", f"reverse:{word}")
    pieces = ((f"{word} backwards is", False), (f" {word[::-1]}", True), (".\n", False))
    return Line(pieces, "strings", f"reverse:{word}")


def numbers_in_words(rng: Random) -> Line:
    """Twenty and thirty five: 20, 35. As people write them, with a hyphen or without."""
    numbers = [rng.randint(0, 100) for _ in range(rng.randint(1, 3))]
    words = [number_in_words(number).replace("-", rng.choice("- ")) for number in numbers]
    return Line(((f"{' and '.join(words)}:", False), (f" {', '.join(map(str, numbers))}.\n", True)), "sums", "")


def ends(rng: Random) -> Line:
    """nest, first: The word nest is spelled N-E-S-T: its first letter is N."""
    word = any_word(rng)
    place, letter = rng.choice((("first", word[0]), ("second", word[1]), ("third", word[2]), ("last", word[-1])))
    answer = f" {spelling(word)}: its {place} letter is {letter.upper()}.\n"
    return Line(((f"{word}, {place}:", False), (answer, True)), "strings", "")


def forms(rng: Random) -> Line:
    """big, opposite: The opposite of big is small. Or a plural, a singular, a past tense."""
    name, word, form = rng.choice(FORMS)
    return Line(((f"{word}, {name}:", False), (f" The {name} of {word} is {form}.\n", True)), "facts", "")


def counted(rng: Random) -> Line:
    """The word nest is spelled N-E-S-T: 4 letters."""
    word = any_word(rng).upper() if rng.random() < 0.7 else capital_word(rng)
    typed = word.lower() if rng.random() < 0.7 else word
    pieces = (
        (f"The word {typed} is spelled", False),
        (f" {'-'.join(word)}", True),
        (":", False),
        (f" {len(word)}", True),
        (" letters.\n", False),
    )
    return Line(pieces, "strings", f"length:{typed}")


def known_letters(rng: Random) -> Line:
    """The word nest is spelled N-E-S-T, English words only: many are one token, learnt by heart."""
    word, style = rng.choice(ALL_WORDS), rng.random()
    if style < 0.7:
        return Line(((f"The word {word} is spelled", False), (f" {'-'.join(word.upper())}.\n", True)), "strings", "")
    if style < 0.85:
        pieces = ((f"The word {word} has", False), (f" {len(word)}", True), (" letters.\n", False))
        return Line(pieces, "strings", f"length:{word}")
    return Line(((f"{word} in capitals is", False), (f" {word.upper()}.\n", True)), "strings", "")


def answered(rng: Random) -> Line:
    """A question asked in any way and its answer, without the chat's tokens and tail: four in the place of one."""
    family, make = rng.choices(ANSWERED, (6, 3, 5, 5, 3))[0]
    example = make(rng)
    if is_kept_aside(example.prompt):
        return answered(rng)
    return Line(((f"{example.prompt}\n", False), (f"{example.answer}\n", True)), family, example.key)


ANSWERED: tuple[tuple[str, Family], ...] = (
    ("knowledge", knowledge),
    ("words", word_forms),
    ("wordplay", wordplay),
    ("order", order),
    ("verse", rhymes),
)
KINDS: tuple[tuple[Callable[[Random], Line], int], ...] = (
    (equation, 24),
    (chain, 26),
    (change, 10),
    (comparison, 4),
    (sequence, 8),
    (counting, 14),
    (sorting, 16),
    (echo, 8),
    (repetition, 26),
    (quoted, 7),
    (person, 5),
    (capitals, 11),
    (spelled, 18),
    (backwards, 18),
    (counted, 12),
    (ends, 9),
    (forms, 14),
    (numbers_in_words, 10),
)


def drill(rng: Random, lines: int = 6) -> list[Line]:
    """Several lines: all of one kind, which is learnt sooner, or a few of each kind."""
    kind = rng.choices((equation, known_letters, answered, sorting, None), (10, 28, 26, 10, 26))[0]
    if kind is not None:
        return [kind(rng) for _ in range(lines)]
    kinds = rng.choices([kind for kind, _ in KINDS], [weight for _, weight in KINDS], k=lines)
    return [kind(rng) for kind in kinds]
