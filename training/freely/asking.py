"""Asking a model the prompts that were written by hand."""

from collections.abc import Sequence

from training.corpus.example import Example
from training.freely.checks import CHECKS
from training.freely.prompts import FreePrompt, free_prompts
from training.model import Network
from training.sampling import Sampling
from training.scoring import Answer, answers
from training.tokenizer import Vocabulary


def example_of(entry: FreePrompt) -> Example:
    """The prompt with its check, in the form that the evaluation asks."""
    check = CHECKS[entry.check]
    return Example(entry.prompt, entry.prompt, "", check=lambda text: check(text, entry.values), family=entry.family)


def free_answers(
    network: Network, vocabulary: Vocabulary, settings: Sampling, entries: Sequence[FreePrompt] | None = None
) -> list[Answer]:
    """The model's answers to the prompts, all of them unless some are given."""
    examples = map(example_of, free_prompts() if entries is None else entries)
    return answers(network, vocabulary, examples, settings)


def shares(answers: Sequence[Answer]) -> dict[str, list[float]]:
    """By family: the share that is right, and how many there are."""
    result = {}
    for family in sorted({answer.example.family for answer in answers}):
        right = [answer.right for answer in answers if answer.example.family == family]
        result[family] = [sum(right) / len(right), float(len(right))]
    return result
