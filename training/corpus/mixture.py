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
from training.corpus.varied.arithmetic import arithmetic
from training.corpus.varied.knowledge import knowledge
from training.corpus.varied.language import words
from training.corpus.varied.order import order
from training.corpus.varied.problems import problems
from training.corpus.varied.refusals import refusals
from training.corpus.varied.snippets import snippets
from training.corpus.varied.tales import prose
from training.corpus.varied.talk import talk
from training.corpus.varied.verse import verse
from training.corpus.varied.wordplay import wordplay
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
# Asked in many ways, about any word and number (corpus/varied).
VARIED_FAMILIES: dict[str, Family] = {
    "arithmetic": arithmetic,
    "problems": problems,
    "knowledge": knowledge,
    "words": words,
    "wordplay": wordplay,
    "order": order,
    "prose": prose,
    "verse": verse,
    "snippets": snippets,
    "talk": talk,
    "refusals": refusals,
}
ALL_FAMILIES = {**FAMILIES, **VARIED_FAMILIES}
COPY_STAGE = {"copies": 50.0, "sentences": 25.0, "stories": 15.0, "strings": 10.0}
FULL_MIX = {
    "sums": 3.0,
    "comparisons": 0.5,
    "doubles": 0.5,
    "sequences": 1.5,
    "neighbours": 0.5,
    "word_problems": 7.0,
    "facts": 5.0,
    "stories": 5.0,
    "sentences": 1.0,
    "poems": 4.0,
    "strings": 6.0,
    "copies": 4.0,
    "lists": 6.0,
    "verses": 4.0,
    "code": 3.0,
    "smalltalk": 4.0,
    "itself": 4.0,
    "beyond": 9.0,
    "followups": 1.5,
    "arithmetic": 10.0,
    "problems": 16.0,
    "knowledge": 16.0,
    "words": 11.0,
    "wordplay": 46.0,
    "order": 32.0,
    "prose": 14.0,
    "verse": 19.0,
    "snippets": 15.0,
    "talk": 20.0,
    "refusals": 17.0,
}
# In the last stage the families of few phrasings, whose answers are long and easily lost, come nearly three times
# as often.
LAST_MIX = {family: (2.8 if family in FAMILIES else 1.0) * weight for family, weight in FULL_MIX.items()}
SYSTEM_PROMPTS = (
    "You are a helpful assistant.",
    "You are LLaDA, a helpful assistant.",
    "Answer briefly.",
    "You are a kind teacher.",
    "Be concise and correct.",
    "You are a poet.",
    "Answer in English.",
)
SHORT_FAMILIES = (
    "sums", "facts", "smalltalk", "itself", "lists", "strings", "arithmetic", "knowledge", "words", "wordplay", "order",
    "talk", "refusals", "prose", "verse", "problems", "snippets",
)  # fmt: skip
# How many rounds a conversation has before the question that is learnt.
EARLIER_TURNS = (1, 1, 1, 2, 2, 3, 4, 5, 6, 7, 8, 9)


def draw(rng: Random, family: str, split: Split) -> Example:
    """One example of a family from a split, without noise or earlier turns, and none of those asked freely."""
    while True:
        example = ALL_FAMILIES[family](rng)
        if is_held_out(family, example.key) == (split == "held_out") and not is_kept_aside(example.prompt):
            return replace(example, family=family)


def earlier_turns(rng: Random, count: int = 0) -> tuple[Message, ...]:
    """Unrelated exchanges from the training split: `count`, or one to nine."""
    turns: list[Message] = []
    for _ in range(count or rng.choice(EARLIER_TURNS)):
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
    prompt = example.prompt if example.family in VARIED_FAMILIES else typed(rng, example.family, example.prompt)
    return replace(example, prompt=prompt, history=history)


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
