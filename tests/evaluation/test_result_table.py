"""The rows of the table from what the harness gives."""

from __future__ import annotations

from typing import Any

from llada_tui.evaluation.plan import PlannedTask
from llada_tui.evaluation.request_cost import RequestCost
from llada_tui.evaluation.result_table import markdown, result_rows
from llada_tui.settings.sampler_settings import SamplerSettings

PLANNED = PlannedTask(
    "gsm8k", "model", "bfloat16", SamplerSettings(), 5, 1, 1, 1, False, metric="exact_match", published=70.3
)
RESULTS: dict[str, Any] = {
    "results": {
        "gsm8k": {
            "alias": "gsm8k",
            "exact_match,strict-match": 0.5,
            "exact_match_stderr,strict-match": 0.25,
            "exact_match,flexible-extract": 0.75,
            "exact_match_stderr,flexible-extract": "N/A",
            "perplexity,none": 12.25,
        }
    },
    "higher_is_better": {"gsm8k": {"exact_match": True, "perplexity": False}},
    "n-samples": {"gsm8k": {"original": 4, "effective": 4}},
    "group_subtasks": {"gsm8k": []},
}
COSTS = [RequestCost("gsm8k", number, 0, 1.5, 64, 32) for number in range(4)] + [RequestCost("other", 0, 0, 9.0, 8, 8)]


def test_each_metric_has_a_row_with_its_filter() -> None:
    rows = result_rows(PLANNED, RESULTS, COSTS)
    assert [row.cells() for row in rows] == [
        ("gsm8k", "exact_match (strict-match)", "50.0%", "25.0", "70.3%", "2.00", "6.0"),
        ("gsm8k", "exact_match (flexible-extract)", "75.0%", "-", "70.3%", "2.00", "6.0"),
        ("gsm8k", "perplexity", "12.2", "-", "-", "2.00", "6.0"),
    ]
    assert [row.documents for row in rows] == [4, 4, 4]


def test_markdown_is_a_table() -> None:
    lines = markdown(result_rows(PLANNED, RESULTS, [])).splitlines()
    assert lines[0] == "| task | metric | ours | stderr | published | tokens/pass | seconds |"
    assert lines[1] == "| --- | --- | --: | --: | --: | --: | --: |"
    assert lines[2] == "| gsm8k | exact_match (strict-match) | 50.0% | 25.0 | 70.3% | - | 0.0 |"
