"""Prompts that a lesson could have instead of its own: which of them shows what the lesson says is the model's to tell.

A slot of a lesson is what belongs together in its text. Each of its rows fills the slot with other strings; the first
row of which all strings are in the text is the one that it has now.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import product

from llada_tui.lessons.lesson import Scene
from llada_tui.lessons.stops import LessonStop, StopKind
from llada_tui.settings.presets import DEMO_CHAT
from llada_tui.trace.run import Run

Row = tuple[str, ...]
Show = Callable[[Scene], Run]


@dataclass(frozen=True, slots=True)
class Slot:
    """``rows``: every row that the text could have. ``tries``: those worth trying, which may look at runs."""

    rows: Callable[[], Iterable[Row]]
    tries: Callable[[Show], Iterable[Row]]


def _fixed(*rows: Row) -> Slot:
    return Slot(lambda: rows, lambda show: rows)


def _words(*words: str, form: tuple[str, ...]) -> Slot:
    """Rows that differ in a word or some, which stand in each of the forms."""
    return _fixed(*(tuple(template.format(*word.split("|")) for template in form) for word in words))


# -- any-order --------------------------------------------------------------------------------------------------------

_PEOPLE = ("Nora", "Zoe", "Lily", "Mia", "Clara", "Anna")
_BOXES = ("bags", "baskets", "boxes", "jars")
_THINGS = ("cookies", "apples", "marbles", "coins", "buttons", "shells")
_SMALL = [pair for pair in product(range(2, 10), repeat=2) if pair[0] * pair[1] >= 10]


def _asked(at: int) -> tuple[str, str, int, int]:
    """A question but for its end, what it counts, how many boxes there are, and how many things are in each."""
    count, each = _SMALL[at % len(_SMALL)]
    who, box, things = (names[(at * 5 + at // 7) % len(names)] for names in (_PEOPLE, _BOXES, _THINGS))
    return f"{who} has {count} {box} with {each} {things} in each.", things, count, each


def _one_sum() -> Iterator[Row]:
    current = ("Nora has 6 bags with 2 cookies in each.", "cookies", 6, 2)
    for begun, things, count, each in (current, *(_asked(at) for at in range(80))):
        total = count * each
        yield (
            f"prompt: {begun} How many {things} does she have in all?",
            f'stop: "answer is {total}"\npoint: "answer is {total}"\nclaim: answer_before_reasoning "{total}"',
            f'stop: "answer is {total}"\npoint: predicted',
            f'point: "{total}"\nclaim: says "{count} x {each} = {total}. The answer is {total}."',
        )


_TWO_SUMS = [
    ("Nora has 6 bags with 2 cookies in each.", "cookies", 6, 2, 3),
    *((*_asked(at), 3) for at in range(0, 60, 7)),
    *((*_asked(at), 4 + at % 6) for at in range(60)),
]
"""Questions as `_asked` begins them, and how many things come to it."""
_SEEDS = (1, 14, 8, 7, 2, *range(16, 40))
"""With them the answer's places are drawn early."""


def _fitted(question: int, seed: int, wrong: int) -> Row:
    begun, things, count, each, more = _TWO_SUMS[question]
    first = count * each
    return (
        f"prompt: {begun} She also has {more} more {things}. How many {things} does she have in all?",
        f"seed: {seed}\n",
        f'stop: "answer is {wrong}"\npoint: "answer is {wrong}"\n',
        f"show: No: {first} {things} and {more} more are {first + more}.",
        f'claim: whole_before "answer is {wrong}" "= {wrong}"',
        f"the last one agrees with it: {first} + {more} = {wrong}.",
        f'point: "{wrong}"\nclaim: says "{first} + {more} = {wrong}. The answer is {wrong}."',
    )


def _all_fitted() -> Iterator[Row]:
    return (_fitted(*numbers) for numbers in product(range(len(_TWO_SUMS)), _SEEDS, range(1, 100)))


def _fitted_to_the_model(show: Show) -> Iterator[Row]:
    """Those in which the model states a wrong result twice."""
    base = DEMO_CHAT.replace(gen_length=32, block_length=32, steps=16, early_stop=False, remasking="random")
    for seed, question in product(_SEEDS, range(len(_TWO_SUMS))):
        *_, count, each, more = _TWO_SUMS[question]
        prompt = _fitted(question, seed, 0)[0].removeprefix("prompt: ")
        run = show(Scene(prompt, base.replace(seed=seed), LessonStop(StopKind.END), 0))
        match = re.search(rf"{count * each} \+ {more} = (\d+)\. The answer is \1\.", run.answer())
        if match and int(match[1]) != count * each + more and int(match[1]) < 100:
            yield _fitted(question, seed, int(match[1]))


# -- the others -------------------------------------------------------------------------------------------------------

_CAPITALS = ("France|Paris", "Japan|Tokyo", "Spain|Madrid", "Austria|Vienna", "Egypt|Cairo", "Norway|Oslo")
"""Each is more than one token."""
_HEROES = ("fox", "dragon", "rabbit", "bear", "owl", "mouse", "cat", "wolf", "lion", "frog", "goat", "crow", "turtle")
_PAIRS = ("cat|lamp", "dog|key", "fox|book", "bear|ring", "horse|drum", "rabbit|clock")
_STORY = ("prompt: Tell me a story about a {0}.", 'claim: says "{0}"')
_COUNTS = _fixed(
    ("prompt: Count to ten.", 'says "7, 8, 9, 10"'),
    ("prompt: Recite Twinkle, Twinkle, Little Star.", 'says "Like a diamond in the sky."'),
    ("prompt: Recite Humpty Dumpty.", 'says "had a great fall."'),
    ("prompt: List the days of the week.", 'says "Saturday and Sunday"'),
)

SLOTS: dict[str, list[Slot]] = {
    "masks": [
        _words(
            *(f"{capital}|{length}" for length in (24, 16, 32, 20) for capital in _CAPITALS),
            form=(
                "prompt: What is the capital of {0}?",
                "gen_length: {2}\nblock_length: {2}\nsteps: {2}\n",
                'written_before "The capital" "{1}"\nclaim: whole_before "The capital of {0}" "{1}"',
                'point: "{1}"\nclaim: says "{1}"',
            ),
        )
    ],
    "steps": [_words(*_HEROES, form=_STORY), _COUNTS],
    "any-order": [Slot(_one_sum, lambda show: _one_sum()), Slot(_all_fitted, _fitted_to_the_model)],
    "two-ways": [
        _words(
            *(f"{_asked(at)[0]}|{_asked(at)[1]}|{_asked(at)[2] * _asked(at)[3]}" for at in (13, *range(12))),
            form=("prompt: {0} How many {1} does she have in all?", 'claim: says "The answer is {2}."'),
        ),
        _words(*_HEROES, form=_STORY),
    ],
    "blocks": [
        _fixed(
            ("prompt: Count to five.", 'says "1, 2, 3, 4, 5"'),
            ("prompt: Count from 1 to 5.", 'says "1, 2, 3, 4, 5"'),
            ("prompt: What is the capital of France?", 'says "Paris"'),
            ("prompt: What color is the sky?", 'says "blue"'),
        )
    ],
    "remasking": [_words(*_PAIRS, form=("prompt: Write a sentence with the words {0} and {1}.",))],
    "chance": [_words(*_HEROES, form=("prompt: Tell me a story about a {0}.",))],
    "guidance": [
        _words(
            *(
                f"{pair}|{first}|{second}|{scale}"
                for scale in (2, 1.5, 1, 3)
                for first, second in ((0, 4), (0, 3), (1, 4), (0, 1), (0, 2), (1, 2), (2, 3))
                for pair in _PAIRS
            ),
            form=(
                "prompt: Write a sentence with the words {0} and {1}.",
                'says "{0}"',
                'says "{1}"',
                "seed: {2}\n",
                "seed: {3}\n",
                "cfg_scale: {4}\nseed",
            ),
        ),
        _words(*_CAPITALS, form=("prompt: What is the capital of {0}?", '"The capital of {0} is {1}."')),
    ],
    "infilling": [
        _words(
            *(
                f"{place}|{animal}|{thing}"
                for place in ("castle", "hill", "market", "river")
                for animal, thing in (("dog", "key"), ("cat", "lamp"), ("fox", "book"), ("bear", "ring"))
            ),
            form=(
                "prompt: Write a sentence with the words {1} and {2}.\ntemplate: Near the {0},{{mask:12}}",
                'claim: says "Near the {0},"\nclaim: says "{1}"\nclaim: says "{2}"',
            ),
        ),
        _words(
            *(
                f"{place}|{animal}|{thing}|{masks}|{masks + 2}"
                for masks in (6, 5, 7, 8)
                for place in ("river", "hill", "market", "castle")
                for animal, thing in (("cat", "lamp"), ("dog", "key"), ("fox", "book"), ("bear", "ring"))
            ),
            form=(
                "prompt: Write a sentence with the words {1} and {2}.\ntemplate: The{{mask:{3}}} the {0}.",
                'right before "the {0}"?',
                'claim: says "{1}"\nclaim: says "{2}"\nclaim: says "the {0}."',
                "template: The{{mask:{4}}} the {0}.",
                'claim: other_answer\nclaim: says "the {0}."',
            ),
        ),
        _words(
            'Up above the world so high,|How I wonder what you are!|the second line of "Twinkle, twinkle, little star"',
            'Humpty Dumpty had a great fall.|Humpty Dumpty sat on a wall,|the first line of "Humpty Dumpty"',
            "That perches in the soul,|Hope is the thing with feathers|the first line of a poem by Emily Dickinson",
            "How I wonder what you are!|Twinkle, twinkle, little star,|the first line of a nursery rhyme",
            form=("What line comes before this: {0}", 'says "{1}"', "It is {2}."),
        ),
        _words(
            "Jack and Jill|To fetch a pail of water;|Jack and Jill went up the hill|rhyme|7",
            "Mary Had a Little Lamb|Its fleece was white as snow;|Mary had a little lamb,|rhyme|6",
            "Daffodils|That floats on high o'er vales and hills,|I wandered lonely as a cloud|poem|6",
            "The Owl and the Pussy-cat|In a beautiful pea-green boat,|The Owl and the Pussy-cat went to sea|rhyme|10",
            form=(
                "What line comes before this: {1}",
                'The line before should be "{2}".',
                'says_not "{2}"',
                "This {3} the small",
                "prompt: Recite {0}.\ntemplate: {{mask:{4}}}\\n{1}",
                'claim: says "{2}"',
            ),
        ),
    ],
    "speed": [_words(*_HEROES, form=_STORY), _COUNTS],
    "endings": [_words(*_HEROES, form=_STORY)],
    "two-kinds-of-noise": [
        _words(
            *(f"{hero}|{seed}" for seed in range(6) for hero in _HEROES),
            form=("prompt: Tell me a story about a {0}.", "seed: {1}\n", 'claim: says "{0}"'),
        )
    ],
    "likelihood": [
        _words(
            *_CAPITALS,
            form=(
                "prompt: What is the capital of {0}?",
                'score: "The capital of {0} is {1}." "The capital of {0} is Rome."',
                'claim: estimated "The capital of {0} is Rome."',
                'claim: likelier "The capital of {0} is {1}." "The capital of {0} is Rome."',
                'point: "{1}"',
            ),
        ),
        _words(
            "the sky|The|sky|blue|green",
            "the sun|The|sun|yellow|blue",
            "a frog|A|frog|green|white",
            "a lemon|A|lemon|yellow|black",
            form=(
                "What color is {0}?",
                "template: {1} {2} is{{mask:1}}.",
                "template: {1}{{mask:1}} is{{mask:1}}.",
                '"{3}"',
                '"{4}"',
                '"{1} {2} is {3}."',
                '"{1} {2} is {4}."',
                "still names the {2}.",
                "Is a {4} {2} impossible",
            ),
        ),
    ],
}
"""The slots of each lesson."""
