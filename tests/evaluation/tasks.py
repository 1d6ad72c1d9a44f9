"""Tasks with local data, written as a person would write them for ``--include-path``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.evaluation.support import question

CAPITALS = [
    {"country": "France", "choices": ["Paris", "Rome", "Oslo"], "right": 0},
    {"country": "Japan", "choices": ["Cairo", "Tokyo", "Lima"], "right": 1},
    {"country": "Spain", "choices": ["Madrid", "Bern", "Oslo"], "right": 1},  # the label is wrong on purpose
]
SUMS = [
    {"question": "What is 2 + 3?", "answer": "5"},
    {"question": "What is 57 + 38?", "answer": "95"},
    {"question": "Recite Humpty Dumpty.", "answer": "5"},
]


def context(row: dict[str, Any]) -> str:
    """The context of a question about a capital."""
    return f"{question('What is the capital of ' + row['country'] + '?')}The capital of {row['country']} is"


def write_tasks(folder: Path) -> Path:
    """Writes the tasks ``local_capitals`` (multiple choice) and ``local_sums`` (generation), and ``local_group`` of two
    tasks; returns the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    _write(folder, "local_capitals", [{**row, "context": context(row)} for row in CAPITALS], _CHOICE)
    _write(folder, "local_sums", SUMS, _GENERATION)
    for number in (1, 2):
        _write(
            folder, f"local_member_{number}", [{**row, "context": context(row)} for row in CAPITALS[number:]], _CHOICE
        )
    (folder / "local_group.yaml").write_text(_GROUP, "utf-8")
    return folder


def _write(folder: Path, name: str, rows: list[dict[str, Any]], rest: str) -> None:
    data = folder / f"{name}.jsonl"
    data.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    head = (
        f"task: {name}\ndataset_path: json\ntest_split: test\n"
        f"dataset_kwargs:\n  data_files:\n    test: {data}\n  cache_dir: {folder / 'cache'}\n"
    )
    (folder / f"{name}.yaml").write_text(head + rest, "utf-8")


_CHOICE = """\
output_type: multiple_choice
doc_to_text: "{{context}}"
doc_to_choice: "{{choices}}"
doc_to_target: right
metric_list:
  - metric: acc
    aggregation: mean
    higher_is_better: true
"""
_GROUP = """\
group: local_group
task:
  - local_member_1
  - local_member_2
aggregate_metric_list:
  - metric: acc
    weight_by_size: true
"""
_GENERATION = """\
output_type: generate_until
doc_to_text: "{{question}}"
doc_to_target: "{{answer}}"
generation_kwargs:
  until: ["<|eot_id|>", "."]
filter_list:
  - name: number
    filter:
      - function: regex
        regex_pattern: "= (\\\\d+)"
      - function: take_first
metric_list:
  - metric: exact_match
    aggregation: mean
    higher_is_better: true
"""
