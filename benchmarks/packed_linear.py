"""The packed linear layers of the CPU path alone: a step with them against a step without, in turns, in one process.

    python benchmarks/packed_linear.py [large] [small] [--rounds 5]

The models are those of benchmarks/speed.py, in float32 on one thread: prompt 64, canvas 128 in 32 steps, blocks of 32.
Seconds are those of the processor, so that what else the machine does counts little. A ratio above 1 says how much
longer a step takes without packed layers; it is of the medians of all rounds, after one that does not count.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import statistics
import time
from collections import defaultdict

os.environ["OMP_NUM_THREADS"] = os.environ["MKL_NUM_THREADS"] = "1"

import torch
from speed import SETTINGS, load

from llada_tui.diffusion import caches
from llada_tui.models import packed_linear
from llada_tui.models.loaded_model import LoadedModel
from llada_tui.settings.sampler_settings import SamplerSettings


def seconds(model: LoadedModel, prompt: list[int], settings: SamplerSettings) -> float:
    """Processor seconds of a whole run."""
    canvas = torch.tensor([[*prompt, *[model.mask_id] * settings.gen_length]])
    began = time.process_time()
    for _ in model.denoise(canvas, settings, prompt_length=len(prompt)):
        pass
    return time.process_time() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("models", nargs="*", default=["large", "small"])
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    torch.set_num_threads(1)
    print(f"{'':<16}{'ms/step with':>14}{'without':>10}{'ratio':>8}")
    for name in options.models:
        model, prompt = load(name, "float32")
        for cache in caches.by_name():
            settings = SETTINGS.replace(steps=32, cache=cache)
            milliseconds: dict[bool, list[float]] = defaultdict(list)
            for number in range(options.rounds + 1):
                for packed in (True, False):
                    with contextlib.nullcontext() if packed else packed_linear.plain(model.network):
                        spent = seconds(model, prompt, settings)
                    if number:
                        milliseconds[packed].append(spent / settings.steps * 1000)
            with_packed, without = (statistics.median(milliseconds[packed]) for packed in (True, False))
            print(
                f"{f'{name}, {cache}':<16}{with_packed:>14.2f}{without:>10.2f}{without / with_packed:>7.2f}x",
                flush=True,
            )


if __name__ == "__main__":
    main()
