"""The reversal evaluation: the published questions, what counts as a hit, and the recorded answers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from llada_tui.evaluation import HarnessModel
from llada_tui.evaluation.embedded_tasks import COUPLETS_FILE
from llada_tui.evaluation.errors import EvaluationError
from llada_tui.evaluation.reversal import CHANGES, Couplets, read_couplets
from tests.evaluation.support import demo, generation, golden, question
from tests.former_demo import former_demo


def rows_of(couplets: Couplets, direction: str) -> list[dict[str, Any]]:
    """The rows of a direction's task."""
    return list(couplets.task("pairs", direction)["custom_dataset"]()["test"])


def test_the_questions_are_the_published_ones(tmp_path: Path) -> None:
    prompts = golden()[0]["published_prompts"]
    path = tmp_path / "poem_data.json"
    path.write_text(json.dumps([{"first": pair["first"], "second": pair["second"], "id": 1} for pair in prompts]))
    couplets = read_couplets(path)
    assert rows_of(couplets, "forward") == [{"question": pair["ftb"], "answer": pair["second"]} for pair in prompts]
    assert rows_of(couplets, "backward") == [{"question": pair["btf"], "answer": pair["first"]} for pair in prompts]


def test_a_hit_is_an_answer_that_holds_the_line() -> None:
    for case in golden()[0]["reverse"]:
        hits = Couplets([("a", "b")]).task("pairs", "forward")["process_results"]
        for item in case["items"]:
            assert hits({"answer": item["answer"]}, [item["output_text"]]) == {"hit": float(item["hit"])}


@pytest.mark.parametrize(
    "index", [1, pytest.param(0, marks=pytest.mark.slow), *(pytest.param(n, marks=pytest.mark.slow) for n in (2, 3))]
)
def test_the_recorded_answers_come_again(index: int, tmp_path: Path) -> None:
    case = golden()[0]["reverse"][index]
    model = HarnessModel(former_demo(tmp_path), batch_size=6, **{**CHANGES, "logits_eos_inf": case["eos_inf"]})
    answers = model.generate_until([generation(question(item["prompt"])) for item in case["items"]])
    assert answers == [item["output_text"] for item in case["items"]]


def test_the_couplets_of_this_program_are_both_ways() -> None:
    couplets = read_couplets(COUPLETS_FILE)
    assert len(couplets.pairs) > 30
    forward, backward = rows_of(couplets, "forward"), rows_of(couplets, "backward")
    assert forward[0] == {
        "question": "What line comes after this: Twinkle, twinkle, little star,",
        "answer": "How I wonder what you are!",
    }
    assert backward[0] == {
        "question": "What line comes before this: How I wonder what you are!",
        "answer": "Twinkle, twinkle, little star,",
    }
    (answer,) = HarnessModel(demo(), **CHANGES).generate_until([generation(question(forward[0]["question"]))])
    assert answer.startswith(forward[0]["answer"])


@pytest.mark.parametrize("content", ["{", "[]", '[{"first": "a"}]', '{"pairs": [], "forward": "x"}', '"text"'], ids=str)
def test_a_file_without_pairs_is_refused(content: str, tmp_path: Path) -> None:
    path = tmp_path / "pairs.json"
    path.write_text(content)
    with pytest.raises(EvaluationError, match=r"pairs\.json"):
        read_couplets(path)


def test_questions_need_a_place_for_the_line(tmp_path: Path) -> None:
    path = tmp_path / "pairs.json"
    path.write_text('{"pairs": [{"first": "a", "second": "b"}], "forward": "What comes next?"}')
    with pytest.raises(EvaluationError, match="must be texts"):
        read_couplets(path)
