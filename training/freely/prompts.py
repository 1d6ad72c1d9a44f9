"""The prompts asked freely, one JSON line each in prompts/FAMILY.jsonl, and what keeps them out of the corpus."""

import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent / "prompts"


@dataclass(frozen=True, slots=True)
class FreePrompt:
    """A prompt, the name of its check (checks.py) and the values that the check compares an answer with."""

    family: str
    prompt: str
    check: str
    values: tuple[str, ...]


def normalized(text: str) -> str:
    """The text in lower case, without blanks and without punctuation that carries no meaning."""
    return re.sub(r"[^\w+\-*/=<>^%÷]", "", text.lower())


@cache
def free_prompts() -> tuple[FreePrompt, ...]:
    """All of them, in the order of the files' names."""
    read = []
    for file in sorted(FOLDER.glob("*.jsonl")):
        for line in file.read_text().splitlines():
            entry = json.loads(line)
            read.append(FreePrompt(file.stem, entry["prompt"], entry["check"], tuple(entry["values"])))
    return tuple(read)


@cache
def normalized_prompts() -> frozenset[str]:
    """The prompts that the corpus must not hold."""
    return frozenset(normalized(entry.prompt) for entry in free_prompts())


def is_kept_aside(prompt: str) -> bool:
    """Whether a prompt is one of those asked freely, apart from case, punctuation and blanks."""
    return normalized(prompt) in normalized_prompts()
