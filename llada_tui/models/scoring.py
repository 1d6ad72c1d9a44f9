"""The log-likelihoods of answers by a loaded model, of any lengths, in batches."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch

from llada_tui.diffusion.likelihood import Likelihood, ScoredPair, left_to_right_likelihood, log_likelihoods
from llada_tui.models.errors import ModelError
from llada_tui.models.loaded_model import LoadedModel
from llada_tui.models.memory_guard import memory_guard
from llada_tui.trace.model_info import MASK_NOISE


def scored_pair(prompt: Sequence[int], answer: Sequence[int], seed: int) -> ScoredPair:
    """An answer to score after a prompt, both ids."""
    return ScoredPair(torch.tensor(prompt, dtype=torch.long), torch.tensor(answer, dtype=torch.long), seed)


def score_pairs(
    model: LoadedModel,
    pairs: Sequence[ScoredPair],
    *,
    mc_num: int,
    cfg_scale: float,
    batch_size: int,
    strata: int = 0,
    chain_rule: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> list[Likelihood]:
    """See `llada_tui.diffusion.likelihood.log_likelihoods`. Pairs of a model with blocks are scored one after another,
    since its blocks lie otherwise behind each prompt. Raises `ModelError` for what cannot be scored."""
    if not model.knows_noise(MASK_NOISE):
        raise ModelError(
            "This model was trained with random tokens and knows no mask, which a likelihood is measured with."
        )
    for pair in pairs:
        model.check_length(len(pair.prompt) + len(pair.answer))
        if model.left_to_right:
            model.check_left_to_right(len(pair.prompt), cfg_scale > 0)
    try:
        with memory_guard(model.info):
            if model.left_to_right:
                return [left_to_right_likelihood(model, pair.prompt, pair.answer) for pair in pairs]
            likelihoods: list[Likelihood] = []
            for together in [[pair] for pair in pairs] if model.block_size else [pairs]:
                likelihoods += log_likelihoods(
                    model.for_run(len(together[0].prompt), model.block_size) if model.block_size else model,
                    together,
                    mc_num=mc_num,
                    cfg_scale=cfg_scale,
                    batch_size=batch_size,
                    strata=strata,
                    chain_rule=chain_rule,
                    progress=progress,
                )
            return likelihoods
    except ValueError as error:
        raise ModelError(str(error)) from None
