"""Quality against forward passes: every strategy on the embedded model's own evaluation.

    python -m benchmarks.strategies [--each 20] [--steps 64 32 16 8] [--only threshold wino] [--jobs 2]
    python -m docs.strategies       # writes docs/strategies.md again

Held-out examples of every family of the embedded model's corpus, exact match, averaged over the families; temperature
0, canvas 64, blocks of 32 and an early stop, as the chat has it. Forward passes are counted for each answer as if it
were alone. What is measured goes into a JSON file, from which docs/strategies.md takes its tables. A setting that the
file has of the same weights and as many examples is not measured again, so that a run that was interrupted goes on;
what it has of others, and of settings that are no longer asked for, is replaced.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import multiprocessing
import os
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from datetime import date
from functools import cache as once
from pathlib import Path
from typing import Any

import torch

from llada_tui import SamplerSettings, load_model
from llada_tui.api import Model
from llada_tui.diffusion import caches, strategies
from llada_tui.settings.sampler_settings import NO_CACHE
from training.corpus.example import Example
from training.corpus.mixture import FAMILIES
from training.scoring import held_out

ROOT = Path(__file__).resolve().parent.parent
CHAT = SamplerSettings(steps=64, gen_length=64, block_length=32, early_stop=True)
FREE: dict[str, list[dict[str, float]]] = {
    "threshold": [{"threshold": value} for value in (0.95, 0.9, 0.8, 0.6)],
    "factor": [{"factor": value} for value in (0.5, 1.0, 2.0)],
    "eb_sampler": [{"gamma": value} for value in (0.01, 0.1, 0.5, 1.0)],
    "entropy_threshold": [{"threshold": value} for value in (0.05, 0.1, 0.5, 1.0)],
    "localleap": [{"threshold": value, "relaxed_threshold": 0.75} for value in (0.95, 0.9)],
    "hierarchy": [{"threshold": value, "low_threshold": low} for value, low in ((0.92, 0.62), (0.9, 0.4), (0.9, 0.3))],
    "credit": [{"threshold": value} for value in (0.95, 0.9, 0.8)],
    "saber": [{"n": value} for value in (1, 2, 4)],
    "dus": [{"base_skip": 1}, {"binary": 1}],
    "klass": [{"confidence": 0.9, "kl": 0.01}, {"confidence": 0.6, "kl": 0.015}],
    "entropy_bound": [{"bound": value} for value in (0.05, 0.1, 0.5, 1.0)],
    "wino": [{"draft": value, "verify": 0.9} for value in (0.8, 0.6, 0.4)],
}
"""Strategies that need no schedule: their parameters are turned instead of the steps."""
CACHED = ("low_confidence", "threshold")
"""Strategies that are measured with the caches as well."""
UNFIT_CACHE = "sub_block"
"""The cache policy of models whose blocks have blocks, which the embedded model has not."""
MORE_STEPS = ("remdm_cap", "remdm_rescale", "remdm_conf", "remdm_loop")
"""Strategies that are made for more steps than there are tokens."""


def cases(names: Sequence[str], steps: Sequence[int]) -> Iterator[SamplerSettings]:
    """Everything to measure."""
    for name in names:
        fit = [cache for cache in caches.by_name() if cache != UNFIT_CACHE]
        for cache in fit if name in CACHED else (NO_CACHE,):
            chat = CHAT.replace(remasking=name, cache=cache)
            if name in FREE:
                for values in FREE[name]:
                    yield chat.replace(remasking_params=values)
                continue
            most = [2 * steps[0]] if name in MORE_STEPS else []
            for count in (*most, *steps):
                yield chat.replace(steps=count)


def answers(model: Model, examples: Sequence[Example], settings: SamplerSettings) -> Iterator[tuple[bool, int]]:
    """For each example whether the answer is right, and how many forward passes it took."""
    prompts = [
        model.loaded.encode_prompt([{"role": role, "content": text} for role, text in example.messages()])
        for example in examples
    ]
    passes, canvas, more = [0] * len(examples), None, [False] * len(examples)
    for step in model.denoise(prompts, settings):
        canvas = step.canvas
        # A full block that is read over may tell nothing, and is a pass all the same.
        additions = [
            row.entropy is not None or bool(row.edits or row.remasked) or before
            for row, before in zip(step.rows, more, strict=True)
        ]
        passes = [count + addition for count, addition in zip(passes, additions, strict=True)]
        more = [row.more for row in step.rows]
    assert canvas is not None
    for example, ids, count in zip(examples, canvas[:, -settings.gen_length :].tolist(), passes, strict=True):
        yield example.accepts(model.loaded.decode(ids)), count


@once
def opened(source: str) -> tuple[Model, str]:
    """The model of this process, and what tells its weights from others."""
    torch.set_num_threads(1)
    model = load_model(source)
    head = model.loaded.network.lm_head.weight.float().cpu().numpy()
    return model, hashlib.blake2b(head.tobytes(), digest_size=6).hexdigest()


def key(row: dict[str, Any]) -> tuple[object, ...]:
    """The key of what is measured only once."""
    parameters = tuple(sorted(row["parameters"].items()))
    return row["strategy"], parameters, row["cache"], row["steps"], row["each"], row.get("weights")


def described(settings: SamplerSettings, each: int, weights: str) -> dict[str, Any]:
    """A row of the results, in words."""
    return {
        "strategy": settings.remasking,
        "parameters": settings.remasking_params,
        "cache": settings.cache,
        "steps": settings.steps,
        "each": each,
        "weights": weights,
    }


def measure(source: str, settings: SamplerSettings, each: int, rows: int) -> dict[str, Any]:
    """Accuracy (mean over the families) and forward passes an answer of one setting."""
    model, weights = opened(source)
    began = time.perf_counter()
    questions = [(family, example) for family in FAMILIES for example in held_out(family, each)]
    # Answers that end together, so that few wait for the others.
    questions.sort(key=lambda pair: (len(pair[1].answer), len(pair[1].prompt)))
    right: dict[str, list[bool]] = {family: [] for family in FAMILIES}
    passes: list[int] = []
    for begin in range(0, len(questions), rows):
        group = questions[begin : begin + rows]
        results = answers(model, [example for _, example in group], settings)
        for (family, _), (is_right, count) in zip(group, results, strict=True):
            right[family].append(is_right)
            passes.append(count)
    rates = {family: sum(rights) / len(rights) for family, rights in right.items()}
    return described(settings, each, weights) | {
        "accuracy": round(sum(rates.values()) / len(rates), 4),
        "passes": round(sum(passes) / len(passes), 2),
        "families": {family: round(rate, 3) for family, rate in rates.items()},
        "seconds": round(time.perf_counter() - began, 1),
        "measured": date.today().isoformat(),
    }


def result_line(row: dict[str, Any]) -> str:
    values = ", ".join(f"{name} {value:g}" for name, value in row["parameters"].items())
    return (
        f"{row['strategy']:<15}{values:<28}{row['cache']:<7}{row['steps']:>4} steps  {row['passes']:6.1f} passes  "
        f"{row['accuracy']:6.1%}  ({row['seconds']:.0f} s)"
    )


def write(path: Path, rows: Sequence[dict[str, Any]]) -> None:
    """The strategies in their order, each with what it was measured with in the order of `cases`."""
    order = [*strategies.by_name()]
    path.write_text(json.dumps(sorted(rows, key=lambda row: order.index(row["strategy"])), indent=1) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--each", type=int, default=20, help="examples of each family")
    parser.add_argument("--steps", type=int, nargs="+", default=[64, 32, 16, 8])
    parser.add_argument("--only", nargs="+", choices=[*strategies.by_name()], default=[*strategies.by_name()])
    parser.add_argument("--model", default="demo")
    parser.add_argument("--rows", type=int, default=3, help="answers written at once")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="settings measured at once, each on a thread")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "strategies.json")
    options = parser.parse_args()
    before = json.loads(options.out.read_text()) if options.out.exists() else []
    measured = {key(row): row for row in before}
    model, weights = opened(options.model)
    kinds = strategies.by_name()
    names = [name for name in options.only if model.loaded.knows_noise(kinds[name].noise)]
    planned = {key(described(settings, options.each, weights)): settings for settings in cases(names, options.steps)}
    others = [row for row in before if row["strategy"] not in options.only]
    # The longest first, so that no job is left alone with one of them.
    missing = sorted((name for name in planned if name not in measured), key=lambda name: -planned[name].steps)
    with ProcessPoolExecutor(options.jobs, multiprocessing.get_context("spawn")) as pool:
        jobs = [pool.submit(measure, options.model, planned[name], options.each, options.rows) for name in missing]
        for done in as_completed(jobs):
            row = done.result()
            measured[key(row)] = row
            print(result_line(row), flush=True)
            write(options.out, [*others, *(measured[name] for name in planned if name in measured)])


if __name__ == "__main__":
    main()
