"""The effects of the sampler's settings on an exported model, measured with the program's own sampler.

    python -m training.effects [--model llada_tui/models/demo] [--each 20] [--json FILE]

Accuracy on held-out prompts against steps, remasking and blocks, and with a threshold; how often an answer stands
before its reasoning; what end-of-text does in one block; how many answers to an open prompt there are; infilling; and
lines asked for in both directions. --only does a part of it.
"""

import argparse
import json
import re
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from random import Random

import torch
from llada_tui import load_model
from llada_tui.api import Model
from llada_tui.settings.sampler_settings import SamplerSettings

from training.corpus.example import Example
from training.corpus.mixture import draw
from training.corpus.poems import poems_about
from training.corpus.stories import is_story
from training.corpus.varied.greetings import GREETINGS
from training.corpus.verse_lines import VERSES, VERSES_BOTH_WAYS
from training.corpus.verses import BEFORE
from training.scoring import held_out

# Stopping early changes no text: what would follow comes after the end of text.
CHAT = SamplerSettings(steps=64, gen_length=64, block_length=32, early_stop=True)
SOME_FAMILIES = ("sums", "word_problems", "facts", "strings", "stories", "code")
SOME_VARIED = ("problems", "wordplay", "order", "prose", "verse", "snippets")
ROWS = 20
SEEDS = 8
OPEN_PROMPTS: dict[str, dict[str, Callable[[str], bool]]] = {
    "stories": {
        "Tell me a story.": partial(is_story, kind=None, thing=None),
        "Tell me a story about a fox.": partial(is_story, kind="fox", thing=None),
        "Write a story about a dragon and a bell.": partial(is_story, kind="dragon", thing="bell"),
    },
    "poems": {
        "Write a poem about cats.": poems_about("cats").__contains__,
        "Write a short poem about music.": poems_about("music").__contains__,
        "a poem about the future": poems_about("the future").__contains__,
    },
    "greetings": dict.fromkeys(("Hello", "hi", "hey there"), GREETINGS.__contains__),
}
Numbers = dict[str, float]


def answers(model: Model, prompts: Iterable[list[int]], settings: SamplerSettings) -> list[str]:
    """The answers to prompts, many at a time, in their order."""
    prompt_list = list(prompts)
    order = sorted(range(len(prompt_list)), key=lambda index: len(prompt_list[index]))
    texts = [""] * len(prompt_list)
    for start in range(0, len(order), ROWS):
        group = order[start : start + ROWS]
        texts_of_group = model.generate([prompt_list[index] for index in group], settings).text
        for index, text in zip(group, texts_of_group, strict=True):
            texts[index] = text
    return texts


def ids(model: Model, example: Example) -> list[int]:
    """The prompt of an example as the model reads it."""
    return model.loaded.encode_prompt([{"role": role, "content": text} for role, text in example.messages()])


def accuracy(model: Model, examples: Sequence[Example], settings: SamplerSettings) -> float:
    """The part of the examples that is answered rightly."""
    texts = answers(model, (ids(model, example) for example in examples), settings)
    return sum(example.accepts(text) for example, text in zip(examples, texts, strict=True)) / len(examples)


def by_settings(model: Model, each: int) -> Numbers:
    """Mean accuracy over some families, and for steps and threshold also over those that are asked in many ways."""
    choices = {
        "steps 64": CHAT,
        "steps 32": CHAT.replace(steps=32),
        "steps 16": CHAT.replace(steps=16),
        "steps 8": CHAT.replace(steps=8),
        "steps 4": CHAT.replace(steps=4),
        "steps 2": CHAT.replace(steps=2),
        "threshold 0.9": CHAT.replace(remasking="threshold", remasking_params={"threshold": 0.9}),
        "threshold 0.9, dual cache": CHAT.replace(
            remasking="threshold", remasking_params={"threshold": 0.9}, cache="dual"
        ),
        "steps 64, random": CHAT.replace(remasking="random"),
        "steps 32, random": CHAT.replace(steps=32, remasking="random"),
        "steps 16, random": CHAT.replace(steps=16, remasking="random"),
        "steps 64, one block": CHAT.replace(block_length=64),
        "steps 64, one block, eos last": CHAT.replace(block_length=64, confidence_eos_eot_inf=True),
        "steps 64, blocks of 1": CHAT.replace(block_length=1),
        "temperature 0.5": CHAT.replace(temperature=0.5),
        "temperature 1": CHAT.replace(temperature=1.0),
    }
    results: Numbers = {}
    for families, ending in ((SOME_FAMILIES, ""), (SOME_VARIED, ", in many ways")):
        examples = [held_out(family, each) for family in families]
        for name, settings in choices.items():
            if not ending or re.fullmatch(r"steps \d+|threshold.*", name):
                rates = [accuracy(model, of_family, settings) for of_family in examples]
                results[name + ending] = sum(rates) / len(rates)
    return results


def commit_steps(model: Model, prompt: list[int], settings: SamplerSettings) -> tuple[list[int], list[int]]:
    """For each position of the canvas the step at which it was committed, and its token."""
    when, tokens = [0] * settings.gen_length, [0] * settings.gen_length
    for step in model.denoise(prompt, settings):
        for choice in step.rows[0].commits:
            when[choice.position], tokens[choice.position] = step.index, choice.token
    return when, tokens


def answers_first(model: Model, each: int) -> Numbers:
    """Word problems in one block: how often the stated answer is committed before the result it follows from."""
    settings = CHAT.replace(block_length=64)
    problems = [example for example in held_out("word_problems", 4 * each) if example.answer.count("=") > 1][:each]
    earlier = right = earlier_and_right = 0
    for example in problems:
        when, tokens = commit_steps(model, ids(model, example), settings)
        text = model.loaded.decode(tokens)
        stated = re.search(r"The answer is (\d+)", text)
        if stated is None or "=" not in text:
            continue
        ends = [len(model.loaded.tokenizer.encode(text[: stated.start(1)].rstrip(), bare=True))]  # type: ignore[union-attr]
        ends.append(len(model.loaded.tokenizer.encode(text[: text.rindex("=") + 1], bare=True)))  # type: ignore[union-attr]
        first = when[ends[0]] < when[ends[1]]
        good = example.accepts(text)
        earlier, right, earlier_and_right = earlier + first, right + good, earlier_and_right + (first and good)
    count = len(problems)
    return {"answer first": earlier / count, "right": right / count, "first and right": earlier_and_right / count}


def ends_of_text(model: Model, each: int) -> Numbers:
    """Stories in one block of 96: mean commit step of end tokens and of words, and how long the stories are."""
    results: Numbers = {}
    examples = held_out("stories", each)
    for name, last in (("as it is", False), ("eos last", True)):
        settings = SamplerSettings(steps=48, gen_length=96, block_length=96, confidence_eos_eot_inf=last)
        end_steps: list[int] = []
        word_steps: list[int] = []
        lengths, right = [], 0
        for example in examples:
            when, tokens = commit_steps(model, ids(model, example), settings)
            ends = {model.loaded.eos_id, model.loaded.eot_id}
            end_steps += [step for step, token in zip(when, tokens, strict=True) if token in ends]
            word_steps += [step for step, token in zip(when, tokens, strict=True) if token not in ends]
            text = model.loaded.decode(tokens)
            lengths.append(len(text.split()))
            right += example.accepts(text)
        results[f"{name}: mean step of ends"] = sum(end_steps) / max(1, len(end_steps))
        results[f"{name}: mean step of words"] = sum(word_steps) / max(1, len(word_steps))
        results[f"{name}: words"] = sum(lengths) / len(lengths)
        results[f"{name}: right"] = right / len(examples)
    return results


def wordings(model: Model) -> Numbers:
    """Different answers to an open prompt among `SEEDS` seeds, on average, and how many of the answers are right."""
    results: Numbers = {}
    for temperature in (0.5, 1.0):
        for kind, prompts in OPEN_PROMPTS.items():
            different = right = 0
            for prompt, is_right in prompts.items():
                texts = [
                    str(model.generate(prompt, CHAT.replace(temperature=temperature, seed=seed)).text)
                    for seed in range(SEEDS)
                ]
                different += len(set(texts))
                right += sum(map(is_right, texts))
            results[f"{kind}, temperature {temperature:g}"] = different / len(prompts)
            results[f"{kind}, temperature {temperature:g}, right"] = right / len(prompts) / SEEDS
    return results


def infilling(model: Model, each: int) -> Numbers:
    """Sentences in which one word is given before the start: another place than the model would have chosen."""
    rng, right, kept_words = Random(3), 0, 0
    places = ("river", "hill", "castle", "garden", "market", "lake")
    settings = CHAT.replace(block_length=64)
    for _ in range(each):
        example = draw(rng, "sentences", "held_out")
        free = model.generate(ids(model, example), settings)
        place = next((place for place in places if place in str(free.text)), None)
        if place is None:
            continue
        other = rng.choice([name for name in places if name != place])
        old, new = (model.loaded.encode_answer(f"x {name}")[-1] for name in (place, other))
        tokens: list[int] = torch.tensor(free.token_ids).tolist()
        canvas = [new if token == old else model.loaded.mask_id for token in tokens]
        prompt = ids(model, example)
        for step in model.loaded.denoise(torch.tensor([prompt + canvas]), settings, prompt_length=len(prompt)):
            tokens = step.canvas[0, len(prompt) :].tolist()
        text = model.loaded.decode(tokens)
        kept_words += f" {other}" in text
        right += f" {other}" in text and example.accepts(text) and reads(text)
    return {"word kept": kept_words / each, "sentence reads": right / each}


def reads(text: str) -> bool:
    """Whether a sentence has one of the corpus's forms."""
    forms = (
        r"The \w+ found an? \w+ \w+ near the \w+\.",
        r"The \w+ \w+ carried the \w+ to the \w+\.",
        r"Near the \w+, the \w+ lost the \w+ \w+\.",
        r"The \w+ hid the \w+ near the \w+\.",
    )
    return any(re.fullmatch(form, text) for form in forms)


def directions(model: Model) -> Numbers:
    """The line before another one: lines that were learnt in both directions, and lines learnt forwards only."""
    results = {}
    for name, titles in (
        ("both ways", list(VERSES_BOTH_WAYS)),
        ("forwards only", [title for title in VERSES if title not in VERSES_BOTH_WAYS]),
    ):
        examples = [
            Example("", BEFORE[0].format(line=VERSES[title][index]), VERSES[title][index - 1])
            for title in titles
            for index in range(1, len(VERSES[title]))
        ]
        results[name] = accuracy(model, examples, CHAT)
    return results


def main() -> None:
    """Measure everything and print it."""
    parser = argparse.ArgumentParser(prog="python -m training.effects", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--model", default="demo")
    parser.add_argument("--each", type=int, default=20)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--only", help="the part whose name begins so")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    model = load_model(arguments.model)
    each = arguments.each
    parts: dict[str, Callable[[], Numbers]] = {
        "accuracy": lambda: by_settings(model, each),
        "answers before their reasoning": lambda: answers_first(model, each),
        "ends of text in one block": lambda: ends_of_text(model, each),
        "answers to an open prompt": lambda: wordings(model),
        "infilling": lambda: infilling(model, each),
        "directions": lambda: directions(model),
    }
    numbers: dict[str, Numbers] = {}
    for name, part in parts.items():
        if not name.startswith(arguments.only or ""):
            continue
        numbers[name] = part()
        print(name, flush=True)
        for what, number in numbers[name].items():
            print(f"  {what:36} {number:.3f}", flush=True)
    if arguments.json:
        arguments.json.write_text(json.dumps(numbers, indent=1) + "\n")


if __name__ == "__main__":
    main()
