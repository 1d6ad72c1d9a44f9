"""The memory that each way of denoising holds at most: a process of its own for each, on one thread of the CPU, in
float32.

    python benchmarks/memory.py [large] [small] [demo] [--steps 16]

The models and the canvas are those of speed.py, whose table has the peaks of ways that share one process: there the
published sampler's weights lie beside those that ours arranges. Linux alone tells what a process has held.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

import torch
from speed import SETTINGS, load

from llada_tui.bench.lower_bound import Device
from llada_tui.bench.measure import MODES, REFERENCE, compare, possible

NO_FLOOR = Device(1.0, 1.0)


def peak(model: str, mode: str, steps: int) -> int:
    """Bytes, of this process: weights, libraries and all."""
    torch.set_num_threads(1)
    loaded, prompt = load(model, "float32")
    (measured,) = compare(loaded, prompt, SETTINGS.replace(steps=steps), [mode], NO_FLOOR, rounds=1)
    if measured.peak is None:
        raise SystemExit("This system does not tell how much memory a process has held.")
    return measured.peak


def alone(model: str, mode: str, steps: int) -> int:
    """`peak` of a process of its own."""
    command = [sys.executable, Path(__file__), model, "--steps", str(steps), "--one", mode]
    return int(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("models", nargs="*", default=["large", "small", "demo"])
    parser.add_argument("--steps", type=int, default=16)
    parser.add_argument("--one", choices=[REFERENCE, *MODES], help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        print(peak(options.models[0], options.one, options.steps))
        return
    for model in options.models:
        # a random model is made here, and not in a process that is measured
        modes = possible(load(model, "float32")[0], SETTINGS)[0]
        print(f"\n{model}, {options.steps} steps")
        base = 0
        for mode in (REFERENCE, *modes):
            measured = alone(model, mode, options.steps)
            base = base or measured
            print(f"{mode:<24}{measured / 1e6:>8.0f} MB{measured / base:>8.3f} of the published", flush=True)


if __name__ == "__main__":
    main()
