"""Generations of the harness's model: the published texts, stop strings included, and the same in any batch."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from llada_tui.api import Model
from llada_tui.bench import published as published_sampler
from llada_tui.evaluation import HarnessModel
from llada_tui.evaluation.kept_answers import KeptAnswers
from llada_tui.evaluation.observer import Observer
from llada_tui.evaluation.published_text import answer_text, encode_context
from llada_tui.evaluation.request_cost import RequestCost
from llada_tui.models.errors import ModelError
from tests.benchmarks.golden import network
from tests.conftest import first_quick
from tests.evaluation.support import demo, generation, golden, golden_model, question
from tests.former_demo import former_demo

CASES = golden()[0]["generate_until"]
QUESTIONS = [
    "What is 2 + 3?",
    "What is the capital of France?",
    "Recite Twinkle, Twinkle, Little Star.",
    "What is 7 x 8?",
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["index"]))
def test_a_recorded_canvas_gives_the_published_text(case: dict[str, Any]) -> None:
    """Its tokenizer is the embedded model's, whatever its weights are."""
    ids = golden()[1][f"until{case['index']}.output_ids"].tolist()
    context = encode_context(demo().loaded, case["context"])
    assert context == case["context_ids"] == ids[: len(context)]
    assert answer_text(demo().loaded, ids[len(context) :], case["until"]) == case["answer"]


@pytest.fixture(scope="module")
def former(tmp_path_factory: pytest.TempPathFactory) -> Model:
    return former_demo(tmp_path_factory.mktemp("former"))


@pytest.mark.parametrize("case", first_quick(CASES, 3), ids=lambda case: str(case["index"]))
def test_a_recorded_request_gives_the_published_text(case: dict[str, Any], former: Model) -> None:
    shape = {name: case[name] for name in ("steps", "gen_length", "block_length")}
    request = generation(case["context"], *case["until"])
    assert HarnessModel(former, **shape).generate_until([request]) == [case["answer"]]


class Costs(Observer):
    """Keeps what requests cost."""

    def __init__(self) -> None:
        self.costs: list[RequestCost] = []

    def answered(self, cost: RequestCost) -> None:
        self.costs.append(cost)


def published_answer(model: Any, context: str, until: list[str], shape: dict[str, Any]) -> str:
    """``generate_until`` of the published code, with the published sampler."""
    ids = encode_context(model, context)
    canvas = published_sampler.generate(
        network(model), torch.tensor([ids]), mask_id=model.mask_id, eos_id=model.eos_id, eot_id=model.eot_id, **shape
    )[0, len(ids) :].tolist()
    text = model.tokenizer.decode(canvas, special=True)
    for stop in until:
        if stop in text:
            text = text.split(stop)[0]
    return str(model.tokenizer.decode(encode_context(model, text)))


@pytest.mark.parametrize("changes", [{}, {"cfg_scale": 0.5}, {"confidence_eos_eot_inf": True}], ids=str)
def test_a_batch_of_different_lengths_gives_the_published_texts(changes: dict[str, Any]) -> None:
    model = demo().loaded
    shape = {"steps": 16, "gen_length": 16, "block_length": 8, **changes}
    contexts = [question(text) for text in QUESTIONS[:3]]
    stops = [["<|eot_id|>"], [" ", "is"], []]
    requests = [
        generation(context, *until, document=number)
        for number, (context, until) in enumerate(zip(contexts, stops, strict=True))
    ]
    observer = Costs()
    texts = HarnessModel(demo(), batch_size=2, observer=observer, **shape).generate_until(requests)
    assert texts == [published_answer(model, *pair, shape) for pair in zip(contexts, stops, strict=True)]
    assert sorted(cost.document for cost in observer.costs) == [0, 1, 2]
    assert {(cost.task, cost.tokens, cost.passes) for cost in observer.costs} == {("task", 16, 16)}
    assert all(cost.seconds > 0 for cost in observer.costs)


def test_golden_checkpoints_give_the_published_texts(tmp_path: Path) -> None:
    model = golden_model("llada-tiny-gqa-sharded", tmp_path)
    shape = {"steps": 16, "gen_length": 16, "block_length": 16}
    contexts = ["one", "two three", "four five six"]
    texts = HarnessModel(model, batch_size=3, **shape).generate_until([generation(text, "e") for text in contexts])
    assert texts == [published_answer(model.loaded, text, ["e"], shape) for text in contexts]


@pytest.mark.parametrize(
    "changes",
    [
        {"remasking": "editing", "temperature": 0.7},
        {"remasking": "random"},
        {"cache": "dual", "remasking": "threshold"},
        {"early_stop": True, "temperature": 1.0},
    ],
    ids=str,
)
def test_an_answer_is_the_same_in_any_batch(changes: dict[str, Any]) -> None:
    requests = [generation(question(text), "<|eot_id|>") for text in QUESTIONS]
    shape = {"steps": 16, "gen_length": 16, "block_length": 8, **changes}
    together = HarnessModel(demo(), batch_size=4, **shape).generate_until(requests)
    assert HarnessModel(demo(), batch_size=1, **shape).generate_until(requests[::-1])[::-1] == together


def test_a_question_that_is_asked_again_is_answered_anew() -> None:
    shape = {"steps": 16, "gen_length": 16, "block_length": 16, "temperature": 1.5}
    requests = [generation(question("Tell me a story about a bear."))] * 3
    texts = HarnessModel(demo(), batch_size=3, **shape).generate_until(requests)
    assert len(set(texts)) == 3
    assert HarnessModel(demo(), **shape).generate_until(requests[:2]) == texts[:2]


def test_repetitions_have_answers_of_their_own_before_and_after_an_interruption(tmp_path: Path) -> None:
    observer = Costs()
    shape = {"steps": 8, "gen_length": 8, "block_length": 8, "temperature": 1.5}
    model = HarnessModel(demo(), batch_size=3, observer=observer, **shape)
    request = generation(question("Tell me a story about a bear."))
    request.args[1]["do_sample"] = True  # the harness keeps no answer of such a task
    request.repeats = 3
    texts = KeptAnswers(model, str(tmp_path / "whole.db")).generate_until([request] * 3)
    assert len(set(texts)) == 3
    assert [cost.again for cost in observer.costs] == [0, 1, 2]
    database = str(tmp_path / "interrupted.db")
    assert KeptAnswers(model, database).generate_until([request] * 2) == texts[:2]
    observer.costs.clear()
    assert KeptAnswers(model, database).generate_until([request] * 3) == texts
    assert [cost.again for cost in observer.costs] == [2]
    padded = [request] * 4  # so that processes get equally many
    assert KeptAnswers(model, database).generate_until(padded) == [*texts, texts[0]]


def test_an_early_stop_saves_tokens_and_passes() -> None:
    observer = Costs()
    shape = {"steps": 64, "gen_length": 64, "block_length": 32, "early_stop": True}
    HarnessModel(demo(), observer=observer, **shape).generate_until([generation(question(QUESTIONS[0]))])
    (cost,) = observer.costs
    assert cost.tokens == cost.passes < 64


def test_chat_messages_become_the_text_of_the_template() -> None:
    model = HarnessModel(demo())
    messages = [{"role": "user", "content": "What is a mask?"}]
    assert model.apply_chat_template(messages) == question("What is a mask?")
    assert encode_context(demo().loaded, question("What is a mask?")) == demo().loaded.encode_prompt(messages)


def test_an_empty_stop_string_is_refused() -> None:
    with pytest.raises(ModelError, match="empty stop string"):
        HarnessModel(demo(), gen_length=8, steps=8).generate_until([generation("a", "")])
