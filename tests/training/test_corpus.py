"""The corpus is the same on every machine, keeps its splits apart, and says nothing false that a parser can check."""

import re
from itertools import islice
from random import Random

import pytest

from training.corpus.mixture import FAMILIES, FULL_MIX, draw, is_held_out, training_drill, training_examples
from training.corpus.verse_lines import PROVERBS, VERSES, VERSES_BOTH_WAYS
from training.corpus.verses import verses
from training.corpus.words import COMMON

EQUATION = re.compile(r"(\d+) ([-+x/]) (\d+) = (\d+)")
FEMALE_PRONOUNS, MALE_PRONOUNS = {"she", "her"}, {"he", "his", "him"}


def computed(left: int, operator: str, right: int) -> int:
    """The right value of an equation of the corpus."""
    if operator == "/":
        assert left % right == 0
        return left // right
    return {"+": left + right, "-": left - right, "x": left * right}[operator]


def test_the_corpus_is_a_function_of_the_seed() -> None:
    once, again = (list(islice(training_examples(Random(5), FULL_MIX), 200)) for _ in range(2))
    assert once == again
    assert once != list(islice(training_examples(Random(6), FULL_MIX), 200))


@pytest.mark.parametrize("family", FAMILIES)
def test_the_splits_never_share_a_combination(family: str) -> None:
    rng = Random(1)
    training = {draw(rng, family, "train").key for _ in range(150)}
    held_out = {draw(rng, family, "held_out").key for _ in range(20)}
    assert held_out
    assert not training & held_out


def test_held_out_sums_stay_out_of_drills_and_followups() -> None:
    rng = Random(2)
    for _ in range(300):
        line = "".join(text for text, _ in training_drill(rng))
        assert not any(is_held_out("sums", f"{a}{b}{c}") for a, b, c, _ in EQUATION.findall(line))
        example = draw(rng, "followups", "train")
        assert not is_held_out("sums", example.key)


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_answers_its_own_examples(family: str) -> None:
    rng = Random(3)
    for _ in range(200):
        example = draw(rng, family, "train")
        assert example.accepts(example.answer)
        assert not example.accepts("")
        assert example.prompt == example.prompt.strip()
        assert example.answer == example.answer.strip()
        assert "{" not in example.prompt or family == "code"


@pytest.mark.parametrize("family", ["sums", "word_problems", "followups", "copies"])
def test_equations_are_right(family: str) -> None:
    rng = Random(4)
    equations = 0
    for _ in range(500):
        answer = draw(rng, family, "train").answer
        for left, operator, right, result in EQUATION.findall(answer):
            assert computed(int(left), operator, int(right)) == int(result), answer
            equations += 1
    assert equations > 100 or family == "copies"


def test_equations_of_drills_are_right() -> None:
    rng = Random(4)
    for _ in range(100):
        text = "".join(piece for piece, _ in training_drill(rng))
        for left, operator, right, result in EQUATION.findall(text):
            assert computed(int(left), operator, int(right)) == int(result), text


def test_drills_spell_count_and_sort_rightly() -> None:
    rng = Random(13)
    spelled = ordered = 0
    for _ in range(400):
        for line in "".join(piece for piece, _ in training_drill(rng)).splitlines():
            if match := re.fullmatch(r"The word (\w+) is spelled ([A-Z-]+)\.", line):
                assert match[1].upper() == match[2].replace("-", "")
                spelled += 1
            elif match := re.fullmatch(r"The word (\w+) has (\d+) letters\.", line):
                assert len(match[1]) == int(match[2])
            elif match := re.fullmatch(r"(\w+(?:, \w+)+) (in order|falling): ([\w, ]+)\.", line):
                things, result = match[1].split(", "), match[3].split(", ")
                rising = sorted(things, key=int) if things[0].isdigit() else sorted(things)
                assert result == (rising if match[2] == "in order" else rising[::-1])
                ordered += 1
    assert min(spelled, ordered) > 100


def test_the_last_step_of_a_word_problem_is_its_answer() -> None:
    rng = Random(5)
    for _ in range(300):
        answer = draw(rng, "word_problems", "train").answer
        stated = re.search(r"The answer is (\d+)", answer)
        assert stated is not None
        assert EQUATION.findall(answer)[-1][3] == stated[1]


def test_strings_are_reversed_counted_and_sorted() -> None:
    rng = Random(6)
    for _ in range(600):
        answer = draw(rng, "strings", "train").answer
        if match := re.fullmatch(r"(\w+) backwards is (\w+)\.", answer):
            assert match[1] == match[2][::-1]
        elif match := re.fullmatch(r"(\w+) has (\d+) letters\.", answer):
            assert len(match[1]) == int(match[2])
        elif match := re.fullmatch(r"In order: (\d.*)\.", answer):
            numbers = list(map(int, match[1].split(", ")))
            assert numbers == sorted(numbers)


def test_a_story_keeps_one_hero_one_name_and_one_pronoun() -> None:
    rng = Random(7)
    for _ in range(300):
        example = draw(rng, "stories", "train")
        words = set(re.findall(r"[a-z]+", example.answer.lower()))
        assert bool(words & FEMALE_PRONOUNS) != bool(words & MALE_PRONOUNS)
        name = re.search(r"named (\w+)", example.answer)
        assert name is not None
        assert not example.accepts(example.answer.replace(f"named {name[1]}", "named Nobody"))


def test_json_and_python_answers_parse() -> None:
    rng = Random(8)
    for _ in range(200):
        compile(draw(rng, "code", "train").answer, "answer", "exec")


def test_answers_fit_the_chats_canvas() -> None:
    rng = Random(9)
    for family in FAMILIES:
        assert max(len(draw(rng, family, "train").answer.split()) for _ in range(100)) < 50


def test_verses_have_four_lines_and_half_go_backwards() -> None:
    assert all(len(lines) == 4 for lines in VERSES.values())
    rng = Random(10)
    before = {e.answer for e in (verses(rng) for _ in range(2000)) if e.key.startswith("before:")}
    assert before <= {line for title in VERSES_BOTH_WAYS for line in VERSES[title]}
    assert len(set(PROVERBS)) == len(PROVERBS)
    assert len(set(COMMON)) == len(COMMON)
