"""The log-likelihoods of many answers by a loaded model, of any lengths, in batches."""

from __future__ import annotations

from collections.abc import Sequence

from llada_tui.diffusion.likelihood import Likelihood, ScoredPair, log_likelihoods
from llada_tui.models.errors import ModelError
from llada_tui.models.loaded_model import LoadedModel
from llada_tui.models.memory_guard import memory_guard


def score_pairs(
    model: LoadedModel, pairs: Sequence[ScoredPair], *, mc_num: int, cfg_scale: float, batch_size: int, strata: int
) -> list[Likelihood]:
    """See `llada_tui.diffusion.likelihood.log_likelihoods`. Pairs of a model with blocks are scored one after another,
    since its blocks lie otherwise behind each prompt. Raises `ModelError`."""
    if model.block_size:
        return [
            model.log_likelihood(
                pair.prompt.tolist(),
                pair.answer.tolist(),
                mc_num=mc_num,
                cfg_scale=cfg_scale,
                seed=pair.seed,
                batch_size=batch_size,
                strata=strata,
            )
            for pair in pairs
        ]
    for pair in pairs:
        model.check_length(len(pair.prompt) + len(pair.answer))
    try:
        with memory_guard(model.info):
            return log_likelihoods(
                model, pairs, mc_num=mc_num, cfg_scale=cfg_scale, batch_size=batch_size, strata=strata
            )
    except ValueError as error:
        raise ModelError(str(error)) from None
