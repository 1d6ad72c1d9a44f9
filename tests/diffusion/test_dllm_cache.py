"""dLLM-Cache against its authors' code: which positions each layer computes anew, and which tokens come of it.

Their case 20 is left out: it has more steps than masks, and its counters go on in steps that have nothing to predict,
which ours does not make; and 24, where rounding tells two predictions of probability 0.9999995 apart."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from llada_tui.diffusion import caches, strategies
from llada_tui.diffusion.sampler import Step, denoise
from llada_tui.models.feature_cache import FeatureCache
from llada_tui.models.loaded_model import LoadedModel
from llada_tui.settings.sampler_settings import SamplerSettings, SettingsError
from llada_tui.trace.model_info import UNIFORM_NOISE
from tests.benchmarks.golden import ROOT, golden
from tests.diffusion.recorded import Case, cases
from tests.former_demo import former_demo

MODELS = ("llada-tiny-gqa-sharded", "llada-tiny-mha", "llada-moe-tiny", "dream-tiny")


def settings_of(facts: dict[str, Any]) -> SamplerSettings:
    return SamplerSettings(
        steps=facts["steps"],
        gen_length=facts["gen_length"],
        block_length=facts["block_length"],
        cfg_scale=facts["cfg_scale"],
        cache="dllm_cache",
        cache_params={
            "prompt_interval": facts["prompt_interval_steps"],
            "gen_interval": facts["gen_interval_steps"],
            "cfg_interval": facts["cfg_interval_steps"],
            "transfer_ratio": facts["transfer_ratio"],
        },
    )


@pytest.fixture(scope="module")
def former(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], LoadedModel]:
    """The embedded model that the golden data was made with."""
    return cache(lambda: former_demo(tmp_path_factory.mktemp("former")).loaded)


@pytest.mark.parametrize("case", cases("dllm_cache"), ids=str)
def test_positions_and_tokens_are_those_of_the_published_code(
    case: Case, former: Callable[[], LoadedModel], monkeypatch: pytest.MonkeyPatch
) -> None:
    facts, tensors = case.facts, case.tensors
    model = former() if facts["checkpoint"] == "demo" else golden(ROOT / facts["checkpoint"])[0]
    computed: list[torch.Tensor] = []
    call = FeatureCache.__call__

    def noted(self: FeatureCache, *inputs: Any, **more: Any) -> Any:
        logits = call(self, *inputs, **more)
        computed.append(self.computed)
        return logits

    monkeypatch.setattr(FeatureCache, "__call__", noted)
    canvas = tensors["canvas_before_each_step"][0].long()
    steps = list(denoise(model, canvas, settings_of(facts), prompt_length=facts["prompt_length"]))
    assert torch.equal(torch.stack([step.canvas_before for step in steps]), tensors["canvas_before_each_step"].long())
    assert torch.equal(steps[-1].canvas, tensors["output_ids"].long())
    kinds, rows = facts["forward_kind"], facts["rows"]
    expected = tensors["recomputed"].bool()
    # Ours runs each row's guided and unguided pass, theirs the guided passes of all rows, then the unguided ones.
    order = [
        (number + kind, row)
        for number, kind in ((at, 0) for at, kind in enumerate(kinds) if not kind)
        for row in range(rows)
        for kind in range(2 if number + 1 < len(kinds) and kinds[number + 1] else 1)
    ]
    assert len(computed) == len(order)
    for layers, (number, row) in zip(computed, order, strict=True):
        assert torch.equal(layers, expected[number, row])


def canvas_of(model: LoadedModel, prompt: int, length: int) -> torch.Tensor:
    tokens = torch.randint(3, 400, (1, prompt), generator=torch.Generator().manual_seed(prompt))
    return torch.cat([tokens, torch.full((1, length), model.mask_id)], 1)


@pytest.mark.parametrize("guidance", [0.0, 1.5])
@pytest.mark.parametrize("name", MODELS)
def test_with_interval_1_it_is_no_cache_to_the_last_bit(name: str, guidance: float) -> None:
    model = golden(ROOT / name)[0]
    canvas = canvas_of(model, 9, 16)
    plain = SamplerSettings(8, 16, 16, cfg_scale=guidance, top_k=2)
    every = plain.replace(
        cache="dllm_cache", cache_params={"prompt_interval": 1, "gen_interval": 1, "transfer_ratio": 0}
    )
    runs = [list(denoise(model, canvas, run_settings, prompt_length=9)) for run_settings in (plain, every)]
    assert [step.rows for step in runs[0]] == [step.rows for step in runs[1]]


@pytest.mark.parametrize("name", MODELS)
def test_what_is_computed_anew_in_full_is_what_the_network_gives(name: str) -> None:
    model = golden(ROOT / name)[0]
    features = model.open_features()
    ids = canvas_of(model, 9, 16)
    everywhere = torch.ones_like(ids, dtype=torch.bool)
    for change in (None, 12, 15):
        if change is not None:
            ids[0, change] = 7
        logits = features(
            ids[0], everywhere[0], slice(9, 25), refresh_prompt=True, refresh_canvas=True, transfer_ratio=0.0
        )
        assert torch.allclose(logits, model.logits(ids, None, everywhere), atol=1e-5)


@pytest.mark.parametrize("name", MODELS)
def test_rows_padded_on_the_left_are_as_if_alone(name: str) -> None:
    model = golden(ROOT / name)[0]
    run_settings = SamplerSettings(
        8,
        16,
        8,
        cfg_scale=0.5,
        cache="dllm_cache",
        cache_params={"gen_interval": 3, "cfg_interval": 2},
        look_ahead=True,
    )
    rows = [canvas_of(model, prompt, 16) for prompt in (11, 4)]
    padded = torch.cat([torch.nn.functional.pad(row, (27 - row.shape[1], 0), value=1) for row in rows])
    mask = torch.cat([(torch.arange(27) >= 27 - row.shape[1])[None].long() for row in rows])
    together = list(denoise(model, padded, run_settings, prompt_length=11, attention_mask=mask))
    for number, row in enumerate(rows):
        alone = list(denoise(model, row, run_settings, prompt_length=row.shape[1] - 16))
        assert [step.rows[0] for step in alone] == [step.rows[number] for step in together]


def test_its_memory_is_four_tensors_a_layer() -> None:
    for name, numbers in (("llada-tiny-mha", 4.0), ("llada-tiny-gqa-sharded", 3.0)):
        model = golden(ROOT / name)[0]
        config = model.network.config
        features = model.open_features()
        ids = canvas_of(model, 9, 16)[0]
        features(ids, ids > 0, slice(9, 25), refresh_prompt=True, refresh_canvas=True, transfer_ratio=0.25)
        shared = config.num_key_value_heads / config.num_attention_heads
        assert 2 + 2 * shared == numbers
        assert isinstance(features, FeatureCache)
        assert features.nbytes == 4 * len(ids) * config.hidden_size * config.num_hidden_layers * numbers


def test_a_model_whose_blocks_hide_what_follows_is_refused() -> None:
    model = golden(ROOT / "llada2-tiny")[0]
    run_settings = SamplerSettings(8, 16, model.block_size, cache="dllm_cache")
    with pytest.raises(SettingsError, match="set cache to none"):
        list(denoise(model, canvas_of(model, 8, 16), run_settings, prompt_length=8))


@pytest.mark.parametrize("cache", ["none", "prefix", "dual", "dllm_cache"])
def test_what_a_step_computed_anew_is_recorded_where_it_is_asked_for(cache: str) -> None:
    model = golden(ROOT / "llada-tiny-mha")[0]
    run_settings = SamplerSettings(8, 16, 8, cache=cache)
    canvas = canvas_of(model, 9, 16)
    plain = list(denoise(model, canvas, run_settings, prompt_length=9))
    asked = list(denoise(model, canvas, run_settings.replace(recomputed=True), prompt_length=9))
    assert all(step.rows[0].recomputed == [] for step in plain)
    assert [step.canvas.tolist() for step in asked] == [step.canvas.tolist() for step in plain]
    shares = [step.rows[0].recomputed for step in asked]
    windows = {"prefix": slice(0, 16), "dual": slice(0, 8)}
    if cache == "none":
        assert shares == [[]] * 8
    elif cache in windows:
        inside = [float(windows[cache].start <= at < windows[cache].stop) for at in range(16)]
        assert shares[0] == [1.0] * 16
        assert shares[1] == inside
    else:
        layers = model.network.config.num_hidden_layers
        assert shares[0] == shares[7] == [1.0] * 16
        # Between, the first layer computes everything, and each other layer a quarter.
        assert all(sum(share) * layers == pytest.approx(16 + 4 * (layers - 1)) for share in shares[1:7])


@settings(max_examples=20)
@given(
    st.data(),
    st.sampled_from(
        sorted(
            name for name, kind in strategies.by_name().items() if not (kind.verifies or kind.noise == UNIFORM_NOISE)
        )
    ),
)
def test_every_run_ends_in_time_with_no_mask_left(data: st.DataObject, strategy: str) -> None:
    model = golden(ROOT / "llada-tiny-mha")[0]
    policy = caches.by_name()["dllm_cache"]
    length, block = data.draw(st.integers(1, 12)), data.draw(st.integers(1, 12))
    run_settings = SamplerSettings(
        steps=length + data.draw(st.integers(0, 4)),
        gen_length=length,
        block_length=block,
        temperature=data.draw(st.sampled_from([0.0, 1.0])),
        remasking=strategy,
        cache="dllm_cache",
        cache_params={
            parameter.name: data.draw(st.integers(1, 9) if parameter.low else st.floats(parameter.low, parameter.high))
            for parameter in policy.parameters
        },
        look_ahead=data.draw(st.booleans()),
    )
    scales = data.draw(st.lists(st.sampled_from([0.0, 0.0, 1.5]), min_size=1, max_size=3))
    steps: list[Step] = []
    canvas = canvas_of(model, data.draw(st.integers(0, 6)), length)
    run = denoise(
        model, canvas, lambda: run_settings.replace(cfg_scale=scales[len(steps) % len(scales)]),
        prompt_length=canvas.shape[1] - length,
    )  # fmt: skip
    for step in run:
        steps.append(step)
    kind = strategies.get(strategy)
    assert len(steps) <= run_settings.steps + kind.post_steps * run_settings.blocks
    assert not (steps[-1].canvas == model.mask_id).any()
