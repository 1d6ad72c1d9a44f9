"""The families asked in many ways: their answers are right by a check that does not use the generator."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from itertools import islice, pairwise
from random import Random

import pytest

from training.corpus.example import Example
from training.corpus.language import ONES
from training.corpus.mixture import (
    FULL_MIX,
    VARIED_FAMILIES,
    draw,
    earlier_turns,
    is_held_out,
    training_examples,
)
from training.corpus.varied.arithmetic import terms
from training.corpus.varied.grammar import SLIPS, asked
from training.corpus.varied.nouns import ALL_WORDS, any_word
from training.corpus.varied.order import fixed
from training.corpus.varied.verse import HAIKU_TOPICS, RHYMES, rhyme_for, rhymed_lines
from training.freely.prose import is_haiku

STEP = re.compile(r"(\d+) ([-+x/]) (\d+) = (\d+)")
OPERATIONS = {"+": int.__add__, "-": int.__sub__, "x": int.__mul__, "/": int.__floordiv__}


def examples(family: str, count: int, seed: int = 1) -> Iterator[Example]:
    """Training examples of a family."""
    rng = Random(seed)
    return (draw(rng, family, "train") for _ in range(count))


@pytest.mark.parametrize("family", VARIED_FAMILIES)
def test_every_family_answers_its_own_examples_in_many_ways(family: str) -> None:
    drawn = list(examples(family, 400))
    for example in drawn:
        assert example.accepts(example.answer), example
        assert not example.accepts("")
        assert example.prompt == example.prompt.strip() != ""
        assert example.answer == example.answer.strip()
        assert len(example.answer.split()) < 50
        assert "{" not in example.prompt
    assert len({example.prompt for example in drawn}) > 300
    assert {example.key for example in drawn}.isdisjoint(
        draw(Random(seed), family, "held_out").key for seed in range(20)
    )


@pytest.mark.parametrize("family", ["arithmetic", "problems"])
def test_steps_are_right_and_use_the_numbers_that_were_asked(family: str) -> None:
    for example in examples(family, 1500):
        steps = STEP.findall(example.answer)
        for left, sign, right, result in steps:
            assert OPERATIONS[sign](int(left), int(right)) == int(result), example
            assert sign != "/" or int(left) % int(right) == 0
        if family == "problems":
            stated = re.search(r"The answer is (\d+)", example.answer)
            assert stated is not None
            assert steps[-1][3] == stated[1]


def value_of(text: str) -> int | None:
    """The value of a sum in signs, with products first; None for other texts."""
    match = re.search(r"\d+(?:\s*[-+*/x×÷:−]\s*\d+)+", text)
    if match is None or re.search(r"[a-z]", match[0].replace("x", "")):
        return None
    signs = match[0].translate(str.maketrans({"x": "*", "×": "*", "÷": "/", ":": "/", "−": "-"}))
    parts = re.findall(r"\d+|[-+*/]", signs)
    terms, values = [], [int(parts[0])]
    for sign, number in zip(parts[1::2], map(int, parts[2::2]), strict=True):
        if sign in "*/":
            values[-1] = values[-1] * number if sign == "*" else values[-1] // number
        else:
            terms.append(sign)
            values.append(number)
    total = values[0]
    for sign, number in zip(terms, values[1:], strict=True):
        total += number if sign == "+" else -number
    return total


def test_sums_in_signs_have_the_value_that_is_stated() -> None:
    counted = 0
    for example in examples("arithmetic", 3000):
        value = value_of(example.prompt)
        if value is not None:
            counted += 1
            assert int(re.findall(r"\d+", example.answer)[-1]) == value, example
    assert counted > 300


def test_differences_are_never_below_nothing() -> None:
    rng = Random(8)
    assert min(terms(rng, "-")[2] for _ in range(4000)) >= 0


def test_no_sum_that_is_held_out_is_in_an_answer() -> None:
    for example in examples("arithmetic", 2000):
        for left, sign, right, _ in STEP.findall(example.answer):
            assert sign in "x/" or not is_held_out("sums", f"{left}{sign}{right}")


def test_words_are_reversed_spelled_counted_and_picked_from() -> None:
    tasks: Counter[str] = Counter()
    for example in examples("wordplay", 2500):
        answer = example.answer
        if match := re.fullmatch(r"(\w+) backwards is (\w+)\.", answer):
            assert match[1] == match[2][::-1]
            assert match[1].lower() in example.prompt.lower()
        elif match := re.fullmatch(r"The word (\w+) is spelled ([A-Z-]+)(?:: (.+))?\.", answer):
            assert match[1].upper() == match[2].replace("-", "")
            assert match[1].lower() in example.prompt.lower()
            tasks[match[3].split()[-1] if match[3] and "letters" in match[3] else "letter" if match[3] else ""] += 1
            if length := re.fullmatch(r"(\d+) letters", match[3] or ""):
                assert len(match[1]) == int(length[1])
            elif match[3]:
                picked = re.fullmatch(r"its (\w+) letter is ([A-Z])", match[3])
                assert picked is not None
                place = {"first": 0, "second": 1, "third": 2, "fourth": 3, "fifth": 4, "last": -1}[picked[1]]
                assert match[1].upper()[place] == picked[2]
        elif match := re.fullmatch(r"(\w+) in capitals is (\w+)\.", answer):
            assert match[1].upper() == match[2]
        elif match := re.fullmatch(r"(\w+) and (\w+) together: (\w+)\.", answer):
            assert match[1] + match[2] == match[3]
        elif match := re.fullmatch(r"1 .*: (\d+) words\.", answer):
            assert f"{match[1]} " in answer
            assert len(re.findall(r"\d+ [a-z]", answer)) - 1 == int(match[1])
        elif match := re.fullmatch(r"(\w+) is the (longest|shortest) word\.", answer):
            assert match[1] in example.prompt
    assert min(tasks[task] for task in ("", "letter", "letters")) > 100


def test_a_word_that_is_asked_about_has_no_slip() -> None:
    rng = Random(9)
    assert SLIPS & set(ALL_WORDS)
    assert SLIPS.isdisjoint(any_word(rng) for _ in range(20_000))


def test_no_word_is_the_rhyme_for_itself_or_for_most_of_its_group() -> None:
    for group in RHYMES:
        answers = [rhyme_for(word, group) for word in group]
        assert sorted(answers) == sorted(group)
        assert all(word != answer for word, answer in zip(group, answers, strict=True))


def test_rhymed_lines_end_with_words_of_one_group() -> None:
    rng = Random(10)
    for _ in range(500):
        example = rhymed_lines(rng)
        lines = example.answer.removesuffix(".").split("\n")
        last = {line.rstrip(",").split()[-1] for line in lines} | ({example.answer.split()[1]} - {"comes"})
        assert len(last) == 2
        assert any(last <= set(group) for group in RHYMES), example
        assert all(re.search(rf"\b{word}\b", example.prompt, re.IGNORECASE) for word in last) or len(lines) == 1


def test_a_number_of_fixed_things_is_the_number_of_the_answer() -> None:
    rng = Random(11)
    numbered = 0
    for _ in range(3000):
        example = fixed(rng)
        if match := re.search(
            rf"(?i)the (\d+|{'|'.join(ONES[2:])}) (days|months|planets|colors|vowels|seasons)", example.prompt
        ):
            count = int(match[1]) if match[1].isdigit() else ONES.index(match[1].lower())
            assert len(re.split(", | and ", example.answer.split(" are ")[1])) == count, example
            numbered += 1
    assert numbered > 50


def test_lists_are_in_the_order_that_was_asked_for() -> None:
    for example in examples("order", 2500):
        if example.key.startswith("sort:"):
            shown = example.answer.removeprefix("In order: ").removesuffix(".").split(", ")
            ordered = sorted(shown, key=int) if shown[0].isdigit() else sorted(shown)
            assert shown == (ordered[::-1] if example.key.endswith("True") else ordered)
            assert all(thing.lower() in example.prompt.lower() for thing in shown)
        elif example.key.startswith("sequence"):
            numbers = list(map(int, re.findall(r"\d+", example.key)))
            steps = {after - before for before, after in pairwise(numbers)}
            assert len(steps) == 1
            assert int(re.findall(r"\d+", example.answer)[-1]) == numbers[-1] + steps.pop()


def test_code_parses_and_does_what_it_should() -> None:
    for example in examples("snippets", 1000):
        if example.key.startswith("json"):
            assert json.loads(example.answer)["age"] > 0
        compile(example.answer, "answer", "exec")


def test_haiku_have_five_seven_and_five_syllables() -> None:
    assert all(is_haiku(text, []) for text in HAIKU_TOPICS.values())
    assert all(is_haiku(example.answer, []) for example in examples("verse", 800) if example.key.startswith("haiku"))


def test_open_requests_have_several_right_answers() -> None:
    stories = {VARIED_FAMILIES["prose"](Random(seed)).answer for seed in range(200)}
    assert len(stories) > 150
    drawn = (VARIED_FAMILIES["talk"](Random(seed)) for seed in range(3000))
    greetings = Counter(example.answer for example in drawn if example.prompt.lower().startswith("hello"))
    assert len(greetings) >= 8


def test_conversations_have_up_to_ten_rounds_of_several_families() -> None:
    rounds = [len(earlier_turns(Random(seed))) // 2 + 1 for seed in range(60)]
    assert max(rounds) >= 10
    longest = max(islice(training_examples(Random(2), FULL_MIX, 1.0), 40), key=lambda example: len(example.history))
    assert [role for role, _ in longest.messages()[-3:]] == ["user", "assistant", "user"]


def test_the_grammar_asks_in_many_ways_and_keeps_what_is_asked_for() -> None:
    prompts = {asked(Random(seed), ("the capital of Peru",), ("name the capital of Peru",)) for seed in range(400)}
    assert len(prompts) > 150
    assert all("capital of peru" in prompt.lower() or "Peru" in prompt for prompt in prompts if "capital" in prompt)
