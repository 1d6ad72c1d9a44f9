"""Small models on a CPU against transformers' own ``generate`` on the same shape: tokens a second of
the processor, and peak memory.

    python -m benchmarks.small [qwen3-0.6b] [sdar] [--rounds 3] [--tokens 128] [--folder FOLDER]

The checkpoints are of random weights (make_small.py). Each way runs in a process of its own, after a short run to warm
up; the rounds take turns, and the table has medians. ``generate`` writes a token a pass, left to right, with its cache
of keys and values. Ours writes the same way, or by diffusion with as many tokens a pass as the row says: how many a
model writes well in one pass is for its trained weights to tell. Linux alone tells what a process has held.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import torch
from platformdirs import user_cache_path
from transformers import GenerationConfig, Qwen3Config, Qwen3ForCausalLM

from benchmarks.make_small import SHAPES, make
from llada_tui import SamplerSettings, load_model
from llada_tui.models.peak_memory import peak_bytes

PROMPT = 64
"""Tokens before the canvas."""
GENERATE = "transformers' generate"
WAYS: dict[str, dict[str, tuple[str, tuple[int, int] | None]]] = {
    "qwen3-0.6b": {
        GENERATE: ("qwen3-0.6b-ar", None),
        "ours, left to right": ("qwen3-0.6b-ar", (1, 1)),
        "blocks of 32, 1 token a pass": ("qwen3-0.6b", (1, 32)),
        "blocks of 32, 4 tokens a pass": ("qwen3-0.6b", (4, 32)),
    },
    "sdar": {
        GENERATE: ("sdar", None),
        "blocks of 4, 1 token a pass": ("sdar", (1, 4)),
        "blocks of 4, 2 tokens a pass": ("sdar", (2, 4)),
        "blocks of 4, 4 tokens a pass": ("sdar", (4, 4)),
    },
}
"""The ways, by shape: the checkpoint, and tokens a pass with block_length, or None for ``generate``."""


def once(folder: Path, way: tuple[int, int] | None, dtype: str, tokens: int) -> dict[str, float]:
    """Seconds of the processor that one run takes on its one thread, which other programs change less than those of a
    clock, and the most that this process held, in bytes."""
    ids = torch.randint(0, 4_000, (1, PROMPT), generator=torch.Generator().manual_seed(1))
    run = _generate(folder, dtype, ids) if way is None else _ours(folder, dtype, ids, *way)
    run(tokens // 4)
    began = time.process_time()
    run(tokens)
    return {"seconds": time.process_time() - began, "peak": peak_bytes(torch.device("cpu")) or 0}


def _ours(folder: Path, dtype: str, ids: torch.Tensor, tokens_a_pass: int, block: int) -> Callable[[int], object]:
    model = load_model(folder, device="cpu", dtype=dtype)

    def run(tokens: int) -> object:
        steps = max(tokens // tokens_a_pass, -(-tokens // block))
        return model.generate(ids.tolist(), SamplerSettings(steps, tokens, block, cache="prefix"))

    return run


def _generate(folder: Path, dtype: str, ids: torch.Tensor) -> Callable[[int], object]:
    config_json = json.loads((folder / "config.json").read_text())
    config = Qwen3Config(**{name: value for name, value in config_json.items() if name != "model_type"})
    network = Qwen3ForCausalLM.from_pretrained(folder, config=config, dtype=getattr(torch, dtype)).eval()
    network.generation_config = GenerationConfig(pad_token_id=0)

    def run(tokens: int) -> object:
        with torch.inference_mode():
            return network.generate(ids, attention_mask=torch.ones_like(ids), max_new_tokens=tokens, do_sample=False)

    return run


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("shapes", nargs="*", default=[*WAYS])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--tokens", type=int, default=128)
    parser.add_argument("--dtype", default="bfloat16")
    parser.add_argument("--folder", type=Path, default=user_cache_path("llada-tui") / "benchmarks")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        torch.set_num_threads(1)
        checkpoint, settings = WAYS[options.shapes[0]][options.one]
        print(json.dumps(once(options.folder / checkpoint, settings, options.dtype, options.tokens)))
        return
    for shape in options.shapes:
        for checkpoint, _ in WAYS[shape].values():
            make(options.folder / checkpoint, SHAPES[checkpoint])
        results: dict[str, list[dict[str, float]]] = {way: [] for way in WAYS[shape]}
        for _ in range(options.rounds):
            for way in results:
                command = [sys.executable, "-m", "benchmarks.small", shape, "--one", way, "--dtype", options.dtype]
                command += ["--folder", str(options.folder), "--tokens", str(options.tokens)]
                alone = {**os.environ, "OMP_NUM_THREADS": "1"}
                done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=alone)
                results[way].append(json.loads(done.stdout.splitlines()[-1]))
        load = ", ".join(f"{part:.1f}" for part in os.getloadavg())
        print(f"\n{shape}, {options.dtype}, one thread, prompt {PROMPT}, {options.tokens} tokens; load {load}")
        base = options.tokens / statistics.median(result["seconds"] for result in results[GENERATE])
        for way, measured in results.items():
            rate = options.tokens / statistics.median(result["seconds"] for result in measured)
            peak = max(result["peak"] for result in measured)
            print(f"{way:<32}{rate:>8.2f} tokens/s{rate / base:>7.2f}x{peak / 1e9:>8.2f} GB", flush=True)


if __name__ == "__main__":
    main()
