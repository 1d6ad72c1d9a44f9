"""Every strategy that allows a cache, against Fast-dLLM's algorithm stated again as plainly as it can be.

The statement is a model whose logits are those of Fast-dLLM's cached passes. Our sampler runs on it without a cache:
what a strategy decides is tested elsewhere (`tests.diffusion.test_rules`), what it decides from is tested here.
"""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from transformers.cache_utils import DynamicCache

from benchmarks import fast_dllm
from llada_tui.diffusion import strategies
from llada_tui.diffusion.sampler import denoise
from llada_tui.models.loaded_model import LoadedModel
from llada_tui.settings.sampler_settings import SamplerSettings
from llada_tui.trace.model_info import UNIFORM_NOISE
from tests.benchmarks.golden import ROOT, golden
from tests.conftest import first_quick

PROMPT, LENGTH, BLOCK = 11, 16, 8
PARAMETERS: dict[str, dict[str, float]] = {
    "threshold": {"threshold": 0.02},
    "factor": {"factor": 4.0},
    "eb_sampler": {"gamma": 4.0},
    "klass": {"confidence": 0.01, "kl": 0.5},
    "editing": {"threshold": 0.02, "edit_threshold": 0.0, "post_steps": 2},
    "core": {"revise_every": 1, "repl_conf": 0.0, "remask_k": 2, "k_protect": 0},
    "remdm_cap": {"eta": 0.5},
    "remdm_rescale": {"eta": 0.5},
    "remdm_loop": {"eta": 0.5},
}
"""So that a model with random weights, which is sure of nothing, gives each strategy something to decide."""
CACHED = sorted(
    name
    for name, kind in strategies.by_name().items()
    if not (kind.verifies or kind.revisits or kind.noise == UNIFORM_NOISE)
)


class FastDLLM:
    """A `llada_tui.diffusion.predictor.MaskPredictor` of one row, with the logits of a block's cached passes.

    The block at work is the one in which the last position lies that is asked for. Its first pass runs everything, and
    keeps the keys and values before it (prefix), or before and after it (dual); later ones run the rest against them.
    """

    def __init__(self, model: LoadedModel, cache: str) -> None:
        self.mask_id, self.eos_id, self.eot_id = model.mask_id, model.eos_id, model.eot_id
        self.banned_ids = model.banned_ids
        self.vocab_size, self.device = model.vocab_size, model.device
        self._network, self._cache = model.network, cache
        self._begin, self._kept = -1, DynamicCache()

    @torch.inference_mode()
    def logits(self, ids: Tensor, attention_mask: Tensor | None, rows: Tensor, ahead: Tensor | None = None) -> Tensor:
        assert len(ids) == 1
        assert attention_mask is ahead is None
        last = int(rows[0].nonzero().max()) - PROMPT
        begin = PROMPT + last // BLOCK * BLOCK
        end = ids.shape[1] if self._cache == "prefix" else begin + BLOCK
        if begin != self._begin:
            first, after, self._begin, past = 0, ids.shape[1], begin, DynamicCache()
        else:
            first, after, past = begin, end, without(self._kept, 0, 0)
        cached_steps = self._network(
            input_ids=ids[:, first:after],
            past_key_values=past,
            use_cache=True,
            position_ids=torch.arange(first, after)[None],
        ).logits
        if first == 0:
            self._kept = without(past, begin, end)
        assert not rows[:, :first].any()
        picked: Tensor = cached_steps[rows[:, first:after]]
        return picked


def without(cache: DynamicCache, begin: int, end: int) -> DynamicCache:
    """A new cache with the keys and values of all positions but ``begin`` to ``end``."""
    kept = DynamicCache()
    for index, layer in enumerate(cache.layers):
        kept.update(
            *(torch.cat([tensor[:, :, :begin], tensor[:, :, end:]], 2) for tensor in (layer.keys, layer.values)), index
        )
    return kept


def canvas_of(model: LoadedModel, fixed: dict[int, int]) -> Tensor:
    tokens = torch.randint(3, 400, (1, PROMPT), generator=torch.Generator().manual_seed(1))
    canvas = torch.cat([tokens, torch.full((1, LENGTH), model.mask_id)], 1)
    for place, token in fixed.items():
        canvas[0, PROMPT + place] = token
    return canvas


@pytest.mark.parametrize(
    ("temperature", "fixed"),
    [
        pytest.param(0.7, {2: 7, 13: 9}, id="drawn, constrained"),
        pytest.param(0.0, {}, id="plain", marks=pytest.mark.slow),
    ],
)
@pytest.mark.parametrize("strategy", CACHED)
@pytest.mark.parametrize("cache", ["prefix", "dual"])
@pytest.mark.parametrize("name", first_quick(["llada-tiny-gqa-sharded", "llada-moe-tiny"]))
def test_a_strategy_decides_from_what_fast_dllm_sees(
    name: str, cache: str, strategy: str, temperature: float, fixed: dict[int, int]
) -> None:
    model = golden(ROOT / name)[0]
    run_settings = SamplerSettings(
        steps=LENGTH + 6, gen_length=LENGTH, block_length=BLOCK, temperature=temperature, remasking=strategy,
        remasking_params=PARAMETERS.get(strategy, {}), seed=3,
    )  # fmt: skip
    canvas = canvas_of(model, fixed)
    expected = list(denoise(FastDLLM(model, cache), canvas, run_settings, prompt_length=PROMPT))
    cached_steps = list(denoise(model, canvas, run_settings.replace(cache=cache), prompt_length=PROMPT))
    assert [step.canvas.tolist() for step in cached_steps] == [step.canvas.tolist() for step in expected]
    kind = strategies.get(strategy)
    if kind.remasks and strategy in PARAMETERS:
        assert any(row.remasked for step in cached_steps for row in step.rows)
    if kind.edits and (temperature or strategy != "core"):  # else its checks predict again what stands
        assert any(row.edits for step in cached_steps for row in step.rows)


@pytest.mark.parametrize("cache", ["prefix", "dual"])
def test_the_statement_is_that_of_the_benchmarks(cache: str) -> None:
    model = golden(ROOT / "llada-tiny-mha")[0]
    canvas = canvas_of(model, {})
    expected = fast_dllm.generate(
        model.network, canvas, PROMPT, mask_id=model.mask_id, cache=cache, steps=8, block_length=BLOCK
    )
    cached_steps = list(
        denoise(FastDLLM(model, cache), canvas, SamplerSettings(8, LENGTH, BLOCK), prompt_length=PROMPT)
    )
    assert torch.equal(cached_steps[-1].canvas, expected[0])
    assert len(cached_steps) == expected[1]


def test_no_strategy_is_left_out() -> None:
    assert {name for name in strategies.by_name() if name not in CACHED} == {"wino", "saber", "entropy_bound"}
