"""Tasks for the harness from rows in memory: they need no file, no cache and no network."""

from __future__ import annotations

from typing import Any


def generation_task(name: str, rows: list[dict[str, Any]], metrics: list[str]) -> dict[str, Any]:
    """The configuration of a task whose rows have a ``question`` and an ``answer``, which is written freely."""
    return {
        **_task(name, rows, metrics),
        "output_type": "generate_until",
        "doc_to_text": "{{question}}",
        "doc_to_target": "{{answer}}",
        "generation_kwargs": {"until": []},
    }


def choice_task(name: str, rows: list[dict[str, Any]], metrics: list[str]) -> dict[str, Any]:
    """The configuration of a task whose rows have a ``question``, ``choices``, and the number of the right one as
    ``answer``; the likeliest is the model's."""
    return {
        **_task(name, rows, metrics),
        "output_type": "multiple_choice",
        "doc_to_text": "{{question}}",
        "doc_to_choice": "{{choices}}",
        "doc_to_target": "answer",
        "target_delimiter": " ",
    }


def _task(name: str, rows: list[dict[str, Any]], metrics: list[str]) -> dict[str, Any]:
    def load(**_: Any) -> dict[str, Any]:
        from datasets import Dataset

        return {"test": Dataset.from_list(rows)}

    return {
        "task": name,
        "custom_dataset": load,
        "test_split": "test",
        "num_fewshot": 0,
        "metric_list": [{"metric": metric, "aggregation": "mean", "higher_is_better": True} for metric in metrics],
        "metadata": {},
    }
