"""What letterplay.py, patterns.py, statements.py and greetings.py say is right by a check that does not use them."""

import re
from collections import Counter
from itertools import pairwise
from random import Random

from training.corpus.mixture import draw, is_held_out
from training.corpus.varied.counting import counting
from training.corpus.varied.greetings import GREETINGS
from training.corpus.varied.letterplay import letterplay
from training.corpus.varied.nouns import ALL_WORDS
from training.corpus.varied.patterns import growth, of_a_list, runs, stretches
from training.corpus.varied.sayings import phrases
from training.corpus.varied.statements import statement
from training.corpus.varied.whole_words import WHOLE
from training.tokenizer import Vocabulary

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def right_about(word: str, letters: str, claim: str) -> str:
    """Which kind of thing is said about a word of these letters; an error if it is not so."""
    if match := re.fullmatch(r"the letter ([A-Z]) comes (\d+) times?", claim):
        assert len(letters.split(match[1])) - 1 == int(match[2])
        return "often"
    if match := re.fullmatch(r"([A-Z, ]+), (\d+) (vowel|consonant)s?", claim):
        named = match[1].split(", ")
        pattern = "[AEIOU]" if match[3] == "vowel" else "[^AEIOU]"
        assert named == re.findall(pattern, letters)
        assert len(named) == int(match[2])
        return "vowels"
    if match := re.fullmatch(r"without (its vowels|[A-Z]) it is ([A-Z]+)", claim):
        gone = "[AEIOU]" if match[1] == "its vowels" else match[1]
        assert re.sub(gone, "", letters) == match[2] != letters
        return "without"
    if match := re.fullmatch(r"with ([A-Z]) for ([A-Z]) it is ([A-Z]+)", claim):
        assert re.sub(match[2], match[1], letters) == match[3]
        return "replaced"
    if match := re.fullmatch(r"in order ([A-Z]+)", claim):
        assert Counter(match[1]) == Counter(letters)
        assert all(before <= after for before, after in pairwise(match[1]))
        return "sorted"
    if match := re.fullmatch(r"its (first|last) (two|three|four) letters are ([A-Z]+)", claim):
        assert len(match[3]) == {"two": 2, "three": 3, "four": 4}[match[2]]
        size = len(match[3])
        assert match[3] == (letters[:size] if match[1] == "first" else letters[-size:])
        return "parts"
    if match := re.fullmatch(r"its middle letter is ([A-Z])", claim):
        assert re.fullmatch(rf"(\w*){match[1]}(\w*)", letters)
        assert letters[(len(letters) - 1) // 2] == match[1]
        return "middle"
    if match := re.fullmatch(r"(yes|no), it (?:has|does not have) the letter ([A-Z])", claim):
        assert (match[2] in letters) == (match[1] == "yes")
        return "has"
    match = re.fullmatch(r"its (first|last) letter is ([A-Z]), so (yes|no)", claim)
    assert match is not None, claim
    assert letters[0 if match[1] == "first" else -1] == match[2]
    return f"so {match[3]}"


def test_what_is_said_about_the_letters_of_a_word_is_so() -> None:
    rng, kinds = Random(1), Counter[str]()
    for _ in range(3000):
        example = letterplay(rng)
        if match := re.fullmatch(r"([A-Z]+) backwards is ([A-Z]+): (yes|no), .+\.", example.answer):
            assert "".join(reversed(match[1])) == match[2]
            assert (match[1] == match[2]) == (match[3] == "yes")
            kinds[f"palindrome {match[3]}"] += 1
        else:
            match = re.fullmatch(r"The word (\w+) is spelled ([A-Z-]+): (.+)\.", example.answer)
            assert match is not None, example
            assert match[1].upper() == match[2].replace("-", "")
            kinds[right_about(match[1], match[2].replace("-", ""), match[3])] += 1
        assert match[1].lower() in example.prompt.lower()
    assert len(kinds) == 12
    assert min(kinds.values()) > 30


def test_a_letter_or_a_place_that_is_asked_about_is_in_the_answer() -> None:
    rng = Random(2)
    for _ in range(1500):
        example = letterplay(rng)
        if example.key.startswith(("has:", "often:")):
            letter = example.key.split(":")[1]
            assert f"letter {letter.upper()}" in example.answer
            assert re.search(rf"(?i)(?<![a-z]){letter}('?s)?(?![a-z])", example.prompt), example


def test_phrases_are_taken_apart_rightly() -> None:
    rng = Random(3)
    for _ in range(800):
        example = phrases(rng)
        kind, _, asked_about = example.key.partition(":")
        words = asked_about.split(":")[-1].split()
        if kind == "initials":
            assert example.answer.endswith(f" are {''.join(word[0] for word in words).upper()}.")
        elif kind == "title":
            shown = example.answer.removeprefix("In title case: ").removesuffix(".")
            assert shown == shown.title()
            assert shown.lower() in example.prompt.lower()
        elif kind == "word":
            assert words[{"first": 0, "second": 1, "third": 2, "fourth": 3, "last": -1}[asked_about.split(":")[0]]] == (
                example.answer.split()[-1].removesuffix(".")
            )
        elif kind == "words backwards":
            assert example.answer.removesuffix(".").split()[1:] == words[::-1]
        else:
            first, second = re.fullmatch(r"(\w+) comes before (\w+) in the alphabet\.", example.answer).groups()  # type: ignore[union-attr]
            assert first < second


def test_sequences_go_on_as_they_began() -> None:
    rng = Random(4)
    for _ in range(600):
        numbers = list(map(int, re.findall(r"\d+", (example := growth(rng)).key)))
        numbers.append(int(re.findall(r"\d+", example.answer)[-1]))
        pairs = list(pairwise(numbers))
        ratios = {after / before for before, after in pairs} if 0 not in numbers else set()
        second = {c - 2 * b + a for a, b, c in zip(numbers, numbers[1:], numbers[2:], strict=False)}
        sums = all(a + b == c for a, b, c in zip(numbers, numbers[1:], numbers[2:], strict=False))
        assert len(ratios) == 1 or second == {2} or sums, example
        left, sign, right = re.search(r"(\d+) ([+x/]) (\d+) = ", example.answer).groups()  # type: ignore[union-attr]
        assert not is_held_out("sums", f"{left}{sign}{right}")
    for _ in range(600):
        example = runs(rng)
        kind, _, shown = example.key.partition(":")
        after = example.answer.removesuffix(".").split()[-1]
        items = re.split(r", | - | ", shown)
        if kind == "pattern":
            period = len(set(items))
            assert [*items, after] == [items[place % period] for place in range(len(items) + 1)]
        elif len(items[0]) == 1:
            steps = {ALPHABET.index(b) - ALPHABET.index(a) for a, b in pairwise([*items, after])}
            assert len(steps) == 1


def test_counting_keeps_its_step_and_its_ends() -> None:
    rng = Random(5)
    for _ in range(1500):
        example = counting(rng)
        numbers = list(map(int, example.answer.removesuffix(".").split(", ")))
        steps = {after - before for before, after in pairwise(numbers)}
        assert len(steps) <= 1, example
        if match := re.fullmatch(r"(odd|even):(\d+)-(\d+)", example.key):
            assert numbers == [n for n in range(int(match[2]), int(match[3]) + 1) if n % 2 == (match[1] == "odd")]


def test_lists_are_counted_picked_from_and_changed_rightly() -> None:
    rng = Random(6)
    for _ in range(800):
        example = of_a_list(rng)
        kind = example.key.split(":")[0]
        if kind == "count":
            assert int(example.answer.split()[-2]) == len(re.findall(r"\d+ [a-z]+", example.answer)) - 1
        elif kind in ("biggest", "largest", "highest", "smallest", "lowest"):
            numbers = list(map(int, re.findall(r"\d+", example.key)))
            assert int(example.answer.split()[0]) == (min if kind in ("smallest", "lowest") else max)(numbers)
        elif kind == "add":
            assert example.answer == f"The list is {example.key.removeprefix('add:').replace(',', ', ')}."
        elif kind == "remove":
            _, gone, words = example.key.split(":")
            assert example.answer == f"The list is {', '.join(word for word in words.split(',') if word != gone)}."
        else:
            assert example.answer.split()[-1].removesuffix(".") in example.prompt.lower()
    for _ in range(300):
        shown = stretches(rng).answer.removesuffix(".").split(", ")
        assert len(shown[0]) > 1 or "".join(shown) in ALPHABET


def test_a_reply_takes_up_what_was_said() -> None:
    rng = Random(7)
    for _ in range(500):
        remark, reply = statement(rng)
        assert set(re.findall(r"\w+", remark)) & set(re.findall(r"\w+", reply)), (remark, reply)


def test_greetings_are_many_and_of_one_length(demo_vocabulary: Vocabulary) -> None:
    assert len({len(demo_vocabulary.encode(greeting)) for greeting in GREETINGS}) == 1
    rng = Random(8)
    answers = Counter(draw(rng, "talk", "train").answer for _ in range(6000))
    greetings = {answer: count for answer, count in answers.items() if answer in GREETINGS}
    assert len(greetings) == len(GREETINGS)
    assert max(greetings.values()) < 0.06 * sum(greetings.values())


def test_words_of_one_token_are_spelled_most(demo_vocabulary: Vocabulary) -> None:
    single = {word for word in ALL_WORDS if len(demo_vocabulary.encode(f" {word}")) == 1 and len(word) > 2}
    assert single <= set(WHOLE)
    assert all(len(demo_vocabulary.encode(f" {word}")) == 1 for word in WHOLE)
