"""Checks of answers to a freely asked prompt. A check takes an answer and the values of the prompt's line."""

import ast
import json
import re
from collections.abc import Callable, Sequence

from training.freely.prose import is_haiku, is_known, is_poem, is_sentence, is_story, rhyming_pair

Check = Callable[[str, Sequence[str]], bool]
NUMBERS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen twenty"
).split()
REFUSALS = {
    "know": r"(do not|don't|cannot|can't) know|know nothing|not know",
    "language": r"english",
    "size": r"too (much|long|big)|short|small|only",
    "task": r"cannot|can not|can't|only",
    "number": r"\btoo\b|big|large|cannot|do not know|hundred",
    "gibberish": r"understand",
}


def words_of(text: str) -> list[str]:
    """The words and numbers of a text, in lower case."""
    return re.findall(r"[a-z0-9]+(?:'[a-z]+)?", text.lower())


def has(text: str, piece: str) -> bool:
    """Whether a word or phrase occurs whole, in any case."""
    return re.search(rf"(?<!\w){re.escape(piece)}(?!\w)", text, re.IGNORECASE) is not None


def numbers_of(text: str) -> list[int]:
    """The numbers of a text in order, in digits or, to twenty, in words."""
    return [
        int(word) if word.isdigit() else NUMBERS.index(word)
        for word in words_of(text)
        if word.isdigit() or word in NUMBERS
    ]


def number(answer: str, values: Sequence[str]) -> bool:
    """The last number is the one that was asked for."""
    return numbers_of(answer)[-1:] == [int(values[0])]


def chosen(answer: str, values: Sequence[str]) -> bool:
    """The first number is the one that was asked for, as in "54 is bigger than 45"."""
    return numbers_of(answer)[:1] == [int(values[0])]


def contains(answer: str, values: Sequence[str]) -> bool:
    """Every value occurs."""
    return all(has(answer, value) for value in values)


def any_of(answer: str, values: Sequence[str]) -> bool:
    """One of the values occurs."""
    return any(has(answer, value) for value in values)


def known_any_of(answer: str, values: Sequence[str]) -> bool:
    """One of the values occurs, and no word is garbled."""
    return any_of(answer, values) and is_known(answer)


def last_word(answer: str, values: Sequence[str]) -> bool:
    """The answer ends with the value."""
    return words_of(answer)[-1:] == [values[0].lower()]


def same_case(answer: str, values: Sequence[str]) -> bool:
    """The value occurs in just this case."""
    return re.search(rf"(?<!\w){re.escape(values[0])}(?!\w)", answer) is not None


def letters(answer: str, values: Sequence[str]) -> bool:
    """The value's letters one by one, and no more letters before or behind them."""
    inner = r"[\s,.\-]+".join(values[0])
    return re.search(rf"(?<![\w-]){inner}(?![\w-])", answer, re.IGNORECASE) is not None


def in_order(answer: str, values: Sequence[str]) -> bool:
    """The values one behind another with nothing but blanks, commas and "and" between."""
    inner = r"(?:\s*,\s*(?:and\s+)?|\s+and\s+|\s+|\s*-\s*)".join(map(re.escape, values))
    return re.search(rf"(?<!\w){inner}(?!\w|, \d)", answer, re.IGNORECASE) is not None


def items(answer: str, values: Sequence[str]) -> bool:
    """As many different items as the first value says, from the rest of the values; any items if that is "*"."""
    listed = answer.lower().rsplit(":", 1)[-1]
    parts = [part for part in re.split(r",|\band\b|\n|\.", listed) if part.strip()]
    if values[1] == "*":
        return len(set(parts)) == int(values[0]) and is_known(answer)
    return len({word for word in words_of(answer) if word in values[1:]}) == int(values[0])


def counted(answer: str, values: Sequence[str]) -> bool:
    """The first value occurs just as often as the second says."""
    return words_of(answer).count(values[0]) == int(values[1])


def code(answer: str, values: Sequence[str]) -> bool:
    """Python that parses and holds every piece; a piece may name several forms, with | between."""
    try:
        ast.parse(answer)
    except (SyntaxError, ValueError):
        return False
    return all(any(form in answer for form in piece.split("|")) for piece in values)


def json_text(answer: str, values: Sequence[str]) -> bool:
    """JSON that parses and holds every value."""
    try:
        return isinstance(json.loads(answer), dict) and contains(answer, values)
    except ValueError:
        return False


def refusal(answer: str, values: Sequence[str]) -> bool:
    """Says that it cannot, for a reason that fits, without a garbled word."""
    kinds = list(REFUSALS.values()) if values[0] == "any" else [REFUSALS[values[0]]]
    return any(re.search(kind, answer.lower()) for kind in kinds) and is_known(answer)


CHECKS: dict[str, Check] = {
    "number": number,
    "chosen": chosen,
    "contains": contains,
    "any_of": any_of,
    "known_any_of": known_any_of,
    "last_word": last_word,
    "same_case": same_case,
    "letters": letters,
    "in_order": in_order,
    "items": items,
    "counted": counted,
    "code": code,
    "json": json_text,
    "refusal": refusal,
    "story": is_story,
    "sentence": is_sentence,
    "poem": is_poem,
    "haiku": is_haiku,
    "rhymes": rhyming_pair,
}
