"""What each claim says of runs that are made to show it, and of runs that are made not to."""

from __future__ import annotations

import pytest

from llada_tui.lessons.claims import CLAIMS, Claim
from llada_tui.trace.events import Stretch
from llada_tui.trace.run import Run
from tests.lessons.made import made

SUM = {0: "two", 1: " +", 2: " three"}
TALK = {3: " So", 4: " five"}

BACKWARDS = made({4: " five"}, {3: " So"}, {2: " three"}, {1: " +"}, {0: "two"}, length=5)
FORWARDS = made({0: "two"}, {1: " +"}, {2: " three"}, {3: " So"}, {4: " five"}, length=5)
AT_ONCE = made({**SUM, **TALK}, length=5)
AGAIN = made({0: "two", 1: " cat"}, {1: " +"}, {2: " three"}, length=3, taken={1: [0]})
MENDED = made({0: " cat"}, {1: " +"}, {0: "two"}, {2: " three"}, length=3, taken={1: [0]})
TWICE = made({3: " five"}, {2: " ="}, {0: "two", 1: " five"})
ENDS_FIRST = made({2: "<eos>", 3: "<eot>"}, {0: "two"}, {1: " cat"})
ENDS_LAST = made({0: "two"}, {1: " cat"}, {2: "<eot>", 3: "<eos>"})
ENDS_AMONG = made({0: "two"}, {2: "<eot>", 3: "<eos>"}, {1: " cat"})
NO_ENDS = made({0: "two"}, {1: " cat"}, length=2)
SHORT = made({0: "two"}, length=1)
STUCK = made({0: "two"}, length=2)
GROWN = made({0: "two"}, {1: " cat"}, length=1, more={"inserted": Stretch(1, 1)})
SHRUNK = made({0: "two"}, length=2, more={"removed": Stretch(1, 1)})
HALF = made({0: "two", 1: " cat"}, length=2, more={"recomputed": [1.0, 0.0]})

HOLDS: list[tuple[str, tuple[str, ...], Run, Run | None, bool]] = [
    ("says", ("+ three",), FORWARDS, None, True),
    ("says", ("four",), FORWARDS, None, False),
    ("says_not", ("four",), FORWARDS, None, True),
    ("says_not", ("three",), FORWARDS, None, False),
    ("written_before", ("five", "two"), BACKWARDS, None, True),
    ("written_before", ("two", "five"), BACKWARDS, None, False),
    ("written_before", ("two", "five"), AT_ONCE, None, False),
    ("written_before", ("two", "cat"), FORWARDS, None, False),
    ("written_before", ("So five", "+ three"), BACKWARDS, None, True),
    ("written_before", ("two + three", "So five"), FORWARDS, None, True),
    ("whole_before", ("two", "five"), FORWARDS, None, True),
    ("whole_before", ("five", "two"), FORWARDS, None, False),
    ("answer_before_reasoning", ("five",), TWICE, None, True),
    ("answer_before_reasoning", ("five",), FORWARDS, None, False),
    ("taken_back", (), MENDED, None, True),
    ("taken_back", (), FORWARDS, None, False),
    ("never_taken_back", (), MENDED, None, False),
    ("never_taken_back", (), FORWARDS, None, True),
    ("left_to_right", (), FORWARDS, None, True),
    ("left_to_right", (), BACKWARDS, None, False),
    ("any_order", (), BACKWARDS, None, True),
    ("any_order", (), FORWARDS, None, False),
    ("any_order", (), MENDED, None, True),
    ("begins_elsewhere", (), BACKWARDS, None, True),
    ("begins_elsewhere", (), FORWARDS, None, False),
    ("begins_elsewhere", (), AT_ONCE, None, False),
    ("ends_first", (), ENDS_FIRST, None, True),
    ("ends_first", (), ENDS_LAST, None, False),
    ("ends_first", (), NO_ENDS, None, False),
    ("ends_last", (), ENDS_LAST, None, True),
    ("ends_last", (), ENDS_AMONG, None, False),
    ("ends_last", (), ENDS_FIRST, None, False),
    ("ends_last", (), NO_ENDS, None, False),
    ("no_end_of_text", (), FORWARDS, None, True),
    ("no_end_of_text", (), ENDS_LAST, None, False),
    ("no_end_of_text", (), FORWARDS, None, True),
    ("no_end_of_text", (), ENDS_LAST, None, False),
    ("same_answer", (), FORWARDS, BACKWARDS, True),
    ("same_answer", (), FORWARDS, SHORT, False),
    ("other_answer", (), FORWARDS, SHORT, True),
    ("other_answer", (), FORWARDS, BACKWARDS, False),
    ("longer", (), FORWARDS, SHORT, True),
    ("longer", (), SHORT, FORWARDS, False),
    ("longer", (), FORWARDS, BACKWARDS, False),
    ("fewer_steps", (), AT_ONCE, FORWARDS, True),
    ("fewer_steps", (), FORWARDS, BACKWARDS, False),
    ("grew", (), GROWN, None, True),
    ("grew", (), SHRUNK, None, False),
    ("shrank", (), SHRUNK, None, True),
    ("shrank", (), FORWARDS, None, False),
    ("computes_all", (), FORWARDS, None, True),
    ("computes_all", (), HALF, None, False),
    ("computes_less", (), HALF, FORWARDS, True),
    ("computes_less", (), FORWARDS, BACKWARDS, False),
]


@pytest.mark.parametrize(("name", "texts", "run", "before", "holds"), HOLDS)
def test_a_claim_holds_where_it_should_and_nowhere_else(
    name: str, texts: tuple[str, ...], run: Run, before: Run | None, holds: bool
) -> None:
    assert Claim(name, texts).holds(run, before) is holds


def test_every_claim_is_seen_to_hold_and_to_fail() -> None:
    outcomes = {name: {holds for other, *_, holds in HOLDS if other == name} for name in CLAIMS}
    assert [name for name, both in outcomes.items() if both != {True, False} and not CLAIMS[name].scored] == []


def test_a_run_that_was_not_finished_claims_only_what_it_has() -> None:
    assert Claim("says", ("two",)).holds(STUCK, None)
    assert not Claim("written_before", ("two", "cat")).holds(STUCK, None)


def score(prompt: str, answer: str, samples: int, seed: int) -> tuple[float, float]:
    """Likelihoods of two answers: the more samples, the surer, and each seed has its own."""
    assert prompt == "a question"
    return {"two": -1.0, "cat": -9.0, "near": -1.5}[answer] + seed / 8, 4 / samples**0.5


def test_claims_of_likelihood_ask_the_model() -> None:
    assert Claim("likelier", ("two", "cat")).holds(FORWARDS, None, score)
    assert not Claim("likelier", ("cat", "two")).holds(FORWARDS, None, score)
    assert not Claim("likelier", ("two", "near")).holds(FORWARDS, None, score), "within what chance makes of it"
    assert Claim("estimated", ("two",)).holds(FORWARDS, None, score)
    assert not Claim("estimated", ("two",)).holds(FORWARDS, None, lambda prompt, answer, samples, seed: (-1.0, 0.5))
    with pytest.raises(ValueError, match="needs a model"):
        Claim("likelier", ("two", "cat")).holds(FORWARDS, None)


@pytest.mark.parametrize("name", CLAIMS)
def test_every_claim_says_what_it_means(name: str) -> None:
    kind = CLAIMS[name]
    assert kind.meaning
    assert kind.meaning.count("TEXT") == kind.texts
    assert not (kind.before and kind.scored)
