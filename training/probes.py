"""Probes: one token masked, all else visible. They show what the average loss hides.

copy   the requested things in a sentence, and copied words
digit  the first and the second digit of a result
Prompts are held out.
"""

from collections import defaultdict
from dataclasses import dataclass
from random import Random

import torch

from training.corpus.mixture import draw
from training.model import Network
from training.tokenizer import Vocabulary


@dataclass(frozen=True, slots=True)
class Probe:
    """A sequence with one mask, where it is, and what belongs there."""

    ids: list[int]
    position: int
    target: int


def masked_at(vocabulary: Vocabulary, prompt: list[int], answer: list[int], index: int) -> Probe:
    """The probe for one position of an answer."""
    ids = prompt + answer + [vocabulary.eot, vocabulary.eos]
    target = answer[index]
    ids[len(prompt) + index] = vocabulary.mask
    return Probe(ids, len(prompt) + index, target)


def build_probes(vocabulary: Vocabulary, each: int = 96, seed: int = 11) -> dict[str, list[Probe]]:
    """Probes by name, `each` of every kind."""
    rng = Random(seed)
    probes: dict[str, list[Probe]] = defaultdict(list)
    while min(len(probes[name]) for name in ("copy.animal", "copy.object", "copy.word")) < each:
        example = draw(rng, "sentences", "held_out")
        prompt, answer = vocabulary.prompt(example.messages()), vocabulary.encode(example.answer)
        for name, word in zip(("copy.animal", "copy.object"), example.required, strict=False):
            pieces = vocabulary.encode(word)
            if answer.count(pieces[0]) == 1:
                probes[name].append(masked_at(vocabulary, prompt, answer, answer.index(pieces[0])))
        example = draw(rng, "copies", "held_out")
        prompt, answer = vocabulary.prompt(example.messages()), vocabulary.encode(example.answer)
        probes["copy.word"].append(masked_at(vocabulary, prompt, answer, rng.randrange(len(answer))))
    while min(len(probes["digit.first"]), len(probes["digit.second"])) < each:
        example = draw(rng, "sums", "held_out")
        prompt, answer = vocabulary.prompt(example.messages()), vocabulary.encode(example.answer)
        first = answer.index(vocabulary.encode(" =")[0]) + 1
        for offset, name in enumerate(("digit.first", "digit.second")):
            if first + offset < len(answer) - 1:
                probes[name].append(masked_at(vocabulary, prompt, answer, first + offset))
    return {name: kind[:each] for name, kind in sorted(probes.items())}


@torch.no_grad()
def run_probes(network: Network, probes: dict[str, list[Probe]]) -> dict[str, float]:
    """The part of each kind of probe whose most probable token is right."""
    device = network.wte.weight.device
    results = {}
    for name, kind in probes.items():
        by_length: dict[int, list[Probe]] = defaultdict(list)
        for probe in kind:
            by_length[len(probe.ids)].append(probe)
        right = 0
        for group in by_length.values():
            with torch.autocast(device.type, torch.bfloat16):
                hidden = network.hidden(torch.tensor([probe.ids for probe in group], device=device))
                rows = hidden[torch.arange(len(group)), torch.tensor([probe.position for probe in group])]
                guesses = network.head(rows).argmax(-1).tolist()
            right += sum(guess == probe.target for guess, probe in zip(guesses, group, strict=True))
        results[name] = right / len(kind)
    return results
