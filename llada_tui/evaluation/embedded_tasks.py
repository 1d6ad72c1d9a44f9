"""Small tasks for the embedded model: sums, capitals, and couplets in both directions. They need no network."""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Any

from llada_tui.bench.parallelism import sums
from llada_tui.evaluation.authors_tables import COUPLETS, FACTS, SUMS
from llada_tui.evaluation.inline_tasks import choice_task, generation_task
from llada_tui.evaluation.reversal import DIRECTIONS, read_couplets

COUPLETS_FILE = Path(__file__).with_name("couplets.json")
"""Public-domain verses that the embedded model learnt."""
_CAPITALS = dict(
    pair.split(":")
    for pair in "France:Paris Germany:Berlin Italy:Rome Spain:Madrid Portugal:Lisbon Greece:Athens Austria:Vienna "
    "Poland:Warsaw Hungary:Budapest Ireland:Dublin Norway:Oslo Sweden:Stockholm Finland:Helsinki "
    "Denmark:Copenhagen Belgium:Brussels Russia:Moscow Japan:Tokyo China:Beijing Peru:Lima Cuba:Havana".split()
)
_HEADERS = (
    "<|startoftext|><|start_header_id|>user<|end_header_id|>\n\n{question}<|eot_id|>"
    "<|start_header_id|>assistant<|end_header_id|>\n\n{beginning}"
)
"""The embedded model's chat template, up to the beginning of an answer. The template's own text ends in a line break,
which as published would count as a part of the answer."""


def embedded_tasks() -> dict[str, dict[str, Any]]:
    """The tasks' configurations for the harness, by their names."""
    couplets = read_couplets(COUPLETS_FILE)
    tasks = [_sums(), _facts(), *(couplets.task(COUPLETS, direction) for direction in DIRECTIONS)]
    return {task["task"]: task for task in tasks}


def _sums() -> dict[str, Any]:
    rows = [{"question": question, "answer": str(answer)} for question, answer in sums(50)]
    number = {"function": "regex", "regex_pattern": r"= (\d+)"}
    return {
        **generation_task(SUMS, rows, ["exact_match"]),
        "filter_list": [{"name": "sum", "filter": [number, {"function": "take_first"}]}],
        "generation_kwargs": {"until": ["<|eot_id|>", "<|endoftext|>"]},
    }


def _facts() -> dict[str, Any]:
    choose, rows = Random(0), []
    for country, capital in _CAPITALS.items():
        others = choose.sample(sorted({*_CAPITALS.values()} - {capital}), 3)
        choices = sorted([capital, *others])
        question = _HEADERS.format(
            question=f"What is the capital of {country}?", beginning=f"The capital of {country} is"
        )
        rows.append({"question": question, "choices": choices, "answer": choices.index(capital)})
    return choice_task(FACTS, rows, ["acc"])
