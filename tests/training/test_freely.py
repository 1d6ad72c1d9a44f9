"""The prompts written by hand: enough of each family, none of them in the corpus, and checks that can fail."""

import sys
from collections import Counter
from itertools import islice
from pathlib import Path
from random import Random

import pytest

from training.corpus import drills, mixture
from training.corpus.example import Example
from training.corpus.mixture import FULL_MIX, draw, training_examples
from training.freely.__main__ import main
from training.freely.asking import example_of, shares
from training.freely.checks import CHECKS
from training.freely.prompts import free_prompts, is_kept_aside, normalized
from training.scoring import Answer


def test_there_are_enough_of_each_family_and_no_two_are_alike() -> None:
    counts = Counter(entry.family for entry in free_prompts())
    assert sum(counts.values()) >= 300
    assert len(counts) >= 12
    assert min(counts.values()) >= 20
    assert len({normalized(entry.prompt) for entry in free_prompts()}) == len(free_prompts())
    assert all(entry.check in CHECKS for entry in free_prompts())
    assert not any(CHECKS[entry.check]("", entry.values) for entry in free_prompts())


def test_no_training_prompt_is_one_of_them() -> None:
    for example in islice(training_examples(Random(12), FULL_MIX, multi_turn=0.3), 5000):
        assert not any(is_kept_aside(text) for role, text in example.messages() if role == "user")


def test_no_question_of_a_drill_is_one_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    aside = free_prompts()[0].prompt
    questions = iter((aside, "Another prompt."))
    made = (("knowledge", lambda rng: Example("key", next(questions), "Yes.")),)
    monkeypatch.setattr(drills, "ANSWERED", made * len(drills.ANSWERED))
    assert drills.answered(Random(1)).pieces == (("Another prompt.\n", False), ("Yes.\n", True))


def test_the_corpus_refuses_to_draw_one_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    aside = free_prompts()[0].prompt
    assert is_kept_aside(f" {aside.upper()}! ")

    def family(rng: Random) -> Example:
        return Example(str(rng.random()), rng.choice((aside, "Another prompt.")), "Yes.")

    monkeypatch.setitem(mixture.ALL_FAMILIES, "sums", family)
    rng = Random(1)
    assert {draw(rng, "sums", "train").prompt for _ in range(50)} == {"Another prompt."}


@pytest.mark.parametrize(
    ("check", "values", "right", "wrong"),
    [
        ("number", ["22"], "17 + 5 = 22.", "17 + 5 = 21."),
        ("number", ["7"], "A week has seven days.", "A week has 8 days."),
        ("chosen", ["54"], "54 is bigger than 45.", "45 is bigger than 54."),
        ("contains", ["paris"], "It is Paris.", "It is Parisian."),
        ("any_of", ["small", "little"], "The opposite is small.", "The opposite is big."),
        ("known_any_of", ["hello"], "Hello! What shall we try?", "Hello! Whxt shall we try?"),
        ("last_word", ["o"], "The first letter is o.", "The first letter is r."),
        ("same_case", ["RIVER"], "river in capitals is RIVER.", "river in capitals is River."),
        ("letters", ["sky"], "Sky is spelled S-K-Y.", "Sky is spelled S-K-I-Y."),
        ("in_order", ["1", "2", "3"], "In order: 1, 2, 3.", "In order: 1, 3, 2."),
        ("in_order", ["5", "4"], "Down: 5, 4.", "Down: 5, 4, 3."),
        ("items", ["2", "red", "blue"], "Two colors: red and blue.", "Two colors: red and red."),
        ("counted", ["hello", "2"], "hello hello", "hello hello hello"),
        ("code", ["def ", "a + b|b + a"], "def add(a, b):\n    return a + b", "def add(a, b):\n return(a + b"),
        ("json", ["Mia", "30"], '{"name": "Mia", "age": 30}', '{"name": "Mia", "age": 30'),
        ("refusal", ["language"], "I know only a little English.", "That is too much work."),
        ("sentence", ["fox"], "The fox found a key.", "The fox found a"),
        ("poem", ["rain"], "The rain is here,\nThe sea is near.", "The rain rain is here,\nThe sea is near."),
        ("rhymes", [], "Cat and hat rhyme.", "Cat and dog."),
        ("haiku", ["snow"], "The snow comes at night\nAnd paints the sleeping garden\nIn a quiet white", "The snow."),
    ],
)
def test_the_checks_tell_right_from_wrong(check: str, values: list[str], right: str, wrong: str) -> None:
    assert CHECKS[check](right, values)
    assert not CHECKS[check](wrong, values)


def test_what_a_model_says_is_counted_by_family() -> None:
    entries = [entry for entry in free_prompts() if entry.check == "number"][:2]
    answers = [
        Answer(example_of(entry), text) for entry, text in zip(entries, (entries[0].values[0], "?"), strict=True)
    ]
    assert shares(answers) == {entries[0].family: [0.5, 2.0]}


def test_a_story_is_whole_and_about_what_was_asked() -> None:
    text = "Once upon a time there was a small fox named Pip. One day, he found a golden bell in the garden."
    assert CHECKS["story"](text, ["fox", "bell"])
    assert not CHECKS["story"](text, ["owl"])
    assert not CHECKS["story"](text.removesuffix("."), ["fox"])
    assert not CHECKS["story"](text.replace("golden", "goldenk"), ["fox"])


def test_a_file_that_is_missing_is_named_in_a_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "checkpoint.pt").touch()
    for arguments, missing in (
        (["--run", str(tmp_path), "--tokenizer", str(tmp_path / "none")], tmp_path / "none" / "tokenizer.json"),
        (["--run", str(tmp_path / "none")], tmp_path / "none" / "checkpoint.pt"),
        (["--model", str(tmp_path)], tmp_path / "model.safetensors"),
    ):
        monkeypatch.setattr(sys, "argv", ["freely", *arguments])
        with pytest.raises(SystemExit):
            main()
        assert f"there is no {missing}" in capsys.readouterr().err
