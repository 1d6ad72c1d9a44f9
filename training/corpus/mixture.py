"""The mixtures that training draws from, and the split into training and held-out examples."""

from collections.abc import Iterator
from dataclasses import replace
from random import Random
from typing import Literal

from training.corpus.about_itself import about_itself
from training.corpus.beyond import beyond
from training.corpus.code import code
from training.corpus.drills import Drill, drill
from training.corpus.example import Example, Family, Message
from training.corpus.facts import facts
from training.corpus.followups import followups
from training.corpus.lists import lists
from training.corpus.noise import typed
from training.corpus.poems import own_poems
from training.corpus.smalltalk import smalltalk
from training.corpus.split import is_held_out
from training.corpus.stories import sentences, stories
from training.corpus.strings import copies, strings
from training.corpus.sums import comparisons, doubles, neighbours, sequences, sums
from training.corpus.verses import verse_family
from training.corpus.word_problems import word_problems
from training.freely.prompts import is_kept_aside

Split = Literal["train", "held_out"]

FAMILIES: dict[str, Family] = {
    "sums": sums,
    "comparisons": comparisons,
    "doubles": doubles,
    "sequences": sequences,
    "neighbours": neighbours,
    "word_problems": word_problems,
    "facts": facts,
    "stories": stories,
    "sentences": sentences,
    "poems": own_poems,
    "strings": strings,
    "copies": copies,
    "lists": lists,
    "verses": verse_family,
    "code": code,
    "smalltalk": smalltalk,
    "itself": about_itself,
    "beyond": beyond,
    "followups": followups,
}
COPY_STAGE = {"copies": 50.0, "sentences": 25.0, "stories": 15.0, "strings": 10.0}
FULL_MIX = {
    "sums": 10.0,
    "comparisons": 1.5,
    "doubles": 1.5,
    "sequences": 4.0,
    "neighbours": 1.0,
    "word_problems": 18.0,
    "facts": 12.0,
    "stories": 7.0,
    "sentences": 2.0,
    "poems": 12.0,
    "strings": 13.0,
    "copies": 13.0,
    "lists": 16.0,
    "verses": 6.0,
    "code": 7.0,
    "smalltalk": 9.0,
    "itself": 7.0,
    "beyond": 14.0,
    "followups": 2.5,
}
SYSTEM_PROMPTS = (
    "You are a helpful assistant.",
    "You are LLaDA, a helpful assistant.",
    "Answer briefly.",
    "You are a kind teacher.",
    "Be concise and correct.",
    "You are a poet.",
    "Answer in English.",
)
SHORT_FAMILIES = ("sums", "facts", "smalltalk", "itself", "lists", "strings")


def draw(rng: Random, family: str, split: Split) -> Example:
    """One example of a family from a split, without noise or earlier turns, and none of those asked freely."""
    while True:
        example = FAMILIES[family](rng)
        if is_held_out(family, example.key) == (split == "held_out") and not is_kept_aside(example.prompt):
            return replace(example, family=family)


def earlier_turns(rng: Random) -> tuple[Message, ...]:
    """One to three unrelated short exchanges from the training split."""
    turns: list[Message] = []
    for _ in range(rng.choice((1, 1, 1, 2, 2, 3))):
        example = draw(rng, rng.choice(SHORT_FAMILIES), "train")
        turns += [*example.history, ("user", example.prompt), ("assistant", example.answer)]
    return tuple(turns)


def dressed(rng: Random, example: Example, multi_turn: float) -> Example:
    """The example with typing noise and, now and then, earlier turns or a system prompt."""
    history = example.history
    if not history and rng.random() < multi_turn:
        history = earlier_turns(rng)
    if rng.random() < 0.02:
        history = (("system", rng.choice(SYSTEM_PROMPTS)), *history)
    return replace(example, prompt=typed(rng, example.family, example.prompt), history=history)


def training_examples(rng: Random, mixture: dict[str, float], multi_turn: float = 0.1) -> Iterator[Example]:
    """Training examples without end."""
    names, weights = list(mixture), list(mixture.values())
    while True:
        family = rng.choices(names, weights)[0]
        example = dressed(rng, draw(rng, family, "train"), multi_turn)
        if not any(role == "user" and is_kept_aside(text) for role, text in example.messages()):
            yield example


def training_drill(rng: Random) -> Drill:
    """A drill none of whose lines is held out."""
    while True:
        lines = drill(rng)
        if not any(is_held_out(line.family, line.key) for line in lines):
            return [piece for line in lines for piece in line.pieces]
