"""What a benchmark says of a model: the same tokens, the passes that were made, and a floor that follows from the
weights."""

from __future__ import annotations

import sys
from typing import Any

import pytest
import torch

from llada_tui.bench import lower_bound
from llada_tui.bench.measure import MODES, REFERENCE, compare, equals_published, possible, why_no_reference
from llada_tui.models import peak_memory as peak
from llada_tui.models.loading import load
from llada_tui.settings.sampler_settings import SamplerSettings
from tests.benchmarks.golden import FOLDERS, ROOT, golden

SETTINGS = SamplerSettings(steps=16, gen_length=16, block_length=8)
DEVICE = lower_bound.Device(bandwidth=1e9, flops=1e9)


def test_exact_gives_the_published_tokens_and_caches_run_less() -> None:
    model, *_ = golden(FOLDERS[1])
    lines: list[str] = []
    modes = [REFERENCE, *possible(model, SETTINGS)[0]]
    results = {
        result.name: result
        for result in compare(model, [5, 6, 7], SETTINGS, modes, DEVICE, rounds=2, progress=lines.append)
    }
    assert results["exact"].tokens == results[REFERENCE].tokens
    assert all(len(result.seconds) == 2 and result.median > 0 and result.rate > 0 for result in results.values())
    assert results[REFERENCE].passes == results["exact"].passes == results["dual cache"].passes == 16
    least = [results[name].least for name in (REFERENCE, "exact", "prefix cache", "dual cache")]
    assert least == sorted(least, reverse=True)
    assert len(set(least)) == 4
    assert f"{REFERENCE}: round 2 of 2" in lines


def test_a_guided_step_multiplies_twice_as_much() -> None:
    model, *_ = golden(FOLDERS[1])
    device = lower_bound.Device(bandwidth=1e30, flops=1e9)
    plain, guided = (
        [
            result.least
            for result in compare(model, [5, 6, 7], SETTINGS.replace(cfg_scale=scale), modes, device, rounds=1)
        ]
        for scale, modes in ((0.0, [REFERENCE, "exact"]), (1.0, [REFERENCE, "exact"]))
    )
    assert guided == pytest.approx([2 * seconds for seconds in plain])


def test_the_floor_follows_from_the_weights() -> None:
    model, *_ = golden(FOLDERS[1])
    network = model.network
    weights = [weight for name, weight in network.named_parameters() if weight.dim() == 2 and "embed" not in name]
    work = lower_bound.work(network)
    assert work.bytes == sum(weight.numel() * 4 for weight in weights)
    assert work.flops + work.head == 2 * sum(weight.numel() for weight in weights)
    assert work.head == 2 * network.lm_head.weight.numel()
    config = network.config
    assert work.attention == 4 * config.hidden_size * config.num_hidden_layers
    slow_memory, slow_arithmetic = lower_bound.Device(1.0, 1e30), lower_bound.Device(1e30, 1.0)
    assert work.seconds(slow_memory, 8, 16, 4) == work.bytes
    assert work.seconds(slow_arithmetic, 8, 16, 4) == 8 * (work.flops + 16 * work.attention) + 4 * work.head


def test_of_a_mixture_the_experts_that_are_asked_multiply() -> None:
    model, *_ = golden(ROOT / "llada-moe-tiny")
    config = model.network.config
    experts = sum(
        weight.numel() for name, weight in model.network.named_parameters() if ".experts." in name and weight.dim() > 1
    )
    work = lower_bound.work(model.network)
    everything = work.bytes // 2 - work.head
    idle = experts - experts * config.num_experts_per_tok // config.num_experts
    assert work.flops == everything - 2 * idle


@pytest.mark.parametrize(
    ("folder", "settings", "reason"),
    [
        ("llada2-tiny", SETTINGS, "not for this architecture"),
        ("dream-tiny", SETTINGS, "not for this architecture"),
        ("llada-tiny-mha", SETTINGS.replace(block_length=7), "whole blocks"),
        ("llada-tiny-mha", SETTINGS.replace(steps=15), "whole blocks"),
    ],
)
def test_where_the_published_sampler_cannot_be_run(folder: str, settings: SamplerSettings, reason: str) -> None:
    why = why_no_reference(golden(ROOT / folder)[0], settings)
    assert why is not None
    assert reason in why
    assert why_no_reference(golden(ROOT / "llada-tiny-mha")[0], SETTINGS) is None


def test_a_device_is_measured() -> None:
    measured = lower_bound.measure(torch.device("cpu"), torch.float32)
    assert 1e8 < measured.bandwidth < 1e13
    assert 1e8 < measured.flops < 1e15


def test_what_a_strategy_cannot_is_left_out_and_said() -> None:
    model, *_ = golden(ROOT / "llada-tiny-mha")
    assert possible(model, SETTINGS) == ([mode for mode in MODES if mode != "sub_block cache"], None)
    ways, why = possible(model, SETTINGS.replace(remasking="wino"))
    assert "exact" in ways
    assert not any("cache" in name and "threshold" not in name for name in ways)
    assert why is not None
    assert "set cache to none" in why


@pytest.mark.parametrize(
    ("name", "left_out"),
    [("sdar-tiny", {"dllm cache"}), ("modernbert-chat-tiny", {"prefix cache", "dual cache", "dual cache, threshold"})],
)
def test_a_cache_that_a_model_cannot_have_is_left_out(name: str, left_out: set[str]) -> None:
    model = load(ROOT / name, device="cpu", mask_id=600)
    ways, why = possible(model, SETTINGS)
    assert left_out <= MODES.keys() - set(ways)
    assert {"exact", "exact, threshold"} <= set(ways)
    assert why is not None
    assert "set cache to none" in why


@pytest.mark.parametrize(
    "changes",
    [{"remasking": "entropy"}, {"schedule": "cosine"}, {"early_stop": True}, {"temperature": 0.5}],
    ids=str,
)
def test_what_is_not_the_published_sampler(changes: dict[str, Any]) -> None:
    assert equals_published(SETTINGS)
    assert not equals_published(SETTINGS.replace(**changes))


def test_ends_that_come_last_are_the_published_ones() -> None:
    model, *_ = golden(ROOT / "llada-tiny-mha")
    settings = SETTINGS.replace(confidence_eos_eot_inf=True)
    ours, published = compare(model, [5, 6, 7], settings, ["exact", REFERENCE], DEVICE, rounds=1)
    assert ours.tokens == published.tokens


@pytest.mark.skipif(sys.platform != "linux", reason="no other system tells of a CPU")
def test_a_peak_is_forgotten() -> None:
    cpu = torch.device("cpu")
    assert peak.reset_peak(cpu)
    before = peak.peak_bytes(cpu)
    large = torch.ones(2**25)
    assert peak.peak_bytes(cpu) - before > 2**26
    del large
    assert peak.reset_peak(cpu)
    assert peak.peak_bytes(cpu) - before < 2**26
