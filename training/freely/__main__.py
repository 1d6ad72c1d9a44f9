"""Ask the model the prompts that were written by hand, and print the share answered rightly.

    python -m training.freely --model llada_tui/models/demo          an exported folder
    python -m training.freely --run R --tokenizer T --show           a checkpoint, with the wrong answers

Temperature 0, canvas 64, blocks of 32, a step a token, as the chat does. --quick takes every third prompt at 32 steps.
"""

import argparse
import json
from pathlib import Path

import torch

from training.freely.asking import free_answers, shares
from training.freely.prompts import free_prompts
from training.model_choice import add_model_arguments, chosen_model
from training.sampling import Sampling


def main() -> None:
    """Ask and print."""
    parser = argparse.ArgumentParser(prog="python -m training.freely", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    add_model_arguments(parser)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--show", action="store_true", help="print every wrong answer")
    parser.add_argument("--family")
    parser.add_argument("--noise", choices=("masks", "uniform"), default="masks", help="what the canvas begins as")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    network, vocabulary = chosen_model(parser, arguments)
    entries = [entry for entry in free_prompts() if arguments.family in (None, entry.family)]
    entries = entries[::3] if arguments.quick else entries
    settings = Sampling(steps=32 if arguments.quick else 64, noise=arguments.noise)
    answers = free_answers(network, vocabulary, settings, entries)
    numbers = shares(answers)
    for family, (rate, count) in numbers.items():
        print(f"{family:16} {rate:7.1%} of {count:.0f}")
        for answer in answers if arguments.show else ():
            if answer.example.family == family and not answer.right:
                print(f"      {answer.example.prompt!r} -> {answer.text!r}")
    print(f"{'all':16} {sum(answer.right for answer in answers) / len(answers):7.1%} of {len(answers)}")
    if arguments.json:
        arguments.json.write_text(json.dumps(numbers, indent=1) + "\n")


if __name__ == "__main__":
    main()
