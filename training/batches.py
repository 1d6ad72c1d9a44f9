"""Batches of one length each, cut from pools of examples.

A pool is a function of (seed, number, stage) alone, so a run that is resumed sees the very batches it would have seen.
"""

from collections import defaultdict
from dataclasses import dataclass
from random import Random

import torch
from torch import Tensor

from training.corpus.mixture import training_drill, training_examples
from training.encoding import Encoded, encode_drill, encode_example
from training.stages import STAGES
from training.tokenizer import Vocabulary

BUCKET = 8
SMALLEST_BATCH = 4


@dataclass(frozen=True, slots=True)
class Batch:
    """Ids and learnt positions, both (rows, length)."""

    ids: Tensor
    learnt: Tensor


def stacked(vocabulary: Vocabulary, rows: list[Encoded], length: int) -> Batch:
    """Rows padded with <|endoftext|>; in a chat answer the padding is learnt too."""
    ids = torch.full((len(rows), length), vocabulary.eos)
    learnt = torch.zeros((len(rows), length), dtype=torch.bool)
    for index, row in enumerate(rows):
        ids[index, : len(row.ids)] = torch.tensor(row.ids)
        learnt[index, : len(row.ids)] = torch.tensor(row.learnt)
        learnt[index, len(row.ids) :] = row.grows
    return Batch(ids, learnt)


def build_pool(
    vocabulary: Vocabulary, seed: int, number: int, stage_name: str, count: int, tokens: int, longest: int
) -> list[Batch]:
    """The batches of one pool, in random order, each of about `tokens` tokens."""
    stage = STAGES[stage_name]
    rng = Random(f"{seed}:{number}:{stage_name}")
    examples = training_examples(rng, dict(stage.mixture), stage.multi_turn)
    by_length: dict[int, list[Encoded]] = defaultdict(list)
    for _ in range(count):
        if rng.random() < stage.drills:
            encoded = encode_drill(vocabulary, training_drill(rng))
        else:
            encoded = encode_example(vocabulary, rng, next(examples), stage.tail)
        length = -(-len(encoded.ids) // BUCKET) * BUCKET
        if length <= longest:
            by_length[length].append(encoded)
    batches = []
    for length, rows in sorted(by_length.items()):
        rng.shuffle(rows)
        size = max(SMALLEST_BATCH, tokens // length)
        for start in range(0, len(rows), size):
            group = rows[start : start + size]
            if len(group) >= min(SMALLEST_BATCH, size):
                batches.append(stacked(vocabulary, group, length))
    rng.shuffle(batches)
    return batches
