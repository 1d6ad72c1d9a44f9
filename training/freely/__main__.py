"""Ask the model the prompts that were written by hand, and print the share answered rightly.

    python -m training.freely --model llada_tui/models/demo          an exported folder
    python -m training.freely --run R --tokenizer T --show           a checkpoint, with the wrong answers

Temperature 0, canvas 64, blocks of 32, a step a token, as the chat does. --quick takes every third prompt at 32 steps.
"""

import argparse
import json
from pathlib import Path

import torch

from training.checkpoint import load_network
from training.corpus.example import Example
from training.export import take_weights
from training.freely.checks import CHECKS
from training.freely.prompts import FreePrompt, free_prompts
from training.model import Network
from training.sampling import Sampling
from training.scoring import answers
from training.settings import ModelSettings
from training.tokenizer import Vocabulary


def example_of(entry: FreePrompt) -> Example:
    """The prompt with its check, in the form that the evaluation asks."""
    check = CHECKS[entry.check]
    return Example(entry.prompt, entry.prompt, "", check=lambda text: check(text, entry.values), family=entry.family)


def main() -> None:
    """Ask and print."""
    parser = argparse.ArgumentParser(prog="python -m training.freely", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--model", type=Path, help="an exported folder")
    source.add_argument("--run", type=Path, help="a run's folder")
    parser.add_argument("--tokenizer", type=Path, help="needed with --run")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--show", action="store_true", help="print every wrong answer")
    parser.add_argument("--family")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    if arguments.model:
        network = Network(ModelSettings())
        take_weights(network, arguments.model)
    else:
        network = load_network(arguments.run / "checkpoint.pt")
    vocabulary = Vocabulary.load(arguments.tokenizer or arguments.model)
    entries = [entry for entry in free_prompts() if arguments.family in (None, entry.family)]
    entries = entries[::3] if arguments.quick else entries
    settings = Sampling(steps=32 if arguments.quick else 64)
    said = answers(network.eval(), vocabulary, map(example_of, entries), settings)
    numbers: dict[str, list[int]] = {}
    for family in sorted({entry.family for entry in entries}):
        of_family = [answer for answer in said if answer.example.family == family]
        right = sum(answer.right for answer in of_family)
        numbers[family] = [right, len(of_family)]
        print(f"{family:16} {right:4} of {len(of_family):4} {right / len(of_family):7.1%}")
        for answer in of_family if arguments.show else ():
            if not answer.right:
                print(f"      {answer.example.prompt!r} -> {answer.text!r}")
    right, asked = (sum(pair[index] for pair in numbers.values()) for index in (0, 1))
    print(f"{'all':16} {right:4} of {asked:4} {right / asked:7.1%}")
    if arguments.json:
        arguments.json.write_text(json.dumps(numbers, indent=1) + "\n")


if __name__ == "__main__":
    main()
