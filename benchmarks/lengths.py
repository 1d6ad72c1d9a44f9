"""Length policies on the embedded model's own evaluation: right answers, and how much of the canvas is text.

    python -m benchmarks.lengths [--each 10] [--begin 16]

Held-out examples of every family of the embedded model's corpus, exact match, averaged over the families, as in
benchmarks/strategies.py; temperature 0, the strategy `threshold` at 0.9, early stop. The fixed canvas has 64 positions,
the others begin with ``--begin``, in blocks of 32 (`append`: of ``--begin``). The effective token ratio is the share of
the canvas in the end that is text; positions a pass are those of the canvas that a forward pass goes over.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import mean

import torch

from llada_tui import SamplerSettings, load_model
from llada_tui.api import Model
from training.corpus.example import Example
from training.corpus.mixture import FAMILIES
from training.scoring import held_out

FIXED = SamplerSettings(steps=64, gen_length=64, block_length=32, early_stop=True, remasking="threshold")


def cases(begin: int) -> dict[str, SamplerSettings]:
    """The settings to measure, by their names."""
    short = FIXED.replace(steps=begin, gen_length=begin)
    return {
        "fixed": FIXED,
        "append": short.replace(length="append", block_length=begin),
        "daedal": short.replace(length="daedal"),
        "rho_eos": short.replace(length="rho_eos"),
        "rho_eos, published growth": short.replace(length="rho_eos", length_params={"most_growth": 64}),
    }


def measure(model: Model, example: Example, settings: SamplerSettings) -> tuple[bool, int, int, int, float]:
    """Whether the answer is right, forward passes, positions of the canvas in the end, those that are text, and
    positions a pass."""
    prompt = model.loaded.encode_prompt([{"role": role, "content": text} for role, text in example.messages()])
    lengths = []
    canvas: list[int] = []
    for step in model.denoise(prompt, settings):
        lengths.append(step.canvas_before.shape[1] - len(prompt))
        canvas = step.canvas[0, len(prompt) :].tolist()
    text = model.loaded.info.first_end(canvas)
    is_right = example.accepts(model.loaded.decode(canvas))
    return is_right, len(lengths), len(canvas), text, mean(lengths)


@dataclass(frozen=True, slots=True)
class LengthResult:
    """Means over all questions; ``accuracy`` is averaged over their families."""

    accuracy: float
    passes: float
    canvas: float
    """Positions of the canvas in the end."""
    text: float
    """Those of them that are text."""
    positions: float
    """Positions of the canvas that a forward pass goes over."""


def questions(each: int) -> list[tuple[str, Example]]:
    """Held-out examples of every family, by its name."""
    return [(family, example) for family in FAMILIES for example in held_out(family, each)]


def evaluate(model: Model, examples: Sequence[tuple[str, Example]], settings: SamplerSettings) -> LengthResult:
    """The means of `measure` over examples."""
    right: dict[str, list[bool]] = defaultdict(list)
    rows = []
    for family, example in examples:
        is_right, *numbers = measure(model, example, settings)
        right[family].append(is_right)
        rows.append(numbers)
    accuracy = mean(mean(answers) for answers in right.values())
    return LengthResult(accuracy, *(mean(column) for column in zip(*rows, strict=True)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--each", type=int, default=10, help="examples of each family")
    parser.add_argument("--begin", type=int, default=16, help="positions that a canvas begins with")
    parser.add_argument("--model", default="demo")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    model = load_model(arguments.model)
    examples = questions(arguments.each)
    print(f"{len(examples)} questions, canvases of {arguments.begin} positions that change their length")
    print("| length | right | passes | canvas in the end | positions a pass | effective token ratio |")
    print("| --- | --- | --- | --- | --- | --- |")
    for name, settings in cases(arguments.begin).items():
        result = evaluate(model, examples, settings)
        print(
            f"| {name} | {result.accuracy:.1%} | {result.passes:.1f} | {result.canvas:.1f} "
            f"| {result.positions:.1f} | {result.text / result.canvas:.1%} |"
        )


if __name__ == "__main__":
    main()
