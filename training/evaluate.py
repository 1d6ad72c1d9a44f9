"""Evaluate a checkpoint on held-out examples.

    python -m training.evaluate --run R --tokenizer T [--each 60] [--show]
    python -m training.evaluate --model FOLDER                             an exported folder

Exact match by family at temperature 0 (canvas 64, blocks of 32, a step a token, as the chat does), also behind nine
earlier rounds, the prompts written by hand (training.freely), a newcomer's first prompts, a hundred prompts from
outside its world, the copy and digit probes, and how fast it samples. --show prints some wrong answers of each family.
--json FILE keeps the numbers.
"""

import argparse
import json
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from random import Random

import torch

from training.beyond_prompts import BEYOND_PROMPTS
from training.corpus.example import Example
from training.corpus.mixture import ALL_FAMILIES, FAMILIES, VARIED_FAMILIES, earlier_turns
from training.first_prompts import FIRST_PROMPTS
from training.freely.asking import free_answers, shares
from training.model import Network
from training.model_choice import add_model_arguments, chosen_model
from training.probes import build_probes, run_probes
from training.sampling import Sampling, sample
from training.scoring import Answer, answers, held_out
from training.tokenizer import Vocabulary

CHAT = Sampling(length=64, block=32, steps=64)


def exact_match(
    network: Network, vocabulary: Vocabulary, families: Mapping[str, object], each: int, settings: Sampling
) -> dict[str, list[Answer]]:
    """The model's answers to held-out examples of each family."""
    return {family: answers(network, vocabulary, held_out(family, each), settings) for family in families}


def first_prompts(network: Network, vocabulary: Vocabulary) -> list[Answer]:
    """The model's answers to a newcomer's first prompts."""
    examples = [Example(prompt, prompt, "", required=pieces) for prompt, pieces in FIRST_PROMPTS]
    return answers(network, vocabulary, examples, CHAT)


def beyond_prompts(network: Network, vocabulary: Vocabulary) -> list[Answer]:
    """The model's answers to a hundred prompts from outside its world, none of them in the corpus."""
    examples = [Example(prompt, prompt, true[0], alternatives=true) for prompt, true in BEYOND_PROMPTS]
    return answers(network, vocabulary, examples, CHAT)


def after_nine_rounds(network: Network, vocabulary: Vocabulary, each: int) -> tuple[list[Answer], list[Answer]]:
    """The model's answers to examples of the families asked in many ways: alone, and behind nine other rounds."""
    rng = Random(9)
    alone = [example for family in VARIED_FAMILIES for example in held_out(family, each)]
    behind = [replace(example, history=earlier_turns(rng, 9)) for example in alone]
    longest = network.settings.longest - CHAT.length
    fitting = [
        (example, other)
        for example, other in zip(alone, behind, strict=True)
        if len(vocabulary.prompt(other.messages())) <= longest
    ]
    return (
        answers(network, vocabulary, [example for example, _ in fitting], CHAT),
        answers(network, vocabulary, [other for _, other in fitting], CHAT, rows=8),
    )


def rate(given_answers: list[Answer]) -> float:
    """The part of the answers that is right."""
    return sum(answer.right for answer in given_answers) / len(given_answers)


def milliseconds_per_step(network: Network, vocabulary: Vocabulary) -> float:
    """One prompt, canvas of 64, one step at a time."""
    prompt = vocabulary.prompt([("user", "What is the capital of France?")])
    sample(network, vocabulary, [prompt], Sampling(steps=8))
    started = time.perf_counter()
    sample(network, vocabulary, [prompt], CHAT)
    return 1000 * (time.perf_counter() - started) / CHAT.steps


def main() -> None:
    """Evaluate and print a table."""
    parser = argparse.ArgumentParser(prog="python -m training.evaluate", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    add_model_arguments(parser)
    parser.add_argument("--each", type=int, default=60, help="examples of each family")
    parser.add_argument("--show", action="store_true")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    network, vocabulary = chosen_model(parser, arguments)
    results = exact_match(network, vocabulary, ALL_FAMILIES, arguments.each, CHAT)
    free = free_answers(network, vocabulary, CHAT)
    alone, behind = after_nine_rounds(network, vocabulary, max(1, arguments.each // 8))
    first = first_prompts(network, vocabulary)
    beyond = beyond_prompts(network, vocabulary)
    for family, family_answers in [*results.items(), ("first prompts", first), ("beyond prompts", beyond)]:
        print(f"{family:15} {rate(family_answers):6.1%} of {len(family_answers)}", flush=True)
        for answer in [answer for answer in family_answers if not answer.right][: 4 if arguments.show else 0]:
            print(
                f"      {answer.example.prompt!r}\n        wanted {answer.example.answer or answer.example.required!r}"
            )
            print(f"        said   {answer.text!r}")
    families = {family: rate(family_answers) for family, family_answers in results.items()}
    numbers: dict[str, object] = {
        "families": {family: [rate(family_answers), len(family_answers)] for family, family_answers in results.items()},
        "first prompts": [rate(first), len(first)],
        "beyond prompts": [rate(beyond), len(beyond)],
        "mean over families": sum(families[family] for family in FAMILIES) / len(FAMILIES),
        "mean over families asked in many ways": sum(families[name] for name in VARIED_FAMILIES) / len(VARIED_FAMILIES),
        "asked freely": shares(free),
        "asked freely, all": [rate(free), len(free)],
        "after nine rounds": [rate(alone), rate(behind), len(behind)],
        "probes": run_probes(network, build_probes(vocabulary, each=200)),
        "milliseconds a step": milliseconds_per_step(network, vocabulary),
    }
    for name in [name for name in numbers if name != "families"]:
        print(f"{name}: {numbers[name]}")
    if arguments.json:
        arguments.json.write_text(json.dumps(numbers, indent=1) + "\n")


if __name__ == "__main__":
    main()
