"""LLaDA's ``eval_llada.py`` (ML-GSAI/LLaDA), stated again as plainly as it can be. It shares no line with
`llada_tui.evaluation` or `llada_tui.diffusion`."""

from __future__ import annotations

import torch
from torch import Tensor

from llada_tui.models.loaded_model import LoadedModel
from tests.benchmarks.golden import network


def logits(model: LoadedModel, rows: Tensor, prompt: int, cfg: float) -> Tensor:
    """Logits of every position, (batch, length, vocabulary), guided where ``cfg`` is above 0."""
    if not cfg:
        return network(model)(rows, None).float()
    blind = rows.clone()
    blind[:, :prompt] = model.mask_id
    both = network(model)(torch.cat([rows, blind]), None).float()
    guided, unguided = both.chunk(2)
    return unguided + (cfg + 1) * (guided - unguided)


def mask_counts(first: int, length: int, batch: int) -> list[int]:
    """The counts of masks of a batch, from the random first one on."""
    spaced = torch.round(torch.linspace(float(first), first + (batch - 1) * (length / batch), steps=batch)).long()
    return [int(count - 1) % length + 1 for count in spaced]


def loss(model: LoadedModel, masked: Tensor, answer: Tensor, ratio: Tensor, cfg: float) -> float:
    """The loss of a batch of masked sequences, (batch, length); ``ratio``, (batch,), is the masked part of each."""
    prompt = masked.shape[1] - len(answer)
    log_probabilities = logits(model, masked, prompt, cfg)[:, prompt:].double().log_softmax(-1)
    total = 0.0
    for row, part in enumerate(ratio.tolist()):
        for place, token in enumerate(answer.tolist()):
            if masked[row, prompt + place] == model.mask_id:
                total -= log_probabilities[row, place, token].item() / part
    return total / len(masked)


@torch.inference_mode()
def samples(
    model: LoadedModel, prompt: list[int], answer: list[int], mc_num: int, batch: int, cfg: float, seed: int
) -> list[float]:
    """The log-likelihoods of each batch of ``get_log_likelihood``; the published value is their mean."""
    source = torch.Generator().manual_seed(seed)
    values = []
    for _ in range(mc_num // batch):
        first = int(torch.randint(1, len(answer) + 1, (), generator=source))
        counts = mask_counts(first, len(answer), batch)
        rows = torch.tensor([[*prompt, *answer]] * batch)
        for row, count in enumerate(counts):
            for place in torch.randperm(len(answer), generator=source)[:count].tolist():
                rows[row, len(prompt) + place] = model.mask_id
        ratio = torch.tensor(counts) / len(answer)
        values.append(-loss(model, rows, torch.tensor(answer), ratio, cfg))
    return values


@torch.inference_mode()
def writes(model: LoadedModel, prompt: list[int], answer: list[int], cfg: float) -> bool:
    """``suffix_greedy_prediction``: whether the answer is what comes out, the surest token at a time."""
    row = torch.tensor([[*prompt, *[model.mask_id] * len(answer)]])
    for _ in answer:
        masked = (row[0] == model.mask_id).nonzero()[:, 0]
        probabilities = logits(model, row, len(prompt), cfg)[0, masked].softmax(-1)
        chances, tokens = probabilities.max(-1)
        row[0, masked[chances.argmax()]] = tokens[chances.argmax()]
    return row[0, len(prompt) :].tolist() == answer
