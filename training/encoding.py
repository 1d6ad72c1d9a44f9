"""Examples and drills as token ids, with a flag for every position that is learnt.

A chat answer is followed by <|eot_id|> and a tail of <|endoftext|>, all of it learnt, as in LLaDA's supervised
fine-tuning; how long the tail is depends on the stage.
"""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from training.corpus.drills import Drill
from training.corpus.example import Example
from training.tokenizer import Vocabulary


@dataclass(frozen=True, slots=True)
class Encoded:
    """Ids and, for each, whether it may be masked and is learnt. `grows` says that padding extends the tail."""

    ids: list[int]
    learnt: list[bool]
    grows: bool


def short_tail(rng: Random, answer: int) -> int:
    """Early stages: hardly any tail, because a long one hides how badly copying goes."""
    return answer + rng.choice((0, 1, 2, 4))


def chat_tail(rng: Random, answer: int) -> int:
    """The last stage: canvases as the chat uses them, mostly 64, sometimes 32, 96 or 128, and some short ones."""
    choice = rng.random()
    if choice < 0.35:
        return answer + rng.randint(0, 8)
    canvas = 32 if choice < 0.55 else 64 if choice < 0.93 else 96 if choice < 0.97 else 128
    while canvas < answer:
        canvas += 32
    return canvas


def mixed_tail(rng: Random, answer: int) -> int:
    """Mostly short tails, and one in four as in the chat."""
    return chat_tail(rng, answer) if rng.random() < 1 / 4 else short_tail(rng, answer)


Tail = Callable[[Random, int], int]


def encode_example(vocabulary: Vocabulary, rng: Random, example: Example, tail: Tail) -> Encoded:
    """A conversation whose answers are learnt; a tail follows the last one.

    An earlier answer is learnt with the later rounds in sight, which a chat never shows. They have nothing to do with
    it, and a conversation of many rounds teaches as much for its tokens as many short ones.
    """
    prompt, answers = vocabulary.prompt_and_answers(example.messages())
    answer = [*vocabulary.encode(example.answer), vocabulary.eot]
    canvas = tail(rng, len(answer))
    ids = prompt + answer + [vocabulary.eos] * (canvas - len(answer))
    return Encoded(ids, answers + [True] * canvas, grows=True)


def encode_drill(vocabulary: Vocabulary, pieces: Drill) -> Encoded:
    """Raw text of which only the marked pieces are learnt."""
    ids: list[int] = [vocabulary.bos]
    learnt: list[bool] = [False]
    for text, is_learnt in pieces:
        new = vocabulary.encode(text)
        ids += new
        learnt += [is_learnt] * len(new)
    return Encoded(ids, learnt, grows=False)
