"""Our sampler against the published one, side by side in one process on one thread of the CPU, in float32.

    python benchmarks/speed.py [large] [one-block] [small] [demo] [--rounds 3] [--steps 128]
        [--dtype float32]

The models are random: 8 layers of 512, with 126,464 tokens (large) and with 4,096 (small); and the embedded one. Prompt
64, canvas 128 in 128 steps, blocks of 32; one-block is the large model in one block of 128, where the feature cache is
measured. Ratios are of medians; "tokens" says whether they are the published ones.
"""

from __future__ import annotations

import argparse
import os

os.environ["OMP_NUM_THREADS"] = os.environ["MKL_NUM_THREADS"] = "1"

import torch
from random_checkpoint import cached

from llada_tui import load_model
from llada_tui.bench import lower_bound
from llada_tui.bench.measure import MODES, REFERENCE, Measured, compare, possible
from llada_tui.models.loaded_model import LoadedModel
from llada_tui.settings.sampler_settings import SamplerSettings

SETTINGS = SamplerSettings(steps=128, gen_length=128, block_length=32)
ONE_BLOCK = SETTINGS.replace(block_length=128)
"""LLaDA's own setting, in which a cache of blocks has nothing to keep but the prompt."""
FEATURES = "dllm cache (25, 5, 0.25)"
MODES[FEATURES] = {
    "cache": "dllm_cache",
    "cache_params": {"prompt_interval": 25, "gen_interval": 5, "transfer_ratio": 0.25},
}
TARGETS: dict[tuple[str, float], dict[str, float]] = {
    ("large, one block", 0.0): {FEATURES: 3.0},
    ("large", 0.0): {"exact": 3.2, "prefix cache": 5.0, "dual cache": 7.0},
    ("large", 1.0): {"exact": 7.0},
    ("small", 0.0): {"exact": 1.05, "prefix cache": 1.9, "dual cache": 3.6},
    ("demo", 0.0): {"dual cache, threshold": 8.0},
}
QUESTION = "Write a short story about a cat who wants to see the sea, and tell what it learned there."


def load(name: str, dtype: str) -> tuple[LoadedModel, list[int]]:
    """A model and a prompt of 64 tokens."""
    if name == "demo":
        model = load_model("demo", dtype=dtype, device="cpu").loaded
        prompt = model.encode_prompt(QUESTION)
        return model, prompt
    vocabulary = {"large": 126_464, "small": 4_096}[name]
    model = load_model(cached(vocabulary), dtype=dtype, device="cpu").loaded
    return model, torch.randint(0, 4_000, (64,), generator=torch.Generator().manual_seed(1)).tolist()


def show(name: str, temperature: float, measurements: list[Measured]) -> None:
    base = measurements[0]
    assert base.name == REFERENCE
    print(f"\n{name}, temperature {temperature:g}")
    print(f"{'':<24}{'tokens/s':>10}{'ratio':>8}{'target':>8}{'ms/step':>9}{'steps':>8}{'peak MB':>9}{'floor':>7}")
    for run in measurements:
        target = TARGETS.get((name, temperature), {}).get(run.name)
        same = "" if temperature or "cache" in run.name else "identical" if run.tokens == base.tokens else "differ"
        print(
            f"{run.name:<24}{run.rate:>10.2f}{base.median / run.median:>7.2f}x{target or '':>8}"
            f"{1000 * run.median / run.passes:>9.2f}{run.passes:>8}{(run.peak or 0) / 1e6:>9.0f}"
            f"{run.median / run.least:>6.2f}x  {same if run is not base else ''}",
            flush=True,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("sections", nargs="*", default=["large", "one-block", "small", "demo"])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=SETTINGS.steps, help="fewer take less long")
    parser.add_argument("--dtype", default="float32")
    options = parser.parse_args()
    torch.set_num_threads(1)
    device = lower_bound.measure(torch.device("cpu"), getattr(torch, options.dtype))
    print(f"one thread, {options.dtype}: reads {device.bandwidth / 1e9:.1f} GB/s, {device.flops / 1e9:.0f} GFLOP/s")
    for name in options.sections:
        model, prompt = load("large" if name == "one-block" else name, options.dtype)
        if name == "one-block":
            one_block = ONE_BLOCK.replace(steps=options.steps)
            modes = ["exact", "dual cache", FEATURES]
            results = compare(model, prompt, one_block, [REFERENCE, *modes], device, rounds=options.rounds)
            show("large, one block", 0.0, results)
            continue
        for temperature in (0.0, 1.0) if name == "large" else (0.0,):
            settings = SETTINGS.replace(temperature=temperature, steps=options.steps)
            modes = [
                mode
                for mode in possible(model, settings)[0]
                if mode != FEATURES and (name == "demo" or "threshold" not in mode)
            ]
            show(
                name, temperature, compare(model, prompt, settings, [REFERENCE, *modes], device, rounds=options.rounds)
            )


if __name__ == "__main__":
    main()
