"""The real harness on local tasks: its scores are what the library computes directly."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import lm_eval
import pytest
from lm_eval.api.registry import get_model
from lm_eval.tasks import TaskManager

from llada_tui.api import Model
from llada_tui.evaluation import HarnessModel
from llada_tui.settings.sampler_settings import SamplerSettings
from tests.evaluation.support import demo, golden_model
from tests.evaluation.tasks import CAPITALS, SUMS, context, write_tasks

SHAPE = {"steps": 16, "gen_length": 16, "block_length": 16}


def evaluate(model: HarnessModel, folder: Path, tasks: list[str], **more: Any) -> dict[str, Any]:
    manager = TaskManager(include_path=str(folder), include_defaults=False)
    results = lm_eval.simple_evaluate(model=model, tasks=tasks, task_manager=manager, bootstrap_iters=0, **more)
    assert results is not None
    return results


def right_choices(model: Model, mc_num: int) -> list[bool]:
    """Whether the likeliest choice is the labelled one, by exact likelihoods of the library."""
    values = [
        [model.log_likelihood(model.loaded.encode_prompt(tokens(model, context(row))), f" {choice}", mc_num).total
         for choice in row["choices"]]
        for row in CAPITALS
    ]  # fmt: skip
    return [scores.index(max(scores)) == row["right"] for scores, row in zip(values, CAPITALS, strict=True)]


def tokens(model: Model, text: str) -> list[int]:
    assert model.loaded.tokenizer is not None
    return model.loaded.tokenizer.encode(text, raw=True)


def right_sums(model: Model) -> list[bool]:
    """Whether the number behind the equals sign is the right one, by the library's own generation."""
    answers = [str(model.generate(row["question"], SamplerSettings(**SHAPE)).text) for row in SUMS]
    numbers = [re.search(r"= (\d+)", answer.split(".")[0]) for answer in answers]
    return [number is not None and number[1] == row["answer"] for number, row in zip(numbers, SUMS, strict=True)]


def test_scores_are_those_of_the_library(tmp_path: Path) -> None:
    folder = write_tasks(tmp_path)
    model = HarnessModel(demo(), batch_size=4, mc_num=32, **SHAPE)
    choices = evaluate(model, folder, ["local_capitals"])
    assert [bool(sample["acc"]) for sample in choices["samples"]["local_capitals"]] == right_choices(demo(), 128)
    assert choices["results"]["local_capitals"]["acc,none"] == pytest.approx(2 / 3)
    sums = evaluate(model, folder, ["local_sums"], apply_chat_template=True)
    expected = right_sums(demo())
    assert [bool(sample["exact_match"]) for sample in sums["samples"]["local_sums"]] == expected
    assert sums["results"]["local_sums"]["exact_match,number"] == pytest.approx(sum(expected) / 3)
    assert 0 < sum(expected) < 3


@pytest.mark.slow
def test_scores_of_a_golden_checkpoint_are_those_of_the_library(tmp_path: Path) -> None:
    folder = write_tasks(tmp_path / "tasks")
    model = golden_model("llada-tiny-gqa-sharded", tmp_path / "model")
    results = evaluate(HarnessModel(model, batch_size=8, mc_num=64), folder, ["local_capitals"])
    for sample, row in zip(results["samples"]["local_capitals"], CAPITALS, strict=True):
        values = [response[0][0] for response in sample["resps"]]
        for value, choice in zip(values, row["choices"], strict=True):
            score = model.log_likelihood(tokens(model, context(row)), f" {choice}", 512)
            assert value == pytest.approx(score.total, rel=0.1)
        best = values.index(max(values))
        assert sample["acc"] == float(best == row["right"])


def test_the_harness_knows_the_model_by_its_name() -> None:
    arguments = "model=demo,device=cpu,steps=8,gen_length=8,remasking=margin"
    model = get_model("llada-tui").create_from_arg_string(arguments, {"batch_size": 2, "device": None})
    assert isinstance(model, HarnessModel)
    assert (model.batch_size, model.settings.steps, model.settings.remasking) == (2, 8, "margin")
    assert (model.rank, model.world_size, model.tokenizer_name) == (0, 1, "demo")
