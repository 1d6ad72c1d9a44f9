"""Exact match by family, on held-out examples."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from random import Random

from training.corpus.example import Example
from training.corpus.mixture import FAMILIES, draw
from training.model import Network
from training.sampling import Sampling, sample
from training.tokenizer import Vocabulary


@dataclass(frozen=True, slots=True)
class Answer:
    """The model's answer to a held-out example."""

    example: Example
    text: str

    @property
    def right(self) -> bool:
        """Whether it is a right answer."""
        return self.example.accepts(self.text)


def held_out(family: str, count: int, seed: int = 7) -> list[Example]:
    """Different held-out examples of a family; fewer than `count` where the family has no more."""
    rng = Random(f"{seed}:{family}")
    examples: dict[tuple[str, str], Example] = {}
    for _ in range(20 * count):
        example = draw(rng, family, "held_out")
        examples.setdefault((example.key, example.prompt), example)
        if len(examples) == count:
            break
    return list(examples.values())


def answers(
    network: Network, vocabulary: Vocabulary, examples: Iterable[Example], settings: Sampling, rows: int = 32
) -> list[Answer]:
    """The model's answers to the examples."""
    ordered = sorted(examples, key=lambda example: len(example.prompt))
    results = []
    for start in range(0, len(ordered), rows):
        group = ordered[start : start + rows]
        prompts = [vocabulary.prompt(example.messages()) for example in group]
        canvases = sample(network, vocabulary, prompts, settings)
        results += [Answer(example, vocabulary.decode(canvas)) for example, canvas in zip(group, canvases, strict=True)]
    return results


def quick_scores(network: Network, vocabulary: Vocabulary, each: int = 12) -> dict[str, float]:
    """A cheap look during training: canvases hardly longer than the answers, two tokens a step."""
    scores = {}
    for family in FAMILIES:
        by_length: dict[int, list[Example]] = defaultdict(list)
        for example in held_out(family, each):
            by_length[-(-(len(vocabulary.encode(example.answer)) + 1) // 8) * 8].append(example)
        right = 0
        for length, examples in by_length.items():
            settings = Sampling(length=length, block=length, steps=length // 2)
            right += sum(answer.right for answer in answers(network, vocabulary, examples, settings))
        scores[family] = right / sum(map(len, by_length.values()))
    return scores
