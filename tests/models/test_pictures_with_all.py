"""Everything that a run can be made with, made with pictures: strategies, caches, guidance, given words, branches,
likelihood, influence."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from docs.families import tried
from llada_tui import SamplerSettings
from llada_tui.diffusion import caches, strategies
from llada_tui.diffusion.sampler import Step
from llada_tui.models.loaded_model import LoadedModel
from llada_tui.models.seeing import with_pictures
from llada_tui.trace.model_info import MASK_NOISE
from llada_tui.trace.resume import Resume
from tests.models.llada_v import picture, seeing

ALONE = "sub_block"
"""The cache policy of models whose blocks have blocks, which this one has not."""
CACHES = [name for name in caches.by_name() if name != ALONE]
PROMPT = [5, -200, 6, -200]


def before(*indices: int) -> tuple[LoadedModel, list[int]]:
    """The model with pictures before it, and the prompt's ids."""
    model, (row,) = with_pictures(seeing().loaded, [PROMPT], [picture(index) for index in indices])
    return model, row


def steps(
    indices: tuple[int, int], settings: SamplerSettings, canvas: list[int] | None = None, **more: Any
) -> list[Step]:
    """The steps of a run after a prompt with two pictures."""
    model, row = before(*indices)
    canvas = canvas or [model.mask_id] * settings.gen_length
    return list(model.denoise(torch.tensor([[*row, *canvas]]), settings, prompt_length=len(row), **more))


def test_all_that_works_after_a_text_works_after_pictures() -> None:
    model, row = before(6, 6)
    after_text, after_pictures = tried(seeing().loaded, [5, 9, 20]), tried(model, row)
    assert after_pictures == after_text
    of_masks = [name for name, strategy in strategies.by_name().items() if strategy.noise == MASK_NOISE]
    assert {f"strategy {name}" for name in of_masks} <= after_pictures.keys()
    assert {f"cache {name}" for name in caches.by_name()} <= after_pictures.keys()
    assert [name for name, sentence in after_pictures.items() if sentence] == [f"cache {ALONE}"]


@pytest.mark.parametrize("cache", CACHES)
def test_with_any_cache_the_answer_depends_on_each_picture(cache: str) -> None:
    settings = SamplerSettings(steps=4, gen_length=4, block_length=2, cache=cache)
    sure = [
        [choice.confidence for step in steps(indices, settings) for choice in step.rows[0].commits]
        for indices in ((6, 2), (6, 0), (2, 6))
    ]
    assert len(set(map(tuple, sure))) == 3


@pytest.mark.parametrize("cache", ["prefix", "dual", "dllm_cache"])
def test_a_cache_that_is_computed_anew_at_every_step_changes_nothing(cache: str) -> None:
    """A block of one step is computed whole, and so is everything with dLLM-Cache at intervals of 1."""
    params = {"prompt_interval": 1.0, "gen_interval": 1.0} if cache == "dllm_cache" else {}
    whole = SamplerSettings(steps=4, gen_length=8, block_length=2)
    cached = whole.replace(cache=cache, cache_params=params)
    apart = [[step.canvas.tolist() for step in steps((6, 2), each)] for each in (whole, cached)]
    assert apart[0] == apart[1]


@pytest.mark.parametrize("cache", ["none", "prefix", "dual"])
def test_a_branch_with_a_cache_goes_on_as_before(cache: str) -> None:
    settings = SamplerSettings(steps=4, gen_length=8, block_length=4, temperature=0.7, seed=3, cache=cache)
    made = steps((6, 2), settings)
    at = next(at for at, step in enumerate(made) if step.rows[0].block == 1)
    _, row = before(6, 2)
    canvas = made[at].canvas_before[0, len(row) :].tolist()
    data = made[at].rows[0]
    tail = steps((6, 2), settings, canvas, resume=Resume(canvas=canvas, step=at, block=data.block, block_step=0))
    assert [step.canvas.tolist() for step in tail] == [step.canvas.tolist() for step in made[at:]]


@pytest.mark.parametrize("cache", CACHES)
def test_given_words_stay_and_count(cache: str) -> None:
    model, row = before(6, 2)
    settings = SamplerSettings(steps=4, gen_length=8, block_length=4, cache=cache, cfg_scale=0.0)
    canvas = [model.mask_id] * 8
    canvas[2], canvas[6] = 7, 11
    last = steps((6, 2), settings, canvas)[-1].canvas[0, len(row) :].tolist()
    assert (last[2], last[6]) == (7, 11)
    assert model.mask_id not in last
    assert all(token < model.vocab_size for token in last)  # no position of a picture is written
